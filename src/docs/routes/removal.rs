//! Archive and bin.

use super::undoable;
use crate::access::{Actor, Ctx};
use crate::db::Tx;
use crate::docs::model::{Binned, Doc};
use crate::docs::pages::Bin;
use crate::error::{Msg, Result};
use crate::related::Bulk;
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

/// The bin.
pub async fn index(ctx: Ctx) -> Result<Reply> {
    let rows = ctx.read(Binned::list).await?;
    ctx.page(&Bin::new(ctx.shell("docs")?, &ctx.me()?, rows))
}

pub async fn archive(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let doc = act(&ctx, id, Doc::archive).await?;
    Ok(ctx.redirect(&doc.record.path(), Some(undoable("doc-archived", &doc.record.display_id, "archiving/removal"))))
}

/// From the list: `id` once per page, `act` archive or restore.
pub async fn bulk(ctx: Ctx, form: Form) -> Result<Reply> {
    let act = |tx: &mut Tx, me: &Actor, ids: &[String], restore| {
        let verb = if restore { Doc::restore } else { Doc::archive };
        ids.iter().try_for_each(|id| verb(tx, me, id).map(drop))
    };
    Bulk::of(&form, "/docs").archive(&ctx, &form, "/docs/archiving", &[], act).await
}

pub async fn restore(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let doc = act(&ctx, id, Doc::restore).await?;
    Ok(ctx.redirect(&doc.record.path(), Some(Flash::done(Msg::new("doc-restored").with("id", &doc.record.display_id)))))
}

/// Into the bin.
pub async fn create(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let doc = act(&ctx, id, Doc::remove).await?;
    Ok(ctx.redirect("/docs", Some(undoable("doc-removed", &doc.record.display_id, "removal/undo"))))
}

/// Out of the bin.
pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let doc = act(&ctx, id, Doc::put_back).await?;
    Ok(ctx.redirect(&doc.record.path(), Some(Flash::done(Msg::new("doc-returned").with("id", &doc.record.display_id)))))
}

async fn act(ctx: &Ctx, id: Path<String>, verb: fn(&mut Tx, &Actor, &str) -> Result<Doc>) -> Result<Doc> {
    ctx.write(move |tx, me| verb(tx, me, &id)).await
}
