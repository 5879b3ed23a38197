//! `/experiments`.

use super::model::*;
use super::pages::{ExperimentForm, Index, Loaded, New, Show, WORDS, filter, tabs};
use crate::access::{Actor, Ctx, Kind};
use crate::comments::{self, Thread};
use crate::db::Tx;
use crate::error::{Error, Problems, Result};
use crate::files::Attachments;
use crate::people::Offered;
use crate::records::{Edit, SavedView, resolve};
use crate::related::{Address, Parts, place_choices, place_here, sort_choices, sort_of, view_tabs};
use crate::ui::{FieldProblem, list_count};
use crate::web::{Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/experiments", Need::Session, index)
        .get("/experiments/new", Need::Session, new)
        .post("/experiments", Need::Session, create)
        .get("/experiments/{id}", Need::Session, show)
        .post("/experiments/{id}/fields", Need::Session, update)
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let asked = Address::of(&ctx, "/experiments", &WORDS)?;
    let (page, count, views, (offered, whom), query) = ctx
        .read(move |tx, me| {
            let (offered, whom) = asked.offered(tx, me, "owner")?;
            let filter = filter(&asked, me, &whom)?;
            let page = filter.page(tx, me, sort_of(&SORTS, asked.get("sort")), asked.after.clone())?;
            Ok((page, filter.count(tx, me)?, SavedView::list(tx, me, Kind::Experiment)?, (offered, whom), asked))
        })
        .await?;
    let view = Index {
        shell: ctx.shell("experiments")?,
        next: page.next.as_ref().map(|cursor| query.next(cursor)),
        page,
        count: list_count(count),
        tabs: tabs(&query),
        saved: view_tabs(&views, "/experiments", &query.address(), ctx.me()?.person_id()),
        people: whom.chooser(&offered),
        sorts: sort_choices(&SORTS, query.get("sort")),
        query,
    };
    ctx.page(&view)
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let key = ctx.project_key();
    let (places, place) = ctx.read(move |tx, me| Ok((place_choices(tx, me)?, place_here(me, key.as_deref())))).await?;
    let form = ExperimentForm { place, ..ExperimentForm::default() };
    ctx.page(&New::new(ctx.shell("experiments")?, form, Problems::default(), &places))
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = ExperimentForm::of(&sent);
    let typed = form.clone();
    match ctx.write_once(&sent, move |tx, me| Ok(typed.check(me)?.create(tx, me)?.record.path())).await {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => {
            let places = ctx.read(place_choices).await?;
            ctx.page_with(422, &New::new(ctx.shell("experiments")?, form, problems, &places))
        }
        Err(other) => Err(other),
    }
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let shown = comments::Show::of(ctx.query("show").as_deref());
    let loaded = ctx.read(move |tx, me| load(tx, me, &id, shown)).await?;
    let editing = ctx.query("edit");
    ctx.page(&Show::new(ctx.shell("experiments")?, loaded, editing.as_deref(), None))
}

fn load(tx: &mut Tx, me: &Actor, display_id: &str, shown: comments::Show) -> Result<Loaded> {
    let experiment = Experiment::find(tx, me, display_id)?;
    let Experiment { hypothesis, method, metric, target, result, learnings, .. } = &experiment;
    let texts = [hypothesis, method, metric, target, result, learnings].map(String::as_str);
    Ok(Loaded {
        resolved: resolve(tx, me, &texts)?,
        parts: Parts::load(tx, me, &experiment.record)?,
        thread: Thread::load(tx, me, &experiment.record, shown)?,
        attachments: Attachments::load(tx, me, &experiment.record)?,
        offered: Offered::of(tx, me.person_id(), &[experiment.experiment_owner_id])?,
        experiment,
    })
}

/// One field, edited in place. A refused or lost edit draws the page again with both values.
async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let field = form.word("field", Field::parse)?;
    let edit = Edit::of(field, &form);
    let (asked, wanted) = (id.clone(), edit.clone());
    match ctx.write(move |tx, me| Experiment::edit(tx, me, &asked, &wanted)).await {
        Ok(experiment) => Ok(ctx.redirect(&experiment.record.path(), None)),
        Err(error) => {
            let (status, problem) = FieldProblem::of(error, field.as_str(), &edit.value, form.text("was"))?;
            let loaded = ctx.read(move |tx, me| load(tx, me, &id, comments::Show::All)).await?;
            ctx.page_with(status, &Show::new(ctx.shell("experiments")?, loaded, None, Some(&problem)))
        }
    }
}
