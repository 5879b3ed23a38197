//! `POST /settings/me/sessions/…/removal`.

use crate::access::Ctx;
use crate::error::{Error, Msg, Result};
use crate::people::SessionId;
use crate::settings::{end_other_sessions, end_session};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

/// The session one is in leads to the sign-in page at the next click.
pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = id.parse().map(SessionId).map_err(|_| Error::NotFound)?;
    ctx.write(move |tx, me| end_session(tx, me, id)).await?;
    Ok(ctx.redirect("/settings/me", Some(Flash::done("session-ended"))))
}

pub async fn destroy_others(ctx: Ctx, _: Form) -> Result<Reply> {
    let ended = ctx.write(end_other_sessions).await?;
    Ok(ctx.redirect("/settings/me", Some(Flash::done(Msg::new("sessions-ended").with("count", ended)))))
}
