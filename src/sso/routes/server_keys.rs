//! `/settings/sign-on/keys`: what this server signs with towards SAML providers, and what they encrypt for it.

use crate::access::Ctx;
use crate::error::{Error, Msg, Problems, Result};
use crate::sso::pages::ServerKeys;
use crate::sso::saml::generate;
use crate::sso::trip::entity_address;
use crate::sso::{ServerKey, ServerKeyId};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

const HERE: &str = "/settings/sign-on/keys";

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let view = page(&ctx, Problems::default()).await?;
    ctx.page(&view)
}

async fn page(ctx: &Ctx, problems: Problems) -> Result<ServerKeys> {
    let keys = ctx.read(ServerKey::list).await?;
    Ok(ServerKeys::new(ctx.shell("settings")?, keys, ctx.state.vault.is_ready(), problems))
}

pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let (vault, entity) = (ctx.state.vault.clone(), entity_address(&ctx.state));
    let (name, now) = (entity.host_str().unwrap_or("tow").to_owned(), ctx.now());
    // Only for who may, and where there is room: it takes a second of the processor.
    let room = ctx.read(|tx, me| ServerKey::room(&ServerKey::list(tx, me)?)).await;
    if let Err(error) = room {
        return again(&ctx, error).await;
    }
    let key = ctx.work(move || generate(&name, now)).await?;
    let made = ctx
        .write_once(&sent, move |tx, me| ServerKey::make(tx, me, &vault, &key).map(|id| format!("{HERE}#k-{id}")))
        .await;
    match made {
        Ok(to) => Ok(ctx.redirect(&to, Some(Flash::done("key-made")))),
        Err(error) => again(&ctx, error).await,
    }
}

pub async fn update(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = parse(&id)?;
    let done = ctx.write(move |tx, me| ServerKey::take_into_use(tx, me, id)).await;
    answer(&ctx, done, "key-used").await
}

pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = parse(&id)?;
    let done = ctx.write(move |tx, me| ServerKey::remove(tx, me, id)).await;
    answer(&ctx, done, "key-removed").await
}

async fn answer(ctx: &Ctx, done: Result<()>, told: &'static str) -> Result<Reply> {
    match done {
        Ok(()) => Ok(ctx.redirect(HERE, Some(Flash::done(Msg::new(told))))),
        Err(error) => again(ctx, error).await,
    }
}

async fn again(ctx: &Ctx, error: Error) -> Result<Reply> {
    let Error::Invalid(problems) = error else { return Err(error) };
    let view = page(ctx, problems).await?;
    ctx.page_with(422, &view)
}

fn parse(id: &str) -> Result<ServerKeyId> {
    id.parse().map(ServerKeyId).map_err(|_| Error::NotFound)
}
