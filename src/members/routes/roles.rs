//! `/settings/roles`, and custom roles on a person's page.

use super::person::{answer, change};
use crate::access::{Actor, Ctx, Thing, Verb, can};
use crate::error::{Error, Msg, Problems, Result};
use crate::members::pages::{BuiltIn, RoleForm, RolePage, Roles, Row, areas};
use crate::members::{Counts, CustomRole};
use crate::people::{OrganisationRole, RoleId};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/roles", Need::Session, index)
        .post("/settings/roles", Need::Session, create)
        .does("does-make-role")
        .get("/settings/roles/new", Need::Session, new)
        .get("/settings/roles/{id}", Need::Session, show)
        .post("/settings/roles/{id}", Need::Session, update)
        .does("does-edit-role")
        .post("/settings/roles/{id}/removal", Need::Session, destroy)
        .does("does-delete-role")
        .post("/people/{handle}/roles", Need::Session, held::create)
        .does("does-give-role")
        .post("/people/{handle}/roles/{id}/removal", Need::Session, held::destroy)
        .does("does-take-role")
}

fn role_id(text: &str) -> Result<RoleId> {
    text.parse().map(RoleId).map_err(|_| Error::NotFound)
}

fn path_of(id: RoleId) -> String {
    format!("/settings/roles/{id}")
}

fn made(me: &Actor, form: &RoleForm) -> Thing {
    Thing::Role { id: None, holds: form.chosen().intersection(me.permissions) }
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let (roles, counts) = ctx.read(|tx, me| Ok((CustomRole::list(tx, me)?, Counts::load(tx)?))).await?;
    let me = ctx.me()?;
    ctx.page(&Roles {
        shell: ctx.shell("members")?,
        built_in: BuiltIn::all(&counts),
        counts,
        roles,
        table: Row::all(),
        can_manage: can(&me, Verb::Add, &made(&me, &RoleForm::default())),
        can_transfer: me.role == Some(OrganisationRole::Owner),
    })
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let page = new_page(&ctx, RoleForm::default(), Problems::default()).await?;
    ctx.page(&page)
}

async fn new_page(ctx: &Ctx, form: RoleForm, problems: Problems) -> Result<RolePage> {
    ctx.read(|_, me| crate::access::check(me, Verb::Add, &made(me, &RoleForm::default()))).await?;
    Ok(RolePage {
        shell: ctx.shell("members")?,
        role: None,
        areas: areas(form.chosen(), ctx.me()?.permissions),
        form,
        holders: Vec::new(),
        can_manage: true,
        is_stale: false,
        problems,
    })
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = RoleForm::of(&sent);
    match make(&ctx, &sent, &form).await {
        Ok(path) => Ok(ctx.redirect(&path, Some(Flash::done("role-created")))),
        Err(Error::Invalid(problems)) => {
            let page = new_page(&ctx, form, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

async fn make(ctx: &Ctx, sent: &Form, form: &RoleForm) -> Result<String> {
    let text = form.check().map_err(Error::Invalid)?;
    ctx.write_once(sent, move |tx, me| Ok(path_of(text.create(tx, me)?))).await
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let page = page(&ctx, role_id(&id)?, None, Problems::default()).await?;
    ctx.page(&page)
}

async fn page(ctx: &Ctx, id: RoleId, form: Option<RoleForm>, problems: Problems) -> Result<RolePage> {
    let (role, holders) = ctx
        .read(move |tx, me| {
            let role = CustomRole::find(tx, me, id)?;
            let holders = role.holders(tx)?;
            Ok((role, holders))
        })
        .await?;
    let me = ctx.me()?;
    let form = form.unwrap_or_else(|| RoleForm::of_role(&role));
    Ok(RolePage {
        shell: ctx.shell("members")?,
        areas: areas(form.chosen(), me.permissions),
        can_manage: can(&me, Verb::Edit, &role.thing(crate::access::Permissions::NONE)),
        role: Some(role),
        form,
        holders,
        is_stale: false,
        problems,
    })
}

async fn update(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
    let (id, mut form) = (role_id(&id)?, RoleForm::of(&sent));
    let (status, problems) = match save(&ctx, id, &form).await {
        Ok(()) => return Ok(ctx.redirect(&path_of(id), Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => (422, problems),
        Err(Error::Conflict(conflict)) => {
            form.version = conflict.seen;
            (409, Problems::one("", "problem-role-edited"))
        }
        Err(other) => return Err(other),
    };
    let mut page = page(&ctx, id, Some(form), problems).await?;
    page.is_stale = status == 409;
    ctx.page_with(status, &page)
}

async fn save(ctx: &Ctx, id: RoleId, form: &RoleForm) -> Result<()> {
    let text = form.check().map_err(Error::Invalid)?;
    let version = form.version.parse().map_err(|_| Error::invalid("", "problem-form-damaged"))?;
    ctx.write(move |tx, me| CustomRole::find(tx, me, id)?.update(tx, me, &text, version)).await
}

async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = role_id(&id)?;
    let done = ctx
        .write(move |tx, me| {
            let role = CustomRole::find(tx, me, id)?;
            role.delete(tx, me)?;
            Ok(role.name)
        })
        .await;
    match done {
        Ok(name) => Ok(ctx.redirect("/settings/roles", Some(Flash::done(Msg::new("role-deleted").with("name", name))))),
        Err(Error::Invalid(problems)) => {
            let page = page(&ctx, id, None, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

mod held {
    use super::*;

    pub async fn create(ctx: Ctx, handle: Path<String>, sent: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let done = match role_id(sent.text("custom_role")) {
            Ok(id) => change(&ctx, handle.clone(), move |member, tx, me| member.give_role(tx, me, id)).await,
            Err(_) => Err(Error::invalid("custom_role", "problem-role-choose")),
        };
        answer(&ctx, handle, done, "member-role-given", None).await
    }

    pub async fn destroy(ctx: Ctx, path: Path<(String, String)>, _: Form) -> Result<Reply> {
        let (handle, id) = path.into_inner();
        let id = role_id(&id)?;
        let done = change(&ctx, handle.clone(), move |member, tx, me| member.take_role(tx, me, id)).await;
        answer(&ctx, handle, done, "member-role-taken", None).await
    }
}
