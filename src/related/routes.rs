//! `/records/{display_id}/…`: the same acts for every kind; `/views`.

use super::{
    Bulk, EditPlace, Preview, archive_all, find_single, parse_place, place_choices, place_label, place_options,
    place_value, readers_of,
};
use crate::access::{Actor, Ctx, Kind, Verb, check};
use crate::db::Tx;
use crate::error::{Error, Msg, Problems, Result};
use crate::records::{LinkId, LinkKind, Record, SavedView, ViewId};
use crate::text::value::Name;
use crate::web::{Flash, Form, Need, Reply, Routes, local};
use actix_web::web::Path;
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .post("/records/archiving", Need::Session, bulk_archiving::create)
        .post("/records/{id}/archiving", Need::Session, archiving::create)
        .post("/records/{id}/archiving/removal", Need::Session, archiving::destroy)
        .post("/records/{id}/watching", Need::Session, watching::create)
        .post("/records/{id}/watching/removal", Need::Session, watching::destroy)
        .post("/records/{id}/links", Need::Session, links::create)
        .post("/records/{id}/links/{link}/removal", Need::Session, links::destroy)
        .get("/records/{id}/place", Need::Session, place::edit)
        .post("/records/{id}/place", Need::Session, place::update)
        .post("/views", Need::Session, views::create)
        .post("/views/{id}/removal", Need::Session, views::destroy)
}

mod archiving {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let record = ctx
            .write(move |tx, me| {
                let record = find_single(tx, me, &id)?;
                record.archive(tx, me)?;
                Ok(record)
            })
            .await?;
        let flash = Flash::done(Msg::new("record-archived").with("id", &record.display_id));
        Ok(ctx.redirect(&record.path(), Some(flash.undo(&format!("/records/{}/archiving/removal", record.display_id)))))
    }

    pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let record = ctx
            .write(move |tx, me| {
                let record = find_single(tx, me, &id)?;
                record.restore(tx, me)?;
                Ok(record)
            })
            .await?;
        let flash = Flash::done(Msg::new("record-restored").with("id", &record.display_id));
        Ok(ctx.redirect(&record.path(), Some(flash)))
    }
}

mod bulk_archiving {
    use super::*;

    /// From a list: `kind`, `id` once per record, `act` archive or restore.
    pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
        let kind = form.word("kind", Kind::parse)?;
        let act = move |tx: &mut Tx, me: &Actor, ids: &[String], restore| archive_all(tx, me, kind, ids, restore);
        Bulk::of(&form, "/").archive(&ctx, &form, "/records/archiving", &[("kind", kind.as_str())], act).await
    }
}

mod watching {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let path = ctx
            .write(move |tx, me| {
                let record = Record::find_any(tx, me, &id)?;
                record.watch(tx, me)?;
                Ok(record.path())
            })
            .await?;
        Ok(ctx.redirect(&path, None))
    }

    pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let path = ctx
            .write(move |tx, me| {
                let record = Record::find_any(tx, me, &id)?;
                record.unwatch(tx, me)?;
                Ok(record.path())
            })
            .await?;
        Ok(ctx.redirect(&path, None))
    }
}

mod links {
    use super::*;

    /// `kind` as offered (an ending `-inverse` turns it round), `other` a display ID.
    pub async fn create(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
        let display_id = id.into_inner();
        let path = {
            let id = display_id.clone();
            ctx.read(move |tx, me| Ok(Record::find_any(tx, me, &id)?.path())).await?
        };
        let linked = ctx.write(move |tx, me| link(tx, me, &display_id, &form)).await;
        let flash = match linked {
            Ok(()) => None,
            Err(Error::Invalid(problems)) => Some(Flash::failed(problems.first())),
            Err(other) => return Err(other),
        };
        Ok(ctx.redirect(&path, flash))
    }

    fn link(tx: &mut Tx, me: &Actor, display_id: &str, form: &Form) -> Result<()> {
        let record = Record::find_any(tx, me, display_id)?;
        let word = form.text("kind");
        let (word, is_inverse) = word.strip_suffix("-inverse").map_or((word, false), |word| (word, true));
        let kind = LinkKind::parse(word).ok_or_else(|| Error::invalid("kind", "problem-choice"))?;
        let other = match Record::find_any(tx, me, &form.text("other").trim().to_uppercase()) {
            Err(Error::NotFound) => return Err(Error::invalid("other", "problem-link-unknown")),
            found => found?,
        };
        if is_inverse { other.link(tx, me, kind, &record) } else { record.link(tx, me, kind, &other) }
    }

    pub async fn destroy(ctx: Ctx, path: Path<(String, Uuid)>, _: Form) -> Result<Reply> {
        let (id, link) = path.into_inner();
        let path = ctx
            .write(move |tx, me| {
                let record = Record::find_any(tx, me, &id)?;
                record.unlink(tx, me, LinkId(link))?;
                Ok(record.path())
            })
            .await?;
        Ok(ctx.redirect(&path, None))
    }
}

mod place {
    use super::*;

    pub async fn edit(ctx: Ctx, id: Path<String>) -> Result<Reply> {
        let chosen = ctx.query("place");
        let view = load(&ctx, id.into_inner(), chosen, Problems::default()).await?;
        ctx.page(&view)
    }

    pub async fn update(ctx: Ctx, id: Path<String>, form: Form) -> Result<Reply> {
        let (display_id, value) = (id.into_inner(), form.text("place").to_owned());
        let asked = (display_id.clone(), value.clone());
        let moved = ctx
            .write(move |tx, me| {
                let record = Record::find_any(tx, me, &asked.0)?;
                // Tickets in a project have its key, documents take their children along, memory asks about its sources: each has a move
                // of its own. A snapshot stays: what it says is what its place may read. A chat is its person's alone.
                if matches!(record.kind, Kind::Ticket | Kind::Doc | Kind::Memory | Kind::Snapshot | Kind::Chat) {
                    return Err(Error::NotFound);
                }
                record.move_to(tx, me, parse_place(me, &asked.1)?)?;
                Ok(record.path())
            })
            .await;
        match moved {
            Ok(path) => Ok(ctx.redirect(&path, Some(Flash::done("record-moved")))),
            Err(Error::Invalid(problems)) => ctx.page_with(422, &load(&ctx, display_id, None, problems).await?),
            Err(other) => Err(other),
        }
    }

    async fn load(ctx: &Ctx, id: String, chosen: Option<String>, problems: Problems) -> Result<EditPlace> {
        let (record, choices, current, preview) = ctx
            .read(move |tx, me| {
                let record = Record::find_any(tx, me, &id)?;
                check(me, Verb::Share, &record.thing())?;
                let choices = place_choices(tx, me)?;
                let current = place_value(me, record.place());
                let preview = match chosen.filter(|chosen| *chosen != current) {
                    Some(chosen) => {
                        let place = parse_place(me, &chosen)?;
                        let label =
                            choices.iter().find(|choice| choice.value == chosen).map(place_label).unwrap_or_default();
                        let readers_now = readers_of(tx, record.place())?;
                        Some(Preview { readers_now, readers_then: readers_of(tx, place)?, place: chosen, label })
                    }
                    None => None,
                };
                Ok((record, choices, current, preview))
            })
            .await?;
        let chosen = preview.as_ref().map(|preview| preview.place.clone()).unwrap_or(current);
        Ok(EditPlace { shell: ctx.shell("")?, choices: place_options(&choices, &chosen), record, problems, preview })
    }
}

mod views {
    use super::*;

    pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
        let kind = form.word("kind", Kind::parse)?;
        let back = local(form.given("back").unwrap_or("/")).to_owned();
        let (query, shared) = (form.text("query").trim_start_matches('?').to_owned(), form.is_checked("shared"));
        let name = form.text("name").to_owned();
        let saved = ctx
            .write(move |tx, me| {
                let name = Name::parse(&name).map_err(|msg| Error::invalid("name", msg))?;
                SavedView::save(tx, me, kind, &name, &query, shared)
            })
            .await;
        let flash = match saved {
            Ok(_) => Flash::done("view-saved"),
            Err(Error::Invalid(problems)) => Flash::failed(problems.first()),
            Err(other) => return Err(other),
        };
        Ok(ctx.redirect(&back, Some(flash)))
    }

    pub async fn destroy(ctx: Ctx, id: Path<Uuid>, form: Form) -> Result<Reply> {
        let id = ViewId(id.into_inner());
        ctx.write(move |tx, me| SavedView::remove(tx, me, id)).await?;
        Ok(ctx.redirect(local(form.given("back").unwrap_or("/")), Some(Flash::done("view-removed"))))
    }
}
