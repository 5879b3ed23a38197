//! `/settings/members`, `/people/{handle}`, `/settings/groups`, `/settings/roles`.

use super::pages::{Index, Line, New, NewForm, OneTime, role_label};
use super::{Counts, Filter, Group, Member, NewMember, one_time_password};
use crate::access::{Actor, Ctx, Permission, Thing, Verb, check, holds};
use crate::db::paging::{Cursor, Page};
use crate::error::{Error, Problems, Result};
use crate::people::OrganisationRole;
use crate::secret::Secret;
use crate::signin;
use crate::ui::{Choice, text};
use crate::web::{Flash, Form, Need, Reply, Routes};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

mod explain;
mod groups;
mod ownership;
mod person;
mod roles;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/members", Need::Session, index)
        .post("/settings/members", Need::Session, create)
        .get("/settings/members/new", Need::Session, new)
        .and(person::routes())
        .and(groups::routes())
        .and(explain::routes())
        .and(roles::routes())
        .and(ownership::routes())
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let page = list(&ctx, Problems::default()).await?;
    ctx.page(&page)
}

fn filter(ctx: &Ctx) -> Result<Filter> {
    Ok(Filter {
        words: ctx.query("q").filter(|words| !words.contains('\0')),
        role: ctx.query("role").and_then(|role| OrganisationRole::parse(&role)),
        is_deactivated: ctx.query("state").is_some_and(|state| state == "deactivated"),
        after: ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?,
    })
}

async fn list(ctx: &Ctx, problems: Problems) -> Result<Index> {
    let filter = filter(ctx)?;
    let asked = filter.clone();
    let (page, counts) = ctx.read(move |tx, me| Ok((asked.page(tx, me)?, Counts::load(tx)?))).await?;
    let me = ctx.me()?;
    let next = page.next.as_ref().map(|cursor| next_page(&filter, cursor));
    let any = Choice::new("", text("members-any-role"), filter.role.is_none());
    let role = |role: &OrganisationRole| Choice::new(role, text(&role_label(*role)), filter.role == Some(*role));
    let Page { rows, .. } = page;
    Ok(Index {
        shell: ctx.shell("members")?,
        lines: rows.into_iter().map(|member| Line::of(member, &me)).collect(),
        counts,
        roles: std::iter::once(any).chain(OrganisationRole::ALL.iter().map(role)).collect(),
        is_deactivated: filter.is_deactivated,
        words: filter.words.unwrap_or_default(),
        next,
        can_invite: holds(&me, Permission::MembersInvite),
        can_transfer: me.role == Some(OrganisationRole::Owner),
        problems,
    })
}

fn next_page(filter: &Filter, cursor: &Cursor) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(words) = &filter.words {
        query.append_pair("q", words);
    }
    if let Some(role) = filter.role {
        query.append_pair("role", role.as_str());
    }
    if filter.is_deactivated {
        query.append_pair("state", "deactivated");
    }
    query.append_pair("after", &cursor.encode());
    format!("/settings/members?{}", query.finish())
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let page = new_page(&ctx, NewForm::default(), Problems::default()).await?;
    ctx.page(&page)
}

async fn new_page(ctx: &Ctx, form: NewForm, problems: Problems) -> Result<New> {
    let groups = ctx
        .read(|tx, me| {
            check(me, Verb::Invite, &Thing::Organisation(Permission::MembersInvite))?;
            Group::list(tx, me)
        })
        .await?;
    let (roles, groups) = (form.roles(&ctx.me()?), form.group_choices(&groups));
    Ok(New { shell: ctx.shell("members")?, form, roles, groups, problems })
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = NewForm::of(&sent);
    match add(&ctx, &sent, &form).await {
        // Made by an earlier sending of the same form, whose answer had the password.
        Ok((path, None)) => Ok(ctx.redirect(&path, Some(Flash::done("member-made-before")))),
        Ok((path, Some(password))) => shown_once(&ctx, path.trim_start_matches("/people/"), &password, true).await,
        Err(Error::Invalid(problems)) => {
            let page = new_page(&ctx, form, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

/// Where the person is, and the password when they were made just now.
async fn add(ctx: &Ctx, sent: &Form, form: &NewForm) -> Result<(String, Option<Secret>)> {
    let checked = form.check().map_err(Error::Invalid)?;
    ctx.read(|_, me| check(me, Verb::Invite, &Thing::Organisation(Permission::MembersInvite))).await?;
    let (password, password_hash) = fresh_password(ctx).await?;
    let (name, email, role, groups) = (checked.name, checked.email, checked.role, checked.groups);
    let member = NewMember { name, email, role, groups, password_hash };
    let is_made = Arc::new(AtomicBool::new(false));
    let mark = is_made.clone();
    let path = ctx
        .write_once(sent, move |tx, me| {
            mark.store(true, Ordering::Relaxed);
            Ok(format!("/people/{}", member.create(tx, me)?))
        })
        .await?;
    Ok((path, is_made.load(Ordering::Relaxed).then_some(password)))
}

/// A password made here, with its hash.
async fn fresh_password(ctx: &Ctx) -> Result<(Secret, String)> {
    let password = one_time_password();
    let turn = ctx.state.hashing.acquire().await.map_err(Error::broken)?;
    let to_hash = Secret::new(password.reveal());
    let hash = ctx.work(move || signin::hash(&to_hash)).await?;
    drop(turn);
    Ok((password, hash))
}

async fn shown_once(ctx: &Ctx, handle: &str, password: &Secret, is_new: bool) -> Result<Reply> {
    let handle = handle.to_owned();
    let member = ctx.read(move |tx, me: &Actor| Member::find(tx, me, &handle)).await?;
    let password = password.reveal().to_owned();
    ctx.page(&OneTime { shell: ctx.shell("members")?, member, password, is_new })
}
