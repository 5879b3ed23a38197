//! `/settings/members`, `/people/{handle}`, `/settings/groups`, `/settings/roles`.

use super::pages::{Index, Line, OneTime, role_label};
use super::{Counts, Filter, Member, one_time_password};
use crate::access::{Actor, Ctx, Permission, holds};
use crate::db::paging::{Cursor, Page};
use crate::error::{Problems, Result};
use crate::people::OrganisationRole;
use crate::secret::Secret;
use crate::signin;
use crate::ui::{Choice, text};
use crate::web::{Need, Reply, Routes};

mod explain;
mod groups;
mod ownership;
mod person;
mod roles;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/members", Need::Session, index)
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

/// A password made here, with its hash.
async fn fresh_password(ctx: &Ctx) -> Result<(Secret, String)> {
    let password = one_time_password();
    let hash = signin::hashed(ctx, Secret::new(password.reveal())).await?;
    Ok((password, hash))
}

async fn shown_once(ctx: &Ctx, handle: &str, password: &Secret) -> Result<Reply> {
    let handle = handle.to_owned();
    let member = ctx.read(move |tx, me: &Actor| Member::find(tx, me, &handle)).await?;
    let password = password.reveal().to_owned();
    ctx.page(&OneTime { shell: ctx.shell("members")?, member, password })
}
