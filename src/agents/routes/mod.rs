//! `/settings/ai/agents`.

mod runs;

use super::model::*;
use super::pages::{Compare, EditDraft, Index, Loaded, New, Row, Show, schedule_of};
use crate::access::{Ctx, Permission, Place, Thing, Verb, check, holds};
use crate::error::{Error, Problems, Result};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/ai/agents", Need::Session, index)
        .post("/settings/ai/agents", Need::Session, create)
        .does("does-change-agents")
        .get("/settings/ai/agents/new", Need::Session, new)
        .get("/settings/ai/agents/{key}", Need::Session, show)
        .post("/settings/ai/agents/{key}/archiving", Need::Session, archive)
        .does("does-change-agents")
        .post("/settings/ai/agents/{key}/bindings", Need::Session, binding::update)
        .does("does-change-agents")
        .get("/settings/ai/agents/{key}/draft", Need::Session, draft::edit)
        .post("/settings/ai/agents/{key}/draft", Need::Session, draft::update)
        .does("does-change-agents")
        .post("/settings/ai/agents/{key}/draft/removal", Need::Session, draft::remove)
        .does("does-change-agents")
        .post("/settings/ai/agents/{key}/versions", Need::Session, version::create)
        .does("does-change-agents")
        .get("/settings/ai/agents/{key}/compare", Need::Session, version::compare)
        .post("/settings/ai/agents/{key}/runs", Need::Session, runs::create)
        .does("does-run-agent")
        .post("/settings/ai/agents/{key}/runs/preview", Need::Session, runs::preview)
        .get("/agents/runs/{id}", Need::Session, runs::show)
        .post("/agents/runs/{id}/cancellation", Need::Session, runs::cancel)
        .does("does-run-agent")
        .post("/agents/runs/{id}/publication", Need::Session, runs::publish)
        .does("does-run-agent")
        .get("/agents/runs/{id}/requests/{call}", Need::Session, runs::request)
}

const MANAGE: Thing = Thing::Organisation(Permission::AiManage);

async fn index(ctx: Ctx) -> Result<Reply> {
    let rows = ctx
        .read(|tx, me| {
            let organisation = me.organisation_id().ok_or(Error::NotFound)?;
            let (agents, bindings) = (Agent::list(tx, me)?, Binding::list(tx, me)?);
            let leave = |agent: &Agent| {
                let of = |id| Leave::of(&bindings, id, Place::Organisation(organisation));
                agent.id.map(of).unwrap_or_default()
            };
            Ok(agents.into_iter().map(|agent| Row { leave: leave(&agent), agent }).collect())
        })
        .await?;
    let can_manage = holds(&ctx.me()?, Permission::AiManage);
    ctx.page(&Index::new(ctx.shell("settings")?, rows, can_manage))
}

async fn new(ctx: Ctx) -> Result<Reply> {
    ctx.read(|_, me| check(me, Verb::Administer, &MANAGE)).await?;
    let form = AgentForm { contract: Contract::Text.to_string(), ..AgentForm::default() };
    ctx.page(&New { shell: ctx.shell("settings")?, form, problems: Problems::default() })
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let text = |name| sent.text(name).to_owned();
    let form = AgentForm { name: text("name"), about: text("about"), contract: text("contract") };
    let typed = form.clone();
    match ctx.write_once(&sent, move |tx, me| Ok(format!("{}/draft", typed.create(tx, me)?.path()))).await {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => ctx.page_with(422, &New { shell: ctx.shell("settings")?, form, problems }),
        Err(other) => Err(other),
    }
}

async fn show(ctx: Ctx, key: Path<String>) -> Result<Reply> {
    page(&ctx, key.into_inner(), "", (200, Problems::default())).await
}

/// `doc` is what was typed for a run.
async fn page(ctx: &Ctx, key: String, doc: &str, (status, problems): (u16, Problems)) -> Result<Reply> {
    let loaded = ctx.read(move |tx, me| Loaded::load(tx, me, &key)).await?;
    ctx.page_with(status, &Show { shell: ctx.shell("settings")?, of: loaded, doc: doc.to_owned(), problems })
}

/// To the agent's page, or that page again with what is wrong.
async fn after(ctx: &Ctx, key: String, done: Result<()>) -> Result<Reply> {
    match done {
        Ok(()) => Ok(ctx.redirect(&format!("/settings/ai/agents/{key}"), Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => page(ctx, key, "", (422, problems)).await,
        Err(other) => Err(other),
    }
}

async fn archive(ctx: Ctx, key: Path<String>, _: Form) -> Result<Reply> {
    ctx.write(move |tx, me| Agent::archive(tx, me, &key)).await?;
    Ok(ctx.redirect("/settings/ai/agents", Some(Flash::done("saved"))))
}

mod binding {
    use super::*;

    pub async fn update(ctx: Ctx, key: Path<String>, form: Form) -> Result<Reply> {
        let (key, place) = (key.into_inner(), form.text("place").to_owned());
        let version = match form.given("version") {
            None => None,
            Some(number) => Some(number.parse().map_err(|_| Error::invalid("version", "problem-choice"))?),
        };
        let is_enabled = form.word("enabled", |word| match word {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        })?;
        let edition = number(&form, "edition");
        let asked = key.clone();
        let done = ctx
            .write(move |tx, me| {
                let agent = Agent::find(tx, me, &asked)?;
                let schedule = schedule_of(&form, &agent)?;
                BindingForm { is_enabled, version, edition, schedule }.save(tx, me, &agent, Post::parse(me, &place)?)
            })
            .await;
        after(&ctx, key, done).await
    }
}

fn number(form: &Form, name: &str) -> i32 {
    form.text(name).parse().unwrap_or_default()
}

mod draft {
    use super::*;

    pub async fn edit(ctx: Ctx, key: Path<String>) -> Result<Reply> {
        let (agent, form) = ctx
            .read(move |tx, me| {
                check(me, Verb::Administer, &MANAGE)?;
                let agent = Agent::find(tx, me, &key)?;
                if !agent.has_versions() || agent.is_archived {
                    return Err(Error::NotFound);
                }
                let versions = Versions::of(tx, &agent)?;
                let form = match (&versions.draft, versions.newest()) {
                    (Some(draft), _) => DraftForm::of(draft, draft.edition),
                    (None, Some(newest)) => DraftForm::of(newest, 0),
                    (None, None) => DraftForm::of(&Version::blank(), 0),
                };
                Ok((agent, form))
            })
            .await?;
        form_page(&ctx, agent, form, 200, Problems::default(), None)
    }

    fn form_page(
        ctx: &Ctx,
        agent: Agent,
        form: DraftForm,
        status: u16,
        problems: Problems,
        theirs: Option<String>,
    ) -> Result<Reply> {
        ctx.page_with(status, &EditDraft { shell: ctx.shell("settings")?, agent, form, problems, theirs })
    }

    pub async fn update(ctx: Ctx, key: Path<String>, sent: Form) -> Result<Reply> {
        let form = DraftForm {
            instructions: sent.text("instructions").to_owned(),
            model: sent.text("model").to_owned(),
            mode: sent.text("mode").to_owned(),
            kinds: sent.all("kind").map(str::to_owned).collect(),
            schema: sent.text("schema").to_owned(),
            edition: number(&sent, "edition"),
        };
        let (typed, asked) = (form.clone(), key.to_string());
        let saved = ctx
            .write(move |tx, me| {
                let agent = Agent::find(tx, me, &asked)?;
                typed.save(tx, me, &agent)
            })
            .await;
        let (problems, status, edition, theirs) = match saved {
            Ok(()) => {
                return Ok(ctx.redirect(&format!("/settings/ai/agents/{key}"), Some(Flash::done("saved"))));
            }
            Err(Error::Invalid(problems)) => (problems, 422, form.edition, None),
            Err(Error::Conflict(conflict)) => {
                let edition = conflict.seen.parse().unwrap_or_default();
                (Problems::one("instructions", "problem-agent-stale"), 409, edition, Some(conflict.theirs))
            }
            Err(other) => return Err(other),
        };
        let agent = ctx.read(move |tx, me| Agent::find(tx, me, &key)).await?;
        form_page(&ctx, agent, DraftForm { edition, ..form }, status, problems, theirs)
    }

    pub async fn remove(ctx: Ctx, key: Path<String>, form: Form) -> Result<Reply> {
        let (key, edition) = (key.into_inner(), number(&form, "edition"));
        let asked = key.clone();
        let done = ctx
            .write(move |tx, me| {
                let agent = Agent::find(tx, me, &asked)?;
                DraftForm::discard(tx, me, &agent, edition)
            })
            .await;
        after(&ctx, key, done).await
    }
}

mod version {
    use super::*;

    /// The draft, of which `edition` was seen; or an older version once more.
    pub async fn create(ctx: Ctx, key: Path<String>, form: Form) -> Result<Reply> {
        let (key, edition) = (key.into_inner(), number(&form, "edition"));
        let old = match form.given("number") {
            None => None,
            Some(number) => Some(number.parse().map_err(|_| Error::NotFound)?),
        };
        let asked = key.clone();
        let done = ctx
            .write(move |tx, me| {
                let agent = Agent::find(tx, me, &asked)?;
                match old {
                    Some(old) => Version::publish_again(tx, me, &agent, old).map(drop),
                    None => Version::publish(tx, me, &agent, edition).map(drop),
                }
            })
            .await;
        after(&ctx, key, done).await
    }

    /// `?from=1&to=3`.
    pub async fn compare(ctx: Ctx, key: Path<String>) -> Result<Reply> {
        let asked = |name| ctx.query(name).and_then(|text| text.trim().parse::<i32>().ok()).ok_or(Error::NotFound);
        let (from, to) = (asked("from")?, asked("to")?);
        let (agent, from, to) = ctx
            .read(move |tx, me| {
                let agent = Agent::find(tx, me, &key)?;
                let (from, to) = (Versions::find(tx, &agent, from)?, Versions::find(tx, &agent, to)?);
                Ok((agent, from, to))
            })
            .await?;
        let shell = ctx.shell("settings")?;
        let view = ctx.work(move || Ok(Compare::new(shell, agent, &from, &to))).await?;
        ctx.page(&view)
    }
}
