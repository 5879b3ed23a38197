//! Moving pages.

use crate::access::{Actor, Ctx, Place, Verb, can, check};
use crate::db::Tx;
use crate::docs::model::{Destination, Doc, End, Step, parents_offered, parse_parent};
use crate::docs::pages::{Crumb, Move, Preview, place_name};
use crate::error::{Error, Problems, Result};
use crate::related::{Parts, parse_place, place_choices, place_label, place_options, place_value, readers_change};
use crate::ui::Shell;
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

/// `?place=` (and `?parent=`) shows who would see it there.
pub async fn edit(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let wanted = ctx.query("place").map(|place| (place, ctx.query("parent").unwrap_or_default()));
    let view = draw(&ctx, id.into_inner(), wanted, Problems::default()).await?;
    ctx.page(&view)
}

/// `parent` a display ID or nothing, `place` when it changes, `end`, and `confirmed` for another place.
pub async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let id = id.into_inner();
    let asked =
        (id.clone(), form.text("parent").to_owned(), form.text("place").to_owned(), form.text("end").to_owned());
    let is_confirmed = form.is_checked("confirmed");
    let moved = ctx.write(move |tx, me| {
        let doc = Doc::find(tx, me, &asked.0)?;
        let to = destination(tx, me, &doc, &asked.1, &asked.2, &asked.3)?;
        if to.place != doc.record.place() && !is_confirmed {
            return Err(Error::invalid("confirmed", "problem-doc-confirm"));
        }
        Doc::move_to(tx, me, &asked.0, to)
    });
    match moved.await {
        Ok(doc) => Ok(ctx.redirect(&doc.record.path(), Some(Flash::done("doc-moved")))),
        Err(Error::Invalid(problems)) if problems.get("confirmed").is_some() => {
            let wanted = (form.text("place").to_owned(), form.text("parent").to_owned());
            let view = draw(&ctx, id, Some(wanted), Problems::default()).await?;
            ctx.page(&view)
        }
        Err(Error::Invalid(problems)) => {
            let mut view = draw(&ctx, id, None, problems).await?;
            view.parent = form.text("parent").to_owned();
            ctx.page_with(422, &view)
        }
        Err(other) => Err(other),
    }
}

/// A parent's place is where it goes; without one, the chosen place, else its own.
fn destination(tx: &mut Tx, me: &Actor, doc: &Doc, parent: &str, place: &str, end: &str) -> Result<Destination> {
    let parent = parse_parent(tx, me, parent)?;
    let place = match (&parent, place) {
        (Some(parent), _) => parent.record.place(),
        (None, "") => doc.record.place(),
        (None, place) => parse_place(me, place)?,
    };
    Ok(Destination { place, parent: parent.map(|parent| parent.id()), end: End::parse(end).unwrap_or(End::Last) })
}

/// `step` up or down.
pub async fn step(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
    let step = form.word("step", Step::parse)?;
    let doc = ctx.write(move |tx, me| Doc::step(tx, me, &id, step)).await?;
    Ok(ctx.redirect(&format!("{}/move", doc.record.path()), Some(Flash::done("doc-moved"))))
}

async fn draw(ctx: &Ctx, id: String, wanted: Option<(String, String)>, problems: Problems) -> Result<Move> {
    let view = ctx.read(move |tx, me| load(tx, me, &id, wanted, problems)).await?;
    Ok(Move { shell: ctx.shell("docs")?, ..view })
}

fn load(tx: &mut Tx, me: &Actor, id: &str, wanted: Option<(String, String)>, problems: Problems) -> Result<Move> {
    let doc = Doc::find(tx, me, id)?;
    check(me, Verb::Edit, &doc.record.thing())?;
    let parts = Parts::load(tx, me, &doc.record)?;
    let ancestors = doc.ancestors(tx)?;
    let choices = place_choices(tx, me)?;
    let preview = match wanted {
        Some((place, parent)) => {
            let to = destination(tx, me, &doc, &parent, &place, "")?;
            let changes = to.place != doc.record.place();
            let value = place_value(me, to.place);
            let label = choices.iter().find(|choice| choice.value == value).map(place_label);
            let label = label.unwrap_or_else(|| place_name(to.place, None));
            if changes { Some(preview(tx, doc.record.place(), to.place, label, value, parent)?) } else { None }
        }
        None => None,
    };
    let chosen = preview.as_ref().map_or_else(|| place_value(me, doc.record.place()), |preview| preview.place.clone());
    Ok(Move {
        shell: Shell::default(),
        place: Crumb::of(me, &doc.record, parts.place_name.as_deref()),
        parent: ancestors.last().map(|parent| parent.display_id.clone()).unwrap_or_default(),
        parents: parents_offered(tx, me, doc.record.place())?,
        places: place_options(&choices, &chosen),
        can_share: can(me, Verb::Share, &doc.record.thing()),
        below: doc.count_below(tx)?,
        preview,
        problems,
        doc,
    })
}

fn preview(tx: &mut Tx, from: Place, to: Place, label: String, place: String, parent: String) -> Result<Preview> {
    let (gain, lose) = readers_change(tx, from, to)?;
    Ok(Preview { label, place, parent, gain, lose })
}
