//! Writing pages.

use super::render;
use crate::access::{Actor, Ctx, Place, Verb, check};
use crate::db::Tx;
use crate::docs::model::{Doc, Keep, Merged, Side, Starter, parse_parent};
use crate::docs::pages::{DocForm, Edit, MAX_PREVIEW, New, Race};
use crate::error::{Error, Problems, Result};
use crate::records::resolve;
use crate::related::{Parts, PlaceChoice, parse_place, place_choices, place_value};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

/// `?parent=DOC-7`, `?place=`, `?project=`, `?starter=`, `?title=`.
pub async fn new(ctx: Ctx) -> Result<Reply> {
    let asked = |name| ctx.query(name).unwrap_or_default();
    let starter = Starter::find(&asked("starter"));
    let mut form = DocForm {
        title: asked("title"),
        body: starter.body.to_owned(),
        parent: asked("parent"),
        place: asked("place"),
        ..DocForm::default()
    };
    let (key, wanted) = (ctx.project_key(), form.clone());
    let (places, parent, place) = ctx
        .read(move |tx, me| {
            let (places, parent) = surroundings(tx, me, &wanted)?;
            let here = key.as_deref().and_then(|key| me.project(key)).map(|project| Place::Project(project.id));
            Ok((places, parent, here.map(|place| place_value(me, place))))
        })
        .await?;
    if form.place.is_empty() {
        form.place = place.unwrap_or("organisation".to_owned());
    }
    let mut view = New::new(ctx.shell("docs")?, form, Problems::default(), &places, parent.as_ref());
    view.preview = preview_of(&ctx, view.form.body.clone()).await?;
    ctx.page(&view)
}

/// What the form of a new page offers. A parent that is not there is as good as none.
fn surroundings(tx: &mut Tx, me: &Actor, form: &DocForm) -> Result<(Vec<PlaceChoice>, Option<Doc>)> {
    let parent = match parse_parent(tx, me, &form.parent) {
        Err(Error::Invalid(_)) => None,
        parent => parent?,
    };
    Ok((place_choices(tx, me)?, parent))
}

pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = DocForm::of(&sent);
    let typed = form.clone();
    let made = ctx
        .write_once(&sent, move |tx, me| {
            let parent = parse_parent(tx, me, &typed.parent)?;
            let place = match &parent {
                Some(parent) => parent.record.place(),
                None => parse_place(me, &typed.place)?,
            };
            Ok(typed.check_new(place, parent.map(|doc| doc.id()))?.create(tx, me)?.record.path())
        })
        .await;
    match made {
        Ok(path) => Ok(ctx.redirect(&path, None)),
        Err(Error::Invalid(problems)) => {
            let wanted = form.clone();
            let (places, parent) = ctx.read(move |tx, me| surroundings(tx, me, &wanted)).await?;
            ctx.page_with(422, &New::new(ctx.shell("docs")?, form, problems, &places, parent.as_ref()))
        }
        Err(other) => Err(other),
    }
}

/// The text as it would be shown.
pub async fn preview(ctx: Ctx, form: Form) -> Result<Reply> {
    Ok(Reply::html(preview_of(&ctx, form.text("text").to_owned()).await?))
}

async fn preview_of(ctx: &Ctx, body: String) -> Result<String> {
    if body.len() > MAX_PREVIEW || body.contains('\0') {
        return Ok(String::new());
    }
    let text = body.clone();
    let resolved = ctx.read(move |tx, me| resolve(tx, me, &[&text])).await?;
    ctx.work(move || Ok(render(&resolved, &body).html)).await
}

pub async fn edit(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let (doc, parts) = ctx
        .read(move |tx, me| {
            let doc = Doc::find(tx, me, &id)?;
            check(me, Verb::Edit, &doc.record.thing())?;
            doc.check_alive()?;
            let parts = Parts::load(tx, me, &doc.record)?;
            Ok((doc, parts))
        })
        .await?;
    let form = DocForm::from_doc(&doc);
    let preview = preview_of(&ctx, doc.body.clone()).await?;
    let view = Edit::new(ctx.shell("docs")?, &ctx.me()?, doc, parts.place_name.as_deref(), form, Problems::default());
    ctx.page(&Edit { preview, ..view })
}

/// Saves. After a lost race `keep` says whose words stand where both changed the same; `mine`, `mine_title` and `from` carry what
/// the person wrote and the revision they began from.
pub async fn update(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
    let mut form = DocForm::of(&sent);
    let mut origin = Origin { mine: form.side(), from: form.base };
    if let Some(keep) = Keep::parse(sent.text("keep")) {
        origin = Origin::of(&sent);
        let merged = merge(&ctx, &id, &origin, Some(form.base)).await?;
        form = form.with(merged.0.with(keep));
    }
    let (asked, typed) = (id.clone(), form.clone());
    match ctx.write(move |tx, me| Doc::save(tx, me, &asked, &typed.check()?)).await {
        Ok(doc) => Ok(ctx.redirect(&doc.record.path(), Some(Flash::done("doc-saved")))),
        Err(Error::Conflict(_)) => match lost(&ctx, &id, form.clone(), origin).await {
            Err(Error::Invalid(problems)) => refused(&ctx, id.into_inner(), form, problems).await,
            drawn => drawn,
        },
        Err(Error::Invalid(problems)) => refused(&ctx, id.into_inner(), form, problems).await,
        Err(other) => Err(other),
    }
}

async fn refused(ctx: &Ctx, id: String, form: DocForm, problems: Problems) -> Result<Reply> {
    let (doc, parts) = ctx
        .read(move |tx, me| {
            let doc = Doc::find(tx, me, &id)?;
            let parts = Parts::load(tx, me, &doc.record)?;
            Ok((doc, parts))
        })
        .await?;
    let preview =
        if problems.get("body").is_some() { String::new() } else { preview_of(ctx, form.body.clone()).await? };
    let view = Edit::new(ctx.shell("docs")?, &ctx.me()?, doc, parts.place_name.as_deref(), form, problems);
    ctx.page_with(422, &Edit { preview, ..view })
}

/// What a person wrote, and from where.
#[derive(Debug, Clone)]
struct Origin {
    mine: Side,
    from: i32,
}

impl Origin {
    fn of(sent: &Form) -> Self {
        let form = DocForm {
            title: sent.text("mine_title").to_owned(),
            body: sent.text("mine").to_owned(),
            ..DocForm::default()
        };
        Origin { mine: form.side(), from: sent.text("from").parse().unwrap_or_default() }
    }
}

/// The page with both texts: joined where they fit, shown side by side where not.
async fn lost(ctx: &Ctx, id: &str, form: DocForm, origin: Origin) -> Result<Reply> {
    let (merged, doc, by, place_name) = merge(ctx, id, &origin, None).await?;
    let (number, from) = (doc.revision, origin.from);
    let (race, side) = ctx.work(move || Ok((Race::new(&merged, by, number, from), merged.with(Keep::Mine)))).await?;
    let form = DocForm { base: doc.revision, ..form.with(side) };
    let preview = preview_of(ctx, form.body.clone()).await?;
    let view = Edit::new(ctx.shell("docs")?, &ctx.me()?, doc, place_name.as_deref(), form, Problems::default());
    ctx.page_with(409, &Edit { preview, race: Some(race), ..view })
}

/// Mine against what is there now (or revision `theirs`), from what mine began with.
async fn merge(
    ctx: &Ctx,
    id: &str,
    origin: &Origin,
    theirs: Option<i32>,
) -> Result<(Merged, Doc, Option<String>, Option<String>)> {
    let (id, from) = (id.to_owned(), origin.from);
    let (doc, base, theirs, place_name) = ctx
        .read(move |tx, me| {
            let doc = Doc::find(tx, me, &id)?;
            check(me, Verb::Edit, &doc.record.thing())?;
            let mut revision = |number| match doc.find_revision(tx, number) {
                Err(Error::NotFound) => Err(Error::invalid("", "problem-doc-base")),
                found => found,
            };
            let (base, theirs) = (revision(from)?, revision(theirs.unwrap_or(doc.revision))?);
            let parts = Parts::load(tx, me, &doc.record)?;
            Ok((doc, base, theirs, parts.place_name))
        })
        .await?;
    let (mine, by) = (origin.mine.clone(), theirs.author.clone());
    let side = |revision: crate::docs::Revision| Side { title: revision.title, body: revision.body };
    let merged = ctx.work(move || Ok(Merged::new(&side(base), mine, side(theirs)))).await?;
    Ok((merged, doc, by, place_name))
}
