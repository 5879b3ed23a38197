//! The harness itself.

use crate::harness::*;

#[test]
fn a_new_app_knows_the_named_world_and_forgets_what_a_test_did() {
    for _ in 0..2 {
        let app = App::new();
        assert_eq!(app.count("select count(*) from records where title = 'Made here'"), 0);
        app.sql("update records set title = 'Made here'");
        assert!(app.count("select count(*) from records where title = 'Made here'") > 0);
    }
}

#[test]
fn the_clock_begins_on_a_tuesday_morning_and_is_moved_not_slept_on() {
    let app = App::new();
    app.advance(chrono::Duration::days(2));
    let late = app.state().clock.now() - start() - chrono::Duration::days(2);
    assert!(late < chrono::Duration::seconds(20), "{late}");
}

#[test]
fn a_session_of_the_world_is_accepted_and_a_visitor_is_sent_to_sign_in() {
    let app = App::new();
    assert_eq!(app.as_(CLEO).post("/sign-out", &[]).location(), "/sign-in");
    assert_eq!(app.visitor().post("/sign-out", &[]).location(), "/sign-in");
    assert!(app.visitor().get("/sign-in").has("Halden"));
}

#[test]
fn everybody_of_the_world_signs_in_with_the_password() {
    let app = App::new();
    let visitor = app.visitor();
    assert_eq!(visitor.post("/sign-in", &[("email", &ADA.email()), ("password", PASSWORD)]).location(), "/");
    assert!(visitor.session_cookie().is_some());
}

#[test]
fn an_empty_app_leads_to_set_up_and_an_own_one_commits() {
    assert_eq!(App::empty().visitor().get("/").location(), "/setup");
    let app = App::own();
    app.sql("update people set name = 'Ada' where handle = 'ada'");
    assert_eq!(app.count("select count(*) from people where name = 'Ada'"), 1);
}

#[test]
fn cleo_sees_her_tickets() {
    let app = App::new();
    let answer = app.as_(CLEO).get("/tickets");
    assert_eq!(answer.status, 200, "{}", answer.error);
    assert!(answer.has("Ask about the night shift"));
}
