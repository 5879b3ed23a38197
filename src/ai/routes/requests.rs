//! `/ai/requests/{call}`: what was sent, for the person it was for.

use crate::access::Ctx;
use crate::ai::pages::RequestPage;
use crate::ai::{Call, Request, Sent};
use crate::error::{Error, Result};
use crate::records::Record;
use crate::text::files::content_disposition;
use crate::web::Reply;
use actix_web::http::header;
use actix_web::web::Path;
use std::collections::BTreeMap;
use uuid::Uuid;

fn call_id(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| Error::NotFound)
}

pub async fn show(ctx: Ctx, call: Path<String>) -> Result<Reply> {
    let id = call_id(&call)?;
    let (request, call, seen) = ctx
        .read(move |tx, me| {
            let request = Request::find(tx, me, id)?;
            let call = Call::find_own(tx, me, id)?;
            let ids: Vec<Uuid> = call.records.iter().copied().chain(request.record_id).collect();
            let seen = Record::find_ids(tx, me, ids)?.into_iter().map(|record| (record.id.0, record)).collect();
            Ok((request, call, seen))
        })
        .await?;
    let seen: BTreeMap<Uuid, Record> = seen;
    let of = request.record_id.and_then(|id| seen.get(&id)).cloned();
    let hash = call.hash.clone();
    let (sent, is_exact) = ctx.work(move || Ok((Sent::of_kept(&request, &seen)?, request.has_hash(&hash)))).await?;
    let days = ctx.state.config.ai.request_days;
    let view = RequestPage { shell: ctx.shell("settings")?, sent, of, is_exact, days, call };
    ctx.page(&view)
}

pub mod body {
    use super::*;

    /// The request as a file, byte for byte.
    pub async fn show(ctx: Ctx, call: Path<String>) -> Result<Reply> {
        let id = call_id(&call)?;
        let request = ctx.read(move |tx, me| Request::find(tx, me, id)).await?;
        let name = content_disposition(false, &format!("tow-request-{id}.json"));
        Ok(Reply::json_text(request.body).header(header::CONTENT_DISPOSITION, &name))
    }
}
