//! `/settings/practices`.

use crate::access::{Ctx, Permission, Thing, Verb, can};
use crate::ai::{Approval, ApprovalId, NewApproval};
use crate::backups;
use crate::db::sightings;
use crate::error::{Error, Problems, Result};
use crate::reviews::practices::Sight;
use crate::reviews::practices_page::{Field, Practices, typed};
use crate::reviews::{Facts, NoteKey, save_notes, see_notes};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

pub async fn edit(ctx: Ctx) -> Result<Reply> {
    page(&ctx, Typed::default(), 200, Problems::default()).await
}

/// What comes back beside a problem.
#[derive(Default)]
struct Typed {
    notes: Option<Vec<(NoteKey, String)>>,
    approval: NewApproval,
}

async fn page(ctx: &Ctx, given: Typed, status: u16, problems: Problems) -> Result<Reply> {
    let state = ctx.state.clone();
    let (facts, notes, ages, last_backup, (approvals, has_list)) = ctx
        .read(move |tx, me| {
            let (facts, notes) = (Facts::load(tx, me)?, see_notes(tx, me)?);
            let (last, approvals) = (backups::last(tx)?, (Approval::list(tx)?, Approval::has_list(tx)?));
            Ok((facts, notes, sightings::ages(tx, &state.fingerprints)?, last, approvals))
        })
        .await?;
    let me = ctx.me()?;
    let may_see = |permission| can(&me, Verb::See, &Thing::Organisation(permission));
    let (can_write, can_approve) = (may_see(Permission::OrganisationUpdate), may_see(Permission::AiManage));
    let sight = Sight {
        config: &ctx.state.config,
        has_key: ctx.state.vault.is_ready(),
        ages: &ages,
        facts: &facts,
        notes: &notes,
        last_backup: last_backup.as_ref(),
        approvals: &approvals,
        has_list,
        now: ctx.now(),
    };
    let items = sight.items();
    let fields = Field::all(&notes, given.notes.as_deref());
    let (shell, typed) = (ctx.shell("settings")?, given.approval);
    let page = Practices { shell, items, fields, can_write, approvals, has_list, can_approve, typed, problems };
    ctx.page_with(status, &page)
}

pub async fn update(ctx: Ctx, form: Form) -> Result<Reply> {
    let given = typed(&form);
    let asked = given.clone();
    match ctx.write(move |tx, me| save_notes(tx, me, &asked)).await {
        Ok(_) => Ok(ctx.redirect("/settings/practices", Some(Flash::done("saved")))),
        Err(Error::Invalid(problems)) => {
            page(&ctx, Typed { notes: Some(given), ..Typed::default() }, 422, problems).await
        }
        Err(other) => Err(other),
    }
}

pub mod providers {
    use super::*;

    pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
        let text = |name: &str| form.text(name).to_owned();
        let approval = NewApproval { endpoint: text("endpoint"), purpose: text("purpose"), terms: text("terms") };
        let new = approval.clone();
        match ctx.write(move |tx, me| new.save(tx, me)).await {
            Ok(_) => Ok(ctx.redirect("/settings/practices#providers", Some(Flash::done("saved")))),
            Err(Error::Invalid(problems)) => page(&ctx, Typed { approval, ..Typed::default() }, 422, problems).await,
            Err(other) => Err(other),
        }
    }

    pub mod ending {
        use super::*;

        pub async fn create(ctx: Ctx, _: Form) -> Result<Reply> {
            match ctx.write(Approval::end_list).await {
                Ok(()) => Ok(ctx.redirect("/settings/practices#providers", Some(Flash::done("approvals-ended")))),
                Err(Error::Invalid(problems)) => page(&ctx, Typed::default(), 422, problems).await,
                Err(other) => Err(other),
            }
        }
    }

    pub mod removal {
        use super::*;

        pub async fn create(ctx: Ctx, id: Path<ApprovalId>, _: Form) -> Result<Reply> {
            let id = id.into_inner();
            ctx.write(move |tx, me| Approval::withdraw(tx, me, id)).await?;
            Ok(ctx.redirect("/settings/practices#providers", Some(Flash::done("approval-withdrawn"))))
        }
    }
}
