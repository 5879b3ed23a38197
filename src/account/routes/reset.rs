//! A forgotten password.

use super::{check_passwords, gone, missed, organisation};
use crate::access::PublicCtx;
use crate::account::pages::{Ask, Password, Told};
use crate::account::{SendReset, ask, reset, reset_person};
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::Person;
use crate::signin;
use crate::text::value::Email;
use crate::web::{Form, MailLink, Reply};
use actix_web::web::Path;

const LINK: MailLink = MailLink { cookie: "tow_reset", to: "/reset" };

pub mod asking {
    use super::*;

    pub async fn new(ctx: PublicCtx) -> Result<Reply> {
        check_passwords(&ctx).await?;
        draw(&ctx, String::new(), Problems::default()).await
    }

    async fn draw(ctx: &PublicCtx, email: String, problems: Problems) -> Result<Reply> {
        let status = if problems.is_empty() { 200 } else { 422 };
        let (csrf, organisation) = (ctx.csrf(), organisation(ctx).await?);
        let (title, words) = ("forgotten-title", Msg::new("forgotten-words"));
        let (action, submit) = ("/forgotten", "forgotten-submit");
        ctx.page_with(status, &Ask { csrf, organisation, title, words, action, submit, email, problems })
    }

    /// The same answer for every address, and the same work: whose it is, is looked up later.
    pub async fn create(ctx: PublicCtx, sent: Form) -> Result<Reply> {
        check_passwords(&ctx).await?;
        let email = match Email::parse(sent.text("email")) {
            Ok(email) => email,
            Err(problem) => {
                let typed = sent.text("email").chars().take(254).collect();
                return draw(&ctx, typed, Problems::one("email", problem)).await;
            }
        };
        let (from, job) = (ctx.caller.address.clone(), SendReset { email: email.as_str().to_owned() });
        ctx.touch(Chore::MailedLink, move |tx, _| ask(tx, &from, &email, &job)).await?;
        let (organisation, words) = (organisation(&ctx).await?, Msg::new("forgotten-sent-words"));
        let link = Some(("sign-in", "/sign-in"));
        ctx.page(&Told { organisation, title: "forgotten-sent", words, link })
    }
}

pub async fn land(ctx: PublicCtx, token: Path<String>) -> Result<Reply> {
    Ok(LINK.land(&ctx.state, &token))
}

async fn person(ctx: &PublicCtx) -> Result<Option<Person>> {
    check_passwords(ctx).await?;
    let (hash, from) = (LINK.hash(&ctx.request), ctx.caller.address.clone());
    let found = ctx.read(move |tx, _| reset_person(tx, &hash, &from)).await?;
    if found.is_none() {
        missed(ctx).await?;
    }
    Ok(found)
}

pub async fn edit(ctx: PublicCtx) -> Result<Reply> {
    match person(&ctx).await? {
        Some(person) => draw(&ctx, person, Problems::default()).await,
        None => gone(&ctx, "link-gone-reset", Some(("forgotten-again", "/forgotten"))).await,
    }
}

async fn draw(ctx: &PublicCtx, person: Person, problems: Problems) -> Result<Reply> {
    let status = if problems.is_empty() { 200 } else { 422 };
    let page = Password {
        csrf: ctx.csrf(),
        organisation: organisation(ctx).await?,
        title: "reset-title",
        action: "/reset",
        submit: "reset-submit",
        email: person.email,
        name: None,
        problems,
    };
    ctx.page_with(status, &page)
}

pub async fn update(ctx: PublicCtx, sent: Form) -> Result<Reply> {
    let Some(person) = person(&ctx).await? else {
        return gone(&ctx, "link-gone-reset", Some(("forgotten-again", "/forgotten"))).await;
    };
    let organisation = organisation(&ctx).await?;
    let about = [person.name.as_str(), person.email.as_str(), organisation.as_str()];
    let password = match signin::check_strength(sent.text("password"), &about) {
        Ok(password) => password,
        Err(problem) => return draw(&ctx, person, Problems::one("password", problem)).await,
    };
    let (password_hash, hash, state) =
        (signin::hashed(&ctx, password).await?, LINK.hash(&ctx.request), ctx.state.clone());
    let done = ctx.write(move |tx, me| reset(tx, me, &state.config, &hash, &password_hash)).await;
    match done {
        // Not signed in by it: the second factor is still asked for.
        Ok(()) => {
            let (words, link) = (Msg::new("reset-done-words"), Some(("sign-in", "/sign-in")));
            let page = ctx.page(&Told { organisation, title: "reset-done", words, link })?;
            Ok(page.cookie(LINK.gone(&ctx.state)))
        }
        Err(Error::Invalid(_)) => gone(&ctx, "link-gone-reset", Some(("forgotten-again", "/forgotten"))).await,
        Err(other) => Err(other),
    }
}
