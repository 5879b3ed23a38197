//! `/settings/groups`.

use crate::access::Ctx;
use crate::error::{Error, Msg, Problems, Result};
use crate::members::pages::{GroupForm, GroupPage, Groups, can_manage_groups};
use crate::members::{Counts, Group};
use crate::people::{Face, GroupId, Offered, PersonId};
use crate::ui::text;
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/groups", Need::Session, index)
        .post("/settings/groups", Need::Session, create)
        .get("/settings/groups/{id}", Need::Session, show)
        .post("/settings/groups/{id}", Need::Session, update)
        .post("/settings/groups/{id}/removal", Need::Session, destroy)
        .post("/settings/groups/{id}/members", Need::Session, members::create)
        .post("/settings/groups/{id}/members/{person}/removal", Need::Session, members::destroy)
}

fn group_id(text: &str) -> Result<GroupId> {
    text.parse().map(GroupId).map_err(|_| Error::NotFound)
}

fn path_of(id: GroupId) -> String {
    format!("/settings/groups/{id}")
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let page = list(&ctx, GroupForm::default(), Problems::default()).await?;
    ctx.page(&page)
}

async fn list(ctx: &Ctx, form: GroupForm, problems: Problems) -> Result<Groups> {
    let (groups, counts) = ctx.read(|tx, me| Ok((Group::list(tx, me)?, Counts::load(tx)?))).await?;
    Ok(Groups {
        shell: ctx.shell("members")?,
        groups,
        counts,
        form,
        can_manage: can_manage_groups(&ctx.me()?),
        problems,
    })
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = GroupForm::of(&sent);
    match make(&ctx, &sent, &form).await {
        Ok(path) => Ok(ctx.redirect(&path, Some(Flash::done("group-created")))),
        Err(Error::Invalid(problems)) => {
            let page = list(&ctx, form, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

async fn make(ctx: &Ctx, sent: &Form, form: &GroupForm) -> Result<String> {
    let text = form.check().map_err(Error::Invalid)?;
    ctx.write_once(sent, move |tx, me| Ok(path_of(text.create(tx, me)?))).await
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let page = page(&ctx, group_id(&id)?, None, String::new(), Problems::default()).await?;
    ctx.page(&page)
}

/// `typed` is who was to be added.
async fn page(ctx: &Ctx, id: GroupId, form: Option<GroupForm>, typed: String, problems: Problems) -> Result<GroupPage> {
    let (group, members, people) = ctx
        .read(move |tx, me| {
            let group = Group::find(tx, me, id)?;
            let members = group.members(tx)?;
            Ok((group, members, Offered::of(tx, me.person_id(), &[])?))
        })
        .await?;
    let others = people.without(|face| members.iter().any(|member| member.id == face.id));
    Ok(GroupPage {
        shell: ctx.shell("members")?,
        others: others.chooser(&[("", text("group-choose"))], &typed),
        form: form.unwrap_or_else(|| GroupForm::of_group(&group)),
        can_manage: can_manage_groups(&ctx.me()?) && !group.is_managed,
        is_stale: false,
        group,
        members,
        problems,
    })
}

async fn update(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
    let (id, mut form) = (group_id(&id)?, GroupForm::of(&sent));
    let (status, problems) = match save(&ctx, id, &form).await {
        Ok(()) => return Ok(ctx.redirect(&path_of(id), Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => (422, problems),
        Err(Error::Conflict(conflict)) => {
            form.version = conflict.seen;
            (409, Problems::one("", "problem-group-stale"))
        }
        Err(other) => return Err(other),
    };
    let mut page = page(&ctx, id, Some(form), String::new(), problems).await?;
    page.is_stale = status == 409;
    ctx.page_with(status, &page)
}

async fn save(ctx: &Ctx, id: GroupId, form: &GroupForm) -> Result<()> {
    let text = form.check().map_err(Error::Invalid)?;
    let version = form.version.parse().map_err(|_| Error::invalid("", "problem-form-damaged"))?;
    ctx.write(move |tx, me| Group::find(tx, me, id)?.update(tx, me, &text, version)).await
}

async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = group_id(&id)?;
    let done = ctx
        .write(move |tx, me| {
            let group = Group::find(tx, me, id)?;
            group.delete(tx, me)?;
            Ok(group.name)
        })
        .await;
    match done {
        Ok(name) => {
            Ok(ctx.redirect("/settings/groups", Some(Flash::done(Msg::new("group-deleted").with("name", name)))))
        }
        Err(Error::Invalid(problems)) => {
            let page = page(&ctx, id, None, String::new(), problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

mod members {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
        let id = group_id(&id)?;
        let typed = sent.text("person").to_owned();
        let asked = typed.clone();
        let done = ctx
            .write(move |tx, me| {
                let group = Group::find(tx, me, id)?;
                let face = Face::optional(tx, "person", &asked, None)?;
                group.add(tx, me, face.ok_or_else(|| Error::invalid("person", "problem-person-choose"))?.id)
            })
            .await;
        match done {
            Ok(()) => Ok(ctx.redirect(&path_of(id), Some(Flash::done("group-added")))),
            Err(Error::Invalid(problems)) => {
                let page = page(&ctx, id, None, typed, problems).await?;
                ctx.page_with(422, &page)
            }
            Err(other) => Err(other),
        }
    }

    pub async fn destroy(ctx: Ctx, path: Path<(String, String)>, _: Form) -> Result<Reply> {
        let (id, person) = path.into_inner();
        let (id, person) = (group_id(&id)?, person.parse().map(PersonId).map_err(|_| Error::NotFound)?);
        ctx.write(move |tx, me| Group::find(tx, me, id)?.take_out(tx, me, person)).await?;
        Ok(ctx.redirect(&path_of(id), Some(Flash::done("group-taken-out"))))
    }
}
