//! `/settings/mail`: how mails leave, and a test that says what happened in the transport's own words.

use crate::access::{Ctx, Thing, Verb, check};
use crate::error::Result;
use crate::mail::hand_over;
use crate::queue::Outcome;
use crate::settings::pages::{MailPage, Tested};
use crate::settings::test_mail;
use crate::web::{Form, Reply};

pub async fn show(ctx: Ctx) -> Result<Reply> {
    page(&ctx, None).await
}

async fn page(ctx: &Ctx, tested: Option<Tested>) -> Result<Reply> {
    ctx.read(|_, me| check(me, Verb::See, &Thing::Server)).await?;
    ctx.page(&MailPage::of(ctx.shell("settings")?, &ctx.me()?, &ctx.state.config, tested))
}

/// Waits for the mail server, outside any transaction.
pub async fn create(ctx: Ctx, _: Form) -> Result<Reply> {
    let (state, now) = (ctx.state.clone(), ctx.now());
    let mail = ctx.write(move |tx, me| test_mail(tx, me, &state.config)).await?;
    let (state, id) = (ctx.state.clone(), ctx.caller.request_id);
    let done = ctx.work(move || Ok(hand_over(&state.config, id, now, &mail))).await?;
    let tested = match done {
        Ok(Outcome::Done) => Tested::Left,
        Ok(Outcome::Later(why) | Outcome::Never(why)) => Tested::Stayed(why),
        Err(error) => Tested::Stayed(error.to_string()),
    };
    page(&ctx, Some(tested)).await
}
