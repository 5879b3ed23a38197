//! `/docs`.

mod edit;
mod history;
mod moving;
mod removal;

use super::model::*;
use super::pages::{Index, Loaded, Pane, Show, Steps, Tree, WORDS, filter, place, place_name, steps, tabs};
use crate::access::{Actor, Ctx, Kind, Place};
use crate::comments::{self, Thread};
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::files::Attachments;
use crate::records::{Record, Resolved, SavedView, check_seen, resolve};
use crate::related::{
    Address, Parts, parse_place, place_choices, place_options, place_value, sort_choices, sort_of, view_tabs,
};
use crate::text::files::content_disposition;
use crate::text::markdown::{Rendered, Setting, render_in};
use crate::text::value::Tag;
use crate::ui::{FieldProblem, list_count, say_with};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;

/// Revisions in the right column.
const REVISIONS_IN_ASIDE: i32 = 3;

pub fn routes() -> Routes {
    Routes::new()
        .get("/docs", Need::Session, index)
        .post("/docs", Need::Session, edit::create)
        .get("/docs/new", Need::Session, edit::new)
        .post("/docs/archiving", Need::Session, removal::bulk)
        .post("/docs/preview", Need::Session, edit::preview)
        .get("/docs/tree", Need::Session, tree::index)
        .get("/docs/bin", Need::Session, removal::index)
        .get("/docs/{id}", Need::Session, show)
        .get("/docs/{id}/tree", Need::Session, tree::show)
        .get("/docs/{id}/edit", Need::Session, edit::edit)
        .post("/docs/{id}", Need::Session, edit::update)
        .post("/docs/{id}/tags", Need::Session, tags::update)
        .get("/docs/{id}/markdown", Need::Session, markdown)
        .post("/docs/{id}/copy", Need::Session, copy)
        .get("/docs/{id}/revisions", Need::Session, history::index)
        .get("/docs/{id}/revisions/{number}", Need::Session, history::show)
        .post("/docs/{id}/revisions/{number}/restoring", Need::Session, history::restore)
        .get("/docs/{id}/compare", Need::Session, history::compare)
        .get("/docs/{id}/move", Need::Session, moving::edit)
        .post("/docs/{id}/move", Need::Session, moving::update)
        .post("/docs/{id}/order", Need::Session, moving::step)
        .post("/docs/{id}/archiving", Need::Session, removal::archive)
        .post("/docs/{id}/archiving/removal", Need::Session, removal::restore)
        .post("/docs/{id}/removal", Need::Session, removal::create)
        .post("/docs/{id}/removal/undo", Need::Session, removal::destroy)
        .and(crate::docs::api::routes())
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let query = Address::of(&ctx, "/docs", &WORDS)?;
    let asked = query.clone();
    let (page, count, views, tree, places) = ctx
        .read(move |tx, me| {
            let filter = filter(&asked, me)?;
            let page = filter.page(tx, me, sort_of(&SORTS, asked.get("sort")), asked.after.clone())?;
            let tree = load_tree(tx, me, filter.place, None, Vec::new())?;
            Ok((page, filter.count(tx, me)?, SavedView::list(tx, me, Kind::Doc)?, tree, place_choices(tx, me)?))
        })
        .await?;
    let me = ctx.me()?;
    let place = place(&query, &me)?;
    let shelf = place.and_then(|place| tree.shelves.iter().find(|shelf| shelf.place == place));
    let chosen = place.map(|place| place_value(&me, place)).unwrap_or_default();
    let new_href = if chosen.is_empty() { "/docs/new".to_owned() } else { format!("/docs/new?place={chosen}") };
    let view = Index {
        shell: ctx.shell("docs")?,
        next: page.next.as_ref().map(|cursor| query.next(cursor)),
        page,
        count: list_count(count),
        tabs: tabs(&query),
        saved: view_tabs(&views, "/docs", &query.address(), me.person_id()),
        sorts: sort_choices(&SORTS, query.get("sort")),
        places: place_options(&places, &chosen),
        place_name: shelf.map(|shelf| place_name(shelf.place, shelf.name.as_deref())),
        pane: Pane::new(&me, &tree, new_href, query.get("q")),
        starters: STARTERS,
        query,
    };
    ctx.page(&view)
}

/// The places, and the pages of one: the asked one, else the first that has any.
fn load_tree(tx: &mut Tx, me: &Actor, place: Option<Place>, current: Option<DocId>, open: Vec<DocId>) -> Result<Tree> {
    let shelves = shelves(tx, me, place)?;
    let place = place.or_else(|| shelves.iter().find(|shelf| shelf.has_pages).map(|shelf| shelf.place));
    let nodes = match place {
        Some(place) => nodes(tx, me, place, open.iter().map(|id| id.0).collect())?,
        None => Vec::new(),
    };
    Ok(Tree { shelves, place, nodes, open, current })
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let view = draw(&ctx, id.into_inner(), None).await?;
    ctx.page(&view)
}

async fn draw(ctx: &Ctx, id: String, problem: Option<FieldProblem>) -> Result<Show> {
    // What was said comes first here; what was changed is in the revisions.
    let said = ctx.query("show").map_or(comments::Show::Comments, |word| comments::Show::of(Some(&word)));
    let (loaded, resolved) = ctx.read(move |tx, me| load(tx, me, &id, said)).await?;
    let body = loaded.doc.body.clone();
    let rendered = ctx.work(move || Ok(render(&resolved, &body))).await?;
    Ok(Show::new(ctx.shell("docs")?, &ctx.me()?, loaded, rendered, problem.as_ref()))
}

fn render(resolved: &Resolved, body: &str) -> Rendered {
    render_in(&Setting::default(), body, &|reference| resolved.target(reference))
}

fn load(tx: &mut Tx, me: &Actor, display_id: &str, said: comments::Show) -> Result<(Loaded, Resolved)> {
    let doc = Doc::find(tx, me, display_id)?;
    let ancestors = doc.ancestors(tx)?;
    let open = ancestors.iter().map(|record| DocId(record.id.0)).chain([doc.id()]).collect();
    let resolved = resolve(tx, me, &[&doc.body])?;
    let loaded = Loaded {
        tree: load_tree(tx, me, Some(doc.record.place()), Some(doc.id()), open)?,
        revisions: doc.revisions(tx, None, REVISIONS_IN_ASIDE)?,
        parts: Parts::load(tx, me, &doc.record)?,
        attachments: Attachments::load(tx, me, &doc.record)?,
        thread: Thread::load(tx, me, &doc.record, said)?,
        ancestors,
        doc,
    };
    Ok((loaded, resolved))
}

/// The page as a file.
async fn markdown(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let doc = ctx.read(move |tx, me| Doc::find(tx, me, &id)).await?;
    let text = format!("# {}\n\n{}", doc.record.title, doc.body);
    let name = format!("{} {}.md", doc.record.display_id, doc.record.title);
    let response = HttpResponse::Ok().content_type("text/markdown; charset=utf-8").body(text);
    Ok(Reply::from(response).header(header::CONTENT_DISPOSITION, &content_disposition(false, &name)))
}

async fn copy(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let path = ctx
        .write_once(&form, move |tx, me| {
            let title = Record::find(tx, me, Kind::Doc, &id)?.title;
            let title = say_with("doc-copy-of", [("title", title.as_str())]);
            Ok(Doc::duplicate(tx, me, &id, &title)?.record.path())
        })
        .await?;
    Ok(ctx.redirect(&path, Some(Flash::done("doc-copied"))))
}

mod tags {
    use super::*;

    pub async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
        let (value, was) = (form.text("value").to_owned(), form.text("was").to_owned());
        let (asked, typed, seen) = (id.clone(), value.clone(), was.clone());
        match ctx.write(move |tx, me| set(tx, me, &asked, &typed, &seen)).await {
            Ok(record) => Ok(ctx.redirect(&record.path(), None)),
            Err(error) => {
                let (status, problem) = FieldProblem::of(error, "tags", &value, &was)?;
                let view = draw(&ctx, id.into_inner(), Some(problem)).await?;
                ctx.page_with(status, &view)
            }
        }
    }

    fn set(tx: &mut Tx, me: &Actor, id: &str, value: &str, was: &str) -> Result<Record> {
        let doc = Doc::find_locked(tx, me, id)?;
        let tags = Tag::parse_list(value).map_err(|msg| Error::invalid("tags", msg))?;
        let now = doc.record.tags(tx)?.join(", ");
        if !was.is_empty() {
            check_seen("tags", was, &now, value)?;
        }
        doc.record.set_tags(tx, me, &tags)?;
        Ok(doc.record)
    }
}

/// Branches of the tree that are opened later.
mod tree {
    use super::*;

    /// The pages of `?place=`.
    pub async fn index(ctx: Ctx) -> Result<Reply> {
        let value = ctx.query("place").unwrap_or_default();
        let nodes = ctx
            .read(move |tx, me| {
                let place = parse_place(me, &value).map_err(|_| Error::NotFound)?;
                nodes(tx, me, place, Vec::new())
            })
            .await?;
        ctx.page(&Steps { steps: steps(&nodes, &[], None) })
    }

    /// The pages right below one.
    pub async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
        let nodes = ctx.read(move |tx, me| Doc::find(tx, me, &id)?.children(tx, me)).await?;
        ctx.page(&Steps { steps: steps(&nodes, &[], None) })
    }
}

/// A number in the address; anything else is not there.
fn number(text: &str) -> Result<i32> {
    text.parse().map_err(|_| Error::NotFound)
}

/// For the flash of an act that can be taken back.
fn undoable(key: &'static str, id: &str, undo: &str) -> Flash {
    Flash::done(Msg::new(key).with("id", id)).undo(&format!("/docs/{id}/{undo}"))
}
