//! `/settings/groups/{id}/ai`: what may leave for the people of this group, and of its records.

use super::NotSaved;
use crate::access::Ctx;
use crate::ai::pages::{GroupPolicyPage, PolicyForm, differing, level_choices, model_choices};
use crate::ai::{Policy, Sphere, group_name};
use crate::error::{Error, Problems, Result};
use crate::people::GroupId;
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

fn group_id(text: &str) -> Result<GroupId> {
    text.parse().map(GroupId).map_err(|_| Error::NotFound)
}

pub async fn edit(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    page(&ctx, group_id(&id)?, None, 200, Problems::default()).await
}

async fn page(ctx: &Ctx, id: GroupId, form: Option<PolicyForm>, status: u16, problems: Problems) -> Result<Reply> {
    let (name, policy, above) = ctx
        .read(move |tx, me| {
            let name = group_name(tx, me, id)?;
            let above = Policy::find(tx, me, Sphere::Organisation)?.level;
            Ok((name, Policy::find(tx, me, Sphere::Group(id))?, above))
        })
        .await?;
    let ai = &ctx.state.config.ai;
    let form = form.unwrap_or_else(|| PolicyForm::of_policy(&policy, ai));
    let theirs = differing(status, form.check(ai, &policy).map(Policy::of_people), &policy);
    let can_manage = Sphere::Group(id).can_change(&ctx.me()?);
    let (levels, models) = (level_choices(&form.level), model_choices(ai, &form.models));
    let shell = ctx.shell("members")?;
    ctx.page_with(
        status,
        &GroupPolicyPage { shell, id, name, form, policy, levels, models, above, theirs, can_manage, problems },
    )
}

pub async fn update(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
    let (id, mut form) = (group_id(&id)?, PolicyForm::of(&sent));
    let (typed, ai) = (form.clone(), ctx.state.config.ai.clone());
    let saved = ctx
        .write(move |tx, me| {
            Sphere::Group(id).check(me)?;
            group_name(tx, me, id)?;
            let saved = Policy::find(tx, me, Sphere::Group(id))?;
            typed.check(&ai, &saved)?.of_people().save(tx, me, Sphere::Group(id))
        })
        .await;
    match NotSaved::of(saved, &mut form.version)? {
        None => Ok(ctx.redirect(&format!("/settings/groups/{id}/ai"), Some(Flash::done("saved")))),
        Some(not) => page(&ctx, id, Some(form), not.status, not.problems).await,
    }
}
