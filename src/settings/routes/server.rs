//! `/settings/server`: what this server runs with, and a form for each section of tow.yaml.

use crate::access::Ctx;
use crate::error::{Error, Problems, Result};
use crate::settings::server::{SectionPage, ServerPage, section_of, wanted};
use crate::settings::{Done, change_configuration, secret_ages, see_configuration};
use crate::web::{Flash, Form, Reply};
use actix_web::web::Path;

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let state = ctx.state.clone();
    let (file, ages) = ctx
        .read(move |tx, me| Ok((see_configuration(tx, me, &state.loaded)?, secret_ages(tx, me, &state.fingerprints)?)))
        .await?;
    ctx.page(&ServerPage::of(ctx.shell("settings")?, &ctx.state.loaded, &file, &ages))
}

pub async fn edit(ctx: Ctx, name: Path<String>) -> Result<Reply> {
    let page = page(&ctx, &name).await?;
    ctx.page(&page)
}

async fn page(ctx: &Ctx, name: &str) -> Result<SectionPage> {
    let state = ctx.state.clone();
    let file = ctx.read(move |tx, me| see_configuration(tx, me, &state.loaded)).await?;
    let section = *section_of(name).ok_or(Error::NotFound)?;
    Ok(SectionPage::of(ctx.shell("settings")?, section, &ctx.state.loaded, &file))
}

pub async fn update(ctx: Ctx, name: Path<String>, form: Form) -> Result<Reply> {
    match save(&ctx, &name, &form).await {
        Ok(Done::Nothing) => Ok(ctx.redirect("/settings/server", Some(Flash::done("server-unchanged")))),
        Ok(Done::Saved) => Ok(ctx.redirect("/settings/server", Some(Flash::done("server-saved")))),
        Ok(Done::ToCopy(text)) => {
            let page = page(&ctx, &name).await?.typed(&form);
            ctx.page(&SectionPage { copy: Some(text), ..page })
        }
        Ok(Done::Changed) => {
            let page = page(&ctx, &name).await?.typed(&form);
            ctx.page_with(409, &SectionPage { is_changed_meanwhile: true, ..page })
        }
        Err(Error::Invalid(problems)) => {
            let page = page(&ctx, &name).await?.typed(&form);
            ctx.page_with(422, &SectionPage { problems, ..page })
        }
        Err(other) => Err(other),
    }
}

/// A refusal comes before what is wrong with the values.
async fn save(ctx: &Ctx, name: &str, form: &Form) -> Result<Done> {
    let (state, was) = (ctx.state.clone(), form.text("was").to_owned());
    let typed: std::result::Result<_, Problems> = match section_of(name) {
        Some(_) => wanted(name, form),
        None => Ok(Vec::new()),
    };
    let is_there = section_of(name).is_some();
    ctx.write(move |tx, me| match typed {
        Ok(typed) if is_there => change_configuration(tx, me, (&state.loaded, &was), typed),
        Ok(_) => see_configuration(tx, me, &state.loaded).and(Err(Error::NotFound)),
        Err(problems) => see_configuration(tx, me, &state.loaded).and(Err(Error::Invalid(problems))),
    })
    .await
}
