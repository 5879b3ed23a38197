//! PostgreSQL or the server is killed, told to stop, moved or cut off: what was acknowledged is there afterwards.

use super::{connect, data_folder, is_alive, kill, rows, socket_folder, start, wait_until, write_row};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rustix::process::{Signal, geteuid};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tow::db::embedded::Embedded;

#[test]
fn what_was_acknowledged_is_there_after_a_stop_and_a_start() {
    let folder = data_folder();
    let tow = start(&folder);
    write_row(tow.url());
    tow.stop();
    assert_eq!(rows(start(&folder).url()), 1);
}

#[test]
fn a_killed_postgresql_is_started_again_and_keeps_what_was_acknowledged() {
    let folder = data_folder();
    let tow = start(&folder);
    write_row(tow.url());
    let killed = tow.pid().unwrap();
    kill(killed, Signal::KILL);
    wait_until("it runs again", || {
        tow.pid().is_some_and(|pid| pid != killed) && PgConnection::establish(tow.url()).is_ok()
    });
    assert_eq!(rows(tow.url()), 1);
}

#[test]
fn it_comes_back_after_being_killed_twice_with_a_query_running() {
    let folder = data_folder();
    let tow = start(&folder);
    for _ in 0..2 {
        let killed = tow.pid().unwrap();
        let mut busy = connect(tow.url());
        let query = std::thread::spawn(move || busy.batch_execute("SELECT pg_sleep(60)").is_err());
        kill(killed, Signal::KILL);
        wait_until("it runs again", || {
            tow.pid().is_some_and(|pid| pid != killed) && PgConnection::establish(tow.url()).is_ok()
        });
        assert!(query.join().unwrap());
    }
}

#[test]
fn a_postgresql_that_outlived_its_parent_is_adopted_and_watched() {
    let folder = data_folder();
    let first = start(&folder);
    write_row(first.url());
    let pid = first.pid().unwrap();
    first.leave_running();
    let second = start(&folder);
    assert!(second.is_adopted());
    assert_eq!(second.pid(), Some(pid));
    assert_eq!(rows(second.url()), 1);
    kill(pid, Signal::KILL);
    wait_until("it runs again", || {
        second.pid().is_some_and(|now| now != pid) && PgConnection::establish(second.url()).is_ok()
    });
    assert_eq!(rows(second.url()), 1);
}

#[test]
fn a_server_that_is_killed_leaves_a_postgresql_which_the_next_one_adopts() {
    let folder = data_folder();
    let mut server = Command::new(std::env::current_exe().unwrap());
    server
        .args(["embedded_tests::revival_tests::holds_a_cluster_until_killed", "--exact", "--ignored"])
        .current_dir(folder.path());
    let mut server = server.stdout(Stdio::null()).spawn().unwrap();
    wait_until("the other process is ready", || folder.path().join("ready").exists());
    let refused = Embedded::start(&folder.path().join("data")).err().unwrap().to_string();
    assert!(refused.contains(&format!("(pid {})", server.id())), "{refused}");
    server.kill().unwrap();
    server.wait().unwrap();
    let tow = start(&folder);
    assert!(tow.is_adopted());
    assert_eq!(rows(tow.url()), 1);
}

#[test]
#[ignore = "the other process of the test above"]
fn holds_a_cluster_until_killed() {
    let tow = Embedded::start(Path::new("data")).unwrap();
    write_row(tow.url());
    fs::write("ready", "").unwrap();
    std::thread::sleep(Duration::from_secs(60));
    tow.stop();
}

#[test]
fn one_that_somebody_told_to_stop_is_restarted_though_connections_are_open() {
    let folder = data_folder();
    let tow = start(&folder);
    let (told, _conn) = (tow.pid().unwrap(), connect(tow.url()));
    kill(told, Signal::TERM);
    wait_until("it runs again", || {
        tow.pid().is_some_and(|pid| pid != told) && PgConnection::establish(tow.url()).is_ok()
    });
}

#[test]
fn an_adopted_postgresql_is_stopped_like_a_child() {
    let folder = data_folder();
    start(&folder).leave_running();
    let second = start(&folder);
    let pid = second.pid().unwrap();
    second.stop();
    assert!(!is_alive(pid));
}

#[test]
fn one_that_was_killed_together_with_its_parent_starts_despite_what_it_left() {
    let folder = data_folder();
    let first = start(&folder);
    write_row(first.url());
    let pid = first.pid().unwrap();
    first.leave_running();
    kill(pid, Signal::KILL);
    let second = start(&folder);
    assert!(!second.is_adopted());
    assert_eq!(rows(second.url()), 1);
}

#[test]
fn a_left_over_number_that_is_somebody_elses_by_now_does_not_prevent_the_start() {
    let folder = data_folder();
    start(&folder).stop();
    let mut stranger = as_server_user(&folder, "/bin/sleep").arg("60").spawn().unwrap();
    let left = format!("{}\n{}\n0\n5432\n/nowhere\n\n  1 1\nready   \n", stranger.id(), folder.path().display());
    fs::write(folder.path().join("data/postgres/postmaster.pid"), left).unwrap();
    let tow = start(&folder);
    assert_ne!(tow.pid(), Some(stranger.id()));
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger was left alone");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn a_moved_data_folder_is_found_again_while_its_postgresql_runs() {
    let folder = data_folder();
    let first = start(&folder);
    write_row(first.url());
    first.leave_running();
    fs::rename(folder.path().join("data"), folder.path().join("moved")).unwrap();
    let tow = Embedded::start(&folder.path().join("moved")).unwrap();
    assert_eq!(rows(tow.url()), 1);
}

#[test]
fn a_socket_folder_that_was_swept_away_comes_back() {
    let folder = data_folder();
    let tow = start(&folder);
    fs::remove_dir_all(socket_folder(&tow)).unwrap();
    wait_until("it can be reached again", || PgConnection::establish(tow.url()).is_ok());
}

fn as_server_user(folder: &tempfile::TempDir, program: &str) -> Command {
    let owner = fs::metadata(folder.path().join("data/postgres")).unwrap();
    let mut command = Command::new(program);
    if geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
}
