//! Around every request: cookies, tokens, origins, headers.

use crate::harness::*;
use std::sync::Mutex;
use std::time::Instant;
use tow::error::Error;
use tow::secret::Secret;
use tow::web::{Keys, Purpose, TURN, Turns};

const OTHER_SECRET: &str = "c7d40b5e9a1f63822f7be0946d51a8c3e90f2b7d64a1385c";
const RENAME: [(&str, &str); 2] = [("field", "title"), ("value", "Order more steel")];

fn titles(app: &App, title: &str) -> i64 {
    app.count(&format!("select count(*) from records where title = '{title}'"))
}

#[test]
fn a_form_without_its_token_is_refused_and_offers_to_send_the_same_words_again() {
    let app = App::new();
    let answer = app.as_(CLEO).post("/tickets/ATL-1/fields", &[RENAME[0], RENAME[1], ("_csrf", "")]);
    assert_eq!(answer.status, 403);
    assert!(answer.has("Order more steel") && answer.has("Send again"), "{}", answer.text());
    assert_eq!(titles(&app, "Order more steel"), 0);
}

#[test]
fn a_token_of_another_session_is_refused() {
    let app = App::new();
    let theirs = app.as_(BEN).csrf();
    let answer = app.as_(CLEO).post("/tickets/ATL-1/fields", &[RENAME[0], RENAME[1], ("_csrf", &theirs)]);
    assert_eq!((answer.status, titles(&app, "Order more steel")), (403, 0));
}

#[test]
fn a_token_of_before_signing_in_is_refused_after_it() {
    let app = App::new();
    let browser = app.visitor();
    let before = browser.csrf();
    browser.post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]);
    let answer = browser.post("/tickets/ATL-1/fields", &[RENAME[0], RENAME[1], ("_csrf", &before)]);
    assert_eq!((answer.status, titles(&app, "Order more steel")), (403, 0));
}

#[test]
fn a_form_sent_from_another_site_is_refused_even_with_a_good_token() {
    let app = App::new();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let answer = app.as_(CLEO).with(name, value).post("/tickets/ATL-1/fields", &RENAME);
        assert_eq!((answer.status, titles(&app, "Order more steel")), (403, 0), "{name}: {value}");
    }
    let own = app.as_(CLEO).with("sec-fetch-site", "same-origin").post("/tickets/ATL-1/fields", &RENAME);
    assert_eq!((own.status, titles(&app, "Order more steel")), (303, 1), "{}", own.error);
}

#[test]
fn a_session_cookie_with_one_changed_character_or_a_missing_end_is_none() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let cookie = cleo.session_cookie().unwrap();
    assert_eq!(cleo.get("/tickets").status, 200);
    for at in 0..cookie.len() {
        let mut flipped = cookie.clone().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        for wrong in [String::from_utf8(flipped).unwrap(), cookie[..at].to_owned()] {
            cleo.set_session_cookie(&wrong);
            let answer = cleo.get("/tickets");
            assert_eq!((answer.status, answer.location().as_str()), (303, "/sign-in?back=%2Ftickets"), "{wrong}");
        }
    }
}

#[test]
fn a_cookie_signed_for_another_use_is_no_session() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let keys = &app.state().keys;
    let token = keys.verify(Purpose::Session, &cleo.session_cookie().unwrap()).unwrap();
    for purpose in [Purpose::Visit, Purpose::Flash] {
        cleo.set_session_cookie(&keys.sign(purpose, &token));
        assert_eq!(cleo.get("/tickets").status, 303);
    }
}

/// A browser whose cookie was signed with the secret before the present one.
fn with_old_cookie(app: &App) -> Client {
    let cleo = app.as_(CLEO);
    let token = app.state().keys.verify(Purpose::Session, &cleo.session_cookie().unwrap()).unwrap();
    let old = Keys::derive(&Secret::new(APP_SECRET), None).unwrap();
    cleo.set_session_cookie(&old.sign(Purpose::Session, &token));
    cleo
}

#[test]
fn a_new_app_secret_signs_everybody_out_and_does_nothing_else() {
    let app = App::configured(&[("APP_SECRET", OTHER_SECRET)]);
    assert_eq!(with_old_cookie(&app).get("/tickets").status, 303);
    let again = app.visitor().post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]);
    assert_eq!((again.status, again.location().as_str()), (303, "/"));
}

#[test]
fn the_previous_app_secret_verifies_and_never_signs() {
    let app = App::configured(&[("APP_SECRET", OTHER_SECRET), ("APP_SECRET_PREVIOUS", APP_SECRET)]);
    assert_eq!(with_old_cookie(&app).get("/tickets").status, 200);
    let new = app.state().keys.sign(Purpose::Session, "token");
    assert_eq!(Keys::derive(&Secret::new(APP_SECRET), None).unwrap().verify(Purpose::Session, &new), None);
    assert!(Keys::derive(&Secret::new(OTHER_SECRET), None).unwrap().verify(Purpose::Session, &new).is_some());
}

#[test]
fn every_kind_of_answer_carries_the_security_headers() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let answers = [
        (200, cleo.get("/tickets")),
        (303, app.visitor().get("/tickets")),
        (404, cleo.get("/nothing/here")),
        (404, cleo.get("/static/nothing.css")),
        (403, app.as_(VERA).post("/tickets/ATL-1/fields", &RENAME)),
        (403, cleo.clone().with("origin", "https://evil.example").post("/tickets", &[])),
        (422, app.visitor().post("/sign-in", &[])),
        (415, cleo.post_raw("/tickets", "text/plain", "x")),
        (405, cleo.get("/sign-out")),
        (200, cleo.get("/healthz")),
        (404, cleo.clone().with("hx-request", "true").get("/tickets/ATL-999")),
        (404, cleo.clone().with("accept", "application/json").get("/tickets/ATL-999")),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.header("content-security-policy").starts_with("default-src 'self'; object-src 'none'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.header("x-request-id").is_empty());
    }
}

#[test]
fn every_cookie_is_for_http_only_and_for_this_site() {
    let app = App::new();
    let answer = app.visitor().post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]);
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
    assert!(!cookies.is_empty());
    for cookie in cookies {
        assert!(["HttpOnly", "SameSite=Lax", "Path=/"].iter().all(|part| cookie.contains(part)), "{cookie}");
    }
}

#[test]
fn signing_in_leads_back_to_our_own_pages_only() {
    let app = App::new();
    for (back, to) in [
        ("/tickets/ATL-1?edit=title", "/tickets/ATL-1?edit=title"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("tickets", "/"),
    ] {
        let answer = app.visitor().post("/sign-in", &[("email", &ADA.email()), ("password", PASSWORD), ("back", back)]);
        assert_eq!((answer.status, answer.location().as_str()), (303, to), "{back}");
    }
}

#[test]
fn a_form_too_large_for_a_visitor_is_a_clear_413() {
    let app = App::new();
    let answer = app.visitor().post("/sign-in", &[("email", &"x".repeat(70_000)), ("password", "")]);
    assert_eq!(answer.status, 413);
    assert!(answer.has("Nothing was saved"));
}

#[test]
fn what_is_invisible_and_what_does_not_exist_are_the_same_answer() {
    let app = App::new();
    let dov = app.as_(DOV);
    let without_ids = |path: &str| {
        let answer = dov.get(path);
        answer.text().replace(&answer.header("x-request-id"), "")
    };
    assert_eq!(without_ids("/tickets/ATL-1"), without_ids("/tickets/ATL-999"));
    assert_eq!(dov.get("/tickets/ATL-1").status, 404);
}

#[test]
fn lists_and_pages_ask_the_database_a_few_times_only() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    for (path, most) in [("/tickets", 6), ("/decisions", 6), ("/tickets/ATL-1", 14)] {
        let answer = cleo.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.error);
        assert!(answer.queries <= most, "{path} asks {} times", answer.queries);
    }
}

#[test]
fn turns_at_the_database_are_taken_in_the_order_of_coming() {
    let (turns, begun) = (Turns::new(1, FAR_TOO_LATE), Mutex::new(Vec::new()));
    let late = Instant::now() + FAR_TOO_LATE;
    let held = turns.take(late).unwrap();
    std::thread::scope(|scope| {
        for name in 0..9 {
            let (turns, begun) = (&turns, &begun);
            scope.spawn(move || {
                let _turn = turns.take(late).unwrap();
                begun.lock().unwrap().push(name);
            });
            while turns.waiting() <= name {
                std::thread::yield_now();
            }
        }
        drop(held);
    });
    assert_eq!((begun.into_inner().unwrap(), turns.waiting()), ((0..9).collect(), 0));
}

#[test]
fn so_many_turns_at_once_and_the_next_is_told_when_it_has_no_time() {
    let turns = Turns::new(2, FAR_TOO_LATE);
    let held = (turns.take(Instant::now()).unwrap(), turns.take(Instant::now()).unwrap());
    assert!(matches!(turns.take(Instant::now()), Err(Error::Away(_))));
    assert_eq!(turns.waiting(), 0);
    drop(held.0);
    assert!(turns.take(Instant::now()).is_ok());
}

#[test]
fn a_long_turn_makes_room_for_the_next() {
    let turns = Turns::new(1, TURN);
    let (began, long) = (Instant::now(), turns.take(Instant::now()).unwrap());
    let next = turns.take(Instant::now() + FAR_TOO_LATE).unwrap();
    assert!(began.elapsed() >= TURN);
    nobody_waited(began);
    drop((long, next));
}
