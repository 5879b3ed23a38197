//! The ledger as it is read: who may see the audit trail sees every call, everybody else their own. What a call carried is named
//! only where the reader may see the record; the rest is a number.

use super::{CallOutcome, Endpoint, Purpose};
use crate::access::{Actor, Permission, Thing, Verb, can, check, may, visible};
use crate::audit::{self, Act, ActKind, hex};
use crate::db::Tx;
use crate::db::paging::{Cursor, PAGE_SIZE, Page};
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::records::{RECORD_COLUMNS, Record};
use crate::text::csv::harmless;
use crate::text_enum;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Date, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const SORT: &str = "at";
/// Calls in one piece of an export.
pub const EXPORT_BATCH: i64 = 500;

text_enum!(LedgerFormat { Csv = "csv", Ndjson = "ndjson" });

#[derive(Debug, Clone, QueryableByName)]
pub struct Call {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub purpose: String,
    #[diesel(sql_type = Text)]
    pub endpoint: Endpoint,
    #[diesel(sql_type = Text)]
    pub host: String,
    #[diesel(sql_type = Text)]
    pub model: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pub person: Option<String>,
    #[diesel(sql_type = Array<SqlUuid>)]
    pub records: Vec<Uuid>,
    #[diesel(sql_type = Int4)]
    pub attempt: i32,
    #[diesel(sql_type = BigInt)]
    pub bytes_out: i64,
    #[diesel(sql_type = BigInt)]
    pub bytes_in: i64,
    #[diesel(sql_type = BigInt)]
    pub tokens_in: i64,
    #[diesel(sql_type = BigInt)]
    pub tokens_out: i64,
    #[diesel(sql_type = Bytea)]
    pub hash: Vec<u8>,
    #[diesel(sql_type = Text)]
    pub outcome: CallOutcome,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Nullable<Int4>)]
    pub status: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    pub code: Option<String>,
    #[diesel(sql_type = Nullable<Int4>)]
    pub milliseconds: Option<i32>,
}

/// Calls are aliased c.
const SELECT: &str =
    "select c.id, c.at, c.purpose, c.endpoint, c.host, c.model, c.person_id, p.name as person, c.records, c.attempt,
    c.bytes_out, c.bytes_in, c.tokens_in, c.tokens_out, c.hash, c.outcome, c.reason, c.status, c.code, c.milliseconds
    from ai_calls c left join people p on p.id = c.person_id where ";

/// Empty: everything one may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    pub purpose: Option<Purpose>,
    pub person: Option<PersonId>,
    pub outcome: Option<CallOutcome>,
    /// Calls that carried this record.
    pub record: Option<Uuid>,
    /// Included.
    pub from: Option<DateTime<Utc>>,
    /// Not included.
    pub until: Option<DateTime<Utc>>,
}

/// Whether everybody's calls are seen, or one's own only.
pub fn sees_all_calls(me: &Actor) -> bool {
    can(me, Verb::See, &Thing::Organisation(Permission::AuditView))
}

impl CallFilter {
    fn narrow(&self, sql: &mut Sql, me: &Actor) -> Result<()> {
        sql.push("c.organisation_id = ").bind(me.organisation_id().ok_or(Error::NotFound)?);
        if !sees_all_calls(me) {
            sql.push(" and c.person_id = ").bind(me.person_id().ok_or(Error::NotFound)?);
        }
        if let Some(purpose) = self.purpose {
            sql.push(" and c.purpose = ").bind(purpose);
        }
        if let Some(person) = self.person {
            sql.push(" and c.person_id = ").bind(person);
        }
        if let Some(outcome) = self.outcome {
            sql.push(" and c.outcome = ").bind(outcome);
        }
        if let Some(record) = self.record {
            sql.push(" and c.records @> ").bind(Bind::Uuids(vec![record]));
        }
        if let Some(from) = self.from {
            sql.push(" and c.at >= ").bind(from);
        }
        if let Some(until) = self.until {
            sql.push(" and c.at < ").bind(until);
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        *self == CallFilter::default()
    }
}

impl Call {
    /// Newest first.
    pub fn list(tx: &mut Tx, me: &Actor, filter: &CallFilter, after: Option<&Cursor>) -> Result<Page<Call>> {
        let mut sql = Sql::named("ai::calls", SELECT);
        filter.narrow(&mut sql, me)?;
        if let Some(cursor) = after {
            let at = cursor.value.as_deref().filter(|_| cursor.sort == SORT);
            let at = at.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            let at = at.ok_or_else(|| Error::invalid("after", "problem-cursor"))?;
            sql.push(" and (c.at, c.id) < (").bind(at.with_timezone(&Utc)).push(", ").bind(cursor.id).push(")");
        }
        sql.push(" order by c.at desc, c.id desc limit ").bind(i64::try_from(PAGE_SIZE + 1).unwrap_or(i64::MAX));
        Ok(Page::cut(sql.load(tx.conn())?, PAGE_SIZE, Call::cursor))
    }

    fn cursor(&self) -> Cursor {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Cursor { sort: SORT.to_owned(), value: Some(at), id: self.id }
    }

    /// The records that these calls carried, as far as the reader may see them.
    pub fn records_of(tx: &mut Tx, me: &Actor, calls: &[Call]) -> Result<BTreeMap<Uuid, Record>> {
        let ids: Vec<Uuid> = calls.iter().flat_map(|call| call.records.iter().copied()).collect();
        let mut sql =
            Sql::named("ai::call_records", &format!("select {RECORD_COLUMNS} from records r where r.id = any("));
        sql.bind(Bind::Uuids(ids)).push(") and ").append(&visible::records(me));
        let records: Vec<Record> = sql.load(tx.conn())?;
        Ok(records.into_iter().map(|record| (record.id.0, record)).collect())
    }

    /// As exports carry it; documented in docs/ai.md.
    fn wire(&self, seen: &BTreeMap<Uuid, Record>) -> Value {
        let named: Vec<&str> =
            self.records.iter().filter_map(|id| seen.get(id)).map(|record| record.display_id.as_str()).collect();
        json!({
            "id": self.id, "at": self.at.to_rfc3339_opts(SecondsFormat::Micros, true), "purpose": self.purpose,
            "endpoint": self.endpoint, "host": self.host, "model": self.model, "person_id": self.person_id, "person": self.person,
            "records": named, "records_in_all": self.records.len(), "attempt": self.attempt, "bytes_out": self.bytes_out,
            "bytes_in": self.bytes_in, "tokens_in": self.tokens_in, "tokens_out": self.tokens_out, "outcome": self.outcome,
            "reason": self.reason, "status": self.status, "code": self.code, "milliseconds": self.milliseconds,
            "sha256": hex(&self.hash),
        })
    }
}

const COLUMNS: [&str; 21] = [
    "id",
    "at",
    "purpose",
    "endpoint",
    "host",
    "model",
    "person_id",
    "person",
    "records",
    "records_in_all",
    "attempt",
    "bytes_out",
    "bytes_in",
    "tokens_in",
    "tokens_out",
    "outcome",
    "reason",
    "status",
    "code",
    "milliseconds",
    "sha256",
];

/// Keeps that an export was taken, before its first byte leaves.
pub fn note_ledger_export(tx: &mut Tx, me: &Actor, filter: &CallFilter, format: LedgerFormat) -> Result<()> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AuditExport))?;
    let mut act = Act::new(ActKind::AiLedgerExported).note("format", format);
    if let Some(person) = filter.person {
        act = act.note("person", person);
    }
    audit::record(tx, permit, act)
}

/// Time and id of the last call sent: the next piece begins after it.
pub type After = (DateTime<Utc>, Uuid);

/// The next calls of an export, oldest first, and where it goes on. The right is asked again for each piece.
pub fn ledger_piece(
    tx: &mut Tx,
    me: &Actor,
    filter: &CallFilter,
    format: LedgerFormat,
    after: Option<After>,
) -> Result<(Vec<u8>, Option<After>)> {
    check(me, Verb::See, &Thing::Organisation(Permission::AuditExport))?;
    let mut sql = Sql::named("ai::calls_export", SELECT);
    filter.narrow(&mut sql, me)?;
    if let Some((at, id)) = after {
        sql.push(" and (c.at, c.id) > (").bind(at).push(", ").bind(id).push(")");
    }
    sql.push(" order by c.at, c.id limit ").bind(EXPORT_BATCH);
    let calls: Vec<Call> = sql.load(tx.conn())?;
    let seen = Call::records_of(tx, me, &calls)?;
    let mut bytes = match (format, after) {
        (LedgerFormat::Csv, None) => row(COLUMNS.map(str::to_owned).to_vec())?,
        _ => Vec::new(),
    };
    for call in &calls {
        let wire = call.wire(&seen);
        match format {
            LedgerFormat::Ndjson => bytes.extend(format!("{wire}\n").into_bytes()),
            LedgerFormat::Csv => bytes.extend(row(COLUMNS.iter().map(|column| cell(wire.get(*column))).collect())?),
        }
    }
    let is_full = i64::try_from(calls.len()).unwrap_or_default() == EXPORT_BATCH;
    Ok((bytes, calls.last().filter(|_| is_full).map(|call| (call.at, call.id))))
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    }
}

fn row(cells: Vec<String>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells.iter().map(|cell| harmless(cell).into_owned())).map_err(Error::broken)?;
    writer.into_inner().map_err(Error::broken)
}

/// Calls of one day.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DayOfCalls {
    #[diesel(sql_type = Date)]
    pub day: NaiveDate,
    #[diesel(sql_type = Bool)]
    pub is_embedding: bool,
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    #[diesel(sql_type = BigInt)]
    pub tokens_in: i64,
    #[diesel(sql_type = BigInt)]
    pub tokens_out: i64,
    #[diesel(sql_type = BigInt)]
    pub refused: i64,
}

/// What left since then, by day of the reader's zone; what was refused did not leave and is counted apart.
pub fn days_of_calls(tx: &mut Tx, me: &Actor, since: DateTime<Utc>) -> Result<Vec<DayOfCalls>> {
    let mut sql = Sql::named("ai::days", "select (c.at at time zone ");
    sql.bind(me.zone().name()).push(
        ")::date as day, c.endpoint = 'embeddings' as is_embedding, count(*) filter (where c.outcome <> 'refused') as calls,
           coalesce(sum(c.tokens_in), 0)::bigint as tokens_in, coalesce(sum(c.tokens_out), 0)::bigint as tokens_out,
           count(*) filter (where c.outcome = 'refused') as refused from ai_calls c where ",
    );
    CallFilter { from: Some(since), ..CallFilter::default() }.narrow(&mut sql, me)?;
    sql.push(" group by 1, 2 order by 1, 2");
    Ok(sql.load(tx.conn())?)
}

/// The last call that succeeded and the last that failed, for who looks whether it works.
pub fn last_calls(tx: &mut Tx, me: &Actor) -> Result<Vec<Call>> {
    let organisation = me.organisation_id().ok_or(Error::NotFound)?;
    let mut sql = Sql::named("ai::last_calls", "select * from (");
    for (index, outcome) in ["= 'done'", "in ('failed', 'cut')"].into_iter().enumerate() {
        let joint = if index == 0 { "(" } else { ") union all (" };
        sql.push(joint)
            .push(SELECT)
            .push("c.organisation_id = ")
            .bind(organisation)
            .push(" and c.outcome ")
            .push(outcome);
        sql.push(" order by c.at desc, c.id desc limit 1");
    }
    sql.push(")) last order by last.at desc");
    Ok(sql.load(tx.conn())?)
}
