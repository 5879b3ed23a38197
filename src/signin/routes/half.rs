//! The page between the two halves of coming in, with what is shown there; signing in has it, and so has break-glass.

use super::{browser, device_answer, forget_count, note_copied};
use crate::access::{Actor, PublicCtx};
use crate::db::{Chore, Tx};
use crate::error::{Error, Problems, Result};
use crate::people::Organisation;
use crate::signin::pages::Second;
use crate::signin::{Opens, Shown, Step, Throttle, passkeys, slow};
use crate::web::{Form, Reply};

#[derive(Clone)]
pub struct Half {
    pub opens: Opens,
    /// Of the step.
    pub token: String,
    /// Where the form goes; the question to devices stands below it.
    pub action: &'static str,
    /// A path on this server to go to afterwards.
    pub back: String,
    /// Where one begins again.
    pub other: &'static str,
}

impl Half {
    /// `SignIn` when the step is over.
    pub async fn page(&self, ctx: &PublicCtx, status: u16, problems: Problems) -> Result<Reply> {
        let (token, opens) = (self.token.clone(), self.opens);
        let (ways, organisation) = ctx
            .read(move |tx, _| {
                let ways = Step::find(tx, &token, opens)?.ways(tx)?;
                Ok((ways, Organisation::only(tx)?.map(|found| found.name).unwrap_or_default()))
            })
            .await?;
        let (csrf, back, action, other) = (ctx.csrf(), self.back.clone(), self.action, self.other);
        ctx.page_with(status, &Second { csrf, organisation, action, back, other, ways, problems })
    }

    /// The page again with what was wrong; what no page can say goes on.
    pub async fn again(&self, ctx: &PublicCtx, error: Error) -> Result<Reply> {
        match error {
            Error::Invalid(problems) => self.page(ctx, 422, problems).await,
            Error::Slow(wait) => self.page(ctx, 429, Problems::one("", slow(wait))).await,
            other => Err(other),
        }
    }

    /// Does `enter` with what was shown. A wrong one is counted; a copied key is told to its person.
    pub async fn enter<T, F>(&self, ctx: &PublicCtx, form: &Form, enter: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx, &Actor, &Step, &Shown) -> Result<T> + Send + 'static,
    {
        let (token, opens) = (self.token.clone(), self.opens);
        let step = ctx.read(move |tx, _| Step::find(tx, &token, opens)).await?;
        let shown = shown(ctx, form)?;
        let (tried, of, turn) = (shown.clone(), step.clone(), step.clone());
        let failures = ctx.touch(Chore::Throttle, move |tx, _| turn.take_turn(tx)).await?;
        let done = ctx.write(move |tx, me| enter(tx, me, &of, &tried)).await;
        if let Err(Error::Invalid(_)) = &done {
            ctx.touch(Chore::Throttle, move |tx, me| step.note_failure(tx, me, failures)).await?;
        }
        if done.is_ok() && matches!(shown, Shown::Passkey(_)) {
            forget_count(ctx, Throttle::question(&ctx.caller.address)).await;
        }
        match &shown {
            Shown::Passkey(answer) => note_copied(ctx, done, answer).await,
            _ => done,
        }
    }

    /// A question to the person's devices, for the script.
    pub async fn question(&self, ctx: &PublicCtx) -> Result<Reply> {
        let (token, opens, state, browser) = (self.token.clone(), self.opens, ctx.state.clone(), browser(ctx));
        let source = Throttle::question(&ctx.caller.address);
        let question = ctx.touch(Chore::Challenge, move |tx, _| {
            let step = Step::find(tx, &token, opens)?;
            source.take(tx)?;
            passkeys::question(tx, &state.config, &browser, passkeys::Purpose::Second, step.person)
        });
        Ok(Reply::json(&question.await?.json()))
    }
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
