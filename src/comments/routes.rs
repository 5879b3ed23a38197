//! Writing, editing, removing and resolving comments; each leads back to the comment on its record's page.

use super::model::{Comment, CommentId, NewComment};
use super::pages::Page;
use crate::access::Ctx;
use crate::error::{Error, Problems, Result};
use crate::records::Record;
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::web::Path;

pub fn routes() -> Routes {
    Routes::new()
        .post("/records/{display_id}/comments", Need::Session, create)
        .get("/comments/{id}/edit", Need::Session, edit)
        .post("/comments/{id}", Need::Session, update)
        .post("/comments/{id}/removal", Need::Session, removal::create)
        .post("/comments/{id}/restoration", Need::Session, restoration::create)
        .post("/comments/{id}/resolution", Need::Session, resolution::create)
        .post("/comments/{id}/resolution/removal", Need::Session, resolution::destroy)
        .and(super::api::routes())
}

async fn create(ctx: Ctx, display_id: Path<String>, form: Form) -> Result<Reply> {
    let (display_id, asked) = (display_id.clone(), display_id.into_inner());
    let sent = NewComment { body: form.text("body").to_owned(), quote: form.given("quote").map(str::to_owned) };
    let typed = sent.clone();
    let write = ctx.write_once(&form, move |tx, me| {
        let record = Record::find_any(tx, me, &asked)?;
        let comment = NewComment::parse(&sent.body, sent.quote.as_deref())?.write(tx, me, &record)?;
        Ok(comment.path(&record))
    });
    let problems = match write.await {
        Ok(to) => return Ok(ctx.redirect(&to, None)),
        Err(Error::Invalid(problems)) => problems,
        Err(other) => return Err(other),
    };
    let record = ctx.read(move |tx, me| Record::find_any(tx, me, &display_id)).await?;
    ctx.page_with(422, &Page::create(ctx.shell("")?, record, &typed, problems))
}

async fn edit(ctx: Ctx, id: Path<CommentId>) -> Result<Reply> {
    ctx.page(&edit_page(&ctx, id.into_inner()).await?)
}

async fn edit_page(ctx: &Ctx, id: CommentId) -> Result<Page> {
    let (comment, record) = ctx.read(move |tx, me| Comment::find_editable(tx, me, id)).await?;
    Ok(Page::edit(ctx.shell("")?, record, &comment))
}

async fn update(ctx: Ctx, id: Path<CommentId>, form: Form) -> Result<Reply> {
    let id = id.into_inner();
    let (body, was) = (form.text("body").to_owned(), form.text("was").to_owned());
    match ctx.write(move |tx, me| Comment::edit(tx, me, id, &body, &was)).await {
        Ok((comment, record)) => Ok(ctx.redirect(&comment.path(&record), None)),
        Err(Error::Invalid(problems)) => mend(&ctx, id, &form, problems).await,
        Err(Error::Conflict(conflict)) => {
            let page = edit_page(&ctx, id).await?;
            ctx.page_with(409, &page.with_conflict(*conflict))
        }
        Err(other) => Err(other),
    }
}

async fn mend(ctx: &Ctx, id: CommentId, form: &Form, problems: Problems) -> Result<Reply> {
    let page = edit_page(ctx, id).await?;
    ctx.page_with(422, &page.with_problems(form.text("body"), form.text("was"), problems))
}

mod removal {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<CommentId>, _: Form) -> Result<Reply> {
        let id = id.into_inner();
        let (comment, record) = ctx.write(move |tx, me| Comment::remove(tx, me, id)).await?;
        let undo = Flash::done("comment-removed-now").undo(&format!("/comments/{id}/restoration"));
        Ok(ctx.redirect(&comment.path(&record), Some(undo)))
    }
}

mod restoration {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<CommentId>, _: Form) -> Result<Reply> {
        let id = id.into_inner();
        let (comment, record) = ctx.write(move |tx, me| Comment::restore(tx, me, id)).await?;
        Ok(ctx.redirect(&comment.path(&record), Some(Flash::done("comment-restored"))))
    }
}

mod resolution {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<CommentId>, _: Form) -> Result<Reply> {
        let id = id.into_inner();
        let (comment, record) = ctx.write(move |tx, me| Comment::resolve(tx, me, id)).await?;
        Ok(ctx.redirect(&comment.path(&record), Some(Flash::done("comment-resolved"))))
    }

    pub async fn destroy(ctx: Ctx, id: Path<CommentId>, _: Form) -> Result<Reply> {
        let id = id.into_inner();
        let (comment, record) = ctx.write(move |tx, me| Comment::reopen(tx, me, id)).await?;
        Ok(ctx.redirect(&comment.path(&record), Some(Flash::done("comment-reopened"))))
    }
}
