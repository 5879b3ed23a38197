//! `/projects/{key}/ai`: what of this project may leave.

use super::NotSaved;
use crate::access::Ctx;
use crate::ai::pages::{Heading, ProjectForm, ProjectPage, differing, level_choices};
use crate::ai::{Budget, Policy, Sphere};
use crate::error::{Error, Problems, Result};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

pub async fn edit(ctx: Ctx, key: Path<String>) -> Result<Reply> {
    page(&ctx, &key, None, 200, Problems::default()).await
}

async fn page(ctx: &Ctx, key: &str, form: Option<ProjectForm>, status: u16, problems: Problems) -> Result<Reply> {
    let key = key.to_owned();
    let (of, policy, above, spent) = ctx
        .read(move |tx, me| {
            let of = me.project(&key).ok_or(Error::NotFound)?.clone();
            let policy = Policy::find(tx, me, Sphere::Project(of.id))?;
            let above = match me.role {
                Some(_) => Policy::find(tx, me, Sphere::Organisation)?.level,
                None => policy.level,
            };
            let spent = Budget::spent_by(tx, of.id.0)?;
            Ok((of, policy, above, spent))
        })
        .await?;
    let form = form.unwrap_or_else(|| ProjectForm::of_policy(&policy));
    let theirs = differing(status, form.check(), &policy);
    let can_manage = Sphere::Project(of.id).can_change(&ctx.me()?);
    let of = Heading { key: of.key, name: of.name };
    let (shell, levels) = (ctx.shell("projects")?, level_choices(&form.level));
    ctx.page_with(status, &ProjectPage { shell, of, form, policy, levels, above, spent, theirs, can_manage, problems })
}

pub async fn update(ctx: Ctx, key: Path<String>, sent: Form) -> Result<Reply> {
    let mut form = ProjectForm::of(&sent);
    let (checked, wanted) = (form.check(), key.clone());
    let saved = ctx
        .write(move |tx, me| {
            let sphere = Sphere::Project(me.project(&wanted).ok_or(Error::NotFound)?.id);
            sphere.check(me)?;
            checked?.save(tx, me, sphere)
        })
        .await;
    match NotSaved::of(saved, &mut form.version)? {
        None => Ok(ctx.redirect(&format!("/projects/{key}/ai"), Some(Flash::done("saved")))),
        Some(not) => page(&ctx, &key, Some(form), not.status, not.problems).await,
    }
}
