//! `/confirmation`: who one is, once more; then what one was about to do, by a click.

use crate::access::Ctx;
use crate::db::Chore;
use crate::error::{Error, Problems, Result};
use crate::secret::Secret;
use crate::signin::pages::{Confirm, Expired, Ready};
use crate::signin::{Confirmation, Shown, names_in, passkeys, slow};
use crate::web::{Form, KeptForm, Need, Reply, Routes, local};
use actix_web::web::Path;
use std::collections::BTreeMap;
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .get("/confirmation/state", Need::Session, state)
        .get("/confirmation", Need::Session, new)
        .post("/confirmation", Need::Session, create)
        .post("/confirmation/passkey", Need::Session, question)
        .get("/confirmation/{id}", Need::Session, show)
}

/// What a page asks before it sends a sensitive form.
async fn state(ctx: Ctx) -> Result<Reply> {
    ctx.read(|_, _| Ok(())).await?;
    Ok(Reply::json(&serde_json::json!({ "recent": ctx.me()?.is_confirmed })))
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let back = local(&ctx.query("back").unwrap_or_default()).to_owned();
    ask(&ctx, Asked { kept: None, back }, Problems::default()).await
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    ask(&ctx, Asked { kept: Some(id), back: "/".to_owned() }, Problems::default()).await
}

/// What is asked about: a kept form, or a page to go back to.
#[derive(Clone)]
struct Asked {
    kept: Option<Uuid>,
    back: String,
}

/// The question; or, to whom it need not be put, what comes after it.
async fn ask(ctx: &Ctx, asked: Asked, problems: Problems) -> Result<Reply> {
    let (confirmation, kept, names) = look(ctx, asked.kept).await?;
    let me = ctx.me()?;
    let next = asked.kept.map(|id| format!("/confirmation/{id}"));
    // Who signed in long ago is asked first: the page of factors, too, offers nothing before that.
    if me.owes_factor && me.is_confirmed {
        return Ok(Reply::redirect(&enrolment(next.as_deref().unwrap_or(&asked.back))));
    }
    let (csrf, organisation) = (ctx.csrf(), me.organisation.as_ref().map(|card| card.name.clone()).unwrap_or_default());
    let deed = kept.as_ref().and_then(|kept| kept.deed(&ctx.state, &names));
    match (asked.kept, kept) {
        (Some(_), None) => ctx.page_with(404, &Expired { organisation }),
        (_, Some(kept)) if me.is_confirmed => ctx.page(&Ready { csrf, organisation, deed, kept }),
        (None, _) if me.is_confirmed => Ok(Reply::redirect(&asked.back)),
        (id, kept) => {
            let is_lost = ctx.query("lost").is_some();
            let back = kept.map(|kept| kept.back).unwrap_or(asked.back);
            let kept = id.map(|id| id.to_string()).unwrap_or_default();
            let again = next.unwrap_or_else(|| back.clone());
            let status = if problems.is_empty() { 200 } else { 422 };
            let ways = confirmation.ways;
            let flash = ctx.flash();
            let view = Confirm { csrf, organisation, deed, kept, back, again, ways, is_lost, flash, problems };
            ctx.page_with(status, &view)
        }
    }
}

/// Where a second factor is added, and where to go on afterwards.
fn enrolment(next: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/settings/me/factors?{query}")
}

async fn look(ctx: &Ctx, kept: Option<Uuid>) -> Result<(Confirmation, Option<KeptForm>, BTreeMap<Uuid, String>)> {
    let state = ctx.state.clone();
    ctx.read(move |tx, me| {
        let confirmation = Confirmation::of(tx, me)?;
        let kept = match kept {
            Some(id) => KeptForm::find(tx, &state, confirmation.session.0, id)?,
            None => None,
        };
        let names = match &kept {
            Some(kept) => names_in(tx, me, &kept.pattern, &kept.ids())?,
            None => BTreeMap::new(),
        };
        Ok((confirmation, kept, names))
    })
    .await
}

async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
    let asked =
        Asked { kept: form.given("kept").and_then(|id| id.parse().ok()), back: local(form.text("back")).to_owned() };
    let problems = match confirm(&ctx, &form).await {
        Ok(token) => return Ok(onward(&ctx, &asked, &token)),
        Err(Error::Invalid(problems)) => problems,
        Err(Error::Slow(wait)) => {
            return Ok(ask(&ctx, asked, Problems::one("", slow(wait))).await?.status(429));
        }
        Err(other) => return Err(other),
    };
    ask(&ctx, asked, problems).await
}

/// With the new cookie: to the kept form, to where one was, or, for a script, the new token of its forms.
fn onward(ctx: &Ctx, asked: &Asked, token: &str) -> Reply {
    let cookie = ctx.state.session_cookie(token);
    if ctx.request.headers().contains_key("x-requested-with") {
        let csrf = ctx.state.keys.mac(crate::web::Purpose::Csrf, token);
        return Reply::json(&serde_json::json!({ "csrf": csrf })).cookie(cookie);
    }
    let to = asked.kept.map(|id| format!("/confirmation/{id}")).unwrap_or_else(|| asked.back.clone());
    Reply::redirect(&to).cookie(cookie)
}

/// The session's new token. `Invalid` beside the field that did not fit.
async fn confirm(ctx: &Ctx, form: &Form) -> Result<String> {
    let confirmation = ctx.read(Confirmation::begin).await?;
    if let Some(shown) = shown(ctx, form)? {
        return by_factor(ctx, shown).await;
    }
    if confirmation.ways.password {
        return by_password(ctx, confirmation.stored, Secret::new(form.text("password"))).await;
    }
    Err(Error::invalid("", "problem-confirm-nothing"))
}

/// A code or a device's answer, when the form brings one.
fn shown(ctx: &Ctx, form: &Form) -> Result<Option<Shown>> {
    if form.has("credential") {
        return Ok(Some(Shown::Passkey(super::device_answer(ctx, form)?)));
    }
    Ok(form.has("code").then(|| Shown::Code(form.text("code").to_owned())))
}

async fn by_factor(ctx: &Ctx, shown: Shown) -> Result<String> {
    let (state, tried) = (ctx.state.clone(), shown.clone());
    let failures = ctx.touch(Chore::Throttle, Confirmation::take_turn).await?;
    let done = ctx.write(move |tx, me| Confirmation::show(tx, me, &state, &tried)).await;
    if let Err(Error::Invalid(_)) = &done {
        ctx.touch(Chore::Throttle, move |tx, me| Confirmation::note_failure(tx, me, failures)).await?;
    }
    match &shown {
        Shown::Passkey(answer) => super::note_copied(ctx, done, answer).await,
        _ => done,
    }
}

/// A question to the person's devices, for the script.
async fn question(ctx: Ctx, _: Form) -> Result<Reply> {
    let (state, browser) = (ctx.state.clone(), super::browser(&ctx));
    let question = ctx.touch(Chore::Challenge, move |tx, me| {
        let person = Confirmation::begin(tx, me)?.person;
        passkeys::question(tx, &state.config, &browser, passkeys::Purpose::Confirm, person)
    });
    Ok(Reply::json(&question.await?.json()))
}

async fn by_password(ctx: &Ctx, stored: Option<String>, password: Secret) -> Result<String> {
    let failures = ctx.touch(Chore::Throttle, Confirmation::take_turn).await?;
    if !super::fits(ctx, password, stored).await? {
        ctx.touch(Chore::Throttle, move |tx, me| Confirmation::note_failure(tx, me, failures)).await?;
        return Err(Error::invalid("password", "problem-password-current"));
    }
    ctx.write(|tx, me| Confirmation::succeed(tx, me, "password")).await
}
