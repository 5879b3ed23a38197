//! `/settings/second-factor`: who must have one.

use crate::access::{Ctx, Permission, Thing, Verb, check};
use crate::error::{Error, Problems, Result};
use crate::signin::pages::Policy;
use crate::signin::{Required, lacking, require, required};
use crate::web::{Flash, Form, Need, Reply, Routes};

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/second-factor", Need::Session, edit)
        .post("/settings/second-factor", Need::Session, update)
        .does("does-require-factor")
}

async fn edit(ctx: Ctx) -> Result<Reply> {
    page(&ctx, None, Problems::default()).await
}

async fn page(ctx: &Ctx, chosen: Option<Required>, problems: Problems) -> Result<Reply> {
    let (now, lacking) = ctx
        .read(|tx, me| {
            check(me, Verb::Administer, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
            Ok((required(tx)?, lacking(tx)?))
        })
        .await?;
    let status = if problems.is_empty() { 200 } else { 422 };
    ctx.page_with(status, &Policy::new(ctx.shell("settings")?, chosen.unwrap_or(now), lacking, problems))
}

async fn update(ctx: Ctx, form: Form) -> Result<Reply> {
    let Some(whom) = Required::parse(form.text("second_factor")) else {
        return page(&ctx, None, Problems::one("second_factor", "problem-choice")).await;
    };
    let state = ctx.state.clone();
    match ctx.write(move |tx, me| require(tx, me, &state, whom)).await {
        Ok(()) => Ok(ctx.redirect("/settings/second-factor", Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => page(&ctx, Some(whom), problems).await,
        Err(other) => Err(other),
    }
}
