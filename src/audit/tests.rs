//! The chain over audit events.

use crate::harness::*;
use chrono::Duration;
use tow::access::Actor;
use tow::audit::{self, Fault, seal, verify};
use tow::error::Error;

/// Five sealed events of people signing in.
fn sealed() -> App {
    let app = App::new();
    for who in [ADA, BEN, CLEO, VERA, DOV] {
        app.visitor().post("/sign-in", &[("email", &who.email()), ("password", PASSWORD)]);
    }
    assert_eq!(app.tx(seal).unwrap().head.sequence, 5);
    app
}

fn broken_at(app: &App) -> Option<i64> {
    app.tx(verify).err().map(|fault| fault.sequence())
}

#[test]
fn a_chain_that_nobody_touched_verifies() {
    let app = sealed();
    assert_eq!(app.tx(verify).unwrap().sequence, 5);
    assert_eq!(app.tx(seal).unwrap().head.sequence, 5, "sealing again adds nothing");
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
        assert!(matches!(app.tx(verify), Err(Fault::Altered { sequence: 2, .. })), "{change}");
    }
}

#[test]
fn a_removed_event_shows() {
    let app = sealed();
    app.sql("delete from audit_details d using audit_events e where e.id = d.event_id and e.sequence = 3; delete from audit_events where sequence = 3");
    assert_eq!(app.tx(verify), Err(Fault::Missing { from: 3, to: 3 }));
}

#[test]
fn removed_events_show_also_when_the_rest_is_renumbered() {
    let app = sealed();
    app.sql(
        "delete from audit_details d using audit_events e where e.id = d.event_id and e.sequence in (2, 3);
         delete from audit_events where sequence in (2, 3);
         update audit_events set sequence = sequence - 2 where sequence > 3",
    );
    assert_eq!(app.tx(verify), Err(Fault::Missing { from: 2, to: 3 }));
}

#[test]
fn an_altered_event_whose_hash_was_made_anew_shows_as_itself() {
    let app = sealed();
    // As somebody would who knows how the hash is made: the event is consistent, but the next one followed another.
    app.sql("update audit_events set hash = sha256(hash) where sequence = 2");
    app.sql(
        "update audit_events set previous_hash = (select hash from audit_events where sequence = 2) where sequence = 3",
    );
    assert_eq!(broken_at(&app), Some(2));
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
    assert!(matches!(app.tx(verify), Err(Fault::Inserted { sequence: 3, .. })), "{:?}", app.tx(verify));
}

#[test]
fn a_cut_off_end_shows_beside_a_head_kept_elsewhere() {
    let app = sealed();
    let kept = app.tx(tow::audit::head);
    app.sql("delete from audit_details; delete from audit_events where sequence = 5");
    let head = app.tx(verify).unwrap();
    assert!(head.sequence < kept.sequence && head.hash != kept.hash);
    assert!(!app.tx(|tx| audit::has_head(tx, &kept.hash)) && app.tx(|tx| audit::has_head(tx, &head.hash)));
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

/// The number of failures that each event of this action stands for, in order.
fn numbers(app: &App, action: &str) -> Vec<i64> {
    let count = format!("select count(*) from audit_events where action = '{action}'");
    let all = app.count(&count);
    let number = |skip: i64| {
        app.count(&format!(
            "select (after->>'number')::bigint as count from audit_events where action = '{action}' order by at, id limit 1 offset {skip}"
        ))
    };
    (0..all).map(number).collect()
}

fn wrong_password(client: &Client, who: Who) {
    assert_eq!(client.post("/sign-in", &[("email", &who.email()), ("password", "wrong")]).status, 422);
}

#[test]
fn failed_sign_ins_from_one_address_make_one_event_a_minute_with_their_number() {
    let app = App::new();
    let thief = app.visitor();
    for who in [ADA, BEN, CLEO] {
        wrong_password(&thief, who);
    }
    assert_eq!(numbers(&app, "sign_in.failed"), [1]);
    app.tx(audit::flush);
    assert_eq!(numbers(&app, "sign_in.failed"), [1], "the minute is not over");
    app.advance(Duration::seconds(61));
    app.tx(audit::flush);
    assert_eq!(numbers(&app, "sign_in.failed"), [1, 2]);
    let named = "select count(*) from audit_events where jsonb_array_length(after->'targets') = 2";
    assert_eq!(app.count(named), 1, "the accounts that were tried are named");
    app.advance(Duration::seconds(61));
    app.tx(audit::flush);
    app.tx(audit::flush);
    assert_eq!(numbers(&app, "sign_in.failed"), [1, 2], "nothing more happened");
    assert_eq!(app.count("select count(*) from audit_counts"), 0);
}

#[test]
fn what_was_held_is_written_with_the_next_failure_when_the_clock_was_away() {
    let app = App::new();
    let thief = app.visitor();
    for _ in 0..3 {
        wrong_password(&thief, ADA);
    }
    app.advance(Duration::seconds(61));
    wrong_password(&thief, ADA);
    assert_eq!(numbers(&app, "sign_in.failed"), [1, 3]);
}

#[test]
fn each_address_and_each_person_is_a_source_of_its_own() {
    let app = App::new();
    for address in ["203.0.113.1", "203.0.113.2"] {
        wrong_password(&app.visitor().from(address), ADA);
    }
    assert_eq!(numbers(&app, "sign_in.failed"), [1, 1]);
    for who in [CLEO, DOV] {
        assert_eq!(app.as_(who).post("/settings/organisation", &[("name", "Mine")]).status, 403);
    }
    assert_eq!(numbers(&app, "refused"), [1, 1]);
}

#[test]
fn a_refusal_of_a_page_one_only_wanted_to_see_is_kept_too() {
    let app = App::new();
    assert_eq!(app.as_(CLEO).get("/settings/organisation").status, 403);
    assert_eq!(
        app.count(
            "select count(*) from audit_events where action = 'refused' and after->>'route' = '/settings/organisation'"
        ),
        1
    );
}

#[test]
fn addresses_and_browsers_go_after_their_days_and_the_chain_stays_whole() {
    let app = sealed();
    app.sql("update sessions set address = '203.0.113.9', browser = 'x', ended_at = created_at");
    let forget =
        |app: &App| app.tx(|tx| Ok(audit::forget_details(tx, 365)? + tow::people::Session::forget_places(tx, 365)?));
    app.advance(Duration::days(364));
    assert_eq!(forget(&app), 0);
    app.advance(Duration::days(2));
    assert_eq!(forget(&app), 10);
    assert_eq!(app.count("select count(*) from audit_details"), 0);
    assert_eq!(app.tx(verify).unwrap().sequence, 5);
}

fn cut(app: &App, days_ago: i64) -> Result<usize, Error> {
    let before = app.state().clock.now() - Duration::days(days_ago);
    let mut conn = app.state().pool.get().unwrap();
    tow::db::write(&mut conn, app.state().clock.now(), uuid::Uuid::nil(), |tx| {
        let me = Actor::of_operator(tx)?;
        audit::cut(tx, &me, before, None)
    })
}

#[test]
fn old_events_are_cut_at_a_head_that_is_kept_and_the_rest_verifies() {
    let app = sealed();
    let kept = app.tx(audit::head);
    app.advance(Duration::days(40));
    app.visitor().post("/sign-in", &[("email", &ADA.email()), ("password", PASSWORD)]);
    app.tx(seal);
    assert_eq!(cut(&app, 50).unwrap(), 0, "nothing is that old");
    assert_eq!(cut(&app, 30).unwrap(), 5);
    app.tx(seal);
    assert_eq!(app.tx(verify).unwrap().sequence, 7, "the sign-in and the cut itself");
    assert!(app.tx(|tx| audit::has_head(tx, &kept.hash)), "a head from before the cut is still known");
}

#[test]
fn a_head_from_before_two_cuts_is_still_known() {
    let app = sealed();
    let kept = app.tx(audit::head);
    for _ in 0..2 {
        app.advance(Duration::days(40));
        app.visitor().post("/sign-in", &[("email", &ADA.email()), ("password", PASSWORD)]);
        app.tx(seal);
        assert!(cut(&app, 30).unwrap() > 0);
        app.tx(seal);
    }
    assert_eq!(
        app.count("select count(*) from audit_events where after->>'head' is not null"),
        1,
        "the first cut's is gone"
    );
    assert!(app.tx(verify).is_ok() && app.tx(|tx| audit::has_head(tx, &kept.hash)));
    assert_eq!(app.tx(audit::cuts)[0].up_to, 7);
}

#[test]
fn rows_taken_out_and_put_down_as_a_cut_are_found() {
    let app = sealed();
    let kept = app.tx(audit::head);
    app.visitor().post("/sign-in", &[("email", &ADA.email()), ("password", PASSWORD)]);
    app.tx(seal);
    app.sql(
        "insert into audit_cuts select sequence, hash, 5, at from audit_events where sequence = 5;
         delete from audit_details d using audit_events e where e.id = d.event_id and e.sequence <= 5;
         delete from audit_events where sequence <= 5",
    );
    assert_eq!(app.tx(verify), Err(Fault::Cut { sequence: 5 }));
    assert!(!app.tx(|tx| audit::has_head(tx, &kept.hash)), "a row of the table of cuts vouches for nothing");
    app.sql(&format!(
        "insert into audit_events (id, at, actor_kind, action, target_kind, before, after, request_id, outcome)
         select gen_random_uuid(), at, 'operator', 'audit.cut', 'organisation', '{{}}', '{{\"head\": \"{}\", \"sequence\": 5}}', id, 'succeeded'
         from audit_events limit 1",
        kept.hex()
    ));
    assert!(!app.tx(|tx| audit::has_head(tx, &kept.hash)), "nor does an event that is not in the chain");
    assert!(app.tx(verify).is_err());
    app.sql("update audit_events set sequence = -1, previous_hash = '', hash = '' where sequence is null");
    assert!(!app.tx(|tx| audit::has_head(tx, &kept.hash)), "nor one that stands before its beginning");
}

#[test]
fn an_event_put_before_the_first_is_found() {
    let app = sealed();
    for sequence in [0, -7] {
        app.sql(&format!(
            "insert into audit_events (id, at, actor_kind, action, target_kind, before, after, request_id, outcome, sequence, previous_hash, hash)
             select gen_random_uuid(), at, actor_kind, 'audit.cut', target_kind, before, '{{\"sequence\": \"all\"}}', request_id, 'succeeded', {sequence}, '', ''
             from audit_events where sequence = 1"
        ));
        assert!(matches!(app.tx(verify), Err(Fault::Inserted { sequence: found, .. }) if found == sequence));
        assert!(app.tx(audit::cuts).is_empty(), "and what is not in the chain tells no cut");
        app.sql("delete from audit_events where sequence <= 0");
    }
}

#[test]
fn more_than_one_go_of_events_is_sealed_go_by_go() {
    let app = sealed();
    app.sql(&format!(
        "insert into audit_events (id, at, actor_kind, action, target_kind, before, after, request_id, outcome)
         select gen_random_uuid(), e.at + interval '1 minute', e.actor_kind, e.action, e.target_kind, e.before, e.after, e.request_id, e.outcome
         from audit_events e, generate_series(1, {}) where e.sequence = 1",
        audit::SEAL_BATCH + 1
    ));
    let first = app.tx(seal).unwrap();
    assert!(first.has_more() && first.added == audit::SEAL_BATCH as usize);
    let second = app.tx(seal).unwrap();
    assert!(!second.has_more() && second.added == 1);
    assert_eq!(app.tx(verify).unwrap().sequence, i64::from(audit::SEAL_BATCH) + 6);
}

#[test]
fn a_cut_names_the_stream_that_keeps_older_events_from_going() {
    let app = sealed();
    app.sql(
        "insert into audit_streams (id, organisation_id, name, transport, address, cursor, version, failures, created_at)
         select gen_random_uuid(), o.id, s.name, 'tls', 'siem.example:6514', s.cursor, 1, 0, p.created_at
         from people p, organisations o, (values ('Behind', 2), ('Ahead', 4)) as s (name, cursor) where p.handle = 'ada'",
    );
    let least = app.tx(tow::trail::least_cursor).unwrap();
    assert_eq!((least.name.as_str(), least.cursor), ("Behind", 2));
    assert!(tow::cli::audit::told(2, Some(&least)).contains("the stream \"Behind\" has got the events up to 2 only"));
    let now = app.state().clock.now();
    assert!(app.tx(|tx| audit::can_cut(tx, now)) && !app.tx(|tx| audit::can_cut(tx, now - Duration::days(9))));
    app.sql("delete from audit_streams");
}

#[test]
fn a_beginning_that_somebody_else_cut_off_shows() {
    let app = sealed();
    app.sql(
        "insert into audit_cuts select sequence, hash, 2, at from audit_events where sequence = 2;
         delete from audit_details d using audit_events e where e.id = d.event_id and e.sequence <= 2;
         delete from audit_events where sequence <= 2",
    );
    assert_eq!(app.tx(verify), Err(Fault::Cut { sequence: 2 }));
}

#[test]
fn nobody_but_the_operator_cuts() {
    let app = sealed();
    let cut = app.write(ADA, |tx, me| audit::cut(tx, me, tx.now, None));
    assert!(matches!(cut, Err(Error::NotFound)));
}
