//! `/setup`, there only while the server has no organisation; and `/`, which leads where there is something to see.

mod onward;

use super::pages::{Checked, New, SetupForm};
use super::{FirstAccount, check_token, refuse_token};
use crate::access::PublicCtx;
use crate::db::Chore;
use crate::error::{Error, Problems, Result};
use crate::people::{Entry, Method, Organisation};
use crate::signin;
use crate::web::{Flash, Form, Need, Reply, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/", Need::Nothing, index)
        .get("/setup", Need::Nothing, new)
        .post("/setup", Need::Nothing, create)
        .get("/setup/owner", Need::Nothing, onward::show)
}

/// An empty server leads to its set-up, any other to the tickets (and so, without a session, to the sign-in page).
async fn index(ctx: PublicCtx) -> Result<Reply> {
    let is_set_up = ctx.read(|tx, _| Ok(Organisation::only(tx)?.is_some())).await?;
    Ok(Reply::redirect(if is_set_up { "/tickets" } else { "/setup" }))
}

async fn new(ctx: PublicCtx) -> Result<Reply> {
    if ctx.read(|tx, _| Ok(Organisation::only(tx)?.is_some())).await? {
        return Ok(Reply::redirect("/sign-in"));
    }
    // The time zone is the browser's, see static/js/time.js.
    let form = SetupForm { mode: "founder".to_owned(), ..SetupForm::default() };
    let problems = onward::told(&ctx);
    let connection = onward::connection(&ctx).await?;
    ctx.page(&New { csrf: ctx.csrf(), form, connection, problems })
}

async fn create(ctx: PublicCtx, sent: Form) -> Result<Reply> {
    let form = SetupForm::of(&sent);
    let connection = onward::connection(&ctx).await?;
    if connection.is_some() {
        return match onward::create(&ctx, &form).await {
            Ok(reply) => Ok(reply),
            Err(Error::Invalid(problems)) => ctx.page_with(422, &New { csrf: ctx.csrf(), form, connection, problems }),
            Err(other) => Err(other),
        };
    }
    let problems = match set_up(&ctx, &form, sent.text("password")).await {
        Ok(session) => {
            let cookie = ctx.state.session_cookie(&session);
            return Ok(ctx.redirect("/projects/new", Some(Flash::done("setup-done"))).cookie(cookie));
        }
        Err(Error::Invalid(problems)) => problems,
        Err(Error::Slow(wait)) => Problems::one("token", signin::slow(wait)),
        Err(other) => return Err(other),
    };
    ctx.page_with(422, &New { csrf: ctx.csrf(), form, connection, problems })
}

async fn set_up(ctx: &PublicCtx, form: &SetupForm, password: &str) -> Result<String> {
    let checked = form.check(password).map_err(Error::Invalid)?;
    let token = form.token.clone();
    ask_token(ctx, &token).await?;
    let Checked { organisation, mode, time_zone, name, email, password } = checked;
    let password_hash = signin::hashed(ctx, password).await?;
    let account =
        FirstAccount { token, organisation, mode, time_zone, name, email, password_hash: Some(password_hash) };
    let entry = Entry::of(Method::SetUp, &ctx.caller, ctx.state.config.security.session_max_age_seconds);
    ctx.write(move |tx, me| account.create(tx, me, entry, None)).await
}

/// `Invalid` at its field for a wrong token, which is counted.
pub async fn ask_token(ctx: &PublicCtx, token: &str) -> Result<()> {
    let address = ctx.caller.address.clone();
    let asked = (token.to_owned(), address.clone());
    if ctx.read(move |tx, _| check_token(tx, &asked.0, &asked.1)).await? {
        return Ok(());
    }
    ctx.touch(Chore::SetupToken, move |tx, _| refuse_token(tx, &address)).await?;
    Err(Error::invalid("token", "problem-setup-token"))
}
