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

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/me/tokens", Need::Session, mine::index)
        .get("/settings/me/tokens/new", Need::Session, mine::new)
        .post("/settings/me/tokens", Need::Session, mine::create)
        .does("does-make-token")
        .post("/settings/me/tokens/{id}/removal", Need::Session, mine::destroy)
        .does("does-revoke-token")
        .get("/settings/keys", Need::Session, organisation::index)
        .get("/settings/keys/new", Need::Session, organisation::new)
        .post("/settings/keys", Need::Session, organisation::create)
        .does("does-make-key")
        .post("/settings/keys/{id}/removal", Need::Session, organisation::destroy)
        .does("does-delete-key")
        .and(api::routes())
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

mod mine {
    use super::*;

    const SIDE: Side = Side { is_key: false };

    pub async fn index(ctx: Ctx) -> Result<Reply> {
        let tokens = ctx.read(my_tokens).await?;
        let lines = tokens.into_iter().map(|token| Line::of(token, ctx.now())).collect();
        ctx.page(&Index { shell: ctx.shell("settings")?, side: SIDE, lines })
    }

    pub async fn new(ctx: Ctx) -> Result<Reply> {
        let page = form_page(&ctx, SIDE, TokenForm::default(), Problems::default()).await?;
        ctx.page(&page)
    }

    pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
        super::create(ctx, SIDE, sent).await
    }

    pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let id = id.parse().map(TokenId).map_err(|_| Error::NotFound)?;
        ctx.write(move |tx, me| revoke_token(tx, me, id)).await?;
        Ok(ctx.redirect(SIDE.path(), Some(Flash::done("token-revoked-now"))))
    }
}

mod organisation {
    use super::*;

    const SIDE: Side = Side { is_key: true };

    pub async fn index(ctx: Ctx) -> Result<Reply> {
        let keys = ctx.read(keys).await?;
        let lines = keys.into_iter().map(|key| Line::of(key, ctx.now())).collect();
        ctx.page(&Index { shell: ctx.shell("settings")?, side: SIDE, lines })
    }

    pub async fn new(ctx: Ctx) -> Result<Reply> {
        let page = form_page(&ctx, SIDE, TokenForm::default(), Problems::default()).await?;
        ctx.page(&page)
    }

    pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
        super::create(ctx, SIDE, sent).await
    }

    pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let id = id.parse().map(TokenId).map_err(|_| Error::NotFound)?;
        ctx.write(move |tx, me| delete_key(tx, me, id)).await?;
        Ok(ctx.redirect(SIDE.path(), Some(Flash::done("key-deleted-now"))))
    }
}
