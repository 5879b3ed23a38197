//! PostgreSQL: the pool, the one transaction of a request, SQL with binds, keyset paging, and what each request cost.

/// Answers of the API, kept for who sends the same again.
pub mod answers;
/// A private PostgreSQL cluster inside the data folder.
pub mod embedded;
/// Migrations inside the binary, and the replaceable schema rebuilt after them.
pub mod migrate;
/// How a table's rows leave in an export and come back.
pub mod portable;
/// Forms interrupted by the question who one is.
pub mod kept;
/// A form sent twice is done once.
pub mod once;
/// Keyset paging: cursors that carry sort values and id.
pub mod paging;
/// Writes src/schema.rs.
pub mod schema_file;
/// Columns sealed by the vault, and the change of their key.
pub mod sealed;
/// How old the secrets are.
pub mod sightings;
/// SQL text with its binds, prepared once per shape.
pub mod sql;
/// Number of queries and time spent in them, per request.
pub mod stats;
/// Typed ids and text enums.
pub mod typed;

use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolFault, PooledConnection};
use diesel::{Connection, PgConnection};
use std::time::Duration;
use uuid::Uuid;

pub type Manager = ConnectionManager<PgConnection>;
pub type Pool = diesel::r2d2::Pool<Manager>;
pub type Pooled = PooledConnection<Manager>;

/// What a fresh connection is told before anyone uses it.
#[derive(Debug)]
struct Greeting {
    statement_timeout_ms: u64,
}

impl CustomizeConnection<PgConnection, PoolFault> for Greeting {
    fn on_acquire(&self, conn: &mut PgConnection) -> Result<(), PoolFault> {
        conn.set_instrumentation(stats::Meter::default());
        // Many ask at once: a helper for one of them comes late and is missed by the others. To compile a statement takes
        // ten times as long as to answer it (the walk of search by meaning 130 ms instead of 10). And a look through a large table that begins
        // where another one stopped finds other rows each time, which nobody read before.
        conn.batch_execute(&format!(
            "set max_parallel_workers_per_gather = 0; set jit = off; set synchronize_seqscans = off; set statement_timeout = {}; set idle_in_transaction_session_timeout = 60000; set timezone = 'UTC'; set application_name = 'tow'",
            self.statement_timeout_ms
        ))
        .map_err(PoolFault::QueryError)
    }
}

/// Opens lazily: a database that is away at start-up is an `Away` at the first request, not a crash.
pub fn pool(url: &str, size: u32, wait: Duration, statement_timeout_ms: u64) -> Pool {
    diesel::r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(wait)
        .test_on_check_out(false)
        .connection_customizer(Box::new(Greeting { statement_timeout_ms }))
        .build_unchecked(Manager::new(url))
}

/// One transaction, with the time it happens at and the receipts it owes.
pub struct Tx<'c> {
    conn: &'c mut PgConnection,
    /// The same instant for everything this transaction writes.
    pub now: DateTime<Utc>,
    pub request_id: Uuid,
    pub receipts: Receipts,
}

impl<'c> Tx<'c> {
    pub fn new(conn: &'c mut PgConnection, now: DateTime<Utc>, request_id: Uuid) -> Self {
        Tx { conn, now, request_id, receipts: Receipts::default() }
    }

    /// For diesel calls.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.conn
    }

    /// A new id that sorts by time of making (UUID v7 of `now`).
    pub fn new_id(&self) -> Uuid {
        new_id(self.now)
    }
}

/// UUID v7 (RFC 9562) with the given time.
pub fn new_id(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos()))
}

/// Counts permissions given out and settled by a written act; a write that owes one does not commit.
#[derive(Debug, Default)]
pub struct Receipts {
    issued: usize,
    settled: usize,
}

impl Receipts {
    pub fn issue(&mut self) {
        self.issued += 1;
    }

    pub fn settle(&mut self) {
        self.settled += 1;
    }

    /// Broken when nobody asked for permission, or an answer was not recorded.
    pub fn check(&self) -> Result<()> {
        match (self.issued, self.settled) {
            (0, _) => Err(Error::broken("a write asked nobody for permission")),
            (issued, settled) if issued == settled => Ok(()),
            (issued, settled) => Err(Error::broken(format!("{issued} permits issued, {settled} settled"))),
        }
    }
}

/// Runs in a transaction that can only read.
pub fn read<T>(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    id: Uuid,
    f: impl FnOnce(&mut Tx) -> Result<T>,
) -> Result<T> {
    let body = |conn: &mut PgConnection| f(&mut Tx::new(conn, now, id));
    let open = AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth()?;
    match open {
        // One way to the database less than telling it afterwards.
        None => conn.build_transaction().read_only().run(body),
        // Within a transaction that tests never commit.
        Some(_) => conn.transaction(|conn| {
            conn.batch_execute("set transaction read only")?;
            body(conn)
        }),
    }
}

/// Commits on `Ok` when every permit is settled; else rolls back.
pub fn write<T>(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    id: Uuid,
    f: impl FnOnce(&mut Tx) -> Result<T>,
) -> Result<T> {
    conn.transaction(|conn| {
        let mut tx = Tx::new(conn, now, id);
        let done = f(&mut tx)?;
        tx.receipts.check()?;
        Ok(done)
    })
}

/// Housekeeping that nobody needs permission for; each use is on this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    LastSeen,
    SessionToken,
    Throttle,
    SetupToken,
    Seal,
    Refusal,
    Expiry,
    Lease,
    /// That an instance is there.
    Presence,
    /// That something ordered could not be made.
    Snapshot,
    Preference,
    ReadMark,
    Draft,
    SavedView,
    Export,
    SearchIndex,
    Vectors,
    Stream,
    Review,
    SignOn,
    KeptForm,
    TokenUse,
    MailedLink,
    /// What the directory could not do, kept after the roll-back.
    Directory,
    Challenge,
    SecretAge,
    /// The ledger of what leaves for a model provider: it must be written also when the act it serves fails.
    Egress,
    /// Answers of a chat while they come, and what of a chat is a preference: nobody else ever reads it.
    Chat,
    /// Runs of agents while they go on, and those that the clock begins.
    Agent,
}

/// Commits housekeeping without asking for receipts.
pub fn touch<T>(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    id: Uuid,
    _chore: Chore,
    f: impl FnOnce(&mut Tx) -> Result<T>,
) -> Result<T> {
    conn.transaction(|conn| f(&mut Tx::new(conn, now, id)))
}
