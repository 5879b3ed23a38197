//! What comes from a provider counts against who brings it, until it was worth something.

use crate::access::{Actor, PublicCtx};
use crate::db::{Chore, Tx};
use crate::error::{Error, Result};
use crate::signin::{Throttle, forget_count, slow};
use crate::web::{Flash, Reply};

/// One arrival, counted before it is read.
pub struct Turn {
    source: Throttle,
    tries: i32,
}

impl Turn {
    /// Else where the browser goes to be told to wait.
    pub async fn take(ctx: &PublicCtx, source: Throttle, place: &str) -> Result<std::result::Result<Turn, Reply>> {
        let turn = source.clone();
        match ctx.touch(Chore::Throttle, move |tx, _| turn.take(tx)).await {
            Ok(tries) => Ok(Ok(Turn { source, tries })),
            Err(Error::Slow(wait)) => Ok(Err(ctx.redirect(place, Some(Flash::failed(slow(wait)))))),
            Err(other) => Err(other),
        }
    }

    pub async fn over(self, ctx: &PublicCtx, heard: Heard) -> Result<Reply> {
        let (reply, is_worth) = match heard {
            Heard::Worth(reply) => (reply, true),
            Heard::Nothing(reply) => (reply, false),
            Heard::Unknown => (ctx.redirect("/sign-in", Some(Flash::failed("sign-on-unknown"))), false),
        };
        match is_worth {
            true => forget_count(ctx, self.source).await,
            false => keep(ctx, self.tries).await,
        }
        Ok(reply)
    }
}

/// What it was, and where the browser goes.
pub enum Heard {
    /// A known provider's word, heard for the first time.
    Worth(Reply),
    /// Nothing that counts.
    Nothing(Reply),
    /// Nothing at all, and there is nobody to tell why.
    Unknown,
}

/// A failure leaves a trace, whoever it was.
async fn keep(ctx: &PublicCtx, tries: i32) {
    let keep = move |tx: &mut Tx, me: &Actor| crate::audit::record_failed_sign_in(tx, me, None, tries);
    let kept = ctx.touch(Chore::Throttle, keep).await;
    if let Err(error) = kept {
        tracing::error!(name = "sso.failure_lost", %error, "a failed sign-on could not be kept");
    }
}
