//! Another address of mail.

use super::{email_of, gone, organisation};
use crate::access::{Ctx, PublicCtx, Thing, Verb, check};
use crate::account::pages::{Confirm, EmailPage, Told};
use crate::account::{ask_change, confirm};
use crate::error::{Error, Msg, Problems, Result};
use crate::people::{Person, Purpose};
use crate::text::value::Email;
use crate::web::{Form, MailLink, Reply};
use actix_web::web::Path;

const LINK: MailLink = MailLink { cookie: "tow_confirm", to: "/confirm-email" };

pub async fn edit(ctx: Ctx) -> Result<Reply> {
    let page = page(&ctx, String::new(), Problems::default()).await?;
    ctx.page(&page)
}

async fn page(ctx: &Ctx, email: String, problems: Problems) -> Result<EmailPage> {
    let person = ctx
        .read(|tx, me| {
            let id = me.person_id().ok_or(Error::SignIn)?;
            check(me, Verb::See, &Thing::Own(id))?;
            Person::find(tx, id)
        })
        .await?;
    Ok(EmailPage {
        shell: ctx.shell("settings")?,
        is_verified: person.verified_at.is_some(),
        current: person.email,
        email,
        sent_to: None,
        problems,
    })
}

pub async fn update(ctx: Ctx, sent: Form) -> Result<Reply> {
    let typed: String = sent.text("email").chars().take(254).collect();
    match ask(&ctx, &sent).await {
        Ok(email) => {
            let mut page = page(&ctx, String::new(), Problems::default()).await?;
            page.sent_to = Some(email);
            ctx.page(&page)
        }
        Err(Error::Invalid(problems)) => {
            let page = page(&ctx, typed, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

async fn ask(ctx: &Ctx, sent: &Form) -> Result<String> {
    let email = Email::parse(sent.text("email")).map_err(|problem| Error::invalid("email", problem))?;
    let (to, from) = (email.as_str().to_owned(), ctx.caller.address.clone());
    ctx.write(move |tx, me| ask_change(tx, me, &email, &from)).await?;
    Ok(to)
}

pub mod confirmation {
    use super::*;

    pub async fn land(ctx: PublicCtx, token: Path<String>) -> Result<Reply> {
        Ok(LINK.land(&ctx.state, &token))
    }

    pub async fn new(ctx: PublicCtx) -> Result<Reply> {
        draw(&ctx, Problems::default()).await
    }

    async fn draw(ctx: &PublicCtx, problems: Problems) -> Result<Reply> {
        let status = if problems.is_empty() { 200 } else { 422 };
        match email_of(ctx, LINK, Purpose::Email).await? {
            Some(email) => {
                let (csrf, organisation) = (ctx.csrf(), organisation(ctx).await?);
                ctx.page_with(status, &Confirm { csrf, organisation, email, problems })
            }
            None => gone(ctx, "link-gone-email", Some(("email-again", "/settings/me/email"))).await,
        }
    }

    /// Without a session too: the mail may be read on another machine.
    pub async fn create(ctx: PublicCtx, _: Form) -> Result<Reply> {
        let (hash, state) = (LINK.hash(&ctx.request), ctx.state.clone());
        match ctx.write(move |tx, me| confirm(tx, me, &state.config, &hash)).await {
            Ok(email) => {
                let (organisation, words) =
                    (organisation(&ctx).await?, Msg::new("email-confirmed-words").with("email", email));
                let page = Told { organisation, title: "email-confirmed", words, link: Some(("error-home", "/")) };
                Ok(ctx.page(&page)?.cookie(LINK.gone(&ctx.state)))
            }
            Err(Error::Invalid(problems)) => draw(&ctx, problems).await,
            Err(other) => Err(other),
        }
    }
}
