//! `POST /settings/me/password`.

use super::me;
use crate::access::{Actor, Ctx};
use crate::db::Chore;
use crate::error::{Error, Msg, Problems, Result};
use crate::secret::Secret;
use crate::settings::PasswordChange;
use crate::signin;
use crate::web::{Flash, Form, Reply};

pub async fn update(ctx: Ctx, sent: Form) -> Result<Reply> {
    let (status, problems) = match change(&ctx, &sent).await {
        Ok(ended) => {
            let flash = Flash::done(Msg::new("password-changed").with("count", ended));
            return Ok(ctx.redirect("/settings/me", Some(flash)));
        }
        Err(Error::Invalid(problems)) => (422, problems),
        Err(Error::Slow(wait)) => (429, Problems::one("current_password", signin::slow(wait))),
        Err(other) => return Err(other),
    };
    let page = me::page(&ctx, None, problems).await?;
    ctx.page_with(status, &page)
}

async fn change(ctx: &Ctx, sent: &Form) -> Result<usize> {
    let new = check_new(&ctx.read(|_, me| Ok(me.clone())).await?, sent)?;
    let change = ctx.touch(Chore::Throttle, PasswordChange::begin).await?;
    let (current, stored) = (Secret::new(sent.text("current_password")), change.stored.clone());
    if !signin::fits(ctx, current, stored).await? {
        return Err(Error::invalid("current_password", "problem-password-current"));
    }
    let hash = signin::hashed(ctx, new).await?;
    let state = ctx.state.clone();
    ctx.write(move |tx, me| {
        let ended = change.succeed(tx, me, &hash)?;
        if let Some(person) = me.person.as_deref() {
            signin::tell_password_changed(tx, &state.config, &person.email)?;
        }
        Ok(ended)
    })
    .await
}

/// Long and uncommon enough, typed twice alike.
fn check_new(me: &Actor, sent: &Form) -> Result<Secret> {
    let person = me.person.as_deref().ok_or(Error::SignIn)?;
    let organisation = me.organisation.as_ref().map(|organisation| organisation.name.as_str()).unwrap_or_default();
    let about = [person.name.as_str(), person.email.as_str(), organisation];
    let mut problems = Problems::default();
    let new = problems.take("new_password", signin::check_strength(sent.text("new_password"), &about));
    if sent.text("new_password") != sent.text("repeat_password") {
        problems.add("repeat_password", "problem-password-repeat");
    }
    problems.check()?;
    new.ok_or_else(|| Error::invalid("new_password", "problem-choice"))
}
