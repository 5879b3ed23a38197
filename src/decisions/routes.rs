//! `/decisions`.

use super::model::*;
use super::pages::{DecisionForm, Index, Loaded, New, Show, WORDS, filter, tabs};
use crate::access::{Actor, Ctx, Kind};
use crate::comments::{Show as Shown, Thread};
use crate::db::Tx;
use crate::error::{Error, Problems, Result};
use crate::files::Attachments;
use crate::people::Offered;
use crate::records::{Edit, SavedView, resolve};
use crate::related::{Address, Parts, place_choices, place_for, sort_choices, sort_of, view_tabs};
use crate::ui::{FieldProblem, list_count};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/decisions", Need::Session, index)
        .get("/decisions/new", Need::Session, new)
        .post("/decisions", Need::Session, create)
        .get("/decisions/{id}", Need::Session, show)
        .post("/decisions/{id}/fields", Need::Session, update)
        .post("/decisions/{id}/supersession", Need::Session, supersession::create)
        .and(super::api::routes())
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let query = Address::of(&ctx, "/decisions", &WORDS)?;
    let asked = query.clone();
    let (page, count, views) = ctx
        .read(move |tx, me| {
            let filter = filter(&asked, me)?;
            let page = filter.page(tx, me, sort_of(&SORTS, asked.get("sort")), asked.after.clone())?;
            Ok((page, filter.count(tx, me)?, SavedView::list(tx, me, Kind::Decision)?))
        })
        .await?;
    let here = query.address();
    let view = Index {
        shell: ctx.shell("decisions")?,
        next: page.next.as_ref().map(|cursor| query.next(cursor)),
        page,
        count: list_count(count),
        tabs: tabs(&query),
        saved: view_tabs(&views, "/decisions", &here, ctx.me()?.person_id()),
        sorts: sort_choices(&SORTS, query.get("sort")),
        query,
    };
    ctx.page(&view)
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let key = ctx.project_key();
    let supersedes = ctx.query("supersedes").unwrap_or_default();
    let old = supersedes.clone();
    let (places, place) =
        ctx.read(move |tx, me| Ok((place_choices(tx, me)?, place_for(tx, me, &old, key.as_deref())?))).await?;
    let form = DecisionForm { place, supersedes, ..DecisionForm::default() };
    ctx.page(&New::new(ctx.shell("decisions")?, form, Problems::default(), &places))
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = DecisionForm::of(&sent);
    let typed = form.clone();
    match ctx.write_once(&sent, move |tx, me| Ok(typed.check(me)?.create(tx, me)?.record.path())).await {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => {
            let places = ctx.read(place_choices).await?;
            ctx.page_with(422, &New::new(ctx.shell("decisions")?, form, problems, &places))
        }
        Err(other) => Err(other),
    }
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let thread = Shown::of(ctx.query("show").as_deref());
    let loaded = ctx.read(move |tx, me| load(tx, me, &id, thread)).await?;
    let editing = ctx.query("edit");
    ctx.page(&Show::new(ctx.shell("decisions")?, loaded, editing.as_deref(), None))
}

fn load(tx: &mut Tx, me: &Actor, display_id: &str, thread: Shown) -> Result<Loaded> {
    let decision = Decision::find(tx, me, display_id)?;
    let texts = [decision.context.as_str(), &decision.decision, &decision.alternatives, &decision.consequences];
    Ok(Loaded {
        resolved: resolve(tx, me, &texts)?,
        parts: Parts::load(tx, me, &decision.record)?,
        thread: Thread::load(tx, me, &decision.record, thread)?,
        attachments: Attachments::load(tx, me, &decision.record)?,
        offered: Offered::of(tx, me.person_id(), &[decision.decider_id])?,
        decision,
    })
}

/// One field, edited in place. A refused or lost edit draws the page again with both values.
async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let field = form.word("field", Field::parse)?;
    let edit = Edit::of(field, &form);
    let (asked, wanted) = (id.clone(), edit.clone());
    match ctx.write(move |tx, me| Decision::edit(tx, me, &asked, &wanted)).await {
        Ok(decision) => Ok(ctx.redirect(&decision.record.path(), None)),
        Err(error) => {
            let (status, problem) = FieldProblem::of(error, field.as_str(), &edit.value, form.text("was"))?;
            let loaded = ctx.read(move |tx, me| load(tx, me, &id, Shown::All)).await?;
            ctx.page_with(status, &Show::new(ctx.shell("decisions")?, loaded, None, Some(&problem)))
        }
    }
}

mod supersession {
    use super::*;

    /// This decision replaces the one named `old`.
    pub async fn create(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
        let old = form.text("old").to_owned();
        let asked = id.clone();
        let done = ctx
            .write(move |tx, me| {
                let decision = Decision::find(tx, me, &asked)?;
                decision.supersede(tx, me, &old)
            })
            .await;
        let flash = match done {
            Ok(()) => Flash::done("decision-superseded-done"),
            Err(Error::Invalid(problems)) => {
                Flash::failed(problems.iter().next().map(|(_, msg)| msg.clone()).unwrap_or("problem-choice".into()))
            }
            Err(other) => return Err(other),
        };
        Ok(ctx.redirect(&format!("/decisions/{id}"), Some(flash)))
    }
}
