//! `/risks`.

use super::model::*;
use super::pages::{Heat, Index, Loaded, New, RiskForm, Show, WORDS, category_filter, filter, status_filter, tabs};
use crate::access::{Actor, Ctx, Kind, Verb, can};
use crate::comments::{self, Thread};
use crate::db::Tx;
use crate::error::{Error, Msg, Problems, Result};
use crate::files::Attachments;
use crate::people::Offered;
use crate::records::{Edit, SavedView, resolve};
use crate::related::{Address, Parts, place_choices, place_here, sort_choices, sort_of, view_tabs};
use crate::text::value::Body;
use crate::ui::{FieldProblem, list_count};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/risks", Need::Session, index)
        .get("/risks/new", Need::Session, new)
        .post("/risks", Need::Session, create)
        .get("/risks/{id}", Need::Session, show)
        .post("/risks/{id}/fields", Need::Session, update)
        .post("/risks/{id}/closure", Need::Session, closure::create)
        .post("/risks/{id}/closure/removal", Need::Session, closure::destroy)
        .and(super::api::routes())
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let asked = Address::of(&ctx, "/risks", &WORDS)?;
    let (page, count, tallies, views, (offered, whom), categories, query) = ctx
        .read(move |tx, me| {
            let (offered, whom) = asked.offered(tx, me, "owner")?;
            let filter = filter(&asked, me, &whom)?;
            let page = filter.page(tx, me, sort_of(&SORTS, asked.get("sort")), asked.after.clone())?;
            let (count, tallies) = (filter.count(tx, me)?, filter.heat(tx, me)?);
            let views = SavedView::list(tx, me, Kind::Risk)?;
            Ok((page, count, tallies, views, (offered, whom), categories(tx, me)?, asked))
        })
        .await?;
    let view = Index {
        shell: ctx.shell("risks")?,
        next: page.next.as_ref().map(|cursor| query.next(cursor)),
        page,
        count: list_count(count),
        tabs: tabs(&query),
        saved: view_tabs(&views, "/risks", &query.address(), ctx.me()?.person_id()),
        statuses: status_filter(&query),
        categories: category_filter(&query, &categories),
        people: whom.chooser(&offered),
        sorts: sort_choices(&SORTS, query.get("sort")),
        heat: Heat::new(&tallies, &query),
        cell: Heat::chosen(&query),
        query,
    };
    ctx.page(&view)
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let key = ctx.project_key();
    let (places, categories, place) = ctx
        .read(move |tx, me| Ok((place_choices(tx, me)?, categories(tx, me)?, place_here(me, key.as_deref()))))
        .await?;
    let form = RiskForm { place, ..RiskForm::default() };
    ctx.page(&New::new(ctx.shell("risks")?, form, Problems::default(), &places, categories))
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = RiskForm::of(&sent);
    let typed = form.clone();
    match ctx.write_once(&sent, move |tx, me| Ok(typed.check(me)?.create(tx, me)?.record.path())).await {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => {
            let (places, categories) = ctx.read(|tx, me| Ok((place_choices(tx, me)?, categories(tx, me)?))).await?;
            ctx.page_with(422, &New::new(ctx.shell("risks")?, form, problems, &places, categories))
        }
        Err(other) => Err(other),
    }
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let shown = comments::Show::of(ctx.query("show").as_deref());
    let loaded = ctx.read(move |tx, me| load(tx, me, &id, shown)).await?;
    let editing = ctx.query("edit");
    ctx.page(&Show::new(ctx.shell("risks")?, loaded, editing.as_deref(), None))
}

fn load(tx: &mut Tx, me: &Actor, display_id: &str, shown: comments::Show) -> Result<Loaded> {
    let risk = Risk::find(tx, me, display_id)?;
    let closure = risk.closure(tx)?;
    let note = closure.as_ref().map(|closure| closure.note.as_str()).unwrap_or_default();
    let texts = [risk.description.as_str(), &risk.mitigation, &risk.contingency, note];
    Ok(Loaded {
        resolved: resolve(tx, me, &texts)?,
        parts: Parts::load(tx, me, &risk.record)?,
        thread: Thread::load(tx, me, &risk.record, shown)?,
        attachments: Attachments::load(tx, me, &risk.record)?,
        offered: Offered::of(tx, me.person_id(), &[risk.risk_owner_id])?,
        can_close: can(me, Verb::Close, &risk.record.thing()),
        closure,
        risk,
    })
}

/// One field, edited in place. A refused or lost edit draws the page again with both values.
async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let field = form.word("field", Field::parse)?;
    let edit = Edit::of(field, &form);
    let (asked, wanted) = (id.clone(), edit.clone());
    match ctx.write(move |tx, me| Risk::edit(tx, me, &asked, &wanted)).await {
        Ok(risk) => Ok(ctx.redirect(&risk.record.path(), None)),
        Err(error) => {
            let (status, problem) = FieldProblem::of(error, field.as_str(), &edit.value, form.text("was"))?;
            let loaded = ctx.read(move |tx, me| load(tx, me, &id, comments::Show::All)).await?;
            ctx.page_with(status, &Show::new(ctx.shell("risks")?, loaded, None, Some(&problem)))
        }
    }
}

mod closure {
    use super::*;

    /// With a note that says why; refused, it comes back as typed.
    pub async fn create(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
        let note = form.text("note").to_owned();
        let (asked, typed) = (id.clone(), note.clone());
        let done = ctx
            .write(move |tx, me| {
                let note = Body::parse(&typed).map_err(|msg| Error::invalid("note", msg))?;
                Risk::close(tx, me, &asked, &note)
            })
            .await;
        match done {
            Ok(risk) => {
                let flash = Flash::done(Msg::new("risk-closed").with("id", &risk.record.display_id));
                let undo = format!("{}/closure/removal", risk.record.path());
                Ok(ctx.redirect(&risk.record.path(), Some(flash.undo(&undo))))
            }
            Err(Error::Invalid(problems)) => {
                let loaded = ctx.read(move |tx, me| load(tx, me, &id, comments::Show::All)).await?;
                let view = Show::new(ctx.shell("risks")?, loaded, None, None).with_note(note, problems);
                ctx.page_with(422, &view)
            }
            Err(other) => Err(other),
        }
    }

    pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let risk = ctx.write(move |tx, me| Risk::reopen(tx, me, &id)).await?;
        let flash = Flash::done(Msg::new("risk-reopened").with("id", &risk.record.display_id));
        Ok(ctx.redirect(&risk.record.path(), Some(flash)))
    }
}
