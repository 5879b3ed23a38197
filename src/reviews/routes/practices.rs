//! `/settings/practices`.

use crate::access::{Ctx, Permission, Verb, can};
use crate::backups;
use crate::db::sightings;
use crate::error::{Error, Problems, Result};
use crate::reviews::practices::{Field, Practices, Sight, typed};
use crate::reviews::{Facts, NoteKey, save_notes, see_notes};
use crate::web::{Flash, Form, Reply};

pub async fn edit(ctx: Ctx) -> Result<Reply> {
    page(&ctx, None, 200, Problems::default()).await
}

async fn page(ctx: &Ctx, given: Option<Vec<(NoteKey, String)>>, status: u16, problems: Problems) -> Result<Reply> {
    let state = ctx.state.clone();
    let (facts, notes, ages, last_backup) = ctx
        .read(move |tx, me| {
            let (facts, notes) = (Facts::load(tx, me)?, see_notes(tx, me)?);
            Ok((facts, notes, sightings::ages(tx, &state.fingerprints)?, backups::last(tx)?))
        })
        .await?;
    let can_write = can(&ctx.me()?, Verb::See, &crate::access::Thing::Organisation(Permission::OrganisationUpdate));
    let sight = Sight {
        config: &ctx.state.config,
        has_key: ctx.state.vault.is_ready(),
        ages: &ages,
        facts: &facts,
        notes: &notes,
        last_backup: last_backup.as_ref(),
        now: ctx.now(),
    };
    let items = sight.items();
    let fields = Field::all(&notes, given.as_deref());
    ctx.page_with(status, &Practices { shell: ctx.shell("settings")?, items, fields, can_write, problems })
}

pub async fn update(ctx: Ctx, form: Form) -> Result<Reply> {
    let given = typed(&form);
    let asked = given.clone();
    match ctx.write(move |tx, me| save_notes(tx, me, &asked)).await {
        Ok(_) => Ok(ctx.redirect("/settings/practices", Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => page(&ctx, Some(given), 422, problems).await,
        Err(other) => Err(other),
    }
}
