//! `/settings`, `/settings/me`, `/settings/organisation`.

use super::pages::{
    Index, Line, MePage, OrganisationForm, OrganisationPage, ProfileForm, palette_choices, theme_choices,
};
use super::{my_sessions, myself, organisation};
use crate::access::{Ctx, Permission, Thing, Verb, check, holds};
use crate::error::{Error, Problems, Result};
use crate::web::{Flash, Form, Need, Reply, Routes};

mod look;
mod mail;
mod password;
mod server;
mod sessions;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings", Need::Session, index)
        .get("/settings/me", Need::Session, me::edit)
        .post("/settings/me", Need::Session, me::update)
        .post("/settings/me/look", Need::Session, look::update)
        .post("/settings/me/password", Need::Session, password::update)
        .does("does-change-password")
        .post("/settings/me/sessions/removal", Need::Session, sessions::destroy_others)
        .post("/settings/me/sessions/{id}/removal", Need::Session, sessions::destroy)
        .get("/settings/organisation", Need::Session, edit)
        .post("/settings/organisation", Need::Session, update)
        .does("does-change-organisation")
        .get("/settings/mail", Need::Session, mail::show)
        .post("/settings/mail", Need::Session, mail::create)
        .does("does-test-mail")
        .get("/settings/server", Need::Session, server::index)
        .get("/settings/server/{section}", Need::Session, server::edit)
        .post("/settings/server/{section}", Need::Session, server::update)
        .does("does-change-configuration")
}

async fn index(ctx: Ctx) -> Result<Reply> {
    ctx.read(|_, _| Ok(())).await?;
    ctx.page(&Index { shell: ctx.shell("settings")? })
}

mod me {
    use super::*;

    pub async fn edit(ctx: Ctx) -> Result<Reply> {
        let page = page(&ctx, None, Problems::default()).await?;
        ctx.page(&page)
    }

    pub async fn update(ctx: Ctx, sent: Form) -> Result<Reply> {
        let form = ProfileForm::of(&sent);
        match save(&ctx, &form).await {
            Ok(()) => Ok(ctx.redirect("/settings/me", Some(Flash::done("saved")))),
            Err(Error::Invalid(problems)) => {
                let page = page(&ctx, Some(form), problems).await?;
                ctx.page_with(422, &page)
            }
            Err(other) => Err(other),
        }
    }

    async fn save(ctx: &Ctx, form: &ProfileForm) -> Result<()> {
        let profile = form.check().map_err(Error::Invalid)?;
        ctx.write(|tx, me| profile.save(tx, me)).await
    }

    /// The page with what was typed, or with what is saved.
    pub async fn page(ctx: &Ctx, form: Option<ProfileForm>, problems: Problems) -> Result<MePage> {
        let (person, sessions) = ctx.read(|tx, me| Ok((myself(tx, me)?, my_sessions(tx, me)?))).await?;
        let me = ctx.me()?;
        let this = me.session_id();
        Ok(MePage {
            shell: ctx.shell("settings")?,
            form: form.unwrap_or_else(|| ProfileForm::of_person(&person)),
            themes: theme_choices(&person.theme),
            palettes: palette_choices(&person.palette),
            sessions: sessions.into_iter().map(|session| Line::of(session, this)).collect(),
            has_password: person.password_hash.is_some(),
            is_confirmed: me.is_confirmed,
            email: person.email,
            problems,
        })
    }
}

async fn edit(ctx: Ctx) -> Result<Reply> {
    let organisation = ctx
        .read(|tx, me| {
            check(me, Verb::See, &Thing::Organisation(Permission::OrganisationUpdate))?;
            organisation(tx)
        })
        .await?;
    let form = OrganisationForm::of_organisation(&organisation);
    ctx.page(&organisation_page(&ctx, form, Problems::default())?)
}

fn organisation_page(ctx: &Ctx, form: OrganisationForm, problems: Problems) -> Result<OrganisationPage> {
    let can_update = holds(&ctx.me()?, Permission::OrganisationUpdate);
    Ok(OrganisationPage { shell: ctx.shell("settings")?, form, can_update, theirs: None, problems })
}

async fn update(ctx: Ctx, sent: Form) -> Result<Reply> {
    let mut form = OrganisationForm::of(&sent);
    match save(&ctx, &form).await {
        Ok(()) => Ok(ctx.redirect("/settings/organisation", Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => {
            // Who may not save is told so, and not what is wrong with the form.
            ctx.read(|_, me| check(me, Verb::Administer, &Thing::Organisation(Permission::OrganisationUpdate))).await?;
            ctx.page_with(422, &organisation_page(&ctx, form, problems)?)
        }
        Err(Error::Conflict(conflict)) => {
            form.was = conflict.seen;
            let theirs = ctx.read(|tx, _| organisation(tx)).await?;
            let mut page = organisation_page(&ctx, form, Problems::one("", "problem-organisation-stale"))?;
            page.theirs = Some(theirs);
            ctx.page_with(409, &page)
        }
        Err(other) => Err(other),
    }
}

async fn save(ctx: &Ctx, form: &OrganisationForm) -> Result<()> {
    let (text, was) = (form.check().map_err(Error::Invalid)?, form.was.clone());
    ctx.write(move |tx, me| text.save(tx, me, &was)).await
}
