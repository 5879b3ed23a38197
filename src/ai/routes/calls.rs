//! `/settings/ai/calls`: the ledger.

use crate::access::{Actor, Ctx, Permission, Thing, Verb, can};
use crate::ai::pages::{CallLine, Chart, Ledger, LedgerForm, outcome_choices, people_choices, purpose_choices};
use crate::ai::{
    After, Call, CallFilter, LedgerFormat, days_of_calls, kept_calls, ledger_piece, note_ledger_export, sees_all_calls,
};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::error::{Error, Problems, Result};
use crate::people::{Face, Offered};
use crate::records::Record;
use crate::text::files::content_disposition;
use crate::web::{Form, Reply};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream::{Stream, try_unfold};

pub async fn index(ctx: Ctx) -> Result<Reply> {
    let form = LedgerForm::of(|name| ctx.query(name).unwrap_or_default());
    let after = ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?;
    page(&ctx, form, after, Problems::default()).await
}

/// The list, or with a filter that makes no sense its problems and an empty list.
async fn page(ctx: &Ctx, form: LedgerForm, after: Option<Cursor>, problems: Problems) -> Result<Reply> {
    let asked = form.clone();
    let (filter, page, (seen, kept), people, chart) = ctx
        .read(move |tx, me| {
            if me.role.is_none() {
                return Err(Error::NotFound);
            }
            let filter = match filter(tx, me, &asked) {
                Err(Error::Invalid(wrong)) => Err(wrong),
                other => Ok(other?),
            };
            let page = match &filter {
                Ok(filter) => Call::list(tx, me, filter, after.as_ref())?,
                Err(_) => Page { rows: Vec::new(), next: None },
            };
            let kept = kept_calls(tx, me, page.rows.iter().map(|call| call.id).collect())?;
            let seen = (Call::records_of(tx, me, &page.rows)?, kept);
            let person = filter.as_ref().ok().and_then(|filter| filter.person);
            let people = if sees_all_calls(me) { Offered::of(tx, me.person_id(), &[person])? } else { Offered::none() };
            let people = people_choices(&people, person, &asked.person);
            let days = days_of_calls(tx, me, Chart::since(tx.now, me.zone()))?;
            Ok((filter, page, seen, people, Chart::new(Chart::first_day(tx.now, me.zone()), &days)))
        })
        .await?;
    let (is_filtered, problems) = match filter {
        Ok(filter) => (!filter.is_empty(), problems),
        Err(wrong) => (true, wrong),
    };
    let me = ctx.me()?;
    let status = if problems.is_empty() { 200 } else { 422 };
    let view = Ledger {
        shell: ctx.shell("settings")?,
        purposes: purpose_choices(&form.purpose),
        outcomes: outcome_choices(&form.outcome),
        people,
        chart,
        lines: page.rows.into_iter().map(|call| CallLine::of(call, &me, &seen, &kept)).collect(),
        next: page.next.map(|next| form.address(&next.encode())),
        form,
        is_filtered,
        sees_all: sees_all_calls(&me),
        can_export: can(&me, Verb::Administer, &Thing::Organisation(Permission::AuditExport)),
        problems,
    };
    ctx.page_with(status, &view)
}

/// A record is named by its ID, and only one that the reader may see.
fn filter(tx: &mut Tx, me: &Actor, form: &LedgerForm) -> Result<CallFilter> {
    let mut filter = form.check(me.zone()).map_err(Error::Invalid)?;
    filter.person = Face::someone(tx, "person", &form.person)?.map(|face| face.id);
    let typed = form.record.trim().trim_start_matches('#').to_uppercase();
    if !typed.is_empty() {
        filter.record = match Record::find_any(tx, me, &typed) {
            Ok(record) => Some(record.id.0),
            Err(Error::NotFound) => return Err(Error::invalid("record", "problem-ai-record")),
            Err(other) => return Err(other),
        };
    }
    Ok(filter)
}

/// Kept first, then sent piece by piece; no connection is held between two pieces.
pub async fn create(ctx: Ctx, sent: Form) -> Result<Reply> {
    let form = LedgerForm::of(|name| sent.text(name).to_owned());
    let (asked, format) = (form.clone(), LedgerFormat::parse(sent.text("format")));
    let noted = ctx
        .write(move |tx, me| {
            crate::access::check(me, Verb::Administer, &Thing::Organisation(Permission::AuditExport))?;
            let format = format.ok_or_else(|| Error::invalid("", "problem-choice"))?;
            let mut filter = filter(tx, me, &asked)?;
            filter.until = Some(filter.until.map_or(tx.now, |until| until.min(tx.now)));
            note_ledger_export(tx, me, &filter, format)?;
            Ok((filter, format))
        })
        .await;
    match noted {
        Ok((filter, format)) => Ok(download(ctx, filter, format)),
        Err(Error::Invalid(problems)) => page(&ctx, form, None, problems).await,
        Err(other) => Err(other),
    }
}

fn download(ctx: Ctx, filter: CallFilter, format: LedgerFormat) -> Reply {
    let kind = match format {
        LedgerFormat::Csv => "text/csv; charset=utf-8",
        LedgerFormat::Ndjson => "application/x-ndjson",
    };
    let name = format!("tow-ai-calls-{}.{format}", ctx.now().format("%Y-%m-%d"));
    let mut head = HttpResponse::Ok();
    head.insert_header((header::CONTENT_TYPE, kind));
    head.insert_header((header::CONTENT_DISPOSITION, content_disposition(false, &name)));
    head.streaming(pieces(ctx, filter, format)).into()
}

/// Where the next piece begins, while there is one.
type Rest = Option<(Ctx, Option<After>)>;

fn pieces(ctx: Ctx, filter: CallFilter, format: LedgerFormat) -> impl Stream<Item = Result<Bytes>> {
    try_unfold(Some((ctx, None)), move |rest: Rest| {
        let filter = filter.clone();
        async move {
            let Some((ctx, after)) = rest else { return Ok(None) };
            let (bytes, next) = ctx.read(move |tx, me| ledger_piece(tx, me, &filter, format, after)).await?;
            Ok(Some((Bytes::from(bytes), next.map(|next| (ctx, Some(next))))))
        }
    })
}
