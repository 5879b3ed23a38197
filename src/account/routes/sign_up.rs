//! An account of one's own making.

use super::{check_passwords, email_of, gone, organisation};
use crate::access::PublicCtx;
use crate::account::pages::{Ask, Password, Told};
use crate::account::{OwnAccount, SendSignUp, ask, check_open, is_allowed};
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::{Entry, Method, Purpose};
use crate::secret::Secret;
use crate::signin;
use crate::text::value::{Email, Name};
use crate::web::{Form, MailLink, Reply};
use actix_web::web::Path;

const LINK: MailLink = MailLink { cookie: "tow_join", to: "/join" };

pub mod asking {
    use super::*;

    pub async fn new(ctx: PublicCtx) -> Result<Reply> {
        draw(&ctx, String::new(), Problems::default()).await
    }

    async fn draw(ctx: &PublicCtx, email: String, problems: Problems) -> Result<Reply> {
        let signup = &ctx.state.config.auth.signup;
        check_open(signup)?;
        check_passwords(ctx).await?;
        let status = if problems.is_empty() { 200 } else { 422 };
        let (csrf, organisation) = (ctx.csrf(), organisation(ctx).await?);
        let words = Msg::new("sign-up-words").with("domains", signup.allowed_domains.join(", "));
        let (title, action, submit) = ("sign-up-title", "/sign-up", "sign-up-submit");
        ctx.page_with(status, &Ask { csrf, organisation, title, words, action, submit, email, problems })
    }

    pub async fn create(ctx: PublicCtx, sent: Form) -> Result<Reply> {
        let signup = &ctx.state.config.auth.signup;
        check_open(signup)?;
        check_passwords(&ctx).await?;
        let wrong = || Msg::new("problem-sign-up-domain").with("domains", signup.allowed_domains.join(", "));
        let parsed = Email::parse(sent.text("email"));
        let email = match parsed.and_then(|email| if is_allowed(signup, &email) { Ok(email) } else { Err(wrong()) }) {
            Ok(email) => email,
            Err(problem) => {
                let typed = sent.text("email").chars().take(254).collect();
                return draw(&ctx, typed, Problems::one("email", problem)).await;
            }
        };
        let (from, job) = (ctx.caller.address.clone(), SendSignUp { email: email.as_str().to_owned() });
        ctx.touch(Chore::MailedLink, move |tx, _| ask(tx, &from, &email, &job)).await?;
        let (organisation, words) = (organisation(&ctx).await?, Msg::new("sign-up-sent-words"));
        ctx.page(&Told { organisation, title: "sign-up-sent", words, link: Some(("sign-in", "/sign-in")) })
    }
}

pub async fn land(ctx: PublicCtx, token: Path<String>) -> Result<Reply> {
    Ok(LINK.land(&ctx.state, &token))
}

pub async fn new(ctx: PublicCtx) -> Result<Reply> {
    draw(&ctx, String::new(), Problems::default()).await
}

async fn draw(ctx: &PublicCtx, name: String, problems: Problems) -> Result<Reply> {
    check_open(&ctx.state.config.auth.signup)?;
    check_passwords(ctx).await?;
    let status = if problems.is_empty() { 200 } else { 422 };
    let Some(email) = email_of(ctx, LINK, Purpose::SignUp).await? else {
        return gone(ctx, "link-gone-sign-up", Some(("sign-up-again", "/sign-up"))).await;
    };
    let page = Password {
        csrf: ctx.csrf(),
        organisation: organisation(ctx).await?,
        title: "own-account-title",
        action: "/join",
        submit: "accept-submit",
        email,
        name: Some(name),
        problems,
    };
    ctx.page_with(status, &page)
}

pub async fn create(ctx: PublicCtx, sent: Form) -> Result<Reply> {
    match make(&ctx, &sent).await {
        Ok(token) => Ok(Reply::redirect("/").cookie(ctx.state.session_cookie(&token)).cookie(LINK.gone(&ctx.state))),
        Err(Error::Invalid(problems)) => draw(&ctx, sent.text("name").to_owned(), problems).await,
        Err(other) => Err(other),
    }
}

/// The token of the new session.
async fn make(ctx: &PublicCtx, sent: &Form) -> Result<String> {
    check_open(&ctx.state.config.auth.signup)?;
    check_passwords(ctx).await?;
    let email = email_of(ctx, LINK, Purpose::SignUp).await?;
    let email = email.ok_or_else(|| Error::invalid("", "problem-link-gone"))?;
    let (name, password) = check(sent, &email, &organisation(ctx).await?)?;
    let (password_hash, hash, state) =
        (signin::hashed(ctx, password).await?, LINK.hash(&ctx.request), ctx.state.clone());
    let entry = Entry::of(Method::Password, &ctx.caller, ctx.state.config.security.session_max_age_seconds);
    let account = OwnAccount { name, password_hash };
    ctx.write(move |tx, me| account.create(tx, me, &state.config.auth.signup, &hash, entry)).await
}

fn check(sent: &Form, email: &str, organisation: &str) -> Result<(Name, Secret)> {
    let mut problems = Problems::default();
    let about = [sent.text("name"), email, organisation];
    let name = problems.take("name", Name::parse(sent.text("name")));
    let password = problems.take("password", signin::check_strength(sent.text("password"), &about));
    name.zip(password).ok_or(Error::Invalid(problems))
}
