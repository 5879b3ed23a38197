//! `/snapshots`.

use super::model::*;
use super::pages::{Compare, Index, Loaded, New, Show, SnapshotForm, WORDS, filter};
use crate::access::{Actor, Ctx, Kind};
use crate::comments::{self, Thread};
use crate::db::Tx;
use crate::error::{Error, Msg, Problems, Result};
use crate::files::Attachments;
use crate::records::{Edit, SavedView, resolve};
use crate::related::{Address, Parts, place_choices, place_here, sort_of, view_tabs};
use crate::ui::{FieldProblem, list_count};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/snapshots", Need::Session, index)
        .get("/snapshots/new", Need::Session, new)
        .get("/snapshots/compare", Need::Session, compare)
        .post("/snapshots", Need::Session, create)
        .get("/snapshots/{id}", Need::Session, show)
        .post("/snapshots/{id}/fields", Need::Session, update)
        .post("/snapshots/{id}/activation", Need::Session, activation::create)
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let query = Address::of(&ctx, "/snapshots", &WORDS)?;
    let asked = query.clone();
    let (page, count, views) = ctx
        .read(move |tx, me| {
            let filter = filter(&asked, me)?;
            let page = filter.page(tx, me, sort_of(&SORTS, asked.get("sort")), asked.after.clone())?;
            Ok((page, filter.count(tx, me)?, SavedView::list(tx, me, Kind::Snapshot)?))
        })
        .await?;
    let saved = view_tabs(&views, "/snapshots", &query.address(), ctx.me()?.person_id());
    let view = Index::new(ctx.shell("snapshots")?, query, page);
    ctx.page(&Index { count: list_count(count), saved, ..view })
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let (key, kind) = (ctx.project_key(), ctx.query("type").unwrap_or_default());
    let (places, place) = ctx.read(move |tx, me| Ok((place_choices(tx, me)?, place_here(me, key.as_deref())))).await?;
    let form = SnapshotForm { kind, place };
    ctx.page(&New::new(ctx.shell("snapshots")?, &form, Problems::default(), &places))
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = SnapshotForm::of(&sent);
    let typed = form.clone();
    match ctx.write_once(&sent, move |tx, me| Ok(typed.check(me)?.order(tx, me)?.record.path())).await {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => {
            let places = ctx.read(place_choices).await?;
            ctx.page_with(422, &New::new(ctx.shell("snapshots")?, &form, problems, &places))
        }
        Err(other) => Err(other),
    }
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let shown = comments::Show::of(ctx.query("show").as_deref());
    let loaded = ctx.read(move |tx, me| load(tx, me, &id, shown)).await?;
    let editing = ctx.query("edit");
    ctx.page(&Show::new(ctx.shell("snapshots")?, loaded, editing.as_deref(), None))
}

fn load(tx: &mut Tx, me: &Actor, display_id: &str, shown: comments::Show) -> Result<Loaded> {
    let snapshot = Snapshot::find(tx, me, display_id)?;
    Ok(Loaded {
        sources: snapshot.sources(tx, me)?,
        before: snapshot.before(tx, me)?,
        can_activate: snapshot.can_activate(me),
        resolved: resolve(tx, me, &[snapshot.body.as_str()])?,
        parts: Parts::load(tx, me, &snapshot.record)?,
        thread: Thread::load(tx, me, &snapshot.record, shown)?,
        attachments: Attachments::load(tx, me, &snapshot.record)?,
        snapshot,
    })
}

/// `?from=SNAP-8&to=SNAP-9`.
async fn compare(ctx: Ctx) -> Result<Reply> {
    let asked = |name| ctx.query(name).unwrap_or_default().trim().to_uppercase();
    let (from, to) = (asked("from"), asked("to"));
    let (from, to) = ctx.read(move |tx, me| Ok((Snapshot::find(tx, me, &from)?, Snapshot::find(tx, me, &to)?))).await?;
    let shell = ctx.shell("snapshots")?;
    let view = ctx.work(move || Ok(Compare::new(shell, from, to))).await?;
    ctx.page(&view)
}

/// One field, edited in place. A refused or lost edit draws the page again with both values.
async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let field = form.word("field", Field::parse)?;
    let edit = Edit::of(field, &form);
    let (asked, wanted) = (id.clone(), edit.clone());
    match ctx.write(move |tx, me| Snapshot::edit(tx, me, &asked, &wanted)).await {
        Ok(snapshot) => Ok(ctx.redirect(&snapshot.record.path(), None)),
        Err(error) => {
            let (status, problem) = FieldProblem::of(error, field.as_str(), &edit.value, form.text("was"))?;
            let loaded = ctx.read(move |tx, me| load(tx, me, &id, comments::Show::All)).await?;
            ctx.page_with(status, &Show::new(ctx.shell("snapshots")?, loaded, None, Some(&problem)))
        }
    }
}

mod activation {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let asked = id.clone();
        match ctx.write(move |tx, me| Snapshot::activate(tx, me, &asked)).await {
            Ok(snapshot) => {
                let flash = Flash::done(Msg::new("snapshot-activated").with("id", &snapshot.record.display_id));
                Ok(ctx.redirect(&snapshot.record.path(), Some(flash)))
            }
            Err(Error::Invalid(problems)) => {
                let loaded = ctx.read(move |tx, me| load(tx, me, &id, comments::Show::All)).await?;
                let view = Show::new(ctx.shell("snapshots")?, loaded, None, None);
                ctx.page_with(422, &Show { problems, ..view })
            }
            Err(other) => Err(other),
        }
    }
}
