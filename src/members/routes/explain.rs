//! `/settings/access/explain`

use crate::access::{Actor, Ctx, Permission, ProjectRole, check};
use crate::access::{Thing, Verb};
use crate::error::{Error, Problems, Result};
use crate::members::Explained;
use crate::members::pages::{Answered, Explain};
use crate::people::Offered;
use crate::ui::text;
use crate::web::{Need, Reply, Routes};

pub fn routes() -> Routes {
    Routes::new().get("/settings/access/explain", Need::Session, show)
}

async fn show(ctx: Ctx) -> Result<Reply> {
    let (user, record) = (ctx.query("user").unwrap_or_default(), ctx.query("record").unwrap_or_default());
    let answered =
        if user.is_empty() || record.is_empty() { Ok(None) } else { ask(&ctx, &user, &record).await.map(Some) };
    let (status, answered, problems) = match answered {
        Ok(answered) => (200, answered, Problems::default()),
        Err(Error::Invalid(problems)) => (422, None, problems),
        // What they may not know of and what is not there have one answer; what was typed stays.
        Err(Error::NotFound) => (422, None, Problems::one("record", "problem-explain-record")),
        Err(other) => return Err(other),
    };
    let is_answered = answered.is_some();
    let about = answered.as_ref().map(|answered| answered.member.id);
    let people = ctx
        .read(move |tx, me| {
            if !is_answered {
                check_any(me)?;
            }
            Offered::of(tx, me.person_id(), &[about])
        })
        .await?;
    let chosen = about.map_or(user, |id| id.to_string());
    let people = people.chooser(&[("", text("group-choose"))], &chosen);
    let page = Explain { shell: ctx.shell("members")?, people, record, answered, problems };
    ctx.page_with(status, &page)
}

async fn ask(ctx: &Ctx, user: &str, record: &str) -> Result<Answered> {
    let (user, record) = (user.to_owned(), record.to_owned());
    let explained = ctx.read(move |tx, me| Explained::of(tx, me, &user, &record)).await?;
    Ok(Answered::of(explained, &ctx.me()?))
}

/// Who manages nothing has nothing to ask.
fn check_any(me: &Actor) -> Result<()> {
    match me.projects.iter().any(|project| project.role >= ProjectRole::Lead) {
        true => Ok(()),
        false => check(me, Verb::Share, &Thing::Organisation(Permission::MembersChangeRole)),
    }
}
