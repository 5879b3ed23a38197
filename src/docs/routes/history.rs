//! Revisions.

use super::{number, render};
use crate::access::{Actor, Ctx, Verb, can};
use crate::db::Tx;
use crate::docs::model::{Doc, REVISIONS_SHOWN};
use crate::docs::pages::{Compare, Crumb, Revisions, ShowRevision, hunks};
use crate::error::{Msg, Result};
use crate::records::resolve;
use crate::related::Parts;
use crate::text::diff::words;
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

/// `?before=` a number goes on.
pub async fn index(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let before = ctx.query("before").map(|text| number(&text)).transpose()?;
    let (doc, place, mut revisions) = ctx
        .read(move |tx, me| {
            let (doc, place) = find(tx, me, &id)?;
            let revisions = doc.revisions(tx, before, REVISIONS_SHOWN + 1)?;
            Ok((doc, place, revisions))
        })
        .await?;
    let size = usize::try_from(REVISIONS_SHOWN).unwrap_or_default();
    let more = revisions.len() > size;
    revisions.truncate(size);
    let next = revisions.last().filter(|_| more).map(|revision| revision.number);
    ctx.page(&Revisions { shell: ctx.shell("docs")?, doc, place, revisions, next })
}

fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<(Doc, Crumb)> {
    let doc = Doc::find(tx, me, id)?;
    let parts = Parts::load(tx, me, &doc.record)?;
    let place = Crumb::of(me, &doc.record, parts.place_name.as_deref());
    Ok((doc, place))
}

pub async fn show(ctx: Ctx, path: Path<(String, String)>) -> Result<Reply> {
    let (id, text) = path.into_inner();
    let (doc, place, revision, resolved) = ctx
        .read(move |tx, me| {
            let (doc, place) = find(tx, me, &id)?;
            let revision = doc.find_revision(tx, number(&text)?)?;
            let resolved = resolve(tx, me, &[&revision.body])?;
            Ok((doc, place, revision, resolved))
        })
        .await?;
    let body = revision.body.clone();
    let html = ctx.work(move || Ok(render(&resolved, &body).html)).await?;
    let can_restore =
        can(&ctx.me()?, Verb::Edit, &doc.record.thing()) && !doc.is_removed() && revision.number != doc.revision;
    ctx.page(&ShowRevision { shell: ctx.shell("docs")?, doc, place, revision, html, can_restore })
}

/// `?from=3&to=5`; without, the newest against the one before.
pub async fn compare(ctx: Ctx, id: Path<String>) -> Result<Reply> {
    let asked = |name| ctx.query(name).map(|text| number(&text)).transpose();
    let (from, to) = (asked("from")?, asked("to")?);
    let (doc, place, from, to) = ctx
        .read(move |tx, me| {
            let (doc, place) = find(tx, me, &id)?;
            let to = to.unwrap_or(doc.revision);
            let from = from.unwrap_or((to - 1).max(1));
            let from = doc.find_revision(tx, from)?;
            let to = doc.find_revision(tx, to)?;
            Ok((doc, place, from, to))
        })
        .await?;
    let texts = (from.body.clone(), to.body.clone());
    let hunks = ctx.work(move || Ok(hunks(words(&texts.0, &texts.1)))).await?;
    ctx.page(&Compare { shell: ctx.shell("docs")?, doc, place, from, to, hunks })
}

pub async fn restore(ctx: Ctx, path: Path<(String, String)>, _: Form) -> Result<Reply> {
    let (id, text) = path.into_inner();
    let number = number(&text)?;
    let doc = ctx.write(move |tx, me| Doc::restore_revision(tx, me, &id, number)).await?;
    let flash = Flash::done(Msg::new("doc-revision-restored").with("number", number));
    Ok(ctx.redirect(&doc.record.path(), Some(flash)))
}
