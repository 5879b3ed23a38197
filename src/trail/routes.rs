//! `/settings/audit`.

use super::pages::{FilterForm, Index, Line, action_choices, outcome_choices, people_choices, rights};
use super::{Event, Filter, Format, Names, Somebody, find_target, note_export, piece};
use crate::access::Ctx;
use crate::audit;
use crate::db::Chore;
use crate::db::paging::{Cursor, Page};
use crate::error::{Error, Problems, Result};
use crate::people::{Face, Offered};
use crate::text::files::content_disposition;
use crate::web::{Form, Need, Reply, Routes};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream::{Stream, try_unfold};

mod streams;

pub fn routes() -> Routes {
    Routes::new()
        .get("/settings/audit", Need::Session, index)
        .post("/settings/audit/export", Need::Session, create)
        .does("does-export-audit")
        .get("/settings/audit/streams", Need::Session, streams::index)
        .get("/settings/audit/streams/new", Need::Session, streams::new)
        .post("/settings/audit/streams", Need::Session, streams::create)
        .does("does-make-stream")
        .get("/settings/audit/streams/{id}", Need::Session, streams::show)
        .post("/settings/audit/streams/{id}", Need::Session, streams::update)
        .does("does-change-stream")
        .post("/settings/audit/streams/{id}/test", Need::Session, streams::test::create)
        .does("does-test-stream")
        .post("/settings/audit/streams/{id}/pause", Need::Session, streams::pause::create)
        .does("does-pause-stream")
        .post("/settings/audit/streams/{id}/pause/removal", Need::Session, streams::pause::destroy)
        .does("does-resume-stream")
        .post("/settings/audit/streams/{id}/again", Need::Session, streams::again::create)
        .does("does-send-again")
        .post("/settings/audit/streams/{id}/secret", Need::Session, streams::secret::create)
        .does("does-renew-stream-secret")
        .post("/settings/audit/streams/{id}/removal", Need::Session, streams::destroy)
        .does("does-delete-stream")
}

async fn index(ctx: Ctx) -> Result<Reply> {
    let form = FilterForm::of(|name| ctx.query(name).unwrap_or_default());
    let after = ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?;
    page(&ctx, form, after, Problems::default()).await
}

/// The list, or with a filter that makes no sense its problems and an empty list.
async fn page(ctx: &Ctx, form: FilterForm, after: Option<Cursor>, mut problems: Problems) -> Result<Reply> {
    let asked = form.clone();
    let (filter, page, names, people) = ctx
        .read(move |tx, me| {
            let filter = filter(tx, me, &asked);
            let (filter, wrong) = match filter {
                Ok(filter) => (filter, None),
                Err(Error::Invalid(wrong)) => (Filter::default(), Some(wrong)),
                Err(other) => return Err(other),
            };
            // Asked also when nothing will be shown: who may not see the trail is told so first.
            let page = Event::list(tx, me, &filter, after.as_ref())?;
            let page = if wrong.is_some() { Page { rows: Vec::new(), next: None } } else { page };
            let names = Names::of(tx, me, &page.rows)?;
            let offered = Offered::of(tx, me.person_id(), &[filter.actor])?;
            let people = people_choices(&Somebody::list(tx)?, offered, filter.actor, &asked.person);
            Ok((wrong.map_or(Ok(filter), Err), page, names, people))
        })
        .await?;
    let is_filtered = match filter {
        Ok(filter) => !filter.is_empty(),
        Err(wrong) => {
            problems = wrong;
            true
        }
    };
    let (can_export, can_stream) = rights(&ctx.me()?);
    let status = if problems.is_empty() { 200 } else { 422 };
    let view = Index {
        shell: ctx.shell("settings")?,
        people,
        actions: action_choices(&form.action),
        outcomes: outcome_choices(&form.outcome),
        lines: page.rows.into_iter().map(|event| Line::of(event, &names)).collect(),
        next: page.next.map(|next| form.address(Some(&next.encode()))),
        form,
        is_filtered,
        can_export,
        can_stream,
        problems,
    };
    ctx.page_with(status, &view)
}

fn filter(tx: &mut crate::db::Tx, me: &crate::access::Actor, form: &FilterForm) -> Result<Filter> {
    let mut filter = form.check(me.zone()).map_err(Error::Invalid)?;
    filter.actor = Face::someone(tx, "person", &form.person)?.map(|face| face.id);
    if !form.target.trim().is_empty() {
        let found = find_target(tx, me, &form.target)?;
        filter.target = Some(found.ok_or_else(|| Error::invalid("target", "problem-audit-target"))?);
    }
    Ok(filter)
}

/// Kept first, then sent piece by piece; no connection is held between two pieces.
async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = FilterForm::of(|name| sent.text(name).to_owned());
    let format = Format::parse(sent.text("format"));
    // What happened a moment ago belongs to it, numbered.
    while ctx.touch(Chore::Seal, |tx, _| audit::seal(tx)).await?.is_some_and(|sealed| sealed.has_more()) {}
    let asked = form.clone();
    let noted = ctx
        .write(move |tx, me| {
            let format = format.ok_or_else(|| Error::invalid("", "problem-choice"))?;
            let mut filter = filter(tx, me, &asked)?;
            // The export itself and what follows are the next one's.
            filter.until = Some(filter.until.map_or(tx.now, |until| until.min(tx.now)));
            note_export(tx, me, &filter, format)?;
            Ok((filter, format))
        })
        .await;
    match noted {
        Ok((filter, format)) => {
            let name = format!("tow-audit-{}.{format}", ctx.now().format("%Y-%m-%d"));
            let mut head = HttpResponse::Ok();
            head.insert_header((header::CONTENT_TYPE, format.content_type()));
            head.insert_header((header::CONTENT_DISPOSITION, content_disposition(false, &name)));
            Ok(head.streaming(pieces(ctx, filter, format)).into())
        }
        Err(Error::Invalid(problems)) => page(&ctx, form, None, problems).await,
        Err(other) => Err(other),
    }
}

/// Where the next piece begins, while there is one.
type Rest = Option<(Ctx, Option<(chrono::DateTime<chrono::Utc>, uuid::Uuid)>)>;

fn pieces(ctx: Ctx, filter: Filter, format: Format) -> impl Stream<Item = Result<Bytes>> {
    try_unfold(Some((ctx, None)), move |rest: Rest| {
        let filter = filter.clone();
        async move {
            let Some((ctx, after)) = rest else { return Ok(None) };
            let piece = ctx.read(move |tx, me| piece(tx, me, &filter, format, after)).await?;
            let rest = piece.next.map(|next| (ctx, Some(next)));
            Ok(Some((Bytes::from(piece.bytes), rest)))
        }
    })
}
