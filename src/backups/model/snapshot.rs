//! One instant of the database, held open while the dump and the list of uploads are taken from it.

use crate::audit::{self, Head};
use crate::backups::fault::{Fault, Result};
use crate::db::sql::Sql;
use crate::db::{self, Tx};
use crate::files::CONTENT_LOCK;
use crate::secret::Secret;
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::sql_types::{Bool, Int4, Text};
use diesel::{Connection, PgConnection, QueryableByName};
use std::time::{Duration, Instant};

/// How long to wait for a clean-up of files, or for another backup of the same database.
const LOCK_LIMIT: Duration = Duration::from_secs(600);
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Rows of the list read at a time.
const PAGE_ROWS: i32 = 1000;

/// Until it is dropped no content of files is deleted, and other programs can look at the same instant.
pub struct Snapshot {
    conn: PgConnection,
    /// As `set transaction snapshot` and `pg_dump --snapshot` take it.
    pub id: String,
    pub at: DateTime<Utc>,
    /// Where the audit chain ended.
    pub head: Head,
    /// The newest migration.
    pub schema: String,
    /// Major version of the server.
    pub postgresql: u32,
}

/// One content that the database names.
#[derive(Debug, Clone, QueryableByName)]
pub struct Blob {
    #[diesel(sql_type = Text)]
    pub hash: String,
}

#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    schema: String,
    #[diesel(sql_type = Int4)]
    postgresql: i32,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

impl Snapshot {
    /// Waits for a clean-up of files that is at work; `at` is only what the set will be called after.
    pub fn take(url: &Secret, at: DateTime<Utc>) -> Result<Snapshot> {
        let mut conn = PgConnection::establish(url.reveal())
            .map_err(|why| Fault::said(format!("The database does not answer: {why}.")))?;
        let greeting = "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set timezone = 'UTC'; set application_name = 'tow-backup'";
        run(&mut conn, greeting)?;
        // Before the instant: what was deleted until then is no longer in the list.
        lock(&mut conn)?;
        run(&mut conn, "begin isolation level repeatable read read only")?;
        let sql = Sql::named(
            "backups::snapshot",
            "select pg_export_snapshot() as id, (select max(version) from __diesel_schema_migrations)::text as schema,
               current_setting('server_version_num')::int / 10000 as postgresql",
        );
        let seen: Seen = sql
            .load(&mut conn)
            .map_err(crate::error::Error::from)?
            .into_iter()
            .next()
            .ok_or_else(|| Fault::said("The database gave no snapshot."))?;
        let head = audit::head(&mut Tx::new(&mut conn, at, db::new_id(at)))?;
        let postgresql = u32::try_from(seen.postgresql).unwrap_or_default();
        Ok(Snapshot { conn, id: seen.id, at, head, schema: seen.schema, postgresql })
    }

    /// The next contents after this hash, in their order; empty at the end.
    pub fn blobs(&mut self, after: &str) -> Result<Vec<Blob>> {
        let mut sql = Sql::named("backups::blobs", "select hash from blobs where hash > ");
        sql.bind(after).push(" order by hash limit ").bind(PAGE_ROWS);
        Ok(sql.load(&mut self.conn).map_err(crate::error::Error::from)?)
    }
}

/// Held by the connection, so it goes with it, however that ends.
fn lock(conn: &mut PgConnection) -> Result<()> {
    let began = Instant::now();
    loop {
        let mut sql = Sql::named("backups::lock", "select pg_try_advisory_lock(");
        sql.bind(CONTENT_LOCK).push(") as taken");
        let taken: Vec<Taken> = sql.load(conn).map_err(crate::error::Error::from)?;
        if taken.first().is_some_and(|row| row.taken) {
            return Ok(());
        }
        if began.elapsed() > LOCK_LIMIT {
            return Err(Fault::said(
                "Another backup of this database, or a clean-up of its files, has been at work for ten minutes. Try again later.",
            ));
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn run(conn: &mut PgConnection, statement: &str) -> Result<()> {
    Ok(conn.batch_execute(statement).map_err(crate::error::Error::from)?)
}
