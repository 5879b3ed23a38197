//! Databases of tests: a template with the migrations and the named world, and copies of it. Names carry a hash of everything
//! the template is made of, so that a change makes a new one and a second run reuses the first's.

use super::outside::FAR_TOO_LATE;
use super::world;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolFault};
use diesel::sql_types::{Bool, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use tow::db::{Pool, migrate, stats};

/// The first half of the advisory lock that keeps two test processes out of each other's slots; the second is the slot.
const SLOT_LOCK: i32 = 0x746f_7701;
const TEMPLATE_LOCK: i32 = 0x746f_7702;
/// Older databases of other templates are left over from earlier code.
const LEFTOVER_AFTER: &str = "1 hour";

pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The server that tests run on: TEST_DATABASE_URL, or what `bin/testdb start` says.
static SERVER: LazyLock<String> = LazyLock::new(|| {
    #[expect(
        clippy::disallowed_methods,
        reason = "how the database reaches tests; the program itself reads no such variable"
    )]
    if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
        return url;
    }
    let started =
        Command::new("bin/testdb").arg("start").current_dir(checkout()).output().expect("bin/testdb did not run");
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    String::from_utf8(started.stdout).unwrap().trim().to_owned()
});

static PREFIX: LazyLock<String> = LazyLock::new(|| format!("tow_{}", fingerprint()));

/// Migrated once, filled once; the process that comes first does it.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let name = format!("{}_template", *PREFIX);
    let mut server = connect("postgres");
    run(&mut server, &format!("select pg_advisory_lock({TEMPLATE_LOCK}, 0)"));
    sweep(&mut server);
    if !exists(&mut server, &name) {
        let half = format!("{name}_half");
        run(&mut server, &format!("drop database if exists {half}"));
        run(&mut server, &format!("create database {half}"));
        let mut conn = connect(&half);
        migrate::run(&mut conn).expect("the migrations do not apply");
        world::load(&mut conn);
        drop(conn);
        run(&mut server, &format!("alter database {half} rename to {name}"));
    }
    run(&mut server, &format!("select pg_advisory_unlock({TEMPLATE_LOCK}, 0)"));
    name
});

/// Slots nobody in this process uses now.
static FREE: Mutex<Vec<Slot>> = Mutex::new(Vec::new());

/// A copy of the template in which nothing is ever committed, so that test after test, and run after run, can use it.
pub struct Slot {
    pub name: String,
    /// Holds the advisory lock of this slot.
    _claim: PgConnection,
}

impl Slot {
    pub fn take() -> Slot {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(Slot::claim)
    }

    fn claim() -> Slot {
        let mut claim = connect("postgres");
        let number =
            (0..).find(|slot| flag(&mut claim, &format!("pg_try_advisory_lock({SLOT_LOCK}, {slot})"))).unwrap();
        let name = format!("{}_slot{number}", *PREFIX);
        let template = &*TEMPLATE;
        if !exists(&mut claim, &name) {
            copy(template, &name);
        }
        Slot { name, _claim: claim }
    }

    pub fn give_back(self) {
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }
}

/// A database of one's own, gone when dropped.
pub struct Own {
    pub name: String,
}

impl Own {
    /// A copy of the template with the named world.
    pub fn of_world() -> Own {
        let own = Own { name: Own::free_name() };
        copy(&TEMPLATE, &own.name);
        own
    }

    /// Without even the migrations.
    pub fn bare() -> Own {
        let own = Own { name: Own::free_name() };
        run(&mut connect("postgres"), &format!("create database {}", own.name));
        own
    }

    fn free_name() -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        format!("tow_own_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        run(&mut connect("postgres"), &format!("drop database if exists {} with (force)", self.name));
    }
}

/// Time enough for a machine that does much else.
pub const STATEMENT_TIMEOUT_MS: u32 = 20_000;

/// A pool like the server's, on a test database.
pub fn pool(database: &str, size: u32, commits: bool, statement_timeout_ms: u32) -> Pool {
    diesel::r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        // Longer than any that a test sets, which is then what ends a wait.
        .connection_timeout(FAR_TOO_LATE / 4)
        .test_on_check_out(false)
        .connection_customizer(Box::new(Greeting { commits, statement_timeout_ms }))
        .build_unchecked(ConnectionManager::new(url_of(database)))
}

#[derive(Debug)]
struct Greeting {
    commits: bool,
    statement_timeout_ms: u32,
}

impl CustomizeConnection<PgConnection, PoolFault> for Greeting {
    fn on_acquire(&self, conn: &mut PgConnection) -> Result<(), PoolFault> {
        conn.set_instrumentation(stats::Meter::default());
        let settings = format!("set statement_timeout = {}; set timezone = 'UTC'", self.statement_timeout_ms);
        conn.batch_execute(&settings).map_err(PoolFault::QueryError)?;
        match self.commits {
            true => Ok(()),
            false => conn.begin_test_transaction().map_err(PoolFault::QueryError),
        }
    }
}

/// The address of one database on the test server.
pub fn url_of(database: &str) -> String {
    let mut url = url::Url::parse(&SERVER).expect("TEST_DATABASE_URL is no address");
    url.set_path(database);
    url.to_string()
}

pub fn connect(database: &str) -> PgConnection {
    PgConnection::establish(&url_of(database)).expect("the test database does not answer")
}

pub fn run(conn: &mut PgConnection, sql: &str) {
    conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[derive(QueryableByName)]
struct Flag {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

pub fn flag(conn: &mut PgConnection, expression: &str) -> bool {
    diesel::sql_query(format!("select {expression} as flag")).get_result::<Flag>(conn).unwrap().flag
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The rows of a query with one text column called `line`.
pub fn lines(conn: &mut PgConnection, sql: &str) -> Vec<String> {
    diesel::sql_query(sql).load::<Line>(conn).unwrap().into_iter().map(|row| row.line).collect()
}

fn exists(conn: &mut PgConnection, name: &str) -> bool {
    flag(conn, &format!("exists (select from pg_database where datname = '{name}')"))
}

/// Copying takes the template for itself, so copiers take turns.
fn copy(template: &str, name: &str) {
    let mut conn = connect("postgres");
    run(&mut conn, &format!("select pg_advisory_lock({TEMPLATE_LOCK}, 1)"));
    run(&mut conn, &format!("create database {name} template {template}"));
}

/// Own databases of processes that are no more, and copies of templates that nobody makes any longer.
fn sweep(server: &mut PgConnection) {
    let own = lines(server, "select datname::text as line from pg_database where datname like 'tow\\_own\\_%'");
    let is_gone = |name: &String| {
        let process = name.split('_').nth(2).unwrap_or_default().to_owned();
        !Path::new("/proc").join(process).exists()
    };
    let old = lines(
        server,
        &format!(
            "select datname::text as line from pg_database where datname ~ '^tow_[0-9a-f]{{12}}_' and datname !~ '^{}_'
             and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < clock_timestamp() - interval '{LEFTOVER_AFTER}'",
            *PREFIX
        ),
    );
    for name in own.into_iter().filter(is_gone).chain(old) {
        // Somebody may be in it: then it stays until the next run.
        let _ = server.batch_execute(&format!("drop database if exists {name}"));
    }
}

/// Twelve hexadecimal digits of everything that makes the template: migrations, schema, the world, and the verbs it is made with.
fn fingerprint() -> String {
    let mut files: Vec<PathBuf> = ["migrations", "schema", "tests/harness", "src"]
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(checkout().join(folder)))
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file() && makes_the_template(path))
        .collect();
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(file.to_string_lossy().as_bytes());
        hasher.update(std::fs::read(&file).unwrap());
    }
    hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn makes_the_template(path: &Path) -> bool {
    let path = path.strip_prefix(checkout()).unwrap().to_string_lossy();
    !path.starts_with("src/") || ["model", "src/audit/", "src/records/"].iter().any(|part| path.contains(part))
}
