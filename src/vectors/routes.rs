//! `/settings/ai/vectors`.

use super::model::*;
use super::pages::Index;
use crate::access::{Ctx, Permission, holds};
use crate::error::{Error, Result};
use crate::web::{Need, Reply, Routes};

pub fn routes() -> Routes {
    Routes::new().get("/settings/ai/vectors", Need::Session, index)
}

/// For who manages AI: the numbers count private records as well.
async fn index(ctx: Ctx) -> Result<Reply> {
    let (tally, serving, building, holds) = ctx
        .read(|tx, me| {
            if !holds(me, Permission::AiManage) {
                return Err(Error::NotFound);
            }
            Ok((tally(tx)?, standing(tx, SetState::Serving)?, standing(tx, SetState::Building)?, held_reasons(tx)?))
        })
        .await?;
    let ai = &ctx.state.config.ai;
    let is_configured = ai.openai_api_key.is_some();
    ctx.page(&Index { shell: ctx.shell("settings")?, is_configured, tally, serving, building, holds })
}
