//! `/settings/instances` and `/settings/queue`.

use super::pages::Instances;
use super::queue_page::Queue;
use super::{drop_job, see_instances, see_queue, try_again};
use crate::access::Ctx;
use crate::db::paging::Cursor;
use crate::error::{Error, Result};
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/instances", Need::Session, index)
        .get("/settings/queue", Need::Session, queue::index)
        .post("/settings/queue/{id}/again", Need::Session, queue::again::create)
        .does("does-try-job-again")
        .post("/settings/queue/{id}/removal", Need::Session, queue::destroy)
        .does("does-drop-job")
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let instances = ctx.read(see_instances).await?;
    ctx.page(&Instances::new(ctx.shell("settings")?, instances, ctx.state.instance.id, ctx.now()))
}

mod queue {
    use super::*;

    const PATH: &str = "/settings/queue";

    pub async fn index(ctx: Ctx) -> Result<Reply> {
        let after = ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?;
        let is_first = after.is_none();
        let sight = ctx.read(move |tx, me| see_queue(tx, me, after.as_ref())).await?;
        ctx.page(&Queue::new(ctx.shell("settings")?, sight, &ctx.state.schedule, is_first))
    }

    pub mod again {
        use super::*;

        pub async fn create(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
            let id = job_id(&id)?;
            let is_done = ctx.write(move |tx, me| try_again(tx, me, id)).await?;
            Ok(back(&ctx, is_done, "queue-tried-again"))
        }
    }

    pub async fn destroy(ctx: Ctx, id: Path<String>, _: Form) -> Result<Reply> {
        let id = job_id(&id)?;
        let is_done = ctx.write(move |tx, me| drop_job(tx, me, id)).await?;
        Ok(back(&ctx, is_done, "queue-dropped"))
    }

    fn job_id(text: &str) -> Result<Uuid> {
        text.parse().map_err(|_| Error::NotFound)
    }

    fn back(ctx: &Ctx, is_done: bool, words: &'static str) -> Reply {
        ctx.redirect(PATH, Some(if is_done { Flash::done(words) } else { Flash::failed("queue-decided-before") }))
    }
}
