//! Rights are read at each request: the next click of who may no longer enter fails.

use crate::harness::*;

fn is_out(client: &Client) -> bool {
    let answer = client.get("/tickets");
    answer.status == 303 && answer.location().starts_with("/sign-in")
}

#[test]
fn signing_out_ends_the_session_also_for_a_copied_cookie() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let copied = cleo.twin();
    cleo.post("/sign-out", &[]);
    assert!(is_out(&cleo) && is_out(&copied));
}

#[test]
fn a_session_expires_when_its_time_has_come() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let age = i64::from(app.state().config.security.session_max_age_seconds);
    app.advance(chrono::Duration::seconds(age - 60));
    assert!(!is_out(&cleo));
    app.advance(chrono::Duration::seconds(61));
    assert!(is_out(&cleo));
}

#[test]
fn a_deactivated_person_is_out_at_the_next_click() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    assert!(!is_out(&cleo));
    app.sql("update people set deactivated_at = created_at where handle = 'cleo'");
    assert!(is_out(&cleo));
}

#[test]
fn who_is_no_member_any_more_is_out_at_the_next_click() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    app.sql("delete from memberships m using people p where p.id = m.person_id and p.handle = 'cleo'");
    assert!(is_out(&cleo));
}

#[test]
fn a_grant_taken_away_is_gone_at_the_next_click() {
    let app = App::new();
    let vera = app.as_(VERA);
    assert_eq!(vera.get("/tickets/ATL-1").status, 200);
    app.sql("delete from project_grants g using people p where p.id = g.person_id and p.handle = 'vera'");
    assert_eq!(vera.get("/tickets/ATL-1").status, 404);
}

#[test]
fn a_session_in_use_is_written_down_as_seen_every_few_minutes() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let seen = || app.count("select extract(epoch from max(last_seen_at))::bigint as count from sessions");
    let first = seen();
    app.advance(chrono::Duration::minutes(6));
    cleo.get("/tickets");
    assert!(seen() >= first + 360);
}
