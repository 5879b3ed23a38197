//! `/settings/instances`.

use super::pages::Instances;
use super::see_instances;
use crate::access::Ctx;
use crate::error::Result;
use crate::web::{Need, Reply, Routes};

pub fn routes() -> Routes {
    Routes::new().get("/settings/instances", Need::Session, index)
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let instances = ctx.read(see_instances).await?;
    ctx.page(&Instances::new(ctx.shell("settings")?, instances, ctx.state.instance.id, ctx.now()))
}
