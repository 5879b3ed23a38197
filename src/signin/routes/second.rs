//! `/sign-in/second`: the second factor after the password; and `/sign-in/passkey`, which needs no password.

use super::{device_answer, entry, signed_in};
use crate::access::PublicCtx;
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::{Method, Organisation};
use crate::signin::pages::Second;
use crate::signin::{STEP_MAX_SECONDS, Shown, Step, passkeys};
use crate::web::{Cookies, Form, Need, Purpose, Reply, Routes, local};

/// Carries the step between the two halves.
const STEP_COOKIE: &str = "tow_step";

pub fn routes() -> Routes {
    Routes::new()
        .get("/sign-in/second", Need::Nothing, new)
        .post("/sign-in/second", Need::Nothing, create)
        .post("/sign-in/second/passkey", Need::Nothing, question)
        .post("/sign-in/passkey", Need::Nothing, passkey::create)
        .post("/sign-in/passkey/question", Need::Nothing, passkey::question)
}

pub fn cookie(ctx: &PublicCtx, token: &str) -> cookie::Cookie<'static> {
    ctx.state.cookie(STEP_COOKIE, ctx.state.keys.sign(Purpose::Step, token), Some(STEP_MAX_SECONDS))
}

pub fn path(back: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("back", back).finish();
    if back == "/" { "/sign-in/second".to_owned() } else { format!("/sign-in/second?{query}") }
}

/// `SignIn` without the cookie.
fn token(ctx: &PublicCtx) -> Result<String> {
    let signed = ctx.request.cookie_value(STEP_COOKIE).ok_or(Error::SignIn)?;
    ctx.state.keys.verify(Purpose::Step, &signed).ok_or(Error::SignIn)
}

async fn new(ctx: PublicCtx) -> Result<Reply> {
    let back = local(&ctx.query("back").unwrap_or_default()).to_owned();
    match page(&ctx, back, 200, Problems::default()).await {
        Err(Error::SignIn) => Ok(Reply::redirect("/sign-in")),
        answer => answer,
    }
}

async fn page(ctx: &PublicCtx, back: String, status: u16, problems: Problems) -> Result<Reply> {
    let token = token(ctx)?;
    let (ways, organisation) = ctx
        .read(move |tx, _| {
            let ways = Step::find(tx, &token)?.ways(tx)?;
            Ok((ways, Organisation::only(tx)?.map(|found| found.name).unwrap_or_default()))
        })
        .await?;
    ctx.page_with(status, &Second { csrf: ctx.csrf(), organisation, back, ways, problems })
}

async fn create(ctx: PublicCtx, form: Form) -> Result<Reply> {
    let back = local(form.given("back").unwrap_or("/")).to_owned();
    match try_second(&ctx, &form).await {
        Ok((token, email)) => {
            let reply = Reply::redirect(&back).cookie(ctx.state.gone(STEP_COOKIE));
            Ok(signed_in(&ctx, &token, &email).into_iter().fold(reply, Reply::cookie))
        }
        Err(Error::Invalid(problems)) => page(&ctx, back, 422, problems).await,
        Err(Error::Slow(wait)) => {
            let msg = Msg::new("problem-sign-in-slow").with("seconds", wait.as_secs().max(1));
            page(&ctx, back, 429, Problems::one("", msg)).await
        }
        Err(other) => Err(other),
    }
}

/// The token of the new session, and whose it is.
async fn try_second(ctx: &PublicCtx, form: &Form) -> Result<(String, String)> {
    let (token, state, entry) = (token(ctx)?, ctx.state.clone(), entry(ctx, Method::Password));
    let step = ctx.read(move |tx, _| Step::find(tx, &token)).await?;
    let shown = shown(ctx, form)?;
    let (tried, of) = (shown.clone(), step.clone());
    let done = ctx.write(move |tx, me| of.succeed(tx, me, &state, &tried, entry)).await;
    let email = step.email.clone();
    if let Err(Error::Invalid(_)) = &done {
        ctx.touch(Chore::Throttle, move |tx, me| step.fail(tx, me)).await?;
    }
    let done = match &shown {
        Shown::Passkey(answer) => super::note_copied(ctx, done, answer).await,
        _ => done,
    };
    Ok((done?, email))
}

fn shown(ctx: &PublicCtx, form: &Form) -> Result<Shown> {
    if form.has("credential") {
        return Ok(Shown::Passkey(device_answer(ctx, form)?));
    }
    Ok(match form.given("recovery_code") {
        Some(code) => Shown::Recovery(code.to_owned()),
        None => Shown::Code(form.text("code").to_owned()),
    })
}

/// A question to the person's devices, for the script.
async fn question(ctx: PublicCtx, _: Form) -> Result<Reply> {
    let (token, state, browser) = (token(&ctx)?, ctx.state.clone(), super::browser(&ctx));
    let question = ctx.touch(Chore::Challenge, move |tx, _| {
        let step = Step::find(tx, &token)?;
        passkeys::question(tx, &state.config, &browser, passkeys::Purpose::Second, step.person)
    });
    Ok(Reply::json(&question.await?.json()))
}

mod passkey {
    use super::*;

    pub async fn question(ctx: PublicCtx, _: Form) -> Result<Reply> {
        let (state, browser) = (ctx.state.clone(), super::super::browser(&ctx));
        let question =
            ctx.touch(Chore::Challenge, move |tx, _| passkeys::question_to_anybody(tx, &state.config, &browser));
        Ok(Reply::json(&question.await?.json()))
    }

    /// Back to the sign-in page with what was wrong.
    pub async fn create(ctx: PublicCtx, form: Form) -> Result<Reply> {
        let back = local(form.given("back").unwrap_or("/")).to_owned();
        let answer = device_answer(&ctx, &form)?;
        let (state, entry, given) = (ctx.state.clone(), entry(&ctx, Method::Passkey), answer.clone());
        let done = ctx.write(move |tx, me| passkeys::sign_in(tx, me, &state, &given, entry)).await;
        match super::super::note_copied(&ctx, done, &answer).await {
            Ok((person, token)) => {
                Ok(signed_in(&ctx, &token, &person.email).into_iter().fold(Reply::redirect(&back), Reply::cookie))
            }
            Err(Error::Invalid(problems)) => {
                let msg = problems.get("").cloned().unwrap_or_else(|| "problem-passkey".into());
                super::super::again(&ctx, &form, 422, msg).await
            }
            Err(other) => Err(other),
        }
    }
}
