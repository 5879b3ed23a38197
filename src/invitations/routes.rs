//! `/settings/invitations` for who invites; `/invitation` for who is invited.

use super::pages::{Index, InviteForm, Line, New, Offer, Show};
use super::{Invitation, InvitationId, RoleOffer};
use crate::access::{Ctx, Permission, Thing, Verb, can, check};
use crate::error::{Error, Problems, Result};
use crate::mail;
use crate::members::Group;
use crate::ui::Choice;
use crate::web::{Flash, Form, Need, Reply, Routes, random_token, token_hash};
use actix_web::web::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

mod open;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/invitations", Need::Session, index)
        .post("/settings/invitations", Need::Session, create)
        .get("/settings/invitations/new", Need::Session, new)
        .get("/settings/invitations/{id}", Need::Session, show)
        .post("/settings/invitations/{id}/refreshing", Need::Session, refreshing::create)
        .post("/settings/invitations/{id}/removal", Need::Session, destroy)
        .and(open::routes())
}

fn invitation_id(text: &str) -> Result<InvitationId> {
    text.parse().map(InvitationId).map_err(|_| Error::NotFound)
}

fn is_mail_kept(ctx: &Ctx) -> bool {
    mail::is_kept(&ctx.state.config)
}

fn sent_flash(ctx: &Ctx) -> Flash {
    if is_mail_kept(ctx) { Flash::done("invite-kept") } else { Flash::done("invite-sent") }
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let has_ended = ctx.query("state").is_some_and(|state| state == "ended");
    let found = ctx.read(move |tx, me| Invitation::list(tx, me, has_ended)).await?;
    let (me, now) = (ctx.me()?, ctx.now());
    let lines = found.into_iter().map(|invitation| Line::of(invitation, &me, now)).collect();
    ctx.page(&Index { shell: ctx.shell("members")?, lines, has_ended })
}

async fn new(ctx: Ctx) -> Result<Reply> {
    let page = new_page(&ctx, InviteForm::default(), Problems::default()).await?;
    ctx.page(&page)
}

async fn new_page(ctx: &Ctx, form: InviteForm, problems: Problems) -> Result<New> {
    let (groups, roles) = ctx
        .read(|tx, me| {
            check(me, Verb::Invite, &Thing::Organisation(Permission::MembersInvite))?;
            Ok((Group::list(tx, me)?, RoleOffer::list(tx, me)?))
        })
        .await?;
    let me = ctx.me()?;
    let group = |group: &Group| Choice::new(group.id, &group.name, form.groups.contains(&group.id.to_string()));
    let role = |role: &RoleOffer| Choice::new(role.id, &role.name, form.custom_roles.contains(&role.id.to_string()));
    let offer = Offer {
        roles: form.roles(&me),
        custom_roles: roles.iter().map(role).collect(),
        groups: groups.iter().map(group).collect(),
        projects: form.projects(&me),
        days: form.days(),
    };
    Ok(New { shell: ctx.shell("members")?, form, offer, is_mail_kept: is_mail_kept(ctx), problems })
}

async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = InviteForm::of(&sent);
    match invite(&ctx, &sent, &form).await {
        Ok((path, None)) => Ok(ctx.redirect(&path, Some(sent_flash(&ctx)))),
        Ok((path, Some(token))) => with_link(&ctx, path.trim_start_matches("/settings/invitations/"), &token).await,
        Err(Error::Invalid(problems)) => {
            let page = new_page(&ctx, form, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

/// Where to go, and the token of a link that was made just now.
async fn invite(ctx: &Ctx, sent: &Form, form: &InviteForm) -> Result<(String, Option<String>)> {
    let new = form.check().map_err(Error::Invalid)?;
    let (token, count) = (new.emails.is_empty().then(random_token), new.emails.len());
    let hash = token.as_deref().map(token_hash);
    let is_made = Arc::new(AtomicBool::new(false));
    let mark = is_made.clone();
    let path = ctx
        .write_once(sent, move |tx, me| {
            mark.store(true, Ordering::Relaxed);
            let id = new.create(tx, me, hash)?;
            Ok(if count > 1 { "/settings/invitations".to_owned() } else { format!("/settings/invitations/{id}") })
        })
        .await?;
    Ok((path, token.filter(|_| is_made.load(Ordering::Relaxed))))
}

/// The invitation's page with its link, this once.
async fn with_link(ctx: &Ctx, id: &str, token: &str) -> Result<Reply> {
    let mut page = page(ctx, invitation_id(id)?, Problems::default()).await?;
    page.link = Some(mail::address(&ctx.state.config, &format!("/invitation/{token}"))?);
    ctx.page(&page)
}

async fn show(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let page = page(&ctx, invitation_id(&id)?, Problems::default()).await?;
    ctx.page(&page)
}

async fn page(ctx: &Ctx, id: InvitationId, problems: Problems) -> Result<Show> {
    let invitation = ctx.read(move |tx, me| Invitation::find(tx, me, id)).await?;
    let me = ctx.me()?;
    let can_change = can(&me, Verb::Invite, &invitation.thing());
    let line = Line::of(invitation, &me, ctx.now());
    Ok(Show { shell: ctx.shell("members")?, line, link: None, can_change, is_mail_kept: is_mail_kept(ctx), problems })
}

async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = invitation_id(&id)?;
    match ctx.write(move |tx, me| Invitation::find(tx, me, id)?.cancel(tx, me)).await {
        Ok(()) => Ok(ctx.redirect("/settings/invitations", Some(Flash::done("invitation-cancelled")))),
        Err(Error::Invalid(problems)) => {
            let page = page(&ctx, id, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

mod refreshing {
    use super::*;

    /// `by=link` shows a new link; anything else sends the mail again.
    pub async fn create(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
        let (id, token) = (invitation_id(&id)?, (sent.text("by") == "link").then(random_token));
        let hash = token.as_deref().map(token_hash);
        match (ctx.write(move |tx, me| Invitation::find(tx, me, id)?.refresh(tx, me, hash)).await, token) {
            (Ok(()), Some(token)) => with_link(&ctx, &id.to_string(), &token).await,
            (Ok(()), None) => Ok(ctx.redirect(&format!("/settings/invitations/{id}"), Some(sent_flash(&ctx)))),
            (Err(Error::Invalid(problems)), _) => {
                let page = page(&ctx, id, problems).await?;
                ctx.page_with(422, &page)
            }
            (Err(other), _) => Err(other),
        }
    }
}
