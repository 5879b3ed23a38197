//! `/sign-in`, `/sign-out`; the rest in files of their own.

mod confirmation;
mod factors;
mod half;
mod policy;
mod second;

pub use half::Half;

use super::pages::{Lead, New};
use super::{
    Attempt, Begun, Entered, LEAVING_COOKIE, Offer, SignOn, Throttle, hash, leads_on, passkeys, sign_out, slow, verify,
};
use crate::access::{Ctx, PublicCtx};
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::{Entry, Method, Organisation};
use crate::secret::Secret;
use crate::web::{Cookies, Form, Need, Purpose, Reply, Routes, local, random_token, token_hash};

/// Marks a browser in which somebody signed in; its failures are counted apart.
const KNOWN_COOKIE: &str = "tow_known";
const KNOWN_SECONDS: i64 = 365 * 86_400;
/// Long enough to be led on to the provider's page for signing out.
const LEAVING_SECONDS: i64 = 300;

pub fn routes() -> Routes {
    Routes::new()
        .get("/sign-in", Need::Nothing, new)
        .post("/sign-in", Need::Nothing, create)
        .post("/sign-out", Need::Session, destroy)
        .and(confirmation::routes())
        .and(second::routes())
        .and(factors::routes())
        .and(policy::routes())
}

async fn new(ctx: PublicCtx) -> Result<Reply> {
    if ctx.read(|tx, _| Ok(Organisation::only(tx)?.is_none())).await? {
        return Ok(Reply::redirect("/setup"));
    }
    let back = ctx.query("back").unwrap_or_default();
    if let Some(domain) = ctx.query("domain") {
        let sign_ons = of_domain(&ctx, &domain).await?;
        if !sign_ons.is_empty() {
            let organisation = look(&ctx).await?.0.map(|organisation| organisation.name).unwrap_or_default();
            return ctx.page(&Lead { organisation, domain, sign_ons, back });
        }
    }
    let notice = ctx.query("ended").map(|_| "sign-in-ended".into());
    let view = New { notice, ..page(&ctx, String::new(), back, Problems::default()).await? };
    ctx.page(&view)
}

async fn of_domain(ctx: &PublicCtx, domain: &str) -> Result<Vec<SignOn>> {
    let domain = domain.to_owned();
    ctx.read(move |tx, _| SignOn::of_domain(tx, &domain)).await
}

/// Only an address was typed: to the page of the provider whose domain it is. The same for whoever it belongs to, or nobody.
async fn lead(ctx: &PublicCtx, form: &Form, email: &str) -> Result<Reply> {
    let domain = email.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    if of_domain(ctx, domain).await?.is_empty() {
        return again(ctx, form, 422, Msg::new("sign-in-no-password")).await;
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("domain", domain);
    if let Some(back) = form.given("back").map(local).filter(|back| *back != "/") {
        query.append_pair("back", back);
    }
    Ok(Reply::redirect(&format!("/sign-in?{}", query.finish())))
}

async fn page(ctx: &PublicCtx, email: String, back: String, problems: Problems) -> Result<New> {
    let (organisation, offer) = look(ctx).await?;
    let organisation = organisation.map(|organisation| organisation.name).unwrap_or_default();
    let can_sign_up = ctx.state.config.auth.signup.enabled && offer.has_passwords;
    let flash = ctx.flash();
    Ok(New { csrf: ctx.csrf(), organisation, email, back, problems, notice: None, can_sign_up, offer, flash })
}

async fn look(ctx: &PublicCtx) -> Result<(Option<Organisation>, Offer)> {
    let mode = ctx.state.config.auth.mode;
    ctx.read(move |tx, _| Ok((Organisation::only(tx)?, Offer::now(tx, mode)?))).await
}

async fn create(ctx: PublicCtx, form: Form) -> Result<Reply> {
    let (email, password) = (form.text("email").trim().to_lowercase(), Secret::new(form.text("password")));
    if password.reveal().is_empty() {
        return lead(&ctx, &form, &email).await;
    }
    let attempt = Attempt { known: known(&ctx, &email), email, address: ctx.caller.address.clone() };
    if !look(&ctx).await?.1.has_passwords {
        return again(&ctx, &form, 422, Msg::new("sign-on-only")).await;
    }
    match try_sign_in(&ctx, &attempt, password).await {
        Ok(reply) => Ok(reply(&form)),
        Err(Error::Slow(wait)) => again(&ctx, &form, 429, slow(wait)).await,
        Err(Error::SignIn) => again(&ctx, &form, 422, Msg::new("problem-sign-in")).await,
        Err(other) => Err(other),
    }
}

async fn try_sign_in(ctx: &PublicCtx, attempt: &Attempt, password: Secret) -> Result<impl Fn(&Form) -> Reply> {
    let asked = attempt.clone();
    let Begun { stored, tries } = ctx.touch(Chore::Throttle, move |tx, _| asked.begin(tx)).await?;
    let fits = fits(ctx, password, stored).await?;
    let asked = attempt.clone();
    if !fits {
        ctx.touch(Chore::Throttle, move |tx, me| asked.fail(tx, me, tries)).await?;
        return Err(Error::SignIn);
    }
    let entry = entry(ctx, Method::Password);
    let entered = ctx.write(move |tx, me| asked.succeed(tx, me, entry)).await?;
    let cookies = match &entered {
        Entered::Whole(token) => signed_in(ctx, token, &attempt.email),
        Entered::Half(token) => vec![second::cookie(ctx, token)],
    };
    let is_half = matches!(entered, Entered::Half(_));
    Ok(move |form: &Form| {
        let back = local(form.given("back").unwrap_or("/"));
        let to = if is_half { second::path(back) } else { back.to_owned() };
        cookies.iter().cloned().fold(Reply::redirect(&to), Reply::cookie)
    })
}

/// The cookies of a session that has just begun: its own, and the mark by which this browser is known.
fn signed_in(ctx: &PublicCtx, token: &str, email: &str) -> Vec<cookie::Cookie<'static>> {
    let mark = known_mark(email, known(ctx, email).unwrap_or_else(random_token));
    let known = ctx.state.cookie(KNOWN_COOKIE, ctx.state.keys.sign(Purpose::Visit, &mark), Some(KNOWN_SECONDS));
    vec![ctx.state.session_cookie(token), known]
}

/// What a new session remembers of this request.
pub fn entry(ctx: &PublicCtx, method: Method) -> Entry {
    Entry::of(method, &ctx.caller, ctx.state.config.security.session_max_age_seconds)
}

/// Whether a password is the one behind the stored hash, when its turn at hashing has come.
pub async fn fits(ctx: &Ctx, password: Secret, stored: Option<String>) -> Result<bool> {
    let _turn = ctx.state.hashing.acquire().await.map_err(Error::broken)?;
    ctx.work(move || Ok(verify(&password, stored.as_deref()))).await
}

/// A password as it is stored, when its turn at hashing has come.
pub async fn hashed(ctx: &Ctx, password: Secret) -> Result<String> {
    let _turn = ctx.state.hashing.acquire().await.map_err(Error::broken)?;
    ctx.work(move || hash(&password)).await
}

/// After a success; a count that stays must not cost anybody their cookie.
pub async fn forget_count(ctx: &PublicCtx, throttle: Throttle) {
    if let Err(error) = ctx.touch(Chore::Throttle, move |tx, _| throttle.clear(tx)).await {
        tracing::error!(name = "signin.count_kept", %error, "the count of tries could not be cleared after a success");
    }
}

/// The same words for a wrong password and an unknown address.
async fn again(ctx: &PublicCtx, form: &Form, status: u16, problem: Msg) -> Result<Reply> {
    let email = form.text("email").chars().take(254).collect();
    let back = form.given("back").map(local).unwrap_or_default().to_owned();
    let view = page(ctx, email, back, Problems::one("", problem)).await?;
    ctx.page_with(status, &view)
}

/// `RANDOM EMAIL`, so that the mark counts for this account only.
fn known_mark(email: &str, random: String) -> String {
    format!("{random} {email}")
}

/// The mark of a browser in which this account was signed in to before: what strangers do elsewhere does not slow it down.
pub fn known(ctx: &PublicCtx, email: &str) -> Option<String> {
    let signed = ctx.request.cookie_value(KNOWN_COOKIE)?;
    let mark = ctx.state.keys.verify(Purpose::Visit, &signed)?;
    let (random, of) = mark.split_once(' ')?;
    (of == email).then(|| random.to_owned())
}

async fn destroy(ctx: Ctx, _: Form) -> Result<Reply> {
    let left = ctx
        .write(|tx, me| {
            sign_out(tx, me)?;
            let session = me.session_id().ok_or(Error::SignIn)?;
            Ok(leads_on(tx, session)?.then_some(session))
        })
        .await?;
    let gone = ctx.state.gone(&ctx.state.config.security.session_cookie_name);
    let Some(session) = left else { return Ok(Reply::redirect("/sign-in").cookie(gone)) };
    // Not from here to the provider: a form of ours may lead to our own pages only.
    let mark = ctx.state.keys.sign(Purpose::SignOn, &session.to_string());
    let leaving = ctx.state.cookie(LEAVING_COOKIE, mark, Some(LEAVING_SECONDS));
    Ok(Reply::redirect("/sign-on/end").cookie(gone).cookie(leaving))
}

/// What a device answered, as the script put it into the form; `Invalid` when there is none.
fn device_answer(ctx: &Ctx, form: &Form) -> Result<passkeys::Answer> {
    let ceremony = form.given("ceremony").and_then(|id| id.parse().ok());
    let ceremony = ceremony.ok_or_else(|| Error::invalid("", "problem-passkey-over"))?;
    Ok(passkeys::Answer { ceremony, browser: browser(ctx), json: form.text("credential").to_owned() })
}

/// By which a question to a device is bound to the browser that asked.
fn browser(ctx: &Ctx) -> Vec<u8> {
    token_hash(&ctx.caller.binding)
}

/// A copied key is told to its person and to the trail.
async fn note_copied<T>(ctx: &Ctx, done: Result<T>, answer: &passkeys::Answer) -> Result<T> {
    if let Err(error) = &done
        && passkeys::is_copied(error)
    {
        let (state, answer) = (ctx.state.clone(), answer.clone());
        ctx.touch(Chore::Throttle, move |tx, me| passkeys::alert(tx, me, &state, &answer)).await?;
    }
    done
}
