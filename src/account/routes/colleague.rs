//! A reset link for a colleague who has forgotten their password: it goes to them, nobody else sees it.

use crate::access::Ctx;
use crate::account::send_reset;
use crate::error::{Error, Msg, Result};
use crate::members::Member;
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

pub async fn create(ctx: Ctx, handle: Path<String>, _: Form) -> Result<Reply> {
    let of = handle.into_inner();
    // A link to a page that is not there.
    if let Err(Error::NotFound) = super::check_passwords(&ctx).await {
        let member = ctx
            .read(move |tx, me| {
                let member = Member::find(tx, me, &of)?;
                member.check_reset(me)?;
                Ok(member)
            })
            .await?;
        return Ok(ctx.redirect(&member.path(), Some(Flash::failed("reset-link-nowhere"))));
    }
    let sent = ctx
        .write(move |tx, me| {
            let member = Member::find(tx, me, &of)?;
            match send_reset(tx, me, &member) {
                Ok(()) => Ok((member, None)),
                Err(Error::Invalid(problems)) => Ok((member, problems.get("").cloned())),
                Err(other) => Err(other),
            }
        })
        .await?;
    let (member, problem) = sent;
    let flash = match problem {
        None => Flash::done(Msg::new("reset-link-sent").with("name", &member.name)),
        Some(problem) => Flash::failed(problem),
    };
    Ok(ctx.redirect(&member.path(), Some(flash)))
}
