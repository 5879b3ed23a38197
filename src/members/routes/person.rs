//! `/people/{handle}`: the profile, role, password, and whether they may enter.

use super::{fresh_password, shown_once};
use crate::access::{Actor, Ctx, Verb, can};
use crate::db::Tx;
use crate::error::{Error, Msg, Problems, Result};
use crate::mail;
use crate::members::pages::{Held, Line, Show, role_offers};
use crate::members::{CustomRole, Member};
use crate::people::OrganisationRole;
use crate::signin;
use crate::sso::Gift;
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/people/{handle}", Need::Session, show)
        .post("/people/{handle}/role", Need::Session, role::update)
        .does("does-change-role")
        .post("/people/{handle}/password", Need::Session, password::update)
        .does("does-reset-password")
        .post("/people/{handle}/sessions/removal", Need::Session, sessions::destroy_all)
        .post("/people/{handle}/sessions/{id}/removal", Need::Session, sessions::destroy)
        .post("/people/{handle}/factors/removal", Need::Session, factors::destroy)
        .does("does-reset-factors")
        .post("/people/{handle}/sign-ons/{id}/removal", Need::Session, sign_ons::destroy)
        .does("does-disconnect")
        .post("/people/{handle}/deactivation", Need::Session, deactivation::create)
        .does("does-deactivate")
        .post("/people/{handle}/deactivation/removal", Need::Session, deactivation::destroy)
        .does("does-reactivate")
}

async fn show(ctx: Ctx, handle: Path<String>) -> Result<Reply> {
    let page = page(&ctx, handle.into_inner(), Problems::default()).await?;
    ctx.page(&page)
}

async fn page(ctx: &Ctx, handle: String, problems: Problems) -> Result<Show> {
    let (member, tickets, projects, (held, by_rule), roles, account, sign_ons) = ctx
        .read(move |tx, me| {
            let member = Member::find(tx, me, &handle)?;
            let (tickets, projects) = (member.open_tickets(tx, me)?, member.common_projects(tx, me)?);
            let (held, roles) = (member.roles_held(tx)?, CustomRole::list(tx, me)?);
            let (account, sign_ons) = (member.account(tx, me)?, member.sign_ons(tx, me)?);
            let by_rule = Gift::list(tx, member.id)?;
            Ok((member, tickets, projects, (held, by_rule), roles, account, sign_ons))
        })
        .await?;
    let me = ctx.me()?;
    let held: Vec<Held> = held.into_iter().map(|role| Held::of(role, &member, &me)).collect();
    let is_me = me.is(Some(member.id));
    Ok(Show {
        shell: ctx.shell("members")?,
        is_me,
        can_remove: can(&me, Verb::Remove, &member.thing(member.role)),
        offers: role_offers(&roles, &held, &member, &me),
        held,
        can_make_server_admin: can(&me, Verb::Administer, &member.thing(member.role)),
        can_reset: !is_me && member.is_active() && can(&me, Verb::Edit, &member.thing(member.role)),
        is_mail_kept: mail::is_kept(&ctx.state.config),
        line: Line::of(member, &me),
        sessions: account.0,
        factors: account.1,
        sign_ons,
        by_rule,
        tickets,
        projects,
        problems,
    })
}

/// On to the profile with a message, or the profile with what was wrong.
pub async fn answer(
    ctx: &Ctx,
    handle: String,
    done: Result<Member>,
    key: &'static str,
    undo: Option<&str>,
) -> Result<Reply> {
    let (status, problems) = match done {
        Ok(member) => {
            let flash = Flash::done(Msg::new(key).with("name", &member.name));
            let flash = undo.map_or(flash.clone(), |path| flash.undo(&format!("{}{path}", member.path())));
            return Ok(ctx.redirect(&member.path(), Some(flash)));
        }
        Err(Error::Invalid(problems)) => (422, problems),
        Err(Error::Conflict(conflict)) => {
            (409, Problems::one("", Msg::new("problem-role-stale").with("role", conflict.theirs)))
        }
        Err(other) => return Err(other),
    };
    let page = page(ctx, handle, problems).await?;
    ctx.page_with(status, &page)
}

pub async fn change<F>(ctx: &Ctx, handle: String, verb: F) -> Result<Member>
where
    F: FnOnce(&Member, &mut Tx, &Actor) -> Result<()> + Send + 'static,
{
    ctx.write(move |tx, me| {
        let member = Member::find(tx, me, &handle)?;
        verb(&member, tx, me)?;
        Ok(member)
    })
    .await
}

mod role {
    use super::*;

    pub async fn update(ctx: Ctx, handle: Path<String>, sent: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let of =
            |name| OrganisationRole::parse(sent.text(name)).ok_or_else(|| Error::invalid("role", "problem-choice"));
        let done = match (of("was"), of("role")) {
            (Ok(was), Ok(role)) => {
                change(&ctx, handle.clone(), move |member, tx, me| member.change_role(tx, me, was, role)).await
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        answer(&ctx, handle, done, "member-role-changed", None).await
    }
}

mod password {
    use super::*;

    pub async fn update(ctx: Ctx, handle: Path<String>, _: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let of = handle.clone();
        if !mail::is_kept(&ctx.state.config) {
            // A password that two people know is for where no link can be sent.
            return answer(&ctx, handle, Err(Error::invalid("", "problem-password-by-link")), "saved", None).await;
        }
        // Asked before the hash is made, which costs a core.
        ctx.read(move |tx, me| Member::find(tx, me, &of)?.check_reset(me)).await?;
        let (password, hash) = fresh_password(&ctx).await?;
        let state = ctx.state.clone();
        let reset = move |member: &Member, tx: &mut Tx, me: &Actor| {
            member.reset_password(tx, me, &hash)?;
            signin::tell_password_changed(tx, &state.config, &member.email)
        };
        let done = change(&ctx, handle.clone(), reset).await;
        match done {
            Ok(member) => shown_once(&ctx, &member.handle, &password).await,
            Err(error) => answer(&ctx, handle, Err(error), "saved", None).await,
        }
    }
}

mod deactivation {
    use super::*;

    pub async fn create(ctx: Ctx, handle: Path<String>, _: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let done = change(&ctx, handle.clone(), Member::deactivate).await;
        answer(&ctx, handle, done, "member-deactivated", Some("/deactivation/removal")).await
    }

    pub async fn destroy(ctx: Ctx, handle: Path<String>, _: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let done = change(&ctx, handle.clone(), Member::reactivate).await;
        answer(&ctx, handle, done, "member-reactivated", None).await
    }
}

mod sessions {
    use super::*;
    use crate::people::SessionId;

    pub async fn destroy(ctx: Ctx, path: Path<(String, String)>, _: Form) -> Result<Reply> {
        let (handle, id) = path.into_inner();
        let id = id.parse().map(SessionId).map_err(|_| Error::NotFound)?;
        let done = change(&ctx, handle.clone(), move |member, tx, me| member.sign_out(tx, me, Some(id))).await;
        answer(&ctx, handle, done, "member-sessions-ended", None).await
    }

    pub async fn destroy_all(ctx: Ctx, handle: Path<String>, _: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let done = change(&ctx, handle.clone(), |member, tx, me| member.sign_out(tx, me, None)).await;
        answer(&ctx, handle, done, "member-sessions-ended", None).await
    }
}

mod factors {
    use super::*;

    pub async fn destroy(ctx: Ctx, handle: Path<String>, _: Form) -> Result<Reply> {
        let (handle, state) = (handle.into_inner(), ctx.state.clone());
        let done =
            change(&ctx, handle.clone(), move |member, tx, me| member.reset_factors(tx, me, &state.config)).await;
        answer(&ctx, handle, done, "member-factors-reset", None).await
    }
}

mod sign_ons {
    use super::*;

    pub async fn destroy(ctx: Ctx, path: Path<(String, String)>, _: Form) -> Result<Reply> {
        let (handle, id) = path.into_inner();
        let id = id.parse().map_err(|_| Error::NotFound)?;
        let done = change(&ctx, handle.clone(), move |member, tx, me| member.disconnect(tx, me, id)).await;
        answer(&ctx, handle, done, "member-disconnected", None).await
    }
}
