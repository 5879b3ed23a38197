//! `POST /settings/me/look`: from the menu of every page, with a script or without.

use crate::access::Ctx;
use crate::db::Chore;
use crate::error::{Error, Result};
use crate::settings::{Palette, Theme, set_look};
use crate::web::{Form, Reply, local};

/// 204 for a script, which has changed the page already; else back to where one was.
pub async fn update(ctx: Ctx, sent: Form) -> Result<Reply> {
    let theme = chosen(&sent, "theme", Theme::parse)?;
    let palette = chosen(&sent, "palette", Palette::parse)?;
    ctx.touch(Chore::Preference, move |tx, me| set_look(tx, me, theme, palette)).await?;
    let is_script = is_script(&ctx);
    Ok(if is_script { Reply::empty() } else { Reply::redirect(local(sent.given("back").unwrap_or("/settings/me"))) })
}

fn chosen<T>(sent: &Form, name: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>> {
    match sent.given(name) {
        None => Ok(None),
        Some(word) => parse(word).map(Some).ok_or_else(|| Error::invalid(name, "problem-choice")),
    }
}

fn is_script(ctx: &Ctx) -> bool {
    let headers = ctx.request.headers();
    let is_fetch = headers.get("sec-fetch-mode").is_some_and(|mode| mode.as_bytes() == b"cors");
    is_fetch || headers.contains_key("hx-request") || headers.contains_key("x-requested-with")
}
