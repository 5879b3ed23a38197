//! `/people/{handle}/leaving`.

use super::pages::{Outcome, Show};
use super::{Checklist, KeyKind, WorkKind, end_keys, hand_over};
use crate::access::Ctx;
use crate::error::{Error, Msg, Problems, Result};
use crate::people::Offered;
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .get("/people/{handle}/leaving", Need::Session, show)
        .post("/people/{handle}/leaving/handover", Need::Session, handover::create)
        .does("does-hand-over-work")
        .post("/people/{handle}/leaving/keys/removal", Need::Session, keys::destroy)
        .does("does-end-keys")
}

async fn show(ctx: Ctx, handle: Path<String>) -> Result<Reply> {
    let view = page(&ctx, handle.into_inner(), String::new(), Problems::default()).await?;
    ctx.page(&view)
}

async fn page(ctx: &Ctx, handle: String, chosen: String, problems: Problems) -> Result<Show> {
    let (list, people) =
        ctx.read(move |tx, me| Ok((Checklist::load(tx, me, &handle)?, Offered::of(tx, me.person_id(), &[])?))).await?;
    Ok(Show::new(ctx.shell("members")?, list, (people, chosen.as_str()), problems))
}

mod handover {
    use super::*;

    /// Says at once what went and what stayed. Sent again, nothing is left to go.
    pub async fn create(ctx: Ctx, handle: Path<String>, sent: Form) -> Result<Reply> {
        let (handle, state) = (handle.into_inner(), ctx.state.clone());
        let kinds: Vec<WorkKind> = sent.all("what").filter_map(WorkKind::parse).collect();
        let (of, to) = (handle.clone(), sent.given("person").map(str::to_owned));
        let done = ctx
            .write(move |tx, me| {
                let to = to.ok_or_else(|| Error::invalid("person", "problem-person-choose"))?;
                hand_over(tx, me, &state.config, (of.as_str(), &to), &kinds)
            })
            .await;
        match done {
            Ok(done) => {
                let list = ctx.read(move |tx, me| Checklist::load(tx, me, &handle)).await?;
                ctx.page(&Outcome { shell: ctx.shell("members")?, member: list.member, done })
            }
            Err(Error::Invalid(problems)) => {
                let view = page(&ctx, handle, sent.text("person").to_owned(), problems).await?;
                ctx.page_with(422, &view)
            }
            Err(other) => Err(other),
        }
    }
}

mod keys {
    use super::*;

    pub async fn destroy(ctx: Ctx, handle: Path<String>, sent: Form) -> Result<Reply> {
        let handle = handle.into_inner();
        let kinds: Vec<KeyKind> = sent.all("what").filter_map(KeyKind::parse).collect();
        let of = handle.clone();
        match ctx.write(move |tx, me| end_keys(tx, me, &of, &kinds)).await {
            Ok(count) => {
                let flash = Flash::done(Msg::new("leaving-keys-ended").with("count", count));
                Ok(ctx.redirect(&format!("/people/{handle}/leaving"), Some(flash)))
            }
            Err(Error::Invalid(problems)) => {
                let problems = Problems::one("keys", problems.first());
                let view = page(&ctx, handle, String::new(), problems).await?;
                ctx.page_with(422, &view)
            }
            Err(other) => Err(other),
        }
    }
}
