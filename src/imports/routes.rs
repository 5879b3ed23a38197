//! `/imports`: choose a file, look at what it holds, make it.

use super::pages::{DocsLook, Index, New, TicketsLook};
use super::{Held, read_set, read_tickets};
use crate::access::{Actor, Ctx, Place, Thing, Verb, check};
use crate::db::Tx;
use crate::docs::import_set;
use crate::error::{Error, Msg, Problems, Result};
use crate::related::{parse_place, place_choices, place_options};
use crate::ui::Choice;
use crate::web::{Flash, Form, Need, Reply, Routes, Upload};
use actix_web::web::Payload;
use std::fs::File;
use std::path::PathBuf;

pub fn routes() -> Routes {
    Routes::new()
        .get("/imports", Need::Session, index)
        .get("/imports/docs", Need::Session, docs::new)
        .post("/imports/docs", Need::Session, docs::look)
        .post("/imports/docs/confirmation", Need::Session, docs::create)
        .get("/imports/tickets", Need::Session, tickets::new)
        .post("/imports/tickets", Need::Session, tickets::look)
        .post("/imports/tickets/confirmation", Need::Session, tickets::create)
}

async fn index(ctx: Ctx) -> Result<Reply> {
    ctx.read(|_, _| Ok(())).await?;
    ctx.page(&Index { shell: ctx.shell("settings")? })
}

/// Places one may write into; tickets from elsewhere go to a project.
fn places(tx: &mut Tx, me: &Actor, what: &str) -> Result<Vec<Choice>> {
    let mut choices = place_choices(tx, me)?;
    if what == "tickets" {
        choices.retain(|choice| choice.value.starts_with("project:"));
    }
    Ok(place_options(&choices, "organisation"))
}

async fn form(ctx: &Ctx, what: &'static str, status: u16, problems: Problems) -> Result<Reply> {
    let places = ctx.read(move |tx, me| places(tx, me, what)).await?;
    ctx.page_with(status, &New { shell: ctx.shell("settings")?, what, places, problems })
}

/// A refusal beside its field; everything else travels on.
async fn again(ctx: &Ctx, what: &'static str, error: Error) -> Result<Reply> {
    let status = error.status();
    match error {
        Error::Invalid(problems) => form(ctx, what, status, problems).await,
        other => Err(other),
    }
}

/// Where it goes, when one may write there.
fn place_of(me: &Actor, value: &str) -> Result<Place> {
    let place = parse_place(me, value)?;
    check(me, Verb::Add, &Thing::Record { id: uuid::Uuid::nil(), place, author: me.person_id() })?;
    Ok(place)
}

fn held(ctx: &Ctx) -> Result<Held> {
    let person = ctx.me()?.person_id().ok_or(Error::SignIn)?;
    Ok(Held::of(&ctx.state.config.uploads, person))
}

/// Keeps what was sent until it is confirmed; the form, and the key to it.
async fn receive(ctx: &Ctx, payload: Payload) -> Result<(Form, String)> {
    // Who no longer has a session sends nothing.
    ctx.read(|_, _| Ok(())).await?;
    let upload = Upload::receive(&ctx.request, &ctx.state, payload).await?;
    if upload.files.is_empty() {
        return Err(Error::invalid("file", "problem-file-missing"));
    }
    let held = held(ctx)?;
    let key = ctx.work(move || held.keep(upload.files)).await?;
    Ok((upload.form, key))
}

async fn files(ctx: &Ctx, key: &str) -> Result<Vec<(String, PathBuf)>> {
    ctx.read(|_, _| Ok(())).await?;
    held(ctx)?.files(key)
}

async fn forget(ctx: &Ctx) -> Result<()> {
    let held = held(ctx)?;
    ctx.work(move || held.forget()).await
}

mod docs {
    use super::*;

    pub async fn new(ctx: Ctx) -> Result<Reply> {
        form(&ctx, "docs", 200, Problems::default()).await
    }

    /// What would be made; nothing is.
    pub async fn look(ctx: Ctx, payload: Payload) -> Result<Reply> {
        let looked = async {
            let (form, key) = receive(&ctx, payload).await?;
            let place = form.text("place").to_owned();
            let asked = place.clone();
            ctx.read(move |_, me| place_of(me, &asked)).await?;
            let files = files(&ctx, &key).await?;
            let set = ctx.work(move || read_set(files)).await?;
            Ok((key, place, set))
        };
        match looked.await {
            Ok((key, place, set)) => ctx.page(&DocsLook::of(ctx.shell("settings")?, key, place, &set)),
            Err(error) => again(&ctx, "docs", error).await,
        }
    }

    pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
        let made = async {
            let files = files(&ctx, sent.text("key")).await?;
            let set = ctx.work(move || read_set(files)).await?;
            let place = sent.text("place").to_owned();
            ctx.write(move |tx, me| {
                let place = place_of(me, &place)?;
                Ok(import_set(tx, me, place, None, &set)?.made.len())
            })
            .await
        };
        match made.await {
            Ok(count) => {
                forget(&ctx).await?;
                Ok(ctx.redirect("/docs", Some(Flash::done(Msg::new("import-docs-made").with("count", count)))))
            }
            Err(error) => again(&ctx, "docs", error).await,
        }
    }
}

mod tickets {
    use super::*;

    pub async fn new(ctx: Ctx) -> Result<Reply> {
        form(&ctx, "tickets", 200, Problems::default()).await
    }

    fn table(files: Vec<(String, PathBuf)>) -> Result<File> {
        let (_, path) = files.into_iter().next().ok_or_else(|| Error::invalid("file", "problem-file-missing"))?;
        File::open(path).map_err(crate::web::disk)
    }

    /// What would be made; nothing is.
    pub async fn look(ctx: Ctx, payload: Payload) -> Result<Reply> {
        let looked = async {
            let (form, key) = receive(&ctx, payload).await?;
            let place = form.text("place").to_owned();
            let (asked, table) = (place.clone(), table(files(&ctx, &key).await?)?);
            let found = ctx
                .read(move |tx, me| {
                    let place = place_of(me, &asked)?;
                    read_tickets(tx, me, place, table)
                })
                .await?;
            Ok((key, place, found))
        };
        match looked.await {
            Ok((key, place, found)) => ctx.page(&TicketsLook::of(ctx.shell("settings")?, key, place, &found)),
            Err(error) => again(&ctx, "tickets", error).await,
        }
    }

    /// Bad lines are left out only when the person says so.
    pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
        let (value, skips) = (sent.text("place").to_owned(), sent.is_checked("skip"));
        let asked = value.clone();
        let made = async {
            let table = table(files(&ctx, sent.text("key")).await?)?;
            ctx.write(move |tx, me| {
                let place = place_of(me, &asked)?;
                let found = read_tickets(tx, me, place, table)?;
                if !found.bad.is_empty() && !skips {
                    return Err(Error::invalid("file", Msg::new("problem-import-skip").with("count", found.bad.len())));
                }
                found.create(tx, me, place)
            })
            .await
        };
        match made.await {
            Ok(count) => {
                forget(&ctx).await?;
                let key = value.strip_prefix("project:").unwrap_or_default();
                let done = Flash::done(Msg::new("import-tickets-made").with("count", count));
                Ok(ctx.redirect(&format!("/tickets?project={key}"), Some(done)))
            }
            Err(error) => again(&ctx, "tickets", error).await,
        }
    }
}
