//! `/_gallery`.

use super::samples;
use crate::access::PublicCtx;
use crate::error::{Error, Result};
use crate::ui::filters;
use crate::web::{Need, Reply, Routes};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "layouts/gallery.html")]
struct Index {
    names: Vec<&'static str>,
}

pub fn routes() -> Routes {
    Routes::new().get("/_gallery", Need::Nothing, index).get("/_gallery/{name:.*}", Need::Nothing, show)
}

async fn index(ctx: PublicCtx) -> Result<Reply> {
    if !ctx.state.is_dev {
        return Err(Error::NotFound);
    }
    ctx.page(&Index { names: samples().into_iter().map(|(name, _)| name).collect() })
}

async fn show(ctx: PublicCtx, name: Path<String>) -> Result<Reply> {
    let found = samples().into_iter().find(|(known, _)| *known == name.as_str()).filter(|_| ctx.state.is_dev);
    found.map(|(_, html)| Reply::html(html)).ok_or(Error::NotFound)
}
