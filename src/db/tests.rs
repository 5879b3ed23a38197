//! What a transaction owes.

use crate::harness::*;
use tow::access::{Thing, Verb, may};
use tow::audit::{self, Act, ActKind};
use tow::error::Error;

#[test]
fn a_write_that_asked_nobody_does_not_commit() {
    let app = App::new();
    let written = app.write(ADA, |tx, _| {
        run(tx.conn(), "update people set name = 'Nobody asked'");
        Ok(())
    });
    assert!(matches!(written, Err(Error::Broken(_))), "{written:?}");
    assert_eq!(app.count("select count(*) from people where name = 'Nobody asked'"), 0);
}

#[test]
fn a_write_that_did_not_settle_its_permit_does_not_commit() {
    let app = App::new();
    let written = app.write(ADA, |tx, me| {
        let permit = may(tx, me, Verb::Administer, &Thing::Project(ATLAS))?;
        run(tx.conn(), "update projects set name = 'Unsettled'");
        drop(permit);
        Ok(())
    });
    assert!(matches!(&written, Err(Error::Broken(why)) if why.contains("1 permits issued, 0 settled")), "{written:?}");
    assert_eq!(app.count("select count(*) from projects where name = 'Unsettled'"), 0);
}

#[test]
fn a_settled_write_leaves_an_activity_row() {
    let app = App::new();
    let before = app.count("select count(*) from activity");
    app.write(ADA, |tx, me| {
        let permit = may(tx, me, Verb::Administer, &Thing::Project(ATLAS))?;
        audit::record(tx, permit, Act::new(ActKind::ProjectChanged).in_project(ATLAS))
    })
    .unwrap();
    assert_eq!(app.count("select count(*) from activity"), before + 1);
}

#[test]
fn a_refused_verb_writes_nothing_even_if_it_had_begun() {
    let app = App::new();
    let written = app.write(VERA, |tx, me| {
        run(tx.conn(), "update projects set name = 'Begun'");
        may(tx, me, Verb::Administer, &Thing::Project(ATLAS)).map(drop)
    });
    assert!(matches!(written, Err(Error::Forbidden(_))), "{written:?}");
    assert_eq!(app.count("select count(*) from projects where name = 'Begun'"), 0);
}

#[test]
fn a_read_cannot_write() {
    let app = App::new();
    let read = app.read(ADA, |tx, _| {
        let sql = tow::db::sql::Sql::new("update people set name = 'Read'");
        Ok(sql.execute(tx.conn())?)
    });
    assert!(matches!(read, Err(Error::Away(_))), "{read:?}");
    assert_eq!(app.count("select count(*) from people where name = 'Read'"), 0);
}

#[test]
fn a_connection_cut_before_the_commit_is_away_for_now_and_nothing_is_written() {
    let app = App::own();
    let cut = app.write(ADA, |tx, me| {
        let permit = may(tx, me, Verb::Administer, &Thing::Project(ATLAS))?;
        run(tx.conn(), "update projects set name = 'Cut'");
        audit::record(tx, permit, Act::new(ActKind::ProjectChanged).in_project(ATLAS))?;
        // As a restart of PostgreSQL does it; the commit comes too late.
        let end = tow::db::sql::Sql::new("select pg_terminate_backend(pg_backend_pid())").execute(tx.conn());
        assert!(end.is_err());
        Ok(())
    });
    assert!(matches!(cut, Err(Error::Away(_))), "{cut:?}");
    assert_eq!(app.count("select count(*) from projects where name = 'Cut'"), 0);
}

#[test]
fn a_database_that_only_reads_is_away_for_who_writes_and_there_for_who_reads() {
    let app = App::own();
    let cleo = app.as_(CLEO);
    app.sql("do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$");
    let pool = app.state().pool.clone();
    let held: Vec<_> = std::iter::from_fn(|| pool.try_get()).collect();
    for mut conn in held {
        run(&mut conn, "set default_transaction_read_only = on");
    }
    let answer = cleo.post(
        "/tickets",
        &[("title", "Paint"), ("place", "project:ATL"), ("type", "task"), ("status", "todo"), ("priority", "3")],
    );
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5".to_owned()), "{}", answer.error);
    assert_eq!(cleo.get("/tickets").status, 200);
    let held: Vec<_> = std::iter::from_fn(|| pool.try_get()).collect();
    for mut conn in held {
        run(&mut conn, "set default_transaction_read_only = off");
    }
    assert_eq!(app.count("select count(*) from records where title = 'Paint'"), 0);
}

#[test]
fn a_connection_of_the_pool_is_told_how_it_is_used_here_whatever_the_database_has_in_its_file() {
    let own = Own::bare();
    let pool = tow::db::pool(&url_of(&own.name), 1, std::time::Duration::from_secs(60), 1234);
    let mut conn = pool.get().unwrap();
    let mut told =
        lines(&mut conn, "select name || ' = ' || setting as line from pg_settings where source = 'session'");
    told.sort();
    let wanted = [
        "TimeZone = UTC",
        "application_name = tow",
        "client_encoding = UTF8",
        "idle_in_transaction_session_timeout = 60000",
        "jit = off",
        "max_parallel_workers_per_gather = 0",
        "statement_timeout = 1234",
        "synchronize_seqscans = off",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn while_every_connection_is_in_use_a_page_waits_as_long_as_is_set_and_says_when_to_come_again() {
    let app = App::own_configured(&[("TOW_DATABASE__POOL_TIMEOUT_SECONDS", "1")]);
    let browser = app.as_(CLEO);
    assert_eq!(browser.get("/tickets").status, 200);
    let pool = &app.state().pool;
    let held: Vec<_> = (0..pool.max_size()).map(|_| pool.get().unwrap()).collect();
    let began = std::time::Instant::now();
    let told = browser.get("/tickets");
    assert!(told.status == 503 && !told.header("retry-after").is_empty(), "{}", told.text());
    let waited = began.elapsed();
    assert!(waited >= std::time::Duration::from_secs(1) && waited < pool.connection_timeout(), "{waited:?}");
    drop(held);
    assert_eq!(browser.get("/tickets").status, 200);
}
