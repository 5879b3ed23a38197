//! Runs: looked at before, begun, opened, cancelled, published.

use super::*;
use crate::access::{Actor, Kind};
use crate::agents::pages::{Opened, RunPage, RunPreview, RunRequest};
use crate::agents::task::{Task, prepare};
use crate::ai::{Endpoint, Fault, Request, Sent, Target, foresee, masks};
use crate::db::Tx;
use crate::records::Record;
use crate::related::parse_place;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a run is asked for, as a form sends it.
#[derive(Debug, Clone)]
pub struct Wish {
    key: String,
    place: String,
    doc: String,
    variant: String,
    is_test: bool,
}

impl Wish {
    fn of(key: &str, form: &Form) -> Wish {
        let text = |name| form.text(name).trim().to_owned();
        let is_test = form.text("which") == "draft";
        Wish {
            key: key.to_owned(),
            place: text("place"),
            doc: text("doc").to_uppercase(),
            variant: text("variant"),
            is_test,
        }
    }

    /// For the button that runs what was looked at.
    fn fields(&self) -> Vec<(String, String)> {
        let which = if self.is_test { "draft" } else { "published" };
        let pairs = [("place", &*self.place), ("doc", &*self.doc), ("variant", &*self.variant), ("which", which)];
        let given = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// A doc is read where it lives. `Invalid` by field for what one does not see.
    fn run(&self, tx: &mut Tx, me: &Actor) -> Result<NewRun> {
        let agent = Agent::find(tx, me, &self.key)?;
        let trigger = if self.is_test { Trigger::Test } else { Trigger::Manual };
        let (place, record) = match agent.built_in() {
            Some(BuiltIn::DocMemoryReviewer) => {
                let found = Record::find(tx, me, Kind::Doc, &self.doc);
                let doc = found.map_err(|_| Error::invalid("doc", "problem-agent-doc"))?;
                (doc.place(), Some(doc))
            }
            _ => (parse_place(me, &self.place)?, None),
        };
        let variant = match agent.contract {
            Contract::Snapshot if crate::snapshots::Type::parse(&self.variant).is_none() => {
                return Err(Error::invalid("variant", "problem-choice"));
            }
            Contract::Snapshot => self.variant.clone(),
            _ => String::new(),
        };
        Ok(NewRun { agent, place, record, variant, trigger })
    }
}

pub async fn create(ctx: Ctx, key: Path<String>, form: Form) -> Result<Reply> {
    let wish = Wish::of(&key, &form);
    match ctx.write_once(&form, move |tx, me| Ok(wish.run(tx, me)?.start(tx, me)?.path())).await {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => page(&ctx, key.into_inner(), form.text("doc"), (422, problems)).await,
        Err(other) => Err(other),
    }
}

/// What would be sent, asked by who may begin it. Nothing leaves for it.
pub async fn preview(ctx: Ctx, key: Path<String>, form: Form) -> Result<Reply> {
    let (wish, ai) = (Wish::of(&key, &form), ctx.state.config.ai.clone());
    let fields = wish.fields();
    let looked = ctx
        .read(move |tx, me| {
            let new = wish.run(tx, me)?;
            new.leave(tx, &me.clone().confirmed())?.unused(tx);
            let version = new.version(tx)?;
            let task = prepare(tx, &new, &version)?;
            let (closed, sent) = match &task.prompt {
                None => (None, None),
                Some(prompt) => {
                    let masks = masks(tx, &task.asking)?;
                    let seen = seen(tx, me, prompt.records())?;
                    (closed(tx, &task, &ai)?, Some(Sent::of_prompt(prompt, &ai, &masks, &seen)?))
                }
            };
            Ok((new.agent, task.matter.has_rules(), closed.map(|fault| fault.msg()), sent))
        })
        .await;
    let (agent, has_rules, closed, sent) = match looked {
        Ok(looked) => looked,
        Err(Error::Invalid(problems)) => return page(&ctx, key.into_inner(), form.text("doc"), (422, problems)).await,
        Err(other) => return Err(other),
    };
    ctx.page(&RunPreview { shell: ctx.shell("settings")?, agent, sent, closed, has_rules, fields })
}

/// Why no model would be asked now.
fn closed(tx: &mut Tx, task: &Task, ai: &crate::config::Ai) -> Result<Option<Fault>> {
    let Some(prompt) = &task.prompt else { return Ok(None) };
    let target = Target::of(ai, Endpoint::Responses, prompt.model.name(ai));
    foresee(tx, &task.asking, &target, &prompt.records())
}

fn seen(tx: &mut Tx, me: &Actor, ids: Vec<Uuid>) -> Result<BTreeMap<Uuid, Record>> {
    Ok(Record::find_ids(tx, me, ids)?.into_iter().map(|record| (record.id.0, record)).collect())
}

pub fn run_id(text: &str) -> Result<RunId> {
    text.parse().map(RunId).map_err(|_| Error::NotFound)
}

pub async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let id = run_id(&id)?;
    let of = ctx.read(move |tx, me| Opened::load(tx, me, id)).await?;
    ctx.page(&RunPage { shell: ctx.shell("settings")?, of, days: ctx.state.config.ai.request_days })
}

pub async fn cancel(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = run_id(&id)?;
    ctx.write(move |tx, me| Run::cancel(tx, me, id)).await?;
    Ok(ctx.redirect(&format!("/agents/runs/{id}"), None))
}

pub async fn publish(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = run_id(&id)?;
    ctx.write(move |tx, me| Run::publish(tx, me, id)).await?;
    Ok(ctx.redirect(&format!("/agents/runs/{id}"), Some(Flash::done("saved"))))
}

/// What was sent, for who may open the run whether or not it was published.
pub async fn request(ctx: Ctx, path: Path<(String, String)>) -> Result<Reply> {
    let (id, call) = (run_id(&path.0)?, path.1.parse::<Uuid>().map_err(|_| Error::NotFound)?);
    let (run, agent, request, seen) = ctx
        .read(move |tx, me| {
            let run = Run::find(tx, me, id)?;
            if !run.can_see_sent(me) {
                return Err(Error::NotFound);
            }
            let request = Request::of_run(tx, id.0, call)?;
            let sources: BTreeSet<Uuid> = request.sources().into_iter().collect();
            let seen = seen(tx, me, sources.iter().copied().collect())?;
            // Closed to the reader by now, or gone: then what was sent is closed too.
            if seen.len() < sources.len() {
                return Err(Error::NotFound);
            }
            Ok((run.clone(), Agent::find(tx, me, &run.key)?, request, seen))
        })
        .await?;
    // A long request takes a while to be read.
    let sent = ctx.work(move || Sent::of_kept(&request, &seen)).await?;
    ctx.page(&RunRequest { shell: ctx.shell("settings")?, run, agent, sent })
}
