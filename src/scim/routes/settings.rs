//! `/settings/provisioning`: the directory's tokens, and how far it and this server agree. For who holds
//! security_configuration.manage.

use super::answers::home;
use crate::access::Ctx;
use crate::error::{Error, Problems, Result};
use crate::scim::model::{Conflict, Drift, GroupDrift, Named, ScimToken, ScimTokenId};
use crate::scim::pages::{Index, Lists, Made, TokenForm};
use crate::secret::Secret;
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;
use std::sync::{Arc, OnceLock};

pub const HERE: &str = "/settings/provisioning";

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let view = page(&ctx, TokenForm::default(), Problems::default()).await?;
    ctx.page(&view)
}

async fn page(ctx: &Ctx, form: TokenForm, problems: Problems) -> Result<Index> {
    let (tokens, drift, lists) = ctx
        .read(|tx, me| {
            let tokens = ScimToken::list(tx, me)?;
            let lists = Lists {
                unnamed: Named::unnamed(tx, me)?,
                held: Named::held(tx, me)?,
                conflicts: Conflict::list(tx, me)?,
                groups: GroupDrift::list(tx, me)?,
            };
            Ok((tokens, Drift::now(tx, me)?, lists))
        })
        .await?;
    let shell = ctx.shell("settings")?;
    let address = home(&ctx.state);
    Ok(Index::new(shell, address, (tokens, ctx.now()), drift, lists).with(form, problems))
}

/// The token, this once. A form sent twice makes one, and the second answer can only lead to the list.
pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = TokenForm::of(&sent);
    let made: Arc<OnceLock<Secret>> = Arc::default();
    let (kept, checked) = (made.clone(), form.check());
    let done = match checked {
        Ok((name, days)) => {
            ctx.write_once(&sent, move |tx, me| {
                let _ = kept.set(ScimToken::create(tx, me, &name, days)?);
                Ok(HERE.to_owned())
            })
            .await
        }
        Err(problems) => Err(Error::Invalid(problems)),
    };
    match done {
        Ok(_) => show(&ctx, form.name.clone(), made.get()),
        Err(Error::Invalid(problems)) => {
            let view = page(&ctx, form, problems).await?;
            ctx.page_with(422, &view)
        }
        Err(other) => Err(other),
    }
}

fn show(ctx: &Ctx, name: String, token: Option<&Secret>) -> Result<Reply> {
    let Some(token) = token else { return Ok(ctx.redirect(HERE, Some(Flash::done("token-made-already")))) };
    ctx.page(&Made { shell: ctx.shell("settings")?, name, token: token.reveal().to_owned(), address: home(&ctx.state) })
}

pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = parse(&id)?;
    ctx.write(move |tx, me| ScimToken::revoke(tx, me, id)).await?;
    Ok(ctx.redirect(HERE, Some(Flash::done("scim-token-revoked"))))
}

fn parse(id: &str) -> Result<ScimTokenId> {
    id.parse().map(ScimTokenId).map_err(|_| Error::NotFound)
}

pub mod rotation {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<String>, sent: Form) -> Result<Reply> {
        let id = parse(&id)?;
        let made: Arc<OnceLock<(String, Secret)>> = Arc::default();
        let kept = made.clone();
        let done = ctx
            .write_once(&sent, move |tx, me| {
                let _ = kept.set(ScimToken::rotate(tx, me, id)?);
                Ok(HERE.to_owned())
            })
            .await;
        match done {
            Ok(_) => match made.get() {
                Some((name, token)) => show(&ctx, name.clone(), Some(token)),
                None => show(&ctx, String::new(), None),
            },
            Err(Error::Invalid(problems)) => {
                let view = page(&ctx, TokenForm::default(), problems).await?;
                ctx.page_with(422, &view)
            }
            Err(other) => Err(other),
        }
    }
}
