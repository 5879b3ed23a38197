//! `/forgotten`, `/reset`, `/sign-up`, `/join`, `/confirm-email`, `/settings/me/email`, and a reset link for a colleague.

use super::pages::Told;
use super::{miss, opened};
use crate::access::{Ctx, PublicCtx};
use crate::db::Chore;
use crate::error::{Error, Msg, Result};
use crate::people::{Organisation, Purpose};
use crate::signin::Offer;
use crate::web::{MailLink, Need, Reply, Routes};

mod address;
mod colleague;
mod reset;
mod sign_up;

pub fn routes() -> Routes {
    Routes::new()
        .get("/forgotten", Need::Nothing, reset::asking::new)
        .post("/forgotten", Need::Nothing, reset::asking::create)
        .get("/reset", Need::Nothing, reset::edit)
        .post("/reset", Need::Nothing, reset::update)
        .get("/reset/{token}", Need::Nothing, reset::land)
        .get("/sign-up", Need::Nothing, sign_up::asking::new)
        .post("/sign-up", Need::Nothing, sign_up::asking::create)
        .get("/join", Need::Nothing, sign_up::new)
        .post("/join", Need::Nothing, sign_up::create)
        .get("/join/{token}", Need::Nothing, sign_up::land)
        .get("/confirm-email", Need::Nothing, address::confirmation::new)
        .post("/confirm-email", Need::Nothing, address::confirmation::create)
        .get("/confirm-email/{token}", Need::Nothing, address::confirmation::land)
        .get("/settings/me/email", Need::Session, address::edit)
        .post("/settings/me/email", Need::Session, address::update)
        .does("does-change-email")
        .post("/people/{handle}/reset-link", Need::Session, colleague::create)
}

/// Where people sign in elsewhere there are no passwords to forget or to choose.
async fn check_passwords(ctx: &Ctx) -> Result<()> {
    let mode = ctx.state.config.auth.mode;
    let offer = ctx.read(move |tx, _| Offer::now(tx, mode)).await?;
    if offer.has_passwords { Ok(()) } else { Err(Error::NotFound) }
}

/// The organisation's name. `NotFound` before set-up.
async fn organisation(ctx: &Ctx) -> Result<String> {
    let found = ctx.read(|tx, _| Organisation::only(tx)).await?;
    found.map(|organisation| organisation.name).ok_or(Error::NotFound)
}

/// Where the mail with this link went; None when it leads nowhere, which is counted.
async fn email_of(ctx: &PublicCtx, link: MailLink, purpose: Purpose) -> Result<Option<String>> {
    let (hash, from) = (link.hash(&ctx.request), ctx.caller.address.clone());
    let found = ctx.read(move |tx, _| opened(tx, purpose, &hash, &from)).await?;
    if found.is_none() {
        missed(ctx).await?;
    }
    Ok(found)
}

async fn missed(ctx: &PublicCtx) -> Result<()> {
    let from = ctx.caller.address.clone();
    ctx.touch(Chore::Throttle, move |tx, _| miss(tx, &from)).await
}

/// The page of a link that is unknown, used or too old.
async fn gone(ctx: &PublicCtx, words: &'static str, link: Option<(&'static str, &'static str)>) -> Result<Reply> {
    let organisation = organisation(ctx).await?;
    ctx.page_with(404, &Told { organisation, title: "link-gone-title", words: Msg::new(words), link })
}
