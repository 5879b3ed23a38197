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
