//! `/settings/reviews`, `/settings/practices`.

use super::pages::{Index, Show, Tab};
use super::{
    AccessKind, ExportFormat, LINES, Line, LineId, Review, ReviewId, export_access, export_review, rhythm, set_rhythm,
};
use crate::access::Ctx;
use crate::error::{Error, Msg, Problems, Result};
use crate::text::files::content_disposition;
use crate::text::value::Body;
use crate::web::{Flash, Form, Need, Reply, Routes};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;

mod practices;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/reviews", Need::Session, index)
        .post("/settings/reviews", Need::Session, create)
        .does("does-begin-review")
        .post("/settings/reviews/rhythm", Need::Session, rhythms::update)
        .does("does-change-rhythm")
        .post("/settings/reviews/export", Need::Session, exports::create)
        .does("does-export-access")
        .get("/settings/reviews/{id}", Need::Session, show)
        .post("/settings/reviews/{id}/export", Need::Session, exports::of_one)
        .does("does-export-review")
        .post("/settings/reviews/{id}/lines/{line}", Need::Session, lines::update)
        .does("does-answer-line")
        .post("/settings/reviews/{id}/signature", Need::Session, signature::create)
        .does("does-sign-review")
        .get("/settings/practices", Need::Session, practices::edit)
        .post("/settings/practices", Need::Session, practices::update)
        .does("does-change-practices")
        .post("/settings/practices/providers", Need::Session, practices::providers::create)
        .does("does-approve-provider")
        .post("/settings/practices/providers/ending", Need::Session, practices::providers::ending::create)
        .does("does-end-approvals")
        .post("/settings/practices/providers/{id}/removal", Need::Session, practices::providers::removal::create)
        .does("does-withdraw-approval")
}

async fn index(ctx: Ctx) -> Result<Reply> {
    list(&ctx, None, 200, Problems::default()).await
}

async fn list(ctx: &Ctx, months: Option<String>, status: u16, problems: Problems) -> Result<Reply> {
    let (reviews, every) = ctx.read(|tx, me| Ok((Review::list(tx, me)?, rhythm(tx, me)?))).await?;
    let months = months.unwrap_or_else(|| every.map(|months| months.to_string()).unwrap_or_default());
    let has_open = reviews.iter().any(|review| !review.is_signed());
    ctx.page_with(status, &Index { shell: ctx.shell("settings")?, reviews, has_open, months, problems })
}

async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
    let started = ctx.write_once(&form, |tx, me| Ok(format!("/settings/reviews/{}", Review::start(tx, me)?))).await;
    match started {
        Ok(path) => Ok(ctx.redirect(&path, Some(Flash::done("review-started")))),
        Err(Error::Invalid(problems)) => list(&ctx, None, 422, problems).await,
        Err(other) => Err(other),
    }
}

mod rhythms {
    use super::*;

    pub async fn update(ctx: Ctx, form: Form) -> Result<Reply> {
        let typed = form.text("months").trim().to_owned();
        // What is no number is out of range, and told so.
        let months = (!typed.is_empty()).then(|| typed.parse().unwrap_or(-1));
        match ctx.write(move |tx, me| set_rhythm(tx, me, months)).await {
            Ok(()) => Ok(ctx.redirect("/settings/reviews", Some(Flash::done("saved")))),
            Err(Error::Invalid(problems)) => list(&ctx, Some(typed), 422, problems).await,
            Err(other) => Err(other),
        }
    }
}

mod exports {
    use super::*;

    fn format(form: &Form) -> Result<ExportFormat> {
        ExportFormat::parse(form.text("format")).ok_or_else(|| Error::invalid("", "problem-choice"))
    }

    pub async fn create(ctx: Ctx, form: Form) -> Result<Reply> {
        let format = format(&form)?;
        let bytes = ctx.write(move |tx, me| export_access(tx, me, format)).await?;
        Ok(file(&ctx, "access", format, bytes))
    }

    pub async fn of_one(ctx: Ctx, id: Path<ReviewId>, form: Form) -> Result<Reply> {
        let (id, format) = (*id, format(&form)?);
        let bytes = ctx.write(move |tx, me| export_review(tx, me, id, format)).await?;
        Ok(file(&ctx, "access-review", format, bytes))
    }

    fn file(ctx: &Ctx, what: &str, format: ExportFormat, bytes: Vec<u8>) -> Reply {
        let name = format!("tow-{what}-{}.{format}", ctx.now().format("%Y-%m-%d"));
        let mut head = HttpResponse::Ok();
        head.insert_header((header::CONTENT_TYPE, format.content_type()));
        head.insert_header((header::CONTENT_DISPOSITION, content_disposition(false, &name)));
        head.body(bytes).into()
    }
}

async fn show(ctx: Ctx, id: Path<ReviewId>) -> Result<Reply> {
    one(&ctx, *id, String::new(), 200, Problems::default()).await
}

/// The page that the address asks for, or after a POST the one it came from.
async fn one(ctx: &Ctx, id: ReviewId, finding: String, status: u16, problems: Problems) -> Result<Reply> {
    let kind = ctx.query("kind").and_then(|kind| AccessKind::parse(&kind));
    let (only_open, after) =
        (ctx.query("open").is_some(), ctx.query("after").and_then(|after| after.parse().ok()).unwrap_or(0));
    let (review, tallies, mut lines) = ctx
        .read(move |tx, me| {
            let review = Review::find(tx, me, id)?;
            let (tallies, lines) = (review.tallies(tx)?, review.lines(tx, kind, only_open, after)?);
            Ok((review, tallies, lines))
        })
        .await?;
    let is_more = lines.len() > LINES as usize;
    lines.truncate(LINES as usize);
    let back = address(&review, kind, only_open);
    let next = lines.last().filter(|_| is_more).map(|line| {
        let join = if back.contains('?') { '&' } else { '?' };
        format!("{back}{join}after={}", line.position)
    });
    let tabs = Tab::of(&review, &tallies, kind);
    ctx.page_with(
        status,
        &Show { shell: ctx.shell("settings")?, review, tabs, lines, next, only_open, back, finding, problems },
    )
}

fn address(review: &Review, kind: Option<AccessKind>, only_open: bool) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(kind) = kind {
        query.append_pair("kind", kind.as_str());
    }
    if only_open {
        query.append_pair("open", "1");
    }
    let query = query.finish();
    if query.is_empty() { review.path() } else { format!("{}?{query}", review.path()) }
}

mod lines {
    use super::*;
    use crate::web::local;

    pub async fn update(ctx: Ctx, path: Path<(ReviewId, LineId)>, form: Form) -> Result<Reply> {
        let (id, line) = *path;
        let is_kept = match form.text("answer") {
            "confirm" => true,
            "revoke" => false,
            _ => return Err(Error::invalid("", "problem-choice")),
        };
        let answered = ctx
            .write(move |tx, me| match is_kept {
                true => Line::confirm(tx, me, id, line),
                false => Line::revoke(tx, me, id, line),
            })
            .await;
        match answered {
            Ok(reply) => {
                let back = form.given("back").map(local).filter(|back| back.starts_with("/settings/reviews/"));
                let path = back.map_or_else(|| format!("/settings/reviews/{id}"), str::to_owned);
                Ok(ctx.redirect(&path, Some(Flash::done(Msg::new("review-answered").with("answer", reply)))))
            }
            Err(Error::Invalid(problems)) => one(&ctx, id, String::new(), 422, problems).await,
            Err(other) => Err(other),
        }
    }
}

mod signature {
    use super::*;

    pub async fn create(ctx: Ctx, id: Path<ReviewId>, form: Form) -> Result<Reply> {
        let (id, typed) = (*id, form.text("finding").to_owned());
        match sign(&ctx, id, &typed).await {
            Ok(()) => Ok(ctx.redirect(&format!("/settings/reviews/{id}"), Some(Flash::done("review-signed-now")))),
            Err(Error::Invalid(problems)) => one(&ctx, id, typed, 422, problems).await,
            Err(other) => Err(other),
        }
    }

    async fn sign(ctx: &Ctx, id: ReviewId, typed: &str) -> Result<()> {
        let finding = Body::parse(typed).map_err(|msg| Error::invalid("finding", msg))?;
        ctx.write(move |tx, me| Review::sign(tx, me, id, &finding)).await
    }
}
