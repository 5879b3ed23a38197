//! The organisation's own assistants.

use super::*;
use crate::access::check;
use crate::access::{Thing, Verb};
use crate::chat::pages::{Assistants, EditAssistant};

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let all = ctx.read(Assistant::list).await?;
    let can_manage = holds(&ctx.me()?, Permission::AiManage);
    ctx.page(&Assistants::new(ctx.shell("settings")?, all, can_manage))
}

pub async fn new(ctx: Ctx) -> Result<Reply> {
    ctx.read(|_, me| check(me, Verb::Administer, &Thing::Organisation(Permission::AiManage))).await?;
    let form =
        AssistantForm { sources: SourceGroup::parse_all(["memory", "docs", "tickets"]), ..AssistantForm::default() };
    form_page(&ctx, None, form, 200, Problems::default(), None)
}

pub async fn edit(ctx: Ctx, id: Path<Uuid>) -> Result<Reply> {
    let key = id.to_string();
    let found = ctx
        .read(move |tx, me| {
            check(me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
            Assistant::find(tx, me, &key)
        })
        .await?;
    let Assistant { name, instructions, sources, version, .. } = found;
    let form = AssistantForm { name, instructions, sources, version };
    form_page(&ctx, Some(id.into_inner()), form, 200, Problems::default(), None)
}

fn form_page(
    ctx: &Ctx,
    id: Option<Uuid>,
    form: AssistantForm,
    status: u16,
    problems: Problems,
    theirs: Option<String>,
) -> Result<Reply> {
    ctx.page_with(status, &EditAssistant { shell: ctx.shell("settings")?, id, form, problems, theirs })
}

fn sent(form: &Form) -> AssistantForm {
    AssistantForm {
        name: form.text("name").to_owned(),
        instructions: form.text("instructions").to_owned(),
        sources: SourceGroup::parse_all(form.all("source")),
        version: form.text("version").parse().unwrap_or_default(),
    }
}

pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
    let typed = sent(&form);
    let saving = typed.clone();
    let saved = ctx
        .write_once(&form, move |tx, me| saving.save(tx, me, None).map(|()| "/settings/ai/assistants".to_owned()))
        .await
        .map(drop);
    after(&ctx, None, typed, saved)
}

pub async fn update(ctx: Ctx, id: Path<Uuid>, form: Form) -> Result<Reply> {
    let (typed, id) = (sent(&form), id.into_inner());
    let saving = typed.clone();
    let saved = ctx.write(move |tx, me| saving.save(tx, me, Some(id))).await;
    after(&ctx, Some(id), typed, saved)
}

fn after(ctx: &Ctx, id: Option<Uuid>, typed: AssistantForm, saved: Result<()>) -> Result<Reply> {
    match saved {
        Ok(()) => Ok(ctx.redirect("/settings/ai/assistants", Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => form_page(ctx, id, typed, 422, problems, None),
        Err(Error::Conflict(conflict)) => {
            let version = conflict.seen.parse().unwrap_or_default();
            let problems = Problems::one("instructions", "problem-assistant-stale");
            form_page(ctx, id, AssistantForm { version, ..typed }, 409, problems, Some(conflict.theirs))
        }
        Err(other) => Err(other),
    }
}

pub async fn archive(ctx: Ctx, id: Path<Uuid>, _: Form) -> Result<Reply> {
    ctx.write(move |tx, me| Assistant::archive(tx, me, *id)).await?;
    Ok(ctx.redirect("/settings/ai/assistants", Some(Flash::done("saved"))))
}
