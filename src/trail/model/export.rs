//! The trail as a file: lines of JSON, or a table that a spreadsheet may open without running anything.

use super::{Event, Filter};
use crate::access::{Actor, Permission, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind, hex};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::Session;
use crate::text::csv::harmless;
use crate::text_enum;
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

text_enum!(Format { Csv = "csv", Ndjson = "ndjson" });

/// Events read and sent in one piece.
pub const EXPORT_BATCH: i64 = 500;

const COLUMNS: [&str; 21] = [
    "sequence",
    "id",
    "at",
    "action",
    "outcome",
    "actor_kind",
    "actor_id",
    "actor_name",
    "session_id",
    "token_id",
    "token_name",
    "target_kind",
    "target_id",
    "target_name",
    "before",
    "after",
    "address",
    "browser",
    "request_id",
    "previous_hash",
    "hash",
];

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Ndjson => "application/x-ndjson",
        }
    }

    /// What stands before the first event.
    pub fn head(self) -> Result<Vec<u8>> {
        match self {
            Format::Csv => line(COLUMNS.map(str::to_owned).to_vec()),
            Format::Ndjson => Ok(Vec::new()),
        }
    }

    /// One event with its line end.
    pub fn line(self, event: &Event) -> Result<Vec<u8>> {
        match self {
            Format::Csv => line(cells(event)),
            Format::Ndjson => Ok(format!("{}\n", event.wire()).into_bytes()),
        }
    }
}

fn cells(event: &Event) -> Vec<String> {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let hash = |hash: &Option<Vec<u8>>| hash.as_deref().map(hex).unwrap_or_default();
    vec![
        event.sequence.map(|number| number.to_string()).unwrap_or_default(),
        event.id.to_string(),
        event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        event.action.clone(),
        event.outcome.clone(),
        event.actor_kind.clone(),
        id(event.actor_id),
        text(&event.actor_name),
        id(event.session_id),
        id(event.token_id),
        text(&event.token_name),
        event.target_kind.clone(),
        id(event.target_id),
        text(&event.target_name),
        event.before.to_string(),
        event.after.to_string(),
        text(&event.address),
        text(&event.browser),
        event.request_id.to_string(),
        hash(&event.previous_hash),
        hash(&event.hash),
    ]
}

fn line(cells: Vec<String>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.iter().map(|cell| harmless(cell).into_owned())).map_err(Error::broken)?;
    writer.into_inner().map_err(Error::broken)
}

/// Asks for an export and keeps that it was taken, before its first byte leaves.
pub fn note_export(tx: &mut Tx, me: &Actor, filter: &Filter, format: Format) -> Result<()> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AuditExport))?;
    let actions: Option<Vec<&str>> =
        filter.actions.as_ref().map(|kinds| kinds.iter().map(|kind| kind.as_str()).collect());
    let mut act = Act::new(ActKind::AuditExported).note("format", format);
    let notes = [
        ("actions", actions.map(|actions| actions.join(" "))),
        ("outcome", filter.outcome.map(|word| word.to_string())),
    ];
    for (name, value) in notes {
        if let Some(value) = value {
            act = act.note(name, value);
        }
    }
    for (name, id) in [("actor", filter.actor.map(|id| id.0)), ("about", filter.target)] {
        if let Some(id) = id {
            act = act.note(name, id);
        }
    }
    for (name, at) in [("from", filter.from), ("until", filter.until)] {
        if let Some(at) = at {
            act = act.note(name, at);
        }
    }
    audit::record(tx, permit, act)
}

/// A piece of an export, and where the next begins; None after the last.
#[derive(Debug)]
pub struct Piece {
    pub bytes: Vec<u8>,
    pub next: Option<(DateTime<Utc>, Uuid)>,
}

/// Session and right are asked again for each piece: a person who loses one gets no more, and the file breaks off.
pub fn piece(
    tx: &mut Tx,
    me: &Actor,
    filter: &Filter,
    format: Format,
    after: Option<(DateTime<Utc>, Uuid)>,
) -> Result<Piece> {
    // The request was let in once; since then the session may have ended, and the right may be lost.
    let is_live = me.session_id().map_or(Ok(true), |id| Session::is_live(tx, id))?;
    if !is_live {
        return Err(Error::SignIn);
    }
    let me = &me.again(tx)?;
    check(me, Verb::See, &Thing::Organisation(Permission::AuditExport))?;
    let events = Event::batch(tx, filter, after, EXPORT_BATCH)?;
    let mut bytes = if after.is_none() { format.head()? } else { Vec::new() };
    for event in &events {
        bytes.extend(format.line(event)?);
    }
    let is_full = i64::try_from(events.len()).unwrap_or_default() == EXPORT_BATCH;
    let next = events.last().filter(|_| is_full).map(|event| (event.at, event.id));
    Ok(Piece { bytes, next })
}
