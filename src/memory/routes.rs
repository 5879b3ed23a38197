//! `/memory`.

use super::model::*;
use super::pages::{Adding, EditPlace, History, Index, ItemForm, Loaded, New, Show, WORDS, filter};
use crate::access::{Actor, Ctx, Kind, Verb, check};
use crate::comments::{self, Thread};
use crate::db::Tx;
use crate::error::{Error, Problems, Result};
use crate::files::Attachments;
use crate::records::{Edit, Record, SavedView, resolve};
use crate::related::{
    Address, Parts, Preview, parse_place, place_choices, place_for, place_label, place_options, place_value,
    readers_of, sort_of, view_tabs,
};
use crate::ui::{FieldProblem, list_count};
use crate::web::{Flash, Form, Need, Reply, Routes, listed};
use actix_web::web::Path;
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .get("/memory", Need::Session, index)
        .get("/memory/new", Need::Session, new)
        .post("/memory", Need::Session, create)
        .get("/memory/{id}", Need::Session, show)
        .get("/memory/{id}/history", Need::Session, history)
        .post("/memory/{id}/fields", Need::Session, update)
        .post("/memory/{id}/supersession", Need::Session, supersession::create)
        .post("/memory/{id}/sources", Need::Session, sources::create)
        .post("/memory/{id}/sources/{source}/removal", Need::Session, sources::destroy)
        .get("/memory/{id}/place", Need::Session, place::edit)
        .post("/memory/{id}/place", Need::Session, place::update)
        .and(super::api::routes())
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let query = Address::of(&ctx, "/memory", &WORDS)?;
    let asked = query.clone();
    let (page, count, expired, views, day) = ctx
        .read(move |tx, me| {
            let filter = filter(&asked, me)?;
            let page = filter.page(tx, me, sort_of(&SORTS, asked.get("sort")), asked.after.clone())?;
            let late = Filter { standing: Some(Standing::Expired), project: filter.project, ..Filter::default() };
            let (count, expired) = (filter.count(tx, me)?, late.count(tx, me)?);
            Ok((page, count, expired, SavedView::list(tx, me, Kind::Memory)?, today(tx, me)))
        })
        .await?;
    let saved = view_tabs(&views, "/memory", &query.address(), ctx.me()?.person_id());
    let view = Index::new(ctx.shell("memory")?, query, page, day);
    ctx.page(&Index { count: list_count(count), expired, saved, ..view })
}

/// `?source=DOC-7`, `?supersedes=MEM-3`, `?project=`.
async fn new(ctx: Ctx) -> Result<Reply> {
    let asked = |name| ctx.query(name).unwrap_or_default();
    let form = ItemForm { source: asked("source"), supersedes: asked("supersedes"), ..ItemForm::default() };
    let (key, old) = (ctx.project_key(), form.supersedes.clone());
    let (places, place) =
        ctx.read(move |tx, me| Ok((place_choices(tx, me)?, place_for(tx, me, &old, key.as_deref())?))).await?;
    let form = ItemForm { place, ..form };
    ctx.page(&New::new(ctx.shell("memory")?, form, Problems::default(), &places, Vec::new()))
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = ItemForm::of(&sent);
    let typed = form.clone();
    match ctx.write_once(&sent, move |tx, me| Ok(typed.check(me)?.create(tx, me)?.record.path())).await {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => {
            let typed = form.clone();
            let (places, narrower) = ctx
                .read(move |tx, me| Ok((place_choices(tx, me)?, narrower(tx, me, &typed.place, &typed.source)?)))
                .await?;
            ctx.page_with(422, &New::new(ctx.shell("memory")?, form, problems, &places, narrower))
        }
        Err(other) => Err(other),
    }
}

/// The typed source when not everybody in the typed place may read it; nothing while either is not understood.
fn narrower(tx: &mut Tx, me: &Actor, place: &str, source: &str) -> Result<Vec<Record>> {
    let Ok(place) = parse_place(me, place) else { return Ok(Vec::new()) };
    let found = Record::find_many(tx, me, vec![source.trim().to_uppercase()])?;
    Ok(found.into_iter().filter(|record| !covers(me, record.place(), place)).collect())
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let shown = comments::Show::of(ctx.query("show").as_deref());
    let loaded = ctx.read(move |tx, me| load(tx, me, &id, shown)).await?;
    let editing = ctx.query("edit");
    ctx.page(&Show::new(ctx.shell("memory")?, loaded, editing.as_deref(), None))
}

fn load(tx: &mut Tx, me: &Actor, display_id: &str, shown: comments::Show) -> Result<Loaded> {
    let item = Item::find(tx, me, display_id)?;
    Ok(Loaded {
        today: today(tx, me),
        sources: item.sources(tx, me)?,
        resolved: resolve(tx, me, &[item.body.as_str()])?,
        parts: Parts::load(tx, me, &item.record)?,
        thread: Thread::load(tx, me, &item.record, shown)?,
        attachments: Attachments::load(tx, me, &item.record)?,
        item,
    })
}

async fn history(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let (item, revisions) = ctx
        .read(move |tx, me| {
            let item = Item::find(tx, me, &id)?;
            let revisions = item.revisions(tx)?;
            Ok((item, revisions))
        })
        .await?;
    let shell = ctx.shell("memory")?;
    let view = ctx.work(move || Ok(History::new(shell, item, &revisions))).await?;
    ctx.page(&view)
}

/// One field, edited in place. A refused or lost edit draws the page again with both values.
async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let field = form.word("field", Field::parse)?;
    let edit = Edit::of(field, &form);
    let (asked, wanted) = (id.clone(), edit.clone());
    match ctx.write(move |tx, me| Item::edit(tx, me, &asked, &wanted)).await {
        Ok(item) => Ok(ctx.redirect(&item.record.path(), None)),
        Err(error) => {
            let (status, problem) = FieldProblem::of(error, field.as_str(), &edit.value, form.text("was"))?;
            let loaded = ctx.read(move |tx, me| load(tx, me, &id, comments::Show::All)).await?;
            ctx.page_with(status, &Show::new(ctx.shell("memory")?, loaded, None, Some(&problem)))
        }
    }
}

mod supersession {
    use super::*;

    /// This item replaces the one named `old`.
    pub async fn create(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
        let (asked, old) = (id.clone(), form.text("old").to_owned());
        let flash = match ctx.write(move |tx, me| Item::find(tx, me, &asked)?.supersede(tx, me, &old)).await {
            Ok(()) => Flash::done("memory-superseded-done"),
            Err(Error::Invalid(problems)) => Flash::failed(problems.first()),
            Err(other) => return Err(other),
        };
        Ok(ctx.redirect(&format!("/memory/{id}"), Some(flash)))
    }
}

mod sources {
    use super::*;

    /// `source` a display ID, `passage` its words, `widen` the narrower sources as they were shown.
    pub async fn create(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
        let new = NewSource { record: form.text("source").to_owned(), passage: form.text("passage").to_owned() };
        let (asked, typed, agreed) = (id.clone(), new.clone(), listed(form.text("widen")));
        let path = format!("/memory/{id}");
        let add = move |tx: &mut Tx, me: &Actor| {
            Item::add_source(tx, me, &asked, &typed, &agreed)?;
            Ok(path)
        };
        match ctx.write_once(&form, add).await {
            Ok(path) => Ok(ctx.redirect(&path, Some(Flash::done("memory-source-added")))),
            Err(Error::Invalid(problems)) => {
                let source = new.record.clone();
                let (loaded, narrower) = ctx
                    .read(move |tx, me| {
                        let loaded = load(tx, me, &id, comments::Show::All)?;
                        let found = Record::find_many(tx, me, vec![source.trim().to_uppercase()])?;
                        let place = loaded.item.record.place();
                        let narrower = found.into_iter().filter(|record| !covers(me, record.place(), place));
                        Ok((loaded, narrower.collect()))
                    })
                    .await?;
                let view = Show::new(ctx.shell("memory")?, loaded, None, None);
                let adding = Adding { source: new.record, passage: new.passage, problems, narrower };
                ctx.page_with(422, &Show { adding, ..view })
            }
            Err(other) => Err(other),
        }
    }

    pub async fn destroy(ctx: Ctx, path: Path<(String, Uuid)>, _: Form) -> Result<Reply> {
        let (id, source) = path.into_inner();
        let asked = id.clone();
        ctx.write(move |tx, me| Item::remove_source(tx, me, &asked, SourceId(source))).await?;
        Ok(ctx.redirect(&format!("/memory/{id}"), Some(Flash::done("memory-source-removed"))))
    }
}

mod place {
    use super::*;

    pub async fn edit(ctx: Ctx, id: Path<String>) -> Result<Reply> {
        let chosen = ctx.query("place");
        let view = load_place(&ctx, id.into_inner(), chosen, Problems::default()).await?;
        ctx.page(&view)
    }

    pub async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
        let (asked, value, agreed) = (id.clone(), form.text("place").to_owned(), listed(form.text("widen")));
        let chosen = value.clone();
        match ctx.write(move |tx, me| Item::move_to(tx, me, &asked, parse_place(me, &value)?, &agreed)).await {
            Ok(item) => Ok(ctx.redirect(&item.record.path(), Some(Flash::done("record-moved")))),
            Err(Error::Invalid(problems)) => {
                let chosen = problems.get("widen").map(|_| chosen);
                ctx.page_with(422, &load_place(&ctx, id.into_inner(), chosen, problems).await?)
            }
            Err(other) => Err(other),
        }
    }

    async fn load_place(ctx: &Ctx, id: String, chosen: Option<String>, problems: Problems) -> Result<EditPlace> {
        let (record, choices, current, preview, narrower) = ctx
            .read(move |tx, me| {
                let item = Item::find(tx, me, &id)?;
                check(me, Verb::Share, &item.record.thing())?;
                let choices = place_choices(tx, me)?;
                let current = place_value(me, item.record.place());
                let (mut preview, mut narrower) = (None, Vec::new());
                if let Some(chosen) = chosen.filter(|chosen| *chosen != current) {
                    let place = parse_place(me, &chosen)?;
                    let label = choices.iter().find(|choice| choice.value == chosen).map(place_label);
                    narrower = item.narrower(tx, me, place)?.into_iter().map(|source| source.record).collect();
                    preview = Some(Preview {
                        readers_now: readers_of(tx, item.record.place())?,
                        readers_then: readers_of(tx, place)?,
                        place: chosen,
                        label: label.unwrap_or_default(),
                    });
                }
                Ok((item.record, choices, current, preview, narrower))
            })
            .await?;
        let chosen = preview.as_ref().map(|preview| preview.place.clone()).unwrap_or(current);
        let choices = place_options(&choices, &chosen);
        Ok(EditPlace { shell: ctx.shell("memory")?, choices, record, problems, preview, narrower })
    }
}
