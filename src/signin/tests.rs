//! The door: the same answer to every wrong try, and waiting for who tries too often.

use crate::harness::*;
use tow::signin::{FREE_TRIES, FREE_TRIES_PER_ADDRESS, MAX_WAIT_SECONDS, network_of};

fn try_in(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/sign-in", &[("email", email), ("password", password)])
}

fn fail(app: &App, who: Who, times: i32) {
    for number in 0..times {
        // From many addresses, so that only the account's count is reached.
        try_in(&app.visitor().from(&format!("198.51.100.{number}")), &who.email(), "wrong wrong wrong");
    }
}

#[test]
fn a_wrong_password_an_unknown_address_and_a_deactivated_account_get_the_same_answer() {
    let app = App::new();
    let browser = app.visitor();
    let told = |email: &str, password: &str| {
        let answer = try_in(&browser, email, password);
        (answer.status, answer.text().replace(email, "EMAIL"))
    };
    let wrong = told(&CLEO.email(), "wrong wrong wrong");
    assert_eq!(wrong.0, 422);
    assert_eq!(wrong, told("nobody@halden.example", "wrong wrong wrong"));
    assert_eq!(wrong, told(&HUGO.email(), PASSWORD));
}

#[test]
fn the_address_is_compared_without_case() {
    let app = App::new();
    assert_eq!(try_in(&app.visitor(), " Cleo@HALDEN.example ", PASSWORD).location(), "/");
}

#[test]
fn a_password_is_never_echoed() {
    let app = App::new();
    assert!(!try_in(&app.visitor(), &CLEO.email(), "hunter-gatherer-7").has("hunter-gatherer-7"));
}

#[test]
fn after_some_failures_an_account_makes_one_wait_and_then_opens_again() {
    let app = App::new();
    fail(&app, CLEO, FREE_TRIES + 3);
    let slow = try_in(&app.visitor(), &CLEO.email(), PASSWORD);
    assert_eq!(slow.status, 429);
    assert!(slow.has("Too many tries"), "{}", slow.text());
    app.advance(chrono::Duration::seconds(MAX_WAIT_SECONDS + 1));
    assert_eq!(try_in(&app.visitor(), &CLEO.email(), PASSWORD).location(), "/");
}

#[test]
fn typing_errors_cost_nothing_until_the_free_tries_are_used() {
    let app = App::new();
    fail(&app, CLEO, FREE_TRIES - 1);
    assert_eq!(try_in(&app.visitor(), &CLEO.email(), PASSWORD).location(), "/");
}

#[test]
fn a_browser_in_which_one_signed_in_before_is_not_locked_out_by_strangers() {
    let app = App::new();
    let own = app.visitor();
    try_in(&own, &CLEO.email(), PASSWORD);
    own.post("/sign-out", &[]);
    fail(&app, CLEO, FREE_TRIES + 3);
    assert_eq!(try_in(&app.visitor(), &CLEO.email(), PASSWORD).status, 429);
    assert_eq!(try_in(&own, &CLEO.email(), PASSWORD).location(), "/");
}

#[test]
fn the_mark_of_a_known_browser_counts_for_its_account_only() {
    let app = App::new();
    let own = app.visitor();
    try_in(&own, &CLEO.email(), PASSWORD);
    own.post("/sign-out", &[]);
    fail(&app, VERA, FREE_TRIES + 3);
    assert_eq!(try_in(&own, &VERA.email(), PASSWORD).status, 429);
}

#[test]
fn one_address_that_tries_many_accounts_must_wait() {
    let app = App::new();
    let browser = app.visitor();
    for number in 0..FREE_TRIES_PER_ADDRESS + 2 {
        try_in(&browser, &format!("guess{number}@halden.example"), "wrong wrong wrong");
    }
    assert_eq!(try_in(&browser, &CLEO.email(), PASSWORD).status, 429);
    assert_eq!(try_in(&app.visitor().from("198.51.100.9"), &CLEO.email(), PASSWORD).location(), "/");
}

#[test]
fn signing_in_is_audited_and_a_failure_too() {
    let app = App::new();
    try_in(&app.visitor(), &CLEO.email(), "wrong wrong wrong");
    try_in(&app.visitor(), &CLEO.email(), PASSWORD);
    for (action, outcome) in [("sign_in.failed", "failed"), ("sign_in.succeeded", "succeeded")] {
        let found = app
            .count(&format!("select count(*) from audit_events where action = '{action}' and outcome = '{outcome}'"));
        assert_eq!(found, 1, "{action}");
    }
}

#[test]
fn passwords_guessed_at_once_are_counted_before_they_are_compared() {
    let app = App::own();
    let browser = app.visitor();
    let guess = [("email", "cleo@halden.example"), ("password", "wrong wrong wrong")];
    let guesses = (0..FREE_TRIES + 12).map(|_| browser.posting("/sign-in", &guess)).collect();
    let statuses: Vec<u16> = app.at_once(guesses).iter().map(|answer| answer.status).collect();
    let of = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    // On a slow machine the waits of 1, 2 and 4 seconds may pass between them; without the count all would be compared.
    assert!((5..=8).contains(&of(422)) && of(422) + of(429) == statuses.len(), "{statuses:?}");
}

#[test]
fn of_an_ipv6_address_its_network_is_counted_and_an_ipv4_address_is_the_same_however_it_is_written() {
    assert_eq!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
    assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
    assert_eq!(network_of("::ffff:198.51.100.9"), "198.51.100.9");
    assert_ne!(network_of("198.51.100.9"), network_of("198.51.100.10"));
    let app = App::new();
    for number in 0..FREE_TRIES_PER_ADDRESS + 1 {
        let browser = app.visitor().from(&format!("[2001:db8:1:2::{number:x}]"));
        try_in(&browser, &format!("nobody{number}@halden.example"), "wrong wrong wrong");
    }
    let browser = app.visitor().from("[2001:db8:1:2::ffff]");
    assert_eq!(try_in(&browser, &CLEO.email(), PASSWORD).status, 429);
}

#[test]
fn who_was_writing_when_the_session_ended_comes_back_to_the_page_and_is_told_why() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    assert_eq!(cleo.get("/tickets/ATL-1").status, 200);
    app.sql("delete from sessions");
    let written = |client: Client| client.post("/records/ATL-1/comments", &[("body", "Half a thought")]);
    let to = written(cleo.clone().with("referer", "http://localhost/tickets/ATL-1?show=all")).location();
    assert_eq!(to, "/sign-in?back=%2Ftickets%2FATL-1%3Fshow%3Dall&ended=1");
    let page = app.visitor().get(&to);
    assert!(page.has("Your session had ended, so nothing was saved") && page.has("value=\"/tickets/ATL-1?show=all\""));
    assert!(!app.visitor().get("/sign-in?back=/tickets").has("Your session had ended"));
    // Another site's page is no page of ours.
    let elsewhere = written(app.as_(DOV).with("referer", "https://evil.example//evil.example")).location();
    assert!(!elsewhere.contains("evil"), "{elsewhere}");
}
