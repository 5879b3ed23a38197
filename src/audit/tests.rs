//! The chain over audit events.

use crate::harness::*;
use tow::audit::{seal, verify};

/// Five sealed events of people signing in.
fn sealed() -> App {
    let app = App::new();
    for who in [ADA, BEN, CLEO, VERA, DOV] {
        app.visitor().post("/sign-in", &[("email", &who.email()), ("password", PASSWORD)]);
    }
    assert_eq!(app.tx(seal).unwrap().sequence, 5);
    app
}

fn broken_at(app: &App) -> Option<i64> {
    app.tx(verify).err()
}

#[test]
fn a_chain_that_nobody_touched_verifies() {
    let app = sealed();
    assert_eq!(app.tx(verify).unwrap().sequence, 5);
    assert_eq!(app.tx(seal).unwrap().sequence, 5, "sealing again adds nothing");
}

#[test]
fn an_altered_event_shows() {
    for change in [
        "actor_kind = 'system'",
        "target_id = null",
        "request_id = id",
        "action = 'session.ended'",
        "at = at + interval '1 second'",
        "after = '{\"x\": 1}'",
        "outcome = 'denied'",
    ] {
        let app = sealed();
        app.sql(&format!("update audit_events set {change} where sequence = 2"));
        assert_eq!(broken_at(&app), Some(2), "{change}");
    }
}

#[test]
fn a_removed_event_shows() {
    let app = sealed();
    app.sql("delete from audit_details d using audit_events e where e.id = d.event_id and e.sequence = 3; delete from audit_events where sequence = 3");
    assert_eq!(broken_at(&app), Some(3));
}

#[test]
fn an_inserted_event_shows() {
    let app = sealed();
    app.sql(
        "update audit_events set sequence = sequence + 100 where sequence >= 3;
         update audit_events set sequence = sequence - 99 where sequence >= 100;
         insert into audit_events (id, sequence, previous_hash, hash, at, actor_kind, action, target_kind, before, after, request_id, outcome)
           select gen_random_uuid(), 3, hash, hash, at, actor_kind, action, target_kind, before, after, request_id, outcome
           from audit_events where sequence = 2",
    );
    assert_eq!(broken_at(&app), Some(3));
}

#[test]
fn a_cut_off_end_shows_beside_a_head_kept_elsewhere() {
    let app = sealed();
    let kept = app.tx(tow::audit::head);
    app.sql("delete from audit_details; delete from audit_events where sequence = 5");
    let head = app.tx(verify).unwrap();
    assert!(head.sequence < kept.sequence && head.hash != kept.hash);
}

#[test]
fn a_refusal_is_kept_once_a_minute() {
    let app = App::new();
    let vera = app.as_(VERA);
    let refused = || app.count("select count(*) from audit_events where action = 'refused' and outcome = 'denied'");
    for _ in 0..3 {
        assert_eq!(vera.post("/tickets/ATL-1/fields", &[("field", "title"), ("value", "Mine")]).status, 403);
    }
    assert_eq!(refused(), 1);
    app.advance(chrono::Duration::seconds(61));
    vera.post("/tickets/ATL-1/fields", &[("field", "title"), ("value", "Mine")]);
    assert_eq!(refused(), 2);
}
