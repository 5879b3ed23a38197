//! `/sign-in/second`: the second factor after the password; and `/sign-in/passkey`, which needs no password.

use super::{Half, device_answer, entry, look, signed_in};
use crate::access::{Actor, PublicCtx};
use crate::audit;
use crate::db::{Chore, Tx};
use crate::error::{Error, Msg, Problems, Result};
use crate::people::Method;
use crate::signin::{Opens, STEP_MAX_SECONDS, Throttle, passkeys, slow};
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
fn half(ctx: &PublicCtx, back: &str) -> Result<Half> {
    let signed = ctx.request.cookie_value(STEP_COOKIE).ok_or(Error::SignIn)?;
    let token = ctx.state.keys.verify(Purpose::Step, &signed).ok_or(Error::SignIn)?;
    let back = local(back).to_owned();
    Ok(Half { opens: Opens::SignIn, token, action: "/sign-in/second", back, other: "/sign-in" })
}

async fn new(ctx: PublicCtx) -> Result<Reply> {
    let page = match half(&ctx, &ctx.query("back").unwrap_or_default()) {
        Ok(half) => half.page(&ctx, 200, Problems::default()).await,
        Err(error) => Err(error),
    };
    match page {
        Err(Error::SignIn) => Ok(Reply::redirect("/sign-in")),
        answer => answer,
    }
}

async fn create(ctx: PublicCtx, form: Form) -> Result<Reply> {
    let half = half(&ctx, form.given("back").unwrap_or("/"))?;
    let (state, entry) = (ctx.state.clone(), entry(&ctx, Method::Password));
    let entered = half
        .enter(&ctx, &form, move |tx, me, step, shown| {
            Ok((step.succeed(tx, me, &state, shown, entry)?, step.email.clone()))
        })
        .await;
    match entered {
        Ok((token, email)) => {
            let reply = Reply::redirect(&half.back).cookie(ctx.state.gone(STEP_COOKIE));
            Ok(signed_in(&ctx, &token, &email).into_iter().fold(reply, Reply::cookie))
        }
        Err(error) => half.again(&ctx, error).await,
    }
}

async fn question(ctx: PublicCtx, _: Form) -> Result<Reply> {
    half(&ctx, "/")?.question(&ctx).await
}

mod passkey {
    use super::*;

    pub async fn question(ctx: PublicCtx, _: Form) -> Result<Reply> {
        let (state, browser) = (ctx.state.clone(), super::super::browser(&ctx));
        let source = Throttle::question(&ctx.caller.address);
        let question = ctx.touch(Chore::Challenge, move |tx, _| {
            source.take(tx)?;
            passkeys::question_to_anybody(tx, &state.config, &browser)
        });
        Ok(Reply::json(&question.await?.json()))
    }

    /// Back to the sign-in page with what was wrong.
    pub async fn create(ctx: PublicCtx, form: Form) -> Result<Reply> {
        let back = local(form.given("back").unwrap_or("/")).to_owned();
        if !look(&ctx).await?.1.has_passwords {
            return super::super::again(&ctx, &form, 422, Msg::new("sign-on-only")).await;
        }
        let answer = device_answer(&ctx, &form)?;
        let source = Throttle::address(&ctx.caller.address);
        let turn = source.clone();
        let failures = match ctx.touch(Chore::Throttle, move |tx, _| turn.take(tx)).await {
            Ok(failures) => failures,
            Err(Error::Slow(wait)) => return super::super::again(&ctx, &form, 429, slow(wait)).await,
            Err(other) => return Err(other),
        };
        let (state, entry, given) = (ctx.state.clone(), entry(&ctx, Method::Passkey), answer.clone());
        let questions = Throttle::question(&ctx.caller.address);
        let done = ctx.write(move |tx, me| {
            let done = passkeys::sign_in(tx, me, &state, &given, entry)?;
            questions.clear(tx)?;
            source.clear(tx)?;
            Ok(done)
        });
        let done = done.await;
        match super::super::note_copied(&ctx, done, &answer).await {
            Ok((person, token)) => {
                Ok(signed_in(&ctx, &token, &person.email).into_iter().fold(Reply::redirect(&back), Reply::cookie))
            }
            Err(Error::Invalid(problems)) => {
                let fail = move |tx: &mut Tx, me: &Actor| audit::record_failed_sign_in(tx, me, None, failures);
                ctx.touch(Chore::Throttle, fail).await?;
                let msg = problems.get("").cloned().unwrap_or_else(|| "problem-passkey".into());
                super::super::again(&ctx, &form, 422, msg).await
            }
            Err(other) => Err(other),
        }
    }
}
