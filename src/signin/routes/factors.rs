//! `/settings/me/factors`: one's authenticator app, passkeys and recovery codes.

use super::{browser, device_answer};
use crate::access::Ctx;
use crate::db::Chore;
use crate::error::{Error, Problems, Result};
use crate::signin::pages::{App, Codes, Factors};
use crate::signin::{Factor, FactorId, passkeys, recovery, totp};
use crate::text::value::Name;
use crate::web::{Flash, Form, Need, Reply, Routes, local};
use actix_web::web::Path;

const PAGE: &str = "/settings/me/factors";

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/me/factors", Need::Session, index)
        .get("/settings/me/factors/app", Need::Session, app::show)
        .post("/settings/me/factors/app", Need::Session, app::new)
        .does("does-add-app")
        .post("/settings/me/factors/app/code", Need::Session, app::create)
        .does("does-add-app")
        .post("/settings/me/factors/passkeys/question", Need::Session, passkey::new)
        .does("does-add-passkey")
        .post("/settings/me/factors/passkeys", Need::Session, passkey::create)
        .does("does-add-passkey")
        .post("/settings/me/factors/codes", Need::Session, codes::create)
        .does("does-make-codes")
        .post("/settings/me/factors/{id}/removal", Need::Session, destroy)
        .does("does-remove-factor")
}

async fn index(ctx: Ctx) -> Result<Reply> {
    page(&ctx, 200, "", Problems::default()).await
}

/// `name` is what was typed for a new passkey.
async fn page(ctx: &Ctx, status: u16, name: &str, problems: Problems) -> Result<Reply> {
    let (factors, codes) = ctx
        .read(|tx, me| {
            let person = me.person_id().ok_or(Error::SignIn)?;
            Ok((Factor::list(tx, person)?, recovery::left(tx, person)?))
        })
        .await?;
    let me = ctx.me()?;
    let next = local(&ctx.query("next").unwrap_or_default()).to_owned();
    let view = Factors {
        shell: ctx.shell("settings")?,
        has_app: factors.iter().any(|factor| factor.kind == "totp"),
        factors,
        codes,
        can_app: ctx.state.vault.is_ready(),
        can_passkey: passkeys::relying_party(&ctx.state.config).is_ok(),
        is_confirmed: me.is_confirmed,
        is_owed: me.owes_factor,
        next,
        name: name.to_owned(),
        problems,
    };
    ctx.page_with(status, &view)
}

/// On with a message, or the page with what was wrong.
async fn answer(ctx: &Ctx, done: Result<()>, key: &'static str) -> Result<Reply> {
    match done {
        Ok(()) => Ok(ctx.redirect(PAGE, Some(Flash::done(key)))),
        Err(Error::Invalid(problems)) => page(ctx, 422, "", problems).await,
        Err(other) => Err(other),
    }
}

/// The recovery codes when there are new ones, else back to the list.
fn codes_or_list(ctx: &Ctx, codes: Vec<String>, next: &str) -> Result<Reply> {
    if codes.is_empty() {
        let to = if next == "/" { PAGE } else { next };
        return Ok(ctx.redirect(to, Some(Flash::done("factor-added"))));
    }
    let next = if next == "/" { PAGE } else { next }.to_owned();
    ctx.page(&Codes { shell: ctx.shell("settings")?, codes, next })
}

async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
    let id = id.parse().map(FactorId).map_err(|_| Error::NotFound)?;
    let state = ctx.state.clone();
    let done = ctx.write(move |tx, me| Factor::remove(tx, me, &state.config, id)).await;
    answer(&ctx, done, "factor-removed").await
}

mod app {
    use super::*;

    pub async fn new(ctx: Ctx, form: Form) -> Result<Reply> {
        let state = ctx.state.clone();
        match ctx.write(move |tx, me| totp::begin(tx, me, &state.vault)).await {
            Ok(()) => {
                let query = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("next", form.text("next"))
                    .finish();
                Ok(Reply::redirect(&format!("/settings/me/factors/app?{query}")))
            }
            Err(error) => answer(&ctx, Err(error), "saved").await,
        }
    }

    pub async fn show(ctx: Ctx) -> Result<Reply> {
        let next = local(&ctx.query("next").unwrap_or_default()).to_owned();
        page(&ctx, next, Problems::default()).await
    }

    async fn page(ctx: &Ctx, next: String, problems: Problems) -> Result<Reply> {
        let state = ctx.state.clone();
        let begun = ctx
            .read(move |tx, me| {
                let issuer = me.organisation.as_ref().map(|card| card.name.clone()).unwrap_or_default();
                totp::begun(tx, me, &state.vault, &issuer)
            })
            .await;
        let begun = match begun {
            Err(Error::NotFound) => return Ok(Reply::redirect(PAGE)),
            begun => begun?,
        };
        let status = if problems.is_empty() { 200 } else { 422 };
        let qr = totp::qr(&begun.url)?;
        ctx.page_with(status, &App { shell: ctx.shell("settings")?, key: grouped(&begun.key), qr, next, problems })
    }

    /// Four by four, as people type.
    fn grouped(key: &str) -> String {
        let letters: Vec<char> = key.chars().collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
        let (state, code) = (ctx.state.clone(), form.text("code").to_owned());
        let next = local(form.given("next").unwrap_or("/")).to_owned();
        match ctx.write(move |tx, me| totp::confirm(tx, me, &state, &code)).await {
            Ok(codes) => codes_or_list(&ctx, codes, &next),
            Err(Error::Invalid(problems)) => page(&ctx, next, problems).await,
            Err(other) => Err(other),
        }
    }
}

mod passkey {
    use super::*;

    pub async fn new(ctx: Ctx, _: Form) -> Result<Reply> {
        let (state, browser) = (ctx.state.clone(), browser(&ctx));
        let question =
            ctx.touch(Chore::Challenge, move |tx, me| passkeys::begin(tx, me, &state.config, &browser)).await?;
        Ok(Reply::json(&question.json()))
    }

    pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
        let next = local(form.given("next").unwrap_or("/")).to_owned();
        match add(&ctx, &form).await {
            Ok(codes) => codes_or_list(&ctx, codes, &next),
            Err(Error::Invalid(problems)) => page(&ctx, 422, form.text("name"), problems).await,
            Err(other) => Err(other),
        }
    }

    async fn add(ctx: &Ctx, form: &Form) -> Result<Vec<String>> {
        let name = Name::parse(form.text("name")).map_err(|msg| Error::invalid("name", msg))?;
        let (state, given) = (ctx.state.clone(), device_answer(ctx, form)?);
        ctx.write(move |tx, me| passkeys::finish(tx, me, &state, &given, &name)).await
    }
}

mod codes {
    use super::*;

    pub async fn create(ctx: Ctx, _: Form) -> Result<Reply> {
        let codes = ctx.write(recovery::remake).await?;
        codes_or_list(&ctx, codes, "/")
    }
}
