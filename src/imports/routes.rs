//! `/imports`: choose a file, look at what it holds, make it.

use super::pages::{DocsLook, Index, New, TicketsLook, docs_made};
use super::{Held, Source, enclose, read_set, read_tickets};
use crate::access::{Actor, Ctx, Kind, Place, Thing, Verb, check};
use crate::db::Tx;
use crate::docs::{Enclosed, import_set};
use crate::error::{Error, Msg, Problems, Result};
use crate::files::TURNS;
use crate::related::{parse_place, place_choices, place_options};
use crate::text::import::Set;
use crate::ui::Choice;
use crate::web::{Flash, Form, Need, Reply, Routes, Upload};
use actix_web::web::Payload;
use std::fs::File;
use std::sync::mpsc;

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
fn places(tx: &mut Tx, me: &Actor, what: &str, chosen: &str) -> Result<Vec<Choice>> {
    let mut choices = place_choices(tx, me)?;
    if what == "tickets" {
        choices.retain(|choice| choice.value.starts_with("project:"));
    }
    Ok(place_options(&choices, chosen))
}

/// `place` is chosen in it, as far as one may write there.
async fn form(ctx: &Ctx, what: &'static str, place: String, status: u16, problems: Problems) -> Result<Reply> {
    let places = ctx.read(move |tx, me| places(tx, me, what, &place)).await?;
    ctx.page_with(status, &New { shell: ctx.shell("settings")?, what, places, problems })
}

/// From a list of a project, that is where it goes: `?project=KEY`.
async fn new(ctx: &Ctx, what: &'static str) -> Result<Reply> {
    let place = ctx.query("project").map_or_else(|| "organisation".to_owned(), |key| format!("project:{key}"));
    form(ctx, what, place, 200, Problems::default()).await
}

/// A refusal beside its field, with the place as chosen; everything else travels on.
async fn again(ctx: &Ctx, what: &'static str, place: String, error: Error) -> Result<Reply> {
    let status = error.status();
    match error {
        Error::Invalid(problems) => form(ctx, what, place, status, problems).await,
        other => Err(other),
    }
}

/// Where it goes, when one may write there.
fn place_of(me: &Actor, kind: Kind, value: &str) -> Result<Place> {
    let place = parse_place(me, value)?;
    check(me, Verb::Add, &Thing::Record { id: uuid::Uuid::nil(), kind, place, author: me.person_id() })?;
    Ok(place)
}

fn held(ctx: &Ctx) -> Result<Held> {
    let person = ctx.me()?.person_id().ok_or(Error::SignIn)?;
    Ok(Held::of(&ctx.state.config.uploads, person))
}

/// Keeps what was sent until it is confirmed; the key to it. `place` becomes what the form chose, also when it is refused.
async fn receive(ctx: &Ctx, payload: Payload, place: &mut String) -> Result<String> {
    // Who no longer has a session sends nothing.
    ctx.read(|_, _| Ok(())).await?;
    let upload = Upload::receive(&ctx.request, &ctx.state, payload).await;
    *place = Upload::form_of(&ctx.request).text("place").to_owned();
    let files = upload?.files;
    if files.is_empty() {
        return Err(Error::invalid("file", "problem-file-missing"));
    }
    let held = held(ctx)?;
    ctx.work(move || held.keep(files)).await
}

async fn files(ctx: &Ctx, key: &str) -> Result<Vec<Source>> {
    ctx.read(|_, _| Ok(())).await?;
    let (held, key) = (held(ctx)?, key.to_owned());
    ctx.work(move || held.files(&key)).await
}

/// Where it is now; `done` when it was made by this request. What is held after a repeated one belongs to a later look.
async fn answer(ctx: &Ctx, path: &str, done: Option<Flash>) -> Result<Reply> {
    if done.is_some() {
        let held = held(ctx)?;
        ctx.work(move || held.forget()).await?;
    }
    Ok(ctx.redirect(path, done))
}

mod docs {
    use super::*;

    pub async fn new(ctx: Ctx) -> Result<Reply> {
        super::new(&ctx, "docs").await
    }

    /// What would be made; nothing is.
    pub async fn look(ctx: Ctx, payload: Payload) -> Result<Reply> {
        let mut place = String::new();
        let looked = async {
            let key = receive(&ctx, payload, &mut place).await?;
            let asked = place.clone();
            ctx.read(move |_, me| place_of(me, Kind::Doc, &asked)).await?;
            let (files, uploads) = (files(&ctx, &key).await?, ctx.state.config.uploads.clone());
            let set = ctx.work(move || read_set(&files, &uploads)).await?;
            Ok((key, set))
        };
        match looked.await {
            Ok((key, set)) => ctx.page(&DocsLook::of(ctx.shell("settings")?, key, place, &set)),
            Err(error) => again(&ctx, "docs", place, error).await,
        }
    }

    /// What is made has its files beside it before the transaction begins.
    async fn read(ctx: &Ctx, key: &str) -> Result<(Set, Enclosed)> {
        let (files, uploads) = (files(ctx, key).await?, ctx.state.config.uploads.clone());
        let _turn = TURNS.acquire().await.map_err(Error::broken)?;
        ctx.work(move || {
            let set = read_set(&files, &uploads)?;
            let enclosed = enclose(&files, &set, &uploads)?;
            Ok((set, enclosed))
        })
        .await
    }

    pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
        let read = read(&ctx, sent.text("key")).await;
        let place = sent.text("place").to_owned();
        let (tell, told) = mpsc::channel();
        let made = ctx
            .write_once(&sent, move |tx, me| {
                // Sent twice, the files are gone by now, and the answer of the first time stands.
                let (set, enclosed) = read?;
                let place = place_of(me, Kind::Doc, &place)?;
                let report = import_set(tx, me, place, &set, Some(enclosed))?;
                let path = report.path();
                let _ = tell.send(report);
                Ok(path)
            })
            .await;
        match made {
            Ok(path) => {
                let done = told.try_recv().ok().map(|report| docs_made(&report));
                answer(&ctx, &path, done).await
            }
            Err(error) => again(&ctx, "docs", sent.text("place").to_owned(), error).await,
        }
    }
}

mod tickets {
    use super::*;

    pub async fn new(ctx: Ctx) -> Result<Reply> {
        super::new(&ctx, "tickets").await
    }

    fn table(files: Vec<Source>) -> Result<File> {
        let (_, path) = files.into_iter().next().ok_or_else(|| Error::invalid("file", "problem-file-missing"))?;
        File::open(path).map_err(crate::web::disk)
    }

    /// What would be made; nothing is.
    pub async fn look(ctx: Ctx, payload: Payload) -> Result<Reply> {
        let mut place = String::new();
        let looked = async {
            let key = receive(&ctx, payload, &mut place).await?;
            let (asked, table) = (place.clone(), table(files(&ctx, &key).await?)?);
            let found = ctx
                .read(move |tx, me| {
                    let place = place_of(me, Kind::Ticket, &asked)?;
                    read_tickets(tx, me, place, table)
                })
                .await?;
            Ok((key, found))
        };
        match looked.await {
            Ok((key, found)) => ctx.page(&TicketsLook::of(ctx.shell("settings")?, key, place, &found)),
            Err(error) => again(&ctx, "tickets", place, error).await,
        }
    }

    /// Bad lines are left out only when the person says so.
    pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
        let (value, skips) = (sent.text("place").to_owned(), sent.is_checked("skip"));
        let list = format!("/tickets?project={}", value.strip_prefix("project:").unwrap_or_default());
        let (asked, table) = (value.clone(), files(&ctx, sent.text("key")).await.and_then(table));
        let (tell, told) = mpsc::channel();
        let made = ctx
            .write_once(&sent, move |tx, me| {
                // As with pages.
                let table = table?;
                let place = place_of(me, Kind::Ticket, &asked)?;
                let found = read_tickets(tx, me, place, table)?;
                if !found.bad.is_empty() && !skips {
                    return Err(Error::invalid("file", Msg::new("problem-import-skip").with("count", found.bad.len())));
                }
                let _ = tell.send(found.create(tx, me, place)?);
                Ok(list)
            })
            .await;
        match made {
            Ok(path) => {
                let done = |count| Flash::done(Msg::new("import-tickets-made").with("count", count));
                answer(&ctx, &path, told.try_recv().ok().map(done)).await
            }
            Err(error) => again(&ctx, "tickets", value, error).await,
        }
    }
}
