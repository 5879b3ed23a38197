//! Uploads to a record, downloads, and removal.

use super::{File, FileId, Prepared, TURNS, prepare, served_as};
use crate::access::Ctx;
use crate::error::{Error, Msg, Result};
use crate::records::Record;
use crate::storage::Store;
use crate::text::files::content_disposition;
use crate::web::{Download, Flash, Form, Incoming, Need, Reply, Routes, Upload};
use actix_web::http::header;
use actix_web::web::{Path, Payload};

pub fn routes() -> Routes {
    Routes::new()
        .post("/records/{display_id}/files", Need::Session, create)
        .post("/files/{id}/removal", Need::Session, removal::create)
        .post("/files/{id}/restoration", Need::Session, restoration::create)
        .get("/files/{id}/{name}", Need::Session, show)
}

/// From a page's form, or (asking for JSON) from a text field into which a file was pasted.
async fn create(ctx: Ctx, display_id: Path<String>, payload: Payload) -> Result<Reply> {
    let (display_id, asked) = (display_id.clone(), display_id.into_inner());
    ctx.read(move |tx, me| File::check_attach(me, &Record::find_any(tx, me, &asked)?)).await?;
    let upload = Upload::receive(&ctx.request, &ctx.state, payload).await?;
    let files = prepare_all(&ctx, upload.files).await?;
    let store = Store::of(&ctx.state.config.uploads);
    if wants_json(&ctx) {
        let files = ctx
            .write(move |tx, me| {
                let record = Record::find_any(tx, me, &display_id)?;
                File::attach(tx, me, &record, files, &store)
            })
            .await?;
        let markdown: Vec<String> = files.iter().map(File::markdown).collect();
        return Ok(Reply::json(&serde_json::json!({ "markdown": markdown.join("\n") })));
    }
    let done = Flash::done(Msg::new("files-attached").with("count", files.len()));
    let to = ctx
        .write_once(&upload.form, move |tx, me| {
            let record = Record::find_any(tx, me, &display_id)?;
            File::attach(tx, me, &record, files, &store)?;
            Ok(format!("{}#files", record.path()))
        })
        .await?;
    Ok(ctx.redirect(&to, Some(done)))
}

fn wants_json(ctx: &Ctx) -> bool {
    let accept = ctx.request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json"))
}

async fn prepare_all(ctx: &Ctx, uploads: Vec<Incoming>) -> Result<Vec<Prepared>> {
    let uploads_config = &ctx.state.config.uploads;
    let mut prepared = Vec::with_capacity(uploads.len());
    for upload in uploads {
        let (store, max) = (Store::of(uploads_config), uploads_config.upload_max_bytes);
        let turn = TURNS.acquire().await.map_err(Error::broken)?;
        prepared.push(ctx.work(move || prepare(upload, &store, max)).await?);
        drop(turn);
    }
    Ok(prepared)
}

async fn show(ctx: Ctx, path: Path<(FileId, String)>) -> Result<Reply> {
    let (id, _) = path.into_inner();
    let file = ctx.read(move |tx, me| File::find(tx, me, id)).await?;
    let download = Download {
        store: Store::of(&ctx.state.config.uploads),
        key: Store::key(&file.hash),
        tag: file.hash.clone(),
        content_type: served_as(&file.content_type, file.is_picture()).to_owned(),
        disposition: content_disposition(file.is_picture(), &file.name),
    };
    download.reply(&ctx.request).await
}

mod removal {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<FileId>, _: Form) -> Result<Reply> {
        let id = id.into_inner();
        let record = ctx.write(move |tx, me| File::remove(tx, me, id)).await?;
        let undo = format!("/files/{id}/restoration");
        Ok(ctx.redirect(&format!("{}#files", record.path()), Some(Flash::done("file-removed").undo(&undo))))
    }
}

mod restoration {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<FileId>, _: Form) -> Result<Reply> {
        let id = id.into_inner();
        let record = ctx.write(move |tx, me| File::restore(tx, me, id)).await?;
        Ok(ctx.redirect(&format!("{}#files", record.path()), Some(Flash::done("file-restored"))))
    }
}
