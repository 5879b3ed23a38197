//! The hash chain over audit events, made by a sealer so that writers never queue for one lock. Each sealed event's hash covers
//! the one before it: edits, insertions and removals show. A cut-off end shows only beside a head kept elsewhere (log, backups).

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Bytea, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Events sealed in one go.
const SEAL_BATCH: i32 = 1000;
/// The advisory lock of the one sealer at a time.
const SEAL_LOCK: i64 = 0x746f_775f_7365_616c;

#[derive(QueryableByName)]
struct Event {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<BigInt>)]
    sequence: Option<i64>,
    #[diesel(sql_type = Nullable<Bytea>)]
    previous_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    hash: Option<Vec<u8>>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    organisation_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    actor_kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    actor_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    session_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Text)]
    target_kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    target_id: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    before: Value,
    #[diesel(sql_type = Jsonb)]
    after: Value,
    #[diesel(sql_type = SqlUuid)]
    request_id: Uuid,
    #[diesel(sql_type = Text)]
    outcome: String,
}

const COLUMNS: &str =
    "id, sequence, previous_hash, hash, at, organisation_id, actor_kind, actor_id, session_id, action,
    target_kind, target_id, before, after, request_id, outcome";

impl Event {
    /// SHA-256 over the previous hash, the number, and every column as one JSON array (unambiguous, and keys sorted).
    fn hash(&self, sequence: i64, previous: &[u8]) -> Vec<u8> {
        let body = serde_json::json!([
            sequence,
            self.id,
            self.at.timestamp_micros(),
            self.organisation_id,
            self.actor_kind,
            self.actor_id,
            self.session_id,
            self.action,
            self.target_kind,
            self.target_id,
            self.before,
            self.after,
            self.request_id,
            self.outcome
        ]);
        let mut hasher = Sha256::new();
        hasher.update(previous);
        hasher.update(body.to_string().as_bytes());
        hasher.finalize().to_vec()
    }
}

#[derive(QueryableByName)]
struct Flag {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

/// The end of the chain: its length and last hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub sequence: i64,
    pub hash: Vec<u8>,
}

/// Numbers and links what has been committed since. None when another sealer is at work.
pub fn seal(tx: &mut Tx) -> Result<Option<Head>> {
    let mut lock = Sql::named("audit::seal_lock", "select pg_try_advisory_xact_lock(");
    lock.bind(SEAL_LOCK).push(") as flag");
    if !lock.load::<Flag>(tx.conn())?.first().is_some_and(|row| row.flag) {
        return Ok(None);
    }
    let mut head = head(tx)?;
    let mut sql = Sql::named(
        "audit::unsealed",
        &format!("select {COLUMNS} from audit_events where sequence is null order by at, id limit "),
    );
    sql.bind(SEAL_BATCH);
    for event in sql.load::<Event>(tx.conn())? {
        let sequence = head.sequence + 1;
        let hash = event.hash(sequence, &head.hash);
        let mut update = Sql::named("audit::seal", "update audit_events set sequence = ");
        update.bind(sequence).push(", previous_hash = ").bind(head.hash).push(", hash = ").bind(hash.clone());
        update.push(" where id = ").bind(event.id);
        update.execute(tx.conn())?;
        head = Head { sequence, hash };
    }
    Ok(Some(head))
}

/// The newest sealed event; of an empty chain: 0 and 32 zero bytes.
pub fn head(tx: &mut Tx) -> Result<Head> {
    let sql = Sql::named(
        "audit::head",
        &format!("select {COLUMNS} from audit_events where sequence is not null order by sequence desc limit 1"),
    );
    let last = sql.load::<Event>(tx.conn())?.into_iter().next();
    Ok(match last {
        Some(Event { sequence: Some(sequence), hash: Some(hash), .. }) => Head { sequence, hash },
        _ => Head { sequence: 0, hash: vec![0; 32] },
    })
}

/// Walks the chain; the number of the first event that does not fit, if any. Reads a page at a time.
pub fn verify(tx: &mut Tx) -> Result<std::result::Result<Head, i64>> {
    let mut so_far = Head { sequence: 0, hash: vec![0; 32] };
    loop {
        let mut sql = Sql::named("audit::verify", &format!("select {COLUMNS} from audit_events where sequence > "));
        sql.bind(so_far.sequence).push(" order by sequence limit ").bind(SEAL_BATCH);
        let events: Vec<Event> = sql.load(tx.conn())?;
        if events.is_empty() {
            return Ok(Ok(so_far));
        }
        for event in events {
            let sequence = so_far.sequence + 1;
            let fits = event.sequence == Some(sequence)
                && event.previous_hash.as_deref() == Some(&so_far.hash)
                && event.hash == Some(event.hash(sequence, &so_far.hash));
            if !fits {
                return Ok(Err(sequence));
            }
            let hash = event.hash.ok_or_else(|| Error::broken("a sealed event without a hash"))?;
            so_far = Head { sequence, hash };
        }
    }
}
