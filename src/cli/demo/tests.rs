//! The company that newcomers see.

use crate::harness::*;
use tow::cli::demo::{OWNER_EMAIL, fill};
use tow::error::Error;

fn filled() -> App {
    let app = App::empty();
    let mut conn = app.state().pool.get().unwrap();
    let made = tow::db::write(&mut conn, app.state().clock.now(), uuid::Uuid::nil(), |tx| {
        fill(tx, "x".to_owned(), &mut |_, _| {})
    })
    .unwrap();
    drop(conn);
    assert!(made >= 300, "{made}");
    app
}

#[test]
fn the_demo_fills_every_list_and_nobody_but_the_owner_can_sign_in() {
    let app = filled();
    for kind in ["ticket", "decision", "doc", "risk"] {
        assert!(app.count(&format!("select count(*) from records where kind = '{kind}'")) >= 15, "{kind}");
    }
    for table in ["comments", "record_links", "record_tags", "record_references", "groups", "project_grants"] {
        assert!(app.count(&format!("select count(*) from {table}")) > 0, "{table}");
    }
    assert_eq!(
        app.count(&format!("select count(*) from people where password_hash is not null and email <> '{OWNER_EMAIL}'")),
        0
    );
    assert_eq!(app.count("select count(*) from sessions where ended_at is null"), 0);
    assert_eq!(app.count("select count(*) from projects where visibility = 'restricted'"), 2);
    assert_eq!(app.count("select count(*) from decisions where status = 'superseded'"), 2);
    assert_eq!(app.count("select count(*) from experiments"), 9);
    assert!(app.count("select count(*) from (select distinct likelihood, impact from risks) s") >= 14);
    assert_eq!(app.count("select count(*) from (select status from tickets group by status) s"), 7);
    let later = "select count(*) from activity where at > (select max(created_at) + interval '1 hour' from people) and actor_kind = 'person'";
    assert!(app.count(later) > 300);
}

#[test]
fn numbers_follow_time_and_nothing_happens_in_the_future() {
    let app = filled();
    let out = "select count(*) from records a join records b on a.kind = b.kind and a.place_id = b.place_id and a.number < b.number and a.created_at > b.created_at";
    assert_eq!(app.count(out), 0);
    let now = app.state().clock.now().to_rfc3339();
    assert_eq!(app.count(&format!("select count(*) from activity where at > '{now}'")), 0);
}

#[test]
fn the_demo_refuses_a_database_that_is_not_empty() {
    let app = App::new();
    let mut conn = app.state().pool.get().unwrap();
    let refused = tow::db::write(&mut conn, app.state().clock.now(), uuid::Uuid::nil(), |tx| {
        fill(tx, "x".to_owned(), &mut |_, _| {})
    });
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}
