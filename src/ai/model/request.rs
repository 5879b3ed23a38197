//! What left, word for word: kept for the person it was for, as long as `ai.request_days` says and what it belongs to is there.
//! Nobody else reads it, admins included; the ledger has its size and hash for them.

use super::{Asking, CallOutcome, Endpoint, Sending};
use crate::access::Actor;
use crate::ai::Marks;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// What a request belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// What is kept goes with it.
    pub with: Keeper,
    /// Of it: the answer, the step.
    pub part: Uuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// A chat, read by its person.
    Record(Uuid),
    /// A run of an agent, read by who may open it; it may be for nobody in particular.
    Run(Uuid),
}

/// A request in one text. Cheap to copy; what is printed of it is its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(Arc<str>);

impl Body {
    pub fn of(text: String) -> Self {
        Body(text.into())
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// One request as it left.
#[derive(Clone, QueryableByName)]
pub struct Request {
    /// None for a run of an agent.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub record_id: Option<Uuid>,
    /// JSON, byte for byte.
    #[diesel(sql_type = Text)]
    pub body: String,
    #[diesel(sql_type = Jsonb)]
    marks: Value,
}

impl Request {
    /// `NotFound` for everybody but the person it was for.
    pub fn find(tx: &mut Tx, me: &Actor, call: Uuid) -> Result<Request> {
        let person = me.person_id().ok_or(Error::NotFound)?;
        let mut sql =
            Sql::named("ai::request", "select q.record_id, q.body, q.marks from ai_requests q where q.call_id = ");
        sql.bind(call).push(" and q.person_id = ").bind(person);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Of a run, which its reader may open: that is asked by the room of agents.
    pub fn of_run(tx: &mut Tx, run: Uuid, call: Uuid) -> Result<Request> {
        let mut sql = Sql::named(
            "ai::request_of_run",
            "select q.record_id, q.body, q.marks from ai_requests q where q.call_id = ",
        );
        sql.bind(call).push(" and q.run_id = ").bind(run);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The records whose text is in it.
    pub fn sources(&self) -> Vec<Uuid> {
        self.marks().sources.into_iter().flatten().collect()
    }

    /// Empty where they cannot be read, which makes one text of all.
    pub fn marks(&self) -> Marks {
        serde_json::from_value(self.marks.clone()).unwrap_or_default()
    }

    /// Whether it is what the ledger says that left.
    pub fn has_hash(&self, hash: &[u8]) -> bool {
        Sha256::digest(self.body.as_bytes()).as_slice() == hash
    }
}

/// A call whose request is kept.
#[derive(Debug, Clone, QueryableByName)]
pub struct KeptCall {
    #[diesel(sql_type = SqlUuid)]
    pub call_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub part: Uuid,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub endpoint: Endpoint,
    #[diesel(sql_type = Text)]
    pub model: String,
    #[diesel(sql_type = Text)]
    pub outcome: CallOutcome,
    #[diesel(sql_type = BigInt)]
    pub tokens_in: i64,
    #[diesel(sql_type = BigInt)]
    pub tokens_out: i64,
}

impl KeptCall {
    /// `/ai/requests/ID`.
    pub fn path(&self) -> String {
        request_path(self.call_id)
    }
}

/// Where a kept request is read.
pub fn request_path(call: Uuid) -> String {
    format!("/ai/requests/{call}")
}

/// The calls of these answers or steps, the first first; of one's own only.
pub fn requests_of(tx: &mut Tx, me: &Actor, parts: &[Uuid]) -> Result<Vec<KeptCall>> {
    let person = me.person_id().ok_or(Error::NotFound)?;
    let mut sql = Sql::named(
        "ai::requests_of",
        "select q.call_id, q.part, c.at, c.endpoint, c.model, c.outcome, c.tokens_in, c.tokens_out
         from ai_requests q join ai_calls c on c.id = q.call_id where q.part = any(",
    );
    sql.bind(Bind::Uuids(parts.to_vec())).push(") and q.person_id = ").bind(person).push(" order by c.at, c.id");
    Ok(sql.load(tx.conn())?)
}

/// The calls of a run, the first first; whether its reader may know of them is asked by the room of agents.
pub fn requests_of_run(tx: &mut Tx, run: Uuid) -> Result<Vec<KeptCall>> {
    let mut sql = Sql::named(
        "ai::requests_of_run",
        "select q.call_id, q.part, c.at, c.endpoint, c.model, c.outcome, c.tokens_in, c.tokens_out
         from ai_requests q join ai_calls c on c.id = q.call_id where q.run_id = ",
    );
    sql.bind(run).push(" order by c.at, c.id");
    Ok(sql.load(tx.conn())?)
}

/// Those of the calls whose request `me` may read.
pub fn kept_calls(tx: &mut Tx, me: &Actor, calls: Vec<Uuid>) -> Result<BTreeSet<Uuid>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        call_id: Uuid,
    }
    let mut sql = Sql::named("ai::kept_calls", "select q.call_id from ai_requests q where q.call_id = any(");
    sql.bind(Bind::Uuids(calls)).push(") and q.person_id = ").bind(me.person_id().map(|id| id.0));
    Ok(sql.load::<Row>(tx.conn())?.into_iter().map(|row| row.call_id).collect())
}

/// Beside the ledger's row, in its transaction. What it would belong to may be gone by now; then nothing is kept.
pub(super) fn keep(tx: &mut Tx, call: Uuid, asking: &Asking, sending: &Sending) -> Result<()> {
    let Some(kept) = asking.kept else { return Ok(()) };
    let marks = serde_json::to_value(&*sending.marks).map_err(Error::broken)?;
    let mut sql = Sql::named(
        "ai::keep_request",
        "insert into ai_requests (call_id, record_id, run_id, part, person_id, at, body, marks) select ",
    );
    let rest = |sql: &mut Sql| {
        sql.bind(kept.part).push(", ").bind(asking.person.map(|id| id.0)).push("::uuid, ").bind(tx.now);
        sql.push(", ").bind(sending.body.text()).push(", ").bind(Bind::Json(marks));
    };
    sql.bind(call);
    match (kept.with, asking.person) {
        (Keeper::Record(record), Some(_)) => {
            sql.push(", r.id, null::uuid, ");
            rest(&mut sql);
            sql.push(" from records r where r.id = ").bind(record);
        }
        (Keeper::Record(_), None) => return Ok(()),
        (Keeper::Run(run), _) => {
            sql.push(", null::uuid, x.id, ");
            rest(&mut sql);
            sql.push(" from agent_runs x where x.id = ").bind(run);
        }
    }
    sql.execute(tx.conn())?;
    Ok(())
}

/// Those older than `ai.request_days`; how many.
pub fn forget_requests(tx: &mut Tx, days: u32) -> Result<usize> {
    let mut sql = Sql::named("ai::forget_requests", "delete from ai_requests where at < ");
    sql.bind(tx.now - Duration::days(i64::from(days)));
    Ok(sql.execute(tx.conn())?)
}
