//! The first minutes of an empty server.

use crate::harness::*;
use tow::setup::issue_token;
use tow::signin::{FREE_TRIES, MAX_WAIT_SECONDS};

fn token(app: &App) -> String {
    app.tx(issue_token).expect("the server is not empty")
}

fn form(token: &str) -> [(&str, &str); 7] {
    [
        ("token", token),
        ("organisation", "Halden"),
        ("mode", "founder"),
        ("time_zone", "Europe/London"),
        ("name", "Ada Lindqvist"),
        ("email", "ada@halden.example"),
        ("password", "seven grey herons"),
    ]
}

fn organisations(app: &App) -> i64 {
    app.count("select count(*) from organisations")
}

#[test]
fn the_token_makes_owner_and_organisation_and_signs_in() {
    let app = App::empty();
    let browser = app.visitor();
    let answer = browser.post("/setup", &form(&token(&app)));
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(organisations(&app), 1);
    assert_eq!(app.count("select count(*) from memberships where role = 'owner'"), 1);
    assert_eq!(browser.get("/tickets").status, 200);
}

#[test]
fn a_wrong_token_is_refused_beside_its_field_and_nothing_is_made() {
    let app = App::empty();
    token(&app);
    let answer = app.visitor().post("/setup", &form("not-the-token"));
    assert_eq!((answer.status, organisations(&app)), (422, 0));
    assert!(answer.has("This is not the token") && answer.has("Ada Lindqvist"), "{}", answer.text());
}

#[test]
fn guessing_tokens_makes_one_wait_even_for_the_right_one() {
    let app = App::empty();
    let right = token(&app);
    for _ in 0..FREE_TRIES + 3 {
        app.visitor().post("/setup", &form("guess"));
    }
    assert!(app.visitor().post("/setup", &form(&right)).has("Too many tries"));
    app.advance(chrono::Duration::seconds(MAX_WAIT_SECONDS + 1));
    assert_eq!(app.visitor().post("/setup", &form(&right)).status, 303);
}

#[test]
fn a_token_works_once() {
    let app = App::empty();
    let right = token(&app);
    app.visitor().post("/setup", &form(&right));
    let second = app.visitor().post("/setup", &form(&right));
    assert_eq!((second.status, organisations(&app)), (422, 1));
    assert_eq!(app.visitor().get("/setup").location(), "/sign-in");
}

#[test]
fn a_server_that_is_set_up_gives_no_tokens() {
    assert_eq!(App::new().tx(issue_token), None);
}

#[test]
fn two_first_accounts_at_once_make_one_organisation() {
    let app = App::own_empty();
    let right = token(&app);
    let both = (0..2).map(|_| app.visitor().posting("/setup", &form(&right))).collect();
    let mut statuses: Vec<u16> = app.at_once(both).iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses, organisations(&app)), (vec![303, 422], 1));
}
