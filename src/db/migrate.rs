//! Bringing the database to the form this program expects: the migrations (only ever up), then the replaceable SQL of
//! `schema/` (functions, triggers, views) in one transaction. Each file there can be run again at any time: `CREATE OR
//! REPLACE`, or `DROP … IF EXISTS` before a change of columns or types. They run in the order of their names.

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// What is compiled into this program.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

#[derive(rust_embed::RustEmbed)]
#[folder = "schema"]
#[include = "*.sql"]
struct Schema;

/// Any number that no other advisory lock uses: the letters "tow-migr".
const LOCK: i64 = 0x746f_772d_6d69_6772;
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What a run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Names of the migrations applied now.
    pub applied: Vec<String>,
    /// Names of the `schema/` files run now; empty when nothing had changed.
    pub rebuilt: Vec<String>,
}

#[derive(Debug)]
pub enum MigrateError {
    /// The database knows a migration that this program does not.
    DatabaseNewer {
        database: String,
        program: String,
    },
    /// A migration or a schema file failed; nothing of it was kept.
    Failed {
        name: String,
        said: String,
    },
    Database(String),
}

/// One file of replaceable SQL.
#[derive(Debug, Clone)]
pub struct SchemaFile {
    pub name: String,
    pub sql: String,
}

/// Waits for other instances that migrate at the same time. Give it a connection of its own.
pub fn run(conn: &mut PgConnection) -> Result<Report, MigrateError> {
    run_these(conn, &MIGRATIONS, &schema_files())
}

/// As `run`, with other migrations; for tests of the mechanism.
pub fn run_these(
    conn: &mut PgConnection,
    source: &impl MigrationSource<Pg>,
    files: &[SchemaFile],
) -> Result<Report, MigrateError> {
    // A migration may take longer than a page may.
    execute(conn, "SET statement_timeout = 0")?;
    wait_for_lock(conn)?;
    let done = run_locked(conn, source, files);
    let freed = execute(conn, &format!("SELECT pg_advisory_unlock({LOCK})"));
    let reset = execute(conn, "RESET statement_timeout");
    let report = done?;
    freed.and(reset).map(|()| report)
}

/// Asks again and again instead of waiting inside one statement: such a wait holds a snapshot, for which the other
/// instance's CREATE INDEX CONCURRENTLY would wait in turn.
fn wait_for_lock(conn: &mut PgConnection) -> Result<(), MigrateError> {
    let mut is_told = false;
    loop {
        let asked = format!("SELECT pg_try_advisory_lock({LOCK}) AS taken");
        if diesel::sql_query(asked).get_result::<Lock>(conn)?.taken {
            return Ok(());
        }
        if !is_told {
            tracing::info!("another instance migrates this database; waiting for it");
            is_told = true;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

#[derive(QueryableByName)]
struct Lock {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Versions this program has and the database has not, without applying any; a newer database is an error.
pub fn pending(conn: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    let found = find_pending(conn, &MIGRATIONS)?;
    Ok(found.iter().map(|migration| migration.name().to_string()).collect())
}

fn run_locked(
    conn: &mut PgConnection,
    source: &impl MigrationSource<Pg>,
    files: &[SchemaFile],
) -> Result<Report, MigrateError> {
    let mut report = Report::default();
    for migration in find_pending(conn, source)? {
        let name = migration.name().to_string();
        conn.run_migration(&migration).map_err(|why| failed(&name, &why))?;
        tracing::info!(migration = name, "applied");
        report.applied.push(name);
    }
    let digest = digest(files);
    if !report.applied.is_empty() || stored_digest(conn)? != Some(digest.clone()) {
        rebuild(conn, files, &digest)?;
        report.rebuilt = files.iter().map(|file| file.name.clone()).collect();
    }
    Ok(report)
}

fn find_pending(
    conn: &mut PgConnection,
    source: &impl MigrationSource<Pg>,
) -> Result<Vec<Box<dyn Migration<Pg>>>, MigrateError> {
    let mut known = source.migrations().map_err(MigrateError::database)?;
    known.sort_by_key(|migration| migration.name().version().as_owned().to_string());
    let versions: BTreeSet<_> = known.iter().map(|one| one.name().version().to_string()).collect();
    let applied = conn.applied_migrations().map_err(MigrateError::database)?;
    let applied: BTreeSet<_> = applied.iter().map(ToString::to_string).collect();
    if let Some(newer) = applied.difference(&versions).last() {
        let program = versions.last().cloned().unwrap_or_else(|| "none".to_owned());
        return Err(MigrateError::DatabaseNewer { database: newer.clone(), program });
    }
    known.retain(|migration| !applied.contains(&migration.name().version().to_string()));
    Ok(known)
}

fn rebuild(conn: &mut PgConnection, files: &[SchemaFile], digest: &str) -> Result<(), MigrateError> {
    conn.transaction(|tx| {
        for file in files {
            diesel::connection::SimpleConnection::batch_execute(tx, &file.sql)
                .map_err(|why| failed(&file.name, &why))?;
        }
        execute(tx, &format!("COMMENT ON TABLE __diesel_schema_migrations IS 'schema {digest}'"))
    })
}

/// The comment is a place that exists in every database and belongs to us; a table for one value would not be better.
fn stored_digest(conn: &mut PgConnection) -> Result<Option<String>, MigrateError> {
    let asked = "SELECT obj_description('__diesel_schema_migrations'::regclass, 'pg_class') AS comment";
    let row: Comment = diesel::sql_query(asked).get_result(conn)?;
    Ok(row.comment.and_then(|comment| comment.strip_prefix("schema ").map(str::to_owned)))
}

#[derive(QueryableByName)]
struct Comment {
    #[diesel(sql_type = Nullable<Text>)]
    comment: Option<String>,
}

fn schema_files() -> Vec<SchemaFile> {
    let mut names: Vec<_> = Schema::iter().collect();
    names.sort();
    let read = |name: std::borrow::Cow<'static, str>| {
        let sql = String::from_utf8_lossy(&Schema::get(&name)?.data).into_owned();
        Some(SchemaFile { name: name.into_owned(), sql })
    };
    names.into_iter().filter_map(read).collect()
}

fn digest(files: &[SchemaFile]) -> String {
    let mut digest = Sha256::new();
    for file in files {
        digest.update(file.name.as_bytes());
        digest.update([0]);
        digest.update(file.sql.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn execute(conn: &mut PgConnection, statement: &str) -> Result<(), MigrateError> {
    diesel::sql_query(statement).execute(conn)?;
    Ok(())
}

fn failed(name: &str, why: &dyn fmt::Display) -> MigrateError {
    MigrateError::Failed { name: name.to_owned(), said: why.to_string() }
}

impl MigrateError {
    fn database(why: impl fmt::Display) -> Self {
        MigrateError::Database(why.to_string())
    }
}

impl From<diesel::result::Error> for MigrateError {
    fn from(why: diesel::result::Error) -> Self {
        MigrateError::database(why)
    }
}

impl std::error::Error for MigrateError {}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MigrateError::DatabaseNewer { database, program } => write!(
                f,
                "The database is newer than this program: it has migration {database}, and the newest one this program \
                 knows is {program}. Nothing was changed. Start the newer version of the program, or restore a backup \
                 made by this one into an empty database."
            ),
            MigrateError::Failed { name, said } => write!(
                f,
                "The migration `{name}` failed, and nothing of it was kept: {said}. The ones before it are applied; \
                 the server does not start until this one can be."
            ),
            MigrateError::Database(said) => write!(f, "The database could not be brought up to date: {said}"),
        }
    }
}
