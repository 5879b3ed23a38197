//! `/settings/export`.

use super::pages::{Index, Line};
use super::{Export, ExportId, ExportStatus};
use crate::access::Ctx;
use crate::error::{Error, Problems, Result};
use crate::storage::Store;
use crate::text::files::content_disposition;
use crate::web::{Download, Flash, Form, Need, Purpose, Reply, Routes};
use actix_web::web::Path;

/// A link of the page holds this long, for this session.
pub const LINK_SECONDS: i64 = 600;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/export", Need::Session, index)
        .post("/settings/export", Need::Session, create)
        .does("does-export")
        .get("/settings/export/{id}/file", Need::Session, show)
}

async fn index(ctx: Ctx) -> Result<Reply> {
    page(&ctx, 200, Problems::default()).await
}

async fn page(ctx: &Ctx, status: u16, problems: Problems) -> Result<Reply> {
    let exports = ctx.read(Export::list).await?;
    let line =
        |export: Export| Line { href: (export.status == ExportStatus::Ready).then(|| link(ctx, export.id)), export };
    let view = Index { shell: ctx.shell("settings")?, exports: exports.into_iter().map(line).collect(), problems };
    ctx.page_with(status, &view)
}

async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
    let with_uploads = form.is_checked("with_uploads");
    let asked = ctx
        .write_once(&form, move |tx, me| Export::ask(tx, me, with_uploads).map(|_| "/settings/export".to_owned()))
        .await;
    match asked {
        Ok(path) => Ok(ctx.redirect(&path, Some(Flash::done("export-asked")))),
        Err(Error::Invalid(problems)) => page(&ctx, 422, problems).await,
        Err(other) => Err(other),
    }
}

fn signed(ctx: &Ctx, id: ExportId, until: i64) -> String {
    format!("export {id} until {until} for {}", ctx.caller.binding)
}

fn link(ctx: &Ctx, id: ExportId) -> String {
    let until = ctx.now().timestamp() + LINK_SECONDS;
    let key = ctx.state.keys.mac(Purpose::Download, &signed(ctx, id, until));
    format!("/settings/export/{id}/file?until={until}&key={key}")
}

/// Whoever asked for it, by a fresh link of the same session; each download is kept.
async fn show(ctx: Ctx, id: Path<ExportId>) -> Result<Reply> {
    let id = id.into_inner();
    let until: i64 = ctx.query("until").and_then(|until| until.parse().ok()).unwrap_or_default();
    let fits =
        ctx.state.keys.mac_fits(Purpose::Download, &signed(&ctx, id, until), &ctx.query("key").unwrap_or_default());
    if !fits || until < ctx.now().timestamp() {
        // Nothing is said about the file: the page says it to whom it may.
        ctx.read(Export::list).await?;
        return Ok(ctx.redirect("/settings/export", Some(Flash::failed("export-link-over"))));
    }
    let export = ctx.write(move |tx, me| Export::download(tx, me, id)).await?;
    let name = format!("tow-export-{}.json", export.created_at.format("%Y-%m-%d"));
    let download = Download {
        store: Store::of(&ctx.state.config.uploads),
        key: Export::key(id),
        tag: id.to_string(),
        content_type: "application/json".to_owned(),
        disposition: content_disposition(false, &name),
    };
    download.reply(&ctx.request).await
}
