//! Who has which access, as one file: for people who review elsewhere, and for the auditor.

use super::{Access, Line, Note, Review, ReviewId, allowed, notes};
use crate::access::{Actor, Verb, may};
use crate::ai::Approval;
use crate::audit::{self, Act, ActKind};
use crate::backups;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::text::csv::harmless;
use crate::text_enum;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

text_enum!(ExportFormat { Csv = "csv", Json = "json" });

/// Counted up when a reader of the old form would misread the new one.
pub const EXPORT_VERSION: u32 = 1;

const COLUMNS: [&str; 7] = ["kind", "subject", "what", "detail", "since", "last_used_at", "reference"];
const ANSWERS: [&str; 3] = ["answer", "answered_by", "answered_at"];

impl ExportFormat {
    pub fn content_type(self) -> &'static str {
        match self {
            ExportFormat::Csv => "text/csv; charset=utf-8",
            ExportFormat::Json => "application/json",
        }
    }
}

/// Everything as it is now; kept in the trail before it leaves.
pub fn export_access(tx: &mut Tx, me: &Actor, format: ExportFormat) -> Result<Vec<u8>> {
    let permit = may(tx, me, Verb::Administer, &allowed())?;
    let all = Access::list(tx)?;
    let run = how_it_is_run(tx)?;
    audit::record(tx, permit, Act::new(ActKind::AccessReviewExported).note("format", format).note("lines", all.len()))?;
    match format {
        ExportFormat::Csv => table(&COLUMNS, all.iter().map(cells)),
        ExportFormat::Json => whole(
            tx,
            me,
            json!({ "access": all.iter().map(wire).collect::<Vec<_>>(), "practices": run.practices, "providers": run.providers,
                "last_backup": run.last_backup, "as_of": run.as_of }),
        ),
    }
}

/// One review with its answers.
pub fn export_review(tx: &mut Tx, me: &Actor, id: ReviewId, format: ExportFormat) -> Result<Vec<u8>> {
    let permit = may(tx, me, Verb::Administer, &allowed())?;
    let review = Review::find(tx, me, id)?;
    let (lines, run) = (review.all_lines(tx)?, how_it_is_run(tx)?);
    let act =
        Act::new(ActKind::AccessReviewExported).target("review", id).note("format", format).note("lines", lines.len());
    audit::record(tx, permit, act)?;
    match format {
        ExportFormat::Csv => {
            let columns: Vec<&str> = COLUMNS.into_iter().chain(ANSWERS).collect();
            table(&columns, lines.iter().map(answered_cells))
        }
        ExportFormat::Json => {
            let lines: Vec<Value> = lines.iter().map(answered_wire).collect();
            let about = json!({ "started_at": time(Some(review.started_at)), "started_by": review.started_by, "due_on": review.due_on,
                "signed_at": time(review.signed_at), "signed_by": review.signed_by, "finding": review.finding });
            let value = json!({ "review": about, "lines": lines, "practices": run.practices, "providers": run.providers,
                "last_backup": run.last_backup, "as_of": run.as_of });
            whole(tx, me, value)
        }
    }
}

fn whole(tx: &Tx, me: &Actor, mut value: Value) -> Result<Vec<u8>> {
    if let Some(map) = value.as_object_mut() {
        map.insert("format".to_owned(), json!("tow-access-review"));
        map.insert("version".to_owned(), json!(EXPORT_VERSION));
        map.insert("at".to_owned(), json!(time(Some(tx.now))));
        map.insert("organisation".to_owned(), json!(me.organisation.as_ref().map(|card| &card.name)));
    }
    serde_json::to_vec_pretty(&value).map_err(Error::broken)
}

/// What is written about the server, whom it may call, and what was measured last.
struct Run {
    practices: Value,
    providers: Value,
    last_backup: Value,
    /// When these three stood so: at the export, not when the review was signed.
    as_of: Option<String>,
}

fn how_it_is_run(tx: &mut Tx) -> Result<Run> {
    let approved = Approval::list(tx)?.into_iter().map(|approval| {
        json!({ "host": approval.host, "purpose": approval.purpose, "terms": approval.terms,
            "approved_by": approval.approved_by, "approved_at": time(Some(approval.approved_at)) })
    });
    let last_backup = backups::last(tx)?.map(|last| {
        json!({ "name": last.name, "made_at": time(Some(last.made_at)), "bytes": last.bytes, "is_encrypted": last.is_encrypted })
    });
    Ok(Run {
        practices: written(&notes(tx)?),
        providers: approved.collect(),
        last_backup: json!(last_backup),
        as_of: time(Some(tx.now)),
    })
}

fn written(practices: &[Note]) -> Value {
    practices
        .iter()
        .map(|note| (note.key.to_string(), json!({ "text": note.text, "changed_at": time(Some(note.changed_at)) })))
        .collect()
}

fn time(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn wire(access: &Access) -> Value {
    json!({ "kind": access.kind, "subject": access.subject, "what": access.what, "detail": access.detail, "since": time(access.since),
        "last_used_at": time(access.last_used_at), "reference": access.reference })
}

fn cells(access: &Access) -> Vec<String> {
    vec![
        access.kind.to_string(),
        access.subject.clone(),
        access.what.clone(),
        access.detail.clone(),
        time(access.since).unwrap_or_default(),
        time(access.last_used_at).unwrap_or_default(),
        access.reference.to_string(),
    ]
}

impl Line {
    fn access(&self) -> Access {
        Access {
            kind: self.kind,
            subject: self.subject.clone(),
            what: self.what.clone(),
            detail: self.detail.clone(),
            since: self.since,
            last_used_at: self.last_used_at,
            person_id: self.person_id,
            reference: self.reference.clone(),
        }
    }
}

fn answered_wire(line: &Line) -> Value {
    let mut value = wire(&line.access());
    if let Some(map) = value.as_object_mut() {
        map.insert("answer".to_owned(), json!(line.answer));
        map.insert("answered_by".to_owned(), json!(line.answered_by));
        map.insert("answered_at".to_owned(), json!(time(line.answered_at)));
    }
    value
}

fn answered_cells(line: &Line) -> Vec<String> {
    let mut all = cells(&line.access());
    all.push(line.answer.map(|answer| answer.to_string()).unwrap_or_default());
    all.push(line.answered_by.clone().unwrap_or_default());
    all.push(time(line.answered_at).unwrap_or_default());
    all
}

fn table(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns).map_err(Error::broken)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell).into_owned())).map_err(Error::broken)?;
    }
    writer.into_inner().map_err(Error::broken)
}
