//! `/settings/me/tokens` and `/settings/keys`: the same pages for a person's own and for the organisation's.

use super::pages::{Index, Line, Made, New, Side, TokenForm};
use super::{api, create_key, create_token, delete_key, keys, my_tokens, revoke_token};
use crate::access::{Ctx, Permission, Thing, Verb, check};
use crate::error::{Error, Problems, Result};
use crate::people::TokenId;
use crate::secret::Secret;
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;
use std::sync::{Arc, OnceLock};

const MINE: Side = Side { is_key: false };
const KEYS: Side = Side { is_key: true };

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/me/tokens", Need::Session, |ctx: Ctx| index(ctx, MINE))
        .get("/settings/me/tokens/new", Need::Session, |ctx: Ctx| new(ctx, MINE))
        .post("/settings/me/tokens", Need::Session, |ctx: Ctx, sent: Form| create(ctx, MINE, sent))
        .does("does-make-token")
        .post("/settings/me/tokens/{id}/removal", Need::Session, |ctx: Ctx, id: Path<String>, _: Form| {
            destroy(ctx, MINE, id)
        })
        .does("does-revoke-token")
        .get("/settings/keys", Need::Session, |ctx: Ctx| index(ctx, KEYS))
        .get("/settings/keys/new", Need::Session, |ctx: Ctx| new(ctx, KEYS))
        .post("/settings/keys", Need::Session, |ctx: Ctx, sent: Form| create(ctx, KEYS, sent))
        .does("does-make-key")
        .post("/settings/keys/{id}/removal", Need::Session, |ctx: Ctx, id: Path<String>, _: Form| {
            destroy(ctx, KEYS, id)
        })
        .does("does-delete-key")
        .and(api::routes())
}

async fn index(ctx: Ctx, side: Side) -> Result<Reply> {
    let tokens = ctx.read(if side.is_key { keys } else { my_tokens }).await?;
    let lines = tokens.into_iter().map(|token| Line::of(token, ctx.now())).collect();
    ctx.page(&Index { shell: ctx.shell("settings")?, side, lines })
}

async fn new(ctx: Ctx, side: Side) -> Result<Reply> {
    let page = form_page(&ctx, side, TokenForm::default(), Problems::default()).await?;
    ctx.page(&page)
}

async fn destroy(ctx: Ctx, side: Side, id: Path<String>) -> Result<Reply> {
    let id = id.parse().map(TokenId).map_err(|_| Error::NotFound)?;
    ctx.write(move |tx, me| if side.is_key { delete_key(tx, me, id) } else { revoke_token(tx, me, id) }).await?;
    Ok(ctx.redirect(side.path(), Some(Flash::done(side.ended()))))
}

/// The form, or with what was wrong.
async fn form_page(ctx: &Ctx, side: Side, form: TokenForm, problems: Problems) -> Result<New> {
    ctx.read(move |_, me| match side.is_key {
        true => check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage)),
        false => Ok(()),
    })
    .await?;
    Ok(New::new(ctx.shell("settings")?, &ctx.me()?, side, form, problems))
}

/// The token, this once. A form sent twice makes one, and the second answer can only lead to the list.
async fn create(ctx: Ctx, side: Side, sent: Form) -> Result<Reply> {
    let form = TokenForm::of(&sent);
    let made: Arc<OnceLock<Secret>> = Arc::default();
    match make(&ctx, side, &sent, &form, made.clone()).await {
        Ok(path) => match made.get() {
            None => Ok(ctx.redirect(&path, Some(Flash::done("token-made-already")))),
            Some(token) => {
                let url = &ctx.state.config.runtime.public_app_url;
                ctx.page(&Made {
                    shell: ctx.shell("settings")?,
                    side,
                    name: form.name,
                    token: token.reveal().to_owned(),
                    example: format!("{}/api/v1/me", url.as_str().trim_end_matches('/')),
                })
            }
        },
        Err(Error::Invalid(problems)) => {
            let page = form_page(&ctx, side, form, problems).await?;
            ctx.page_with(422, &page)
        }
        Err(other) => Err(other),
    }
}

async fn make(ctx: &Ctx, side: Side, sent: &Form, form: &TokenForm, made: Arc<OnceLock<Secret>>) -> Result<String> {
    let wanted = form.check(side).map_err(Error::Invalid)?;
    ctx.write_once(sent, move |tx, me| {
        let token = if side.is_key { create_key(tx, me, wanted)? } else { create_token(tx, me, wanted)? };
        let _ = made.set(token);
        Ok(side.path().to_owned())
    })
    .await
}
