//! The hash chain over audit events, made by a sealer so that writers never queue for one lock. Each sealed event's hash covers
//! the one before it: edits, insertions and removals show. A cut-off end shows only beside a head kept elsewhere (log, backups).

use crate::audit::{cut_told, last_cut};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Bytea, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// SHA-256.
const HASH_BYTES: usize = 32;
/// How many renumbered removals are recognised as such; more are told as an alteration.
const RENUMBERED: i64 = 100;
/// Events sealed in one go, which is one transaction.
pub const SEAL_BATCH: i32 = 1000;
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
    #[diesel(sql_type = Nullable<SqlUuid>)]
    token_id: Option<Uuid>,
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
    "id, sequence, previous_hash, hash, at, organisation_id, actor_kind, actor_id, session_id, token_id, action,
    target_kind, target_id, before, after, request_id, outcome";

impl Event {
    /// SHA-256 over the previous hash, the number, and every column as one JSON array (unambiguous, and keys sorted).
    fn hash(&self, sequence: i64, previous: &[u8]) -> Vec<u8> {
        let mut body = serde_json::json!([
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
        // Events of before there were tokens keep the hash they had.
        if let (Some(token), Some(columns)) = (self.token_id, body.as_array_mut()) {
            columns.push(serde_json::json!(token));
        }
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

impl Head {
    /// As `tow audit verify --head` takes it.
    pub fn hex(&self) -> String {
        hex(&self.hash)
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What one go of the sealer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub head: Head,
    /// Events added to the chain; with 0 the head is not new.
    pub added: usize,
}

impl Sealed {
    /// A whole go's worth was there: there may be more.
    pub fn has_more(&self) -> bool {
        i32::try_from(self.added).is_ok_and(|added| added >= SEAL_BATCH)
    }
}

/// Numbers and links what has been committed since, at most `SEAL_BATCH` events. None when another sealer is at work.
pub fn seal(tx: &mut Tx) -> Result<Option<Sealed>> {
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
    let events = sql.load::<Event>(tx.conn())?;
    let added = events.len();
    for event in events {
        let sequence = head.sequence + 1;
        let hash = event.hash(sequence, &head.hash);
        let mut update = Sql::named("audit::seal", "update audit_events set sequence = ");
        update.bind(sequence).push(", previous_hash = ").bind(head.hash).push(", hash = ").bind(hash.clone());
        update.push(" where id = ").bind(event.id);
        update.execute(tx.conn())?;
        head = Head { sequence, hash };
    }
    Ok(Some(Sealed { head, added }))
}

/// The newest sealed event; after a cut without one, the cut; of an empty chain 0 and 32 zero bytes.
pub fn head(tx: &mut Tx) -> Result<Head> {
    let sql = Sql::named(
        "audit::head",
        &format!("select {COLUMNS} from audit_events where sequence is not null order by sequence desc limit 1"),
    );
    let last = sql.load::<Event>(tx.conn())?.into_iter().next();
    Ok(match last {
        Some(Event { sequence: Some(sequence), hash: Some(hash), .. }) => Head { sequence, hash },
        _ => start(tx)?,
    })
}

/// Where the chain begins: after the last cut, or at nothing.
fn start(tx: &mut Tx) -> Result<Head> {
    Ok(last_cut(tx)?.unwrap_or(Head { sequence: 0, hash: vec![0; HASH_BYTES] }))
}

/// What does not fit, by the number of the first event concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// What the event says is not what was sealed.
    Altered { sequence: i64, id: Uuid },
    /// Events were taken out: these numbers.
    Missing { from: i64, to: i64 },
    /// It was never sealed here.
    Inserted { sequence: i64, id: Uuid },
    /// The beginning is gone, and no event says that it was cut.
    Cut { sequence: i64 },
}

impl Fault {
    pub fn sequence(&self) -> i64 {
        match self {
            Fault::Altered { sequence, .. } | Fault::Inserted { sequence, .. } | Fault::Cut { sequence } => *sequence,
            Fault::Missing { from, .. } => *from,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Altered { sequence, id } => write!(f, "event {sequence} ({id}) was altered"),
            Fault::Missing { from, to } if from == to => write!(f, "event {from} is missing"),
            Fault::Missing { from, to } => write!(f, "events {from} to {to} are missing"),
            Fault::Inserted { sequence, id } => write!(f, "event {sequence} ({id}) was inserted"),
            Fault::Cut { sequence } => {
                write!(f, "the events up to {sequence} are gone, and no event says that they were cut")
            }
        }
    }
}

/// Walks the chain: its head, or the first fault. Reads a page at a time.
pub fn verify(tx: &mut Tx) -> Result<std::result::Result<Head, Fault>> {
    let mut so_far = start(tx)?;
    if let Some(fault) = before_the_start(tx, &so_far)? {
        return Ok(Err(fault));
    }
    let mut last: Option<Uuid> = None;
    loop {
        let events = page(tx, so_far.sequence)?;
        if events.is_empty() {
            return Ok(Ok(so_far));
        }
        for (at, event) in events.iter().enumerate() {
            let sequence = so_far.sequence + 1;
            if !event.fits(sequence, &so_far.hash) {
                return Ok(Err(event.fault(&so_far, last, events.get(at + 1))));
            }
            let hash = event.hash.clone().ok_or_else(|| Error::broken("a sealed event without a hash"))?;
            so_far = Head { sequence, hash };
            last = Some(event.id);
        }
    }
}

fn page(tx: &mut Tx, after: i64) -> Result<Vec<Event>> {
    let mut sql = Sql::named("audit::verify", &format!("select {COLUMNS} from audit_events where sequence > "));
    sql.bind(after).push(" order by sequence limit ").number(SEAL_BATCH);
    Ok(sql.load(tx.conn())?)
}

/// An event older than the cut that is still (or again) there, or than the first of all; or a cut that no event tells of.
fn before_the_start(tx: &mut Tx, start: &Head) -> Result<Option<Fault>> {
    let mut sql = Sql::named("audit::verify_old", &format!("select {COLUMNS} from audit_events where sequence <= "));
    sql.bind(start.sequence).push(" order by sequence limit 1");
    if let Some(event) = sql.load::<Event>(tx.conn())?.into_iter().next() {
        return Ok(Some(Fault::Inserted { sequence: event.sequence.unwrap_or_default(), id: event.id }));
    }
    if start.sequence == 0 {
        return Ok(None);
    }
    let is_told = cut_told(tx, &start.hash)?;
    Ok((!is_told).then_some(Fault::Cut { sequence: start.sequence }))
}

/// Whether an event with this hash stands in the chain, or an event of the chain says that the trail was cut there: what was once a
/// head must. The table of cuts alone proves nothing, for nothing covers it.
pub fn has_head(tx: &mut Tx, hash: &[u8]) -> Result<bool> {
    let mut sql = Sql::named("audit::has_head", "select true as flag from audit_events where sequence > 0 and hash = ");
    sql.bind(hash.to_vec()).push(" limit 1");
    Ok(!sql.load::<Flag>(tx.conn())?.is_empty() || cut_told(tx, hash)?)
}

impl Event {
    fn fits(&self, sequence: i64, previous: &[u8]) -> bool {
        self.sequence == Some(sequence)
            && self.previous_hash.as_deref() == Some(previous)
            && self.hash == Some(self.hash(sequence, previous))
    }

    /// Whether it is what was sealed once, as this number.
    fn was_sealed_as(&self, sequence: i64) -> bool {
        self.previous_hash.as_ref().is_some_and(|previous| self.hash == Some(self.hash(sequence, previous)))
    }

    /// Why it does not fit after `so_far`, whose event is `last`; `next` is what follows in the table.
    fn fault(&self, so_far: &Head, last: Option<Uuid>, next: Option<&Event>) -> Fault {
        let sequence = so_far.sequence + 1;
        let number = self.sequence.unwrap_or(sequence);
        if number > sequence {
            return Fault::Missing { from: sequence, to: number - 1 };
        }
        // Genuine, but once it had a higher number: those before it are gone and the rest was renumbered.
        if let Some(was) = (sequence + 1..=sequence + RENUMBERED).find(|number| self.was_sealed_as(*number)) {
            return Fault::Missing { from: sequence, to: was - 1 };
        }
        match (last, next) {
            // The one after it follows the one before it: this one came in between.
            (_, Some(next)) if next.previous_hash.as_ref() == Some(&so_far.hash) && next.was_sealed_as(sequence) => {
                Fault::Inserted { sequence, id: self.id }
            }
            // This one is genuine, so the one before it is not what it followed: altered, and its hash made anew.
            (Some(id), _) if self.was_sealed_as(sequence) => Fault::Altered { sequence: so_far.sequence, id },
            _ => Fault::Altered { sequence, id: self.id },
        }
    }
}
