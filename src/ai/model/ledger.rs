//! The ledger as it is read: who may see the audit trail sees every call, everybody else their own. What a call carried is named
//! only where the reader may see the record; the rest is a number.

use super::{CallOutcome, Endpoint, OF_THE_WEB, Purpose};
use crate::access::{Actor, Permission, ProjectId, Thing, Verb, can, check, may, visible};
use crate::ai::{Fault, Reason};
use crate::audit::{self, Act, ActKind, hex};
use crate::db::Tx;
use crate::db::paging::{Cursor, PAGE_SIZE, Page};
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::records::{RECORD_COLUMNS, Record};
use crate::text::csv::harmless;
use crate::text_enum;
use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Date, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const SORT: &str = "at";
/// The ledger is evidence for so long.
pub const CALLS_KEPT_DAYS: i64 = 730;
/// What was refused did not leave, and something that is refused every minute must not fill the disk.
pub const REFUSED_KEPT_DAYS: i64 = 90;
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
    /// Whose budget and policy also counted.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub project_id: Option<Uuid>,
    /// The key of an assistant or agent.
    #[diesel(sql_type = Nullable<Text>)]
    pub agent: Option<String>,
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
    /// Guessed from the bytes, where the provider did not count.
    #[diesel(sql_type = Bool)]
    pub is_estimate: bool,
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
    "select c.id, c.at, c.purpose, c.endpoint, c.host, c.model, c.person_id, p.name as person, c.project_id, c.agent, c.records, c.attempt,
    c.bytes_out, c.bytes_in, c.tokens_in, c.tokens_out, c.is_estimate, c.hash, c.outcome, c.reason, c.status, c.code, c.milliseconds
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

    /// One of one's own, else `NotFound`.
    pub fn find_own(tx: &mut Tx, me: &Actor, id: Uuid) -> Result<Call> {
        let mut sql = Sql::named("ai::own_call", SELECT);
        sql.push("c.id = ").bind(id).push(" and c.person_id = ").bind(me.person_id().ok_or(Error::NotFound)?);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
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

    /// None where there is none, or the reader may not see it.
    pub fn project_key(&self, me: &Actor) -> Option<String> {
        let project = me.project_by_id(ProjectId(self.project_id?))?;
        Some(project.key.clone())
    }

    fn is_of(&self, me: &Actor) -> bool {
        me.person_id().is_some_and(|person| self.person_id == Some(person.0))
    }

    /// As exports carry it; documented in docs/ai.md. The hash is in one's own rows only: the body of a short text can be guessed, and
    /// a hash of it says whether the guess was right.
    fn wire(&self, me: &Actor, seen: &BTreeMap<Uuid, Record>) -> Value {
        let named: Vec<&str> =
            self.records.iter().filter_map(|id| seen.get(id)).map(|record| record.display_id.as_str()).collect();
        json!({
            "id": self.id, "at": self.at.to_rfc3339_opts(SecondsFormat::Micros, true), "purpose": self.purpose,
            "endpoint": self.endpoint, "host": self.host, "model": self.model, "person_id": self.person_id, "person": self.person,
            "project": self.project_key(me), "agent": self.agent,
            "records": named, "records_in_all": self.records.len(), "attempt": self.attempt, "bytes_out": self.bytes_out,
            "bytes_in": self.bytes_in, "tokens_in": self.tokens_in, "tokens_out": self.tokens_out, "is_estimate": self.is_estimate, "outcome": self.outcome,
            "reason": self.reason, "status": self.status, "code": self.code, "milliseconds": self.milliseconds,
            "sha256": self.is_of(me).then(|| hex(&self.hash)),
        })
    }
}

const COLUMNS: [&str; 24] = [
    "id",
    "at",
    "purpose",
    "endpoint",
    "host",
    "model",
    "person_id",
    "person",
    "project",
    "agent",
    "records",
    "records_in_all",
    "attempt",
    "bytes_out",
    "bytes_in",
    "tokens_in",
    "tokens_out",
    "is_estimate",
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
    let time = |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
    let narrowed = [
        ("person", filter.person.map(|person| person.to_string())),
        ("purpose", filter.purpose.map(|purpose| purpose.to_string())),
        ("outcome", filter.outcome.map(|outcome| outcome.to_string())),
        ("record", filter.record.map(|record| record.to_string())),
        ("from", time(filter.from)),
        ("until", time(filter.until)),
    ];
    let act = Act::new(ActKind::AiLedgerExported).note("format", format);
    let noted = narrowed.into_iter().filter_map(|(name, value)| Some((name, value?)));
    audit::record(tx, permit, noted.fold(act, |act, (name, value)| act.note(name, value)))
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
        let wire = call.wire(me, &seen);
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

text_enum!(
    /// What the chart tells apart.
    Share { Answers = "answers", Vectors = "vectors", Web = "web" }
);

/// Calls of one day and share.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DayOfCalls {
    #[diesel(sql_type = Date)]
    pub day: NaiveDate,
    #[diesel(sql_type = Text)]
    pub share: Share,
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
    sql.bind(me.zone().name()).push(&format!(
        ")::date as day, case when c.endpoint = 'embeddings' then 'vectors' when c.{OF_THE_WEB} then 'web' else 'answers' end as share, count(*) filter (where c.outcome <> 'refused') as calls,
           coalesce(sum(c.tokens_in), 0)::bigint as tokens_in, coalesce(sum(c.tokens_out), 0)::bigint as tokens_out,
           count(*) filter (where c.outcome = 'refused') as refused from ai_calls c where ",
    ));
    CallFilter { from: Some(since), ..CallFilter::default() }.narrow(&mut sql, me)?;
    sql.push(" group by 1, 2 order by 1, 2");
    Ok(sql.load(tx.conn())?)
}

/// The last call that succeeded and the last that failed, for who looks whether it works. A failure is one of the provider or of what the
/// operator set: that somebody asked too much says nothing to others. What a call was for is only said to who may see it in the ledger.
pub fn last_calls(tx: &mut Tx, me: &Actor) -> Result<Vec<Call>> {
    let organisation = me.organisation_id().ok_or(Error::NotFound)?;
    // The web is asked elsewhere, and says nothing about the model provider.
    let of_models = format!("not (c.{OF_THE_WEB}) and c.organisation_id = ");
    let is_telling = |reason: &&Reason| Fault::is_outage(**reason) || reason.is_the_operators();
    let telling: Vec<String> = Reason::ALL.iter().filter(is_telling).map(|reason| reason.to_string()).collect();
    let mut sql = Sql::named("ai::last_calls", "select * from ((");
    let last = " order by c.at desc, c.id desc limit 1)";
    sql.push(SELECT).push(&of_models).bind(organisation).push(" and c.outcome = 'done'").push(last);
    sql.push(" union all (").push(SELECT).push(&of_models).bind(organisation);
    sql.push(" and c.outcome in ('failed', 'cut') and c.reason = any(").bind(Bind::Texts(telling)).push(")").push(last);
    sql.push(") last order by last.at desc");
    let calls: Vec<Call> = sql.load(tx.conn())?;
    let is_seen = |call: &Call| sees_all_calls(me) || call.is_of(me);
    Ok(calls.into_iter().map(|call| if is_seen(&call) { call } else { call.bare() }).collect())
}

impl Call {
    /// When it was and how it ended, nothing else.
    fn bare(self) -> Call {
        let (person_id, person, project_id, agent) = (None, None, None, None);
        let (records, hash) = (Vec::new(), Vec::new());
        let known = Call { person_id, person, project_id, agent, records, hash, ..self };
        Call { purpose: String::new(), model: String::new(), ..known }
    }
}

/// What is older than the ledger is kept.
pub fn forget_calls(tx: &mut Tx) -> Result<usize> {
    let (all, refused) = (tx.now - Duration::days(CALLS_KEPT_DAYS), tx.now - Duration::days(REFUSED_KEPT_DAYS));
    let mut sql = Sql::named("ai::forget_calls", "delete from ai_calls where (outcome <> 'open' and at < ");
    sql.bind(all).push(") or (outcome = 'refused' and at < ").bind(refused).push(")");
    Ok(sql.execute(tx.conn())?)
}
