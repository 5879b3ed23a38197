//! The embedded cluster against real PostgreSQL programs. As root the tests also run it as another
//! user; without root that part is what everybody gets anyway.

#[path = "migrate_tests.rs"]
mod migrate_tests;
#[path = "embedded/refusal_tests.rs"]
mod refusal_tests;
#[path = "embedded/revival_tests.rs"]
mod revival_tests;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tow::db::embedded::{Embedded, EmbeddedError, LOG_LIMIT_BYTES};

#[test]
fn a_new_folder_gets_a_private_cluster_with_checksums_and_no_tcp() {
    let folder = data_folder();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    let settings = [
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("jit", "off"),
        ("shared_buffers", "128MB"),
        ("max_connections", "60"),
        ("server_encoding", "UTF8"),
    ];
    for (name, value) in settings {
        assert_eq!(text(&mut conn, &format!("SELECT current_setting('{name}') AS value")), value, "{name}");
    }
    assert_eq!(text(&mut conn, "SELECT datcollate AS value FROM pg_database WHERE datname = 'tow'"), "C.UTF-8");
    assert_eq!(
        number(&mut conn, "SELECT count(*) AS value FROM pg_extension WHERE extname IN ('vector', 'pg_trgm')"),
        2
    );
    tow.stop();
}

#[test]
fn the_application_role_owns_its_database_but_is_no_superuser() {
    let folder = data_folder();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    assert_eq!(text(&mut conn, "SELECT current_setting('is_superuser') AS value"), "off");
    conn.batch_execute("CREATE TABLE of_ours (id int)").unwrap();
    assert!(conn.batch_execute("COPY of_ours FROM PROGRAM 'echo 1'").is_err());
    assert_eq!(text(&mut connect(tow.admin_url()), "SELECT current_setting('is_superuser') AS value"), "on");
}

#[test]
fn only_its_own_user_may_enter_the_cluster_and_the_socket_folder() {
    let folder = data_folder();
    let tow = start(&folder);
    for private in [folder.path().join("data/postgres"), socket_folder(&tow)] {
        let found = fs::metadata(&private).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o700, "{}", private.display());
        assert_ne!(found.uid(), 0, "{}", private.display());
    }
    let log = fs::metadata(folder.path().join("data/postgres.log")).unwrap();
    assert_eq!(log.permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_sockets_path_fits_however_deep_the_data_folder_is() {
    let folder = data_folder();
    let deep = folder.path().join("a-folder-with-a-long-name/".repeat(8));
    let tow = Embedded::start(&deep_and_passable(&deep)).unwrap();
    assert!(socket_folder(&tow).join(".s.PGSQL.5432").as_os_str().len() <= 107);
}

#[test]
fn a_second_start_on_the_same_folder_is_refused_with_the_number_of_the_first() {
    let folder = data_folder();
    let _first = start(&folder);
    let refused = Embedded::start(&folder.path().join("data")).err().unwrap().to_string();
    let expected = format!("Another tow serve is running on this folder (pid {})", std::process::id());
    assert!(refused.starts_with(&expected), "{refused}");
}

#[test]
fn stopping_ends_postgresql_though_connections_are_open_and_frees_the_folder() {
    let folder = data_folder();
    let tow = start(&folder);
    let (pid, _conn) = (tow.pid().unwrap(), connect(tow.url()));
    tow.stop();
    assert!(!is_alive(pid));
    assert!(!start(&folder).is_adopted());
}

#[test]
fn ctrl_c_in_the_terminal_does_not_reach_postgresql() {
    let folder = data_folder();
    let tow = start(&folder);
    let stat = fs::read_to_string(format!("/proc/{}/stat", tow.pid().unwrap())).unwrap();
    let group = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(2).unwrap().to_owned();
    assert_eq!(group, tow.pid().unwrap().to_string(), "it leads a process group of its own");
}

#[test]
fn postgresql_sees_nothing_of_our_environment() {
    let folder = data_folder();
    let tow = start(&folder);
    let environment = fs::read(format!("/proc/{}/environ", tow.pid().unwrap())).unwrap();
    let names: Vec<_> = environment.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()).collect();
    assert!(String::from_utf8_lossy(&environment).contains("LC_ALL=C.UTF-8"));
    assert!(!names.iter().any(|entry| entry.starts_with(b"CARGO")), "{}", String::from_utf8_lossy(&environment));
}

#[test]
fn a_socket_folder_of_somebody_else_is_refused() {
    if !geteuid().is_root() {
        return;
    }
    let folder = data_folder();
    let tow = start(&folder);
    let socket = socket_folder(&tow);
    tow.stop();
    assert!(!socket.exists());
    fs::create_dir(&socket).unwrap();
    std::os::unix::fs::chown(&socket, Some(NOBODY), None).unwrap();
    let refused = Embedded::start(&folder.path().join("data")).err().unwrap();
    assert!(matches!(refused, EmbeddedError::Foreign { owner: NOBODY, .. }), "{refused}");
    fs::remove_dir(&socket).unwrap();
}

#[test]
fn a_log_over_its_limit_is_set_aside_at_the_next_start() {
    let folder = data_folder();
    start(&folder).stop();
    let log = folder.path().join("data/postgres.log");
    fs::File::options().append(true).open(&log).unwrap().set_len(LOG_LIMIT_BYTES + 1).unwrap();
    start(&folder).stop();
    assert!(fs::metadata(&log).unwrap().len() < LOG_LIMIT_BYTES);
    assert!(fs::metadata(log.with_extension("log.1")).unwrap().len() > LOG_LIMIT_BYTES);
}

#[test]
fn the_log_shows_no_content_of_statements_and_rows() {
    let folder = data_folder();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    conn.batch_execute("CREATE TABLE note (words text UNIQUE); INSERT INTO note VALUES ('salary-list')").unwrap();
    assert!(conn.batch_execute("INSERT INTO note VALUES ('salary-list')").is_err());
    tow.stop();
    let log = fs::read_to_string(folder.path().join("data/postgres.log")).unwrap();
    assert!(log.contains("duplicate key"), "{log}");
    assert!(!log.contains("salary"), "{log}");
}

#[test]
fn an_unfinished_first_start_is_begun_anew() {
    let folder = data_folder();
    start(&folder).stop();
    let data = folder.path().join("data");
    fs::remove_dir_all(data.join("postgres")).unwrap();
    fs::create_dir(data.join("postgres.new")).unwrap();
    fs::write(data.join("postgres.new/half"), "").unwrap();
    start(&folder).stop();
    assert!(data.join("postgres/PG_VERSION").exists() && !data.join("postgres.new").exists());
}

#[test]
fn an_operators_own_settings_win_except_over_the_address() {
    let folder = data_folder();
    start(&folder).stop();
    let file = folder.path().join("data/postgres/postgresql.conf");
    let text_now = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text_now}work_mem = 20MB\nlisten_addresses = '*'\n")).unwrap();
    let tow = start(&folder);
    let mut conn = connect(tow.url());
    assert_eq!(text(&mut conn, "SELECT current_setting('work_mem') AS value"), "20MB");
    assert_eq!(text(&mut conn, "SELECT current_setting('listen_addresses') AS value"), "");
}

#[test]
fn a_normal_user_runs_it_as_itself() {
    let claim = "embedded_tests::a_normal_user_runs_it_as_itself";
    if geteuid().is_root() {
        // The same test once more, as somebody who is not root.
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args([claim, "--exact", "--nocapture"]).uid(NOBODY).gid(NOBODY).env("TMPDIR", "/tmp").current_dir("/");
        let output = again.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        return;
    }
    let folder = data_folder();
    let tow = start(&folder);
    let cluster = folder.path().join("data/postgres");
    assert_eq!(fs::metadata(cluster).unwrap().uid(), geteuid().as_raw());
    write_row(tow.url());
    kill(tow.pid().unwrap(), Signal::KILL);
    wait_until("it runs again", || PgConnection::establish(tow.url()).is_ok());
    assert_eq!(rows(tow.url()), 1);
    tow.stop();
}

const NOBODY: u32 = 65534;

/// A folder which also the server's own user can pass.
fn data_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn deep_and_passable(deep: &Path) -> PathBuf {
    fs::create_dir_all(deep).unwrap();
    deep.join("data")
}

fn start(folder: &tempfile::TempDir) -> Embedded {
    Embedded::start(&folder.path().join("data")).unwrap_or_else(|why| panic!("{why}"))
}

fn socket_folder(tow: &Embedded) -> PathBuf {
    let host = tow.url().split("host=").nth(1).unwrap().split('&').next().unwrap();
    PathBuf::from(host)
}

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap()
}

fn write_row(url: &str) {
    connect(url).batch_execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)").unwrap();
}

fn rows(url: &str) -> i64 {
    number(&mut connect(url), "SELECT count(*) AS value FROM kept")
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    value: String,
}

fn number(conn: &mut PgConnection, question: &str) -> i64 {
    diesel::sql_query(question).get_result::<Number>(conn).unwrap().value
}

fn text(conn: &mut PgConnection, question: &str) -> String {
    diesel::sql_query(question).get_result::<Line>(conn).unwrap().value
}

fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// A zombie has no working folder, so it counts as dead.
fn is_alive(pid: u32) -> bool {
    fs::metadata(format!("/proc/{pid}/cwd")).is_ok()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited a minute until {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
