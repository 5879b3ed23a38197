//! Tokens and keys: made, bounded, ended; and what is refused at the door of the API.

use crate::harness::*;
use tow::people::{Token, TokenKind};
use tow::web::{PERSONAL_PREFIX, fresh_bearer, is_whole_bearer};

const ME: &str = "/api/v1/me";
const FORM: [(&str, &str); 4] = [("name", "Nightly"), ("days", "90"), ("tickets", "read"), ("reach", "all")];

fn shown(page: &Answer) -> String {
    let text = page.text();
    let at = text.find("tow_").unwrap_or_else(|| panic!("no token shown: {text}"));
    text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(answer.header("www-authenticate").starts_with("Bearer realm=\"tow\""));
    assert!(answer.header("content-type").starts_with("application/problem+json"));
    assert!(answer.has(words), "{}", answer.text());
}

#[test]
fn a_token_is_shown_once_works_and_stands_nowhere_in_the_database() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let page = cleo.post("/settings/me/tokens", &FORM);
    assert_eq!(page.status, 200, "{}", page.error);
    let token = shown(&page);
    assert!(token.starts_with("tow_pat_") && is_whole_bearer(&token), "{token}");
    assert!(!cleo.get("/settings/me/tokens").has(&token));
    let me = app.bearer(&token).get(ME);
    assert_eq!((me.status, me.json()["person"].as_str()), (200, Some("Cleo Marchetti")), "{}", me.text());
    assert_eq!(me.json()["scopes"], serde_json::json!(["tickets:read"]));
    assert_eq!(app.holding(&token), Vec::<String>::new());
    let hint = app.text("select hint as text from tokens");
    assert!(app.holding(&hint).contains(&"tokens".to_owned()), "what is there is found: {hint}");
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'token.created' and outcome = 'succeeded'"),
        1
    );
}

#[test]
fn the_form_of_a_token_sent_twice_makes_one() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let once = "018f0000-0000-7000-8000-000000000001";
    let form = [FORM.as_slice(), &[("_once", once)]].concat();
    assert_eq!(cleo.post("/settings/me/tokens", &form).status, 200);
    assert_eq!(cleo.post("/settings/me/tokens", &form).location(), "/settings/me/tokens");
    assert_eq!(app.count("select count(*) from tokens"), 1);
}

#[test]
fn what_is_wrong_with_the_form_stands_beside_it_and_nothing_is_made() {
    let app = App::new();
    let ada = app.as_(ADA);
    let long = "x".repeat(81);
    let wrong: [(&[(&str, &str)], &str); 7] = [
        (&[("name", ""), ("days", "90"), ("tickets", "read")], "name"),
        (&[("name", &long), ("days", "90"), ("tickets", "read")], "name"),
        (&[("name", "A"), ("days", "367"), ("tickets", "read")], "1 to 366 days"),
        (&[("name", "A"), ("days", "90")], "Choose at least one thing"),
        (&[("name", "A"), ("days", "90"), ("tickets", "admin")], "tickets-error"),
        (&[("name", "A"), ("days", "90"), ("tickets", "read"), ("reach", "some")], "Choose at least one project"),
        (&[("name", "A"), ("days", "90"), ("tickets", "read"), ("networks", "10.0.0.0/99")], "10.0.0.0/99"),
    ];
    for (form, words) in wrong {
        let answer = ada.post("/settings/keys", form);
        assert_eq!(answer.status, 422, "{form:?} {}", answer.error);
        assert!(answer.has(words), "{form:?}: {words}");
    }
    assert_eq!(app.count("select count(*) from tokens"), 0);
}

#[test]
fn a_token_cannot_be_narrowed_to_a_project_one_does_not_reach_nor_a_key_given_more_than_one_holds() {
    let app = App::new();
    let (atlas, beacon) = (ATLAS.to_string(), BEACON.to_string());
    let form = [("name", "A"), ("days", "9"), ("tickets", "write"), ("reach", "some"), ("project", atlas.as_str())];
    open_security_desk(&app);
    let narrowed = || app.count("select count(*) from token_projects");
    // The same form: all that differs is who reaches Atlas.
    for (who, path) in [(DOV, "/settings/me/tokens"), (SAMI, "/settings/keys")] {
        let answer = app.as_(who).post(path, &form);
        assert_eq!((answer.status, narrowed()), (422, 0), "{} {}", who.name, answer.text());
        let open = [form[0], form[1], form[2], form[3], ("project", beacon.as_str())];
        assert_eq!(app.as_(who).post(path, &open).status, 200, "{}: an open project", who.name);
        app.sql("delete from token_projects; update audit_events set token_id = null; delete from tokens");
    }
    assert_eq!(app.as_(CLEO).post("/settings/me/tokens", &form).status, 200);
    assert_eq!(app.as_(ADA).post("/settings/keys", &form).status, 200);
    assert_eq!(narrowed(), 2);
}

#[test]
fn keys_are_for_who_manages_security_and_nobody_else() {
    let app = App::new();
    for who in [CLEO, BEN, GRO] {
        let client = app.as_(who);
        assert_eq!(client.get("/settings/keys").status, 403, "{}", who.name);
        assert_eq!(client.post("/settings/keys", &FORM).status, 403, "{}", who.name);
    }
    let key = shown(&app.as_(ADA).post("/settings/keys", &FORM));
    assert!(key.starts_with("tow_key_"));
    let me = app.bearer(&key).get(ME).json();
    assert_eq!(
        (me["kind"].as_str(), me["name"].as_str(), me["person"].as_str()),
        (Some("service"), Some("Nightly"), None)
    );
    assert_eq!(me["projects"], serde_json::json!(["BCN"]));
    assert_eq!(app.count("select count(*) from audit_events where action = 'api_key.created'"), 1);
}

#[test]
fn a_revoked_token_is_dead_at_once_and_somebody_elses_is_not_there() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    assert_eq!(robot.get(ME).status, 200);
    let id = app.tx(|tx| Token::list(tx, TokenKind::Personal))[0].id;
    let removal = format!("/settings/me/tokens/{id}/removal");
    assert_eq!(app.as_(BEN).post(&removal, &[]).status, 404);
    assert_eq!(app.as_(ADA).post(&format!("/settings/keys/{id}/removal"), &[]).status, 404);
    assert_eq!(robot.get(ME).status, 200);
    assert_eq!(app.as_(CLEO).post(&removal, &[]).status, 303);
    refused(&robot.get(ME), "was revoked");
    assert_eq!(app.as_(CLEO).post(&removal, &[]).status, 404);
}

#[test]
fn a_token_ends_on_its_day() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    app.advance(chrono::Duration::days(90) - chrono::Duration::minutes(1));
    assert_eq!(robot.get(ME).status, 200);
    app.advance(chrono::Duration::minutes(1));
    refused(&robot.get(ME), "This token ended on 1 March 2027");
}

#[test]
fn a_deactivated_persons_tokens_die_and_stay_dead_when_they_come_back() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    assert_eq!(app.as_(ADA).post("/people/cleo/deactivation", &[]).status, 303);
    refused(&robot.get(ME), "was revoked");
    assert_eq!(app.as_(ADA).post("/people/cleo/deactivation/removal", &[]).status, 303);
    refused(&robot.get(ME), "was revoked");
}

#[test]
fn a_person_who_is_no_member_any_more_takes_their_tokens_along() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    app.sql("delete from memberships m using people p where p.id = m.person_id and p.handle = 'cleo'");
    refused(&robot.get(ME), "may no longer sign in");
}

#[test]
fn a_key_is_refused_from_outside_its_networks() {
    let app = App::new();
    let key = app.token_text(None, &ALL_SCOPES, None, &["10.0.0.0/8", "2001:db8::/32"]);
    for (address, status) in [("10.9.8.7", 200), ("203.0.113.7", 401), ("11.0.0.1", 401)] {
        assert_eq!(app.bearer(&key).from(address).get(ME).status, status, "{address}");
    }
    refused(&app.bearer(&key).get(ME), "from your address");
}

#[test]
fn a_mistyped_or_truncated_token_is_refused_without_a_query() {
    let app = App::new();
    let token = app.token_text(Some(CLEO), &ALL_SCOPES, None, &[]);
    for at in 0..token.len() {
        let mut typed = token.clone().into_bytes();
        typed[at] = if typed[at] == b'a' { b'b' } else { b'a' };
        for wrong in [String::from_utf8(typed).unwrap(), token[..at].to_owned()] {
            let answer = app.bearer(&wrong).get(ME);
            assert_eq!((answer.status, answer.queries), (401, 0), "{wrong}");
        }
    }
    refused(&app.bearer(&fresh_bearer(PERSONAL_PREFIX)).get(ME), "Nobody has this token");
}

#[test]
fn a_token_in_the_address_is_refused_even_beside_a_good_header() {
    let app = App::new();
    let token = app.token_text(Some(CLEO), &ALL_SCOPES, None, &[]);
    refused(&app.visitor().get(&format!("{ME}?access_token={token}")), "stands in the address");
    let answer = app.bearer(&token).get(&format!("{ME}?access_token={token}"));
    refused(&answer, "stands in the address");
    assert!(!answer.has(&token) && !answer.error.contains(&token));
}

#[test]
fn a_session_does_not_open_the_api_and_a_token_opens_no_page() {
    let app = App::new();
    refused(&app.as_(ADA).get(ME), "Authorization: Bearer");
    let robot = app.token(ADA, &ALL_SCOPES, None);
    for route in tow::features::routes().list() {
        if route.need == tow::web::Need::Session && route.method == "GET" && !route.path.contains('{') {
            let answer = robot.get(route.path);
            assert_eq!((answer.status, answer.location().starts_with("/sign-in")), (303, true), "{}", route.path);
        }
    }
    let basic = app.visitor().with("authorization", "Basic dG93OnRvdw==");
    refused(&basic.get(ME), "Authorization: Bearer");
}

#[test]
fn uses_are_counted_and_the_window_of_requests_ends_with_429_for_this_token_alone() {
    let app = App::new();
    let (robot, other) = (app.token(CLEO, &ALL_SCOPES, None), app.token(VERA, &ALL_SCOPES, None));
    let answer = robot.get(ME);
    assert_eq!(answer.header("ratelimit-policy"), "\"token\";q=600;w=60");
    assert!(answer.header("ratelimit").starts_with("\"token\";r=599;t="), "{}", answer.header("ratelimit"));
    app.sql("update token_uses set window_count = 599");
    assert!(robot.get(ME).header("ratelimit").contains("r=0;"));
    let late = robot.get(ME);
    assert_eq!((late.status, late.header("ratelimit").contains("r=0;")), (429, true));
    assert!((1..=60).contains(&late.header("retry-after").parse().unwrap()));
    assert_eq!(other.get(ME).status, 200);
    app.advance(chrono::Duration::seconds(60));
    assert_eq!(robot.get(ME).status, 200);
    assert_eq!(app.count("select used_count as count from token_uses order by used_count desc limit 1"), 4);
}

#[test]
fn the_lists_say_what_each_may_and_when_it_was_used() {
    let app = App::new();
    app.token(CLEO, &["tickets:write"], Some(&[ATLAS])).get(ME);
    let page = app.as_(CLEO).get("/settings/me/tokens");
    for words in ["Harbour robot", "tickets:write", "ATL", "used once", "203.0.113.7"] {
        assert!(page.has(words), "{words}: {}", page.text());
    }
    assert!(app.as_(VERA).get("/settings/me/tokens").has("No tokens yet"));
    assert!(app.as_(ADA).get("/settings/keys").has("No keys yet"));
}

#[test]
fn head_is_answered_as_get_is() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    assert_eq!(robot.api("HEAD", ME, "").status, 200);
    assert_eq!(app.as_(CLEO).api("HEAD", "/tickets", "").status, 200);
    let answer = app.as_(CLEO).api("PUT", "/tickets", "");
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST, HEAD".to_owned()));
}

fn refusals(app: &App, reason: &str) -> i64 {
    app.count(&format!(
        "select count(*) from audit_events where action = 'refused' and outcome = 'denied' and after->>'reason' = '{reason}'"
    ))
}

#[test]
fn a_refused_token_is_one_event_a_minute_with_its_number() {
    let app = App::new();
    let key = app.token_text(None, &ALL_SCOPES, None, &["10.0.0.0/8"]);
    let (reader, gone) = (app.token(CLEO, &["tickets:read"], None), app.token(CLEO, &ALL_SCOPES, None));
    app.sql("update tokens set revoked_at = now() where 'tickets:write' = any(scopes) and kind = 'personal'");
    for _ in 0..5 {
        assert_eq!(app.bearer(&key).get(ME).status, 401);
        assert_eq!(gone.get(ME).status, 401);
        assert_eq!(reader.api("POST", "/api/v1/tickets", "{}").status, 403);
        assert_eq!(app.bearer(&fresh_bearer(PERSONAL_PREFIX)).get(ME).status, 401);
    }
    for reason in ["token-network", "token-revoked", "refused-scope", "token-unknown"] {
        assert_eq!(refusals(&app, reason), 1, "{reason}");
    }
    app.advance(chrono::Duration::seconds(61));
    app.tx(tow::audit::flush);
    assert_eq!(app.count("select count(*) from audit_events where action = 'refused' and after->>'number' = '4'"), 4);
    assert_eq!(app.count("select count(*) from audit_events where action = 'refused' and token_id is not null"), 6);
    app.advance(chrono::Duration::days(90));
    assert_eq!(reader.get(ME).status, 401);
    assert_eq!(refusals(&app, "token-expired"), 1);
}

#[test]
fn a_key_is_a_member_of_its_projects_and_archives_nothing_whatever_its_scopes() {
    let app = App::new();
    let narrow = app.key(&ALL_SCOPES, Some(&[ATLAS]));
    let made = narrow.api("POST", "/api/v1/tickets", r#"{"title":"Paint","place":"project:ATL"}"#);
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(narrow.api("PATCH", &made.header("location"), r#"{"status":"done"}"#).status, 200);
    for path in [&made.header("location"), "/api/v1/tickets/ATL-1", "/api/v1/projects/ATL"] {
        let answer = narrow.api("POST", &format!("{path}/archiving"), "");
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    }
    let wide = app.key(&ALL_SCOPES, None);
    assert_eq!(wide.api("POST", "/api/v1/tickets/BCN-1/archiving", "").status, 403);
    assert_eq!(wide.api("POST", "/api/v1/tickets/ATL-1/archiving", "").status, 404);
    assert_eq!(app.count("select count(*) from records where archived_at is not null and kind = 'ticket'"), 0);
}

#[derive(Clone, Default)]
struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_token_stands_in_no_line_of_the_log_wherever_it_was_put() {
    let app = App::new();
    let token = app.token_text(Some(CLEO), &ALL_SCOPES, None, &[]);
    let (lines, cleo) = (Lines::default(), app.as_(CLEO));
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(move || writer.clone());
    // For the whole process: beside other tests, what one thread listens to is not reliably heard.
    tracing::subscriber::set_global_default(log.finish()).unwrap();
    app.bearer(&token).get(ME);
    app.bearer(&format!("{token}x")).get(ME);
    app.visitor().get(&format!("{ME}?access_token={token}"));
    app.visitor().get(&format!("/reset/{token}"));
    app.visitor().get(&format!("/nowhere/{token}"));
    app.visitor().with("referer", &format!("http://localhost/{token}")).with("user-agent", &token).get("/sign-in");
    cleo.post("/settings/me", &[("name", &token), ("handle", "cleo"), ("time_zone", &token)]);
    cleo.post("/sign-in", &[("email", &token), ("password", &token)]);
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.matches("request").count() >= 8, "{log}");
    assert!(!log.contains(&token[8..]), "{log}");
}
