//! The API: what comes back, and what a hostile program tries.

use crate::harness::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tow::access::{Actor, Permission, Thing, Verb, may};
use tow::error::Error;
use tow::web::{Caller, Entrance, MAX_BODY_BYTES, MAX_PAGE, token_hash};

const TICKETS: &str = "/api/v1/tickets";
const PAINT: &str = r#"{"title":"Paint the crane","place":"project:ATL"}"#;

fn painted(app: &App) -> i64 {
    app.count("select count(*) from records where title = 'Paint the crane'")
}

#[test]
fn a_ticket_is_made_shown_changed_archived_and_brought_back() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    let body = json!({"title": "Paint the crane", "place": "project:ATL", "body": "Red.", "kind": "bug", "status": "backlog",
        "priority": 1, "assignee": "@cleo", "tags": ["steel", "red"], "due_on": "2027-01-31", "estimate": 3});
    let made = robot.api("POST", TICKETS, &body.to_string());
    assert_eq!((made.status, made.header("location")), (201, "/api/v1/tickets/ATL-3".to_owned()), "{}", made.text());
    let shown = robot.get("/api/v1/tickets/ATL-3");
    assert_eq!((shown.json(), shown.header("etag")), (made.json(), made.header("etag")));
    let ticket = shown.json();
    for (field, value) in [
        ("title", json!("Paint the crane")),
        ("place", json!("project:ATL")),
        ("kind", json!("bug")),
        ("priority", json!(1)),
        ("assignee", json!("cleo")),
        ("author", json!("cleo")),
        ("tags", json!(["red", "steel"])),
        ("due_on", json!("2027-01-31")),
        ("estimate", json!(3)),
        ("body", json!("Red.")),
        ("archived_at", Value::Null),
        ("page", json!("/tickets/ATL-3")),
    ] {
        assert_eq!(ticket[field], value, "{field}");
    }
    let changed = robot.api(
        "PATCH",
        "/api/v1/tickets/ATL-3",
        r#"{"status":"done","assignee":null,"tags":["blue"],"estimate":null}"#,
    );
    assert_eq!(changed.status, 200, "{}", changed.text());
    let ticket = changed.json();
    assert_eq!(
        (&ticket["status"], &ticket["assignee"], &ticket["tags"]),
        (&json!("done"), &Value::Null, &json!(["blue"]))
    );
    assert!(ticket["resolved_at"].is_string() && ticket["estimate"].is_null());
    assert!(robot.api("POST", "/api/v1/tickets/ATL-3/archiving", "").json()["archived_at"].is_string());
    assert!(robot.api("DELETE", "/api/v1/tickets/ATL-3/archiving", "").json()["archived_at"].is_null());
}

#[test]
fn decisions_risks_docs_projects_and_comments_are_made_and_changed() {
    let app = App::new();
    let robot = app.token(EDDA, &ALL_SCOPES, None);
    for (path, new, change, field) in [
        (
            "decisions",
            json!({"title": "Red", "place": "project:ATL", "context": "Grey fades."}),
            json!({"context": "All fades."}),
            "context",
        ),
        (
            "risks",
            json!({"title": "Rust", "place": "project:ATL", "likelihood": 2, "impact": 3}),
            json!({"mitigation": "Paint."}),
            "mitigation",
        ),
        (
            "docs",
            json!({"title": "How to paint", "place": "project:ATL", "body": "One.", "tags": ["red"]}),
            json!({"body": "Two."}),
            "body",
        ),
    ] {
        let made = robot.api("POST", &format!("/api/v1/{path}"), &new.to_string());
        assert_eq!(made.status, 201, "{path}: {}", made.text());
        let changed = robot.api("PATCH", &made.header("location"), &change.to_string());
        assert_eq!((changed.status, &changed.json()[field]), (200, &change[field]), "{path}: {}", changed.text());
        let listed =
            robot.get(&format!("/api/v1/{path}?project=ATL&q={}", new["title"].as_str().unwrap().replace(' ', "+")));
        assert_eq!(listed.json()["items"].as_array().unwrap().len(), 1, "{path}: {}", listed.text());
        assert!(listed.json()["items"][0].get(field).is_none(), "{path}: a list has no texts");
    }
    let made = robot.api("POST", "/api/v1/projects", r#"{"name":"Quay","visibility":"restricted","lead":"edda"}"#);
    assert_eq!((made.status, &made.json()["role"]), (201, &json!("admin")), "{}", made.text());
    let said = robot.api("POST", "/api/v1/records/ATL-1/comments", r#"{"body":"Ten beams."}"#);
    assert_eq!((said.status, &said.json()["author"]), (201, &json!("edda")), "{}", said.text());
    let heard = robot.get("/api/v1/records/ATL-1/comments").json();
    assert_eq!(heard["items"][0]["body"], "Ten beams.");
}

#[test]
fn pages_of_a_list_together_are_the_list_and_each_entry_comes_once() {
    let app = App::new();
    let robot = app.token(ADA, &["tickets:read"], None);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = robot.get(&format!("{TICKETS}?limit=2&sort=title{after}")).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    let whole = robot.get(&format!("{TICKETS}?sort=title")).json();
    let whole: Vec<_> =
        whole["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((seen.len(), seen), (5, whole));
}

#[test]
fn a_query_that_nobody_knows_is_refused_by_name_and_never_means_everything() {
    let app = App::new();
    let robot = app.token(CLEO, &["tickets:read"], None);
    for (query, field) in [
        ("assigne=cleo", "assigne"),
        ("status=finished", "status"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=201", "limit"),
        ("after=xyz", "after"),
        ("status=todo&status=done", "status"),
        ("assignee=nobody.here", "assignee"),
        ("due_before=soon", "due_before"),
        ("archived=1", "archived"),
        ("q=a%00b", "q"),
    ] {
        let answer = robot.get(&format!("{TICKETS}?{query}"));
        assert_eq!(answer.status, 422, "{query}: {}", answer.text());
        assert!(!answer.field(field).is_empty(), "{query}: {}", answer.text());
    }
    assert_eq!(robot.get(&format!("{TICKETS}?limit={MAX_PAGE}")).status, 200);
    assert_eq!(robot.get(&format!("{TICKETS}?project=NONE")).status, 404);
}

#[test]
fn what_is_wrong_with_a_body_is_said_beside_its_field_and_nothing_is_written() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    let before = app.count("select count(*) from records");
    let long = format!(r#"{{"title":"{}","place":"organisation"}}"#, "x".repeat(256));
    for (body, field, words) in [
        (r#"{"place":"organisation"}"#, "title", "missing"),
        (r#"{"title":7,"place":"organisation"}"#, "title", "expected a string"),
        (r#"{"title":"A","place":"organisation","tags":["a",2]}"#, "tags[1]", "expected a string"),
        (r#"{"title":"A","place":"organisation","priority":"high"}"#, "priority", "expected i16"),
        (r#"{"title":"A","place":"organisation","priority":9}"#, "priority", ""),
        (r#"{"title":"A","place":"organisation","due_on":"soon"}"#, "due_on", ""),
        (r#"{"title":"A","place":"organisation","assignee":"nobody"}"#, "assignee", ""),
        (r#"{"title":"A","place":"organisation","tags":["a,b"]}"#, "tags", "comma"),
        (r#"{"title":"A","place":"moon"}"#, "place", ""),
        (r#"{"title":"","place":"organisation"}"#, "title", ""),
        (r#"{"title":"A\u0000B","place":"organisation"}"#, "title", ""),
        (r#"{"title":"A","place":"organisation","assignee":"cleo\u0000"}"#, "assignee", ""),
        (r#"{"title":"A","title":"B","place":"organisation"}"#, "title", "twice"),
        (long.as_str(), "title", "255"),
    ] {
        let answer = robot.api("POST", TICKETS, body);
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        assert!(!answer.field(field).is_empty() && answer.field(field).contains(words), "{body}: {}", answer.text());
    }
    let patch = robot.api("PATCH", "/api/v1/tickets/ATL-1", r#"{"title":"","status":"finished","estimate":-1}"#);
    let fields: BTreeSet<String> = patch.json()["fields"].as_object().unwrap().keys().cloned().collect();
    assert_eq!((patch.status, fields), (422, ["estimate", "status", "title"].map(str::to_owned).into()));
    assert_eq!(app.count("select count(*) from records"), before);
}

#[test]
fn a_field_that_is_not_on_the_list_is_refused_by_name_so_that_none_is_smuggled_in() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    for field in
        ["id", "author", "author_id", "organisation_id", "created_at", "archived_at", "rank", "role", "server_admin"]
    {
        let new = format!(r#"{{"title":"Paint the crane","place":"project:ATL","{field}":"x"}}"#);
        for (method, path, body) in [
            ("POST", TICKETS, new.clone()),
            ("PATCH", "/api/v1/tickets/ATL-1", format!(r#"{{"{field}":"x"}}"#)),
            ("PATCH", "/api/v1/projects/BCN", format!(r#"{{"visibility":"open","{field}":"x"}}"#)),
        ] {
            let answer = robot.api(method, path, &body);
            assert_eq!(answer.status, 422, "{method} {path} {body}: {}", answer.text());
            assert!(answer.field(field).contains("no such field") || answer.has("visibility"), "{}", answer.text());
        }
    }
    assert_eq!(painted(&app), 0);
}

#[test]
fn too_long_too_deep_and_the_wrong_kind_of_bodies_are_refused() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    let huge = format!(r#"{{"title":"A","place":"organisation","body":"{}"}}"#, "x".repeat(10 * 1024 * 1024));
    assert_eq!(robot.api("POST", TICKETS, &huge).status, 413);
    assert_eq!(robot.api("POST", TICKETS, &" ".repeat(MAX_BODY_BYTES + 1)).status, 413);
    let nobody = app.visitor().api("POST", TICKETS, &huge);
    assert_eq!(nobody.status, 401, "who has no token is not read");
    let deep = format!(r#"{{"title":{}"#, "[".repeat(100_000));
    for broken in
        [deep.as_str(), "{", "", "null", "[]", r#"{"title":"A","place":"organisation"} x"#, "\u{feff}{}", "title=A"]
    {
        let answer = robot.send(robot.api_request("POST", TICKETS, " ").set_payload(broken.to_owned()));
        assert_eq!(answer.status, 422, "{broken:.40}: {}", answer.text());
    }
    assert_eq!(robot.post_raw(TICKETS, "application/x-www-form-urlencoded", "title=A").status, 415);
    assert_eq!(robot.post_raw(TICKETS, "text/plain", PAINT).status, 415);
}

#[test]
fn nobody_reads_or_changes_by_guessing_an_id() {
    let app = App::new();
    let robot = app.token(DOV, &ALL_SCOPES, None);
    for id in [
        "tickets/ATL-1",
        "tickets/TOW-2",
        "tickets/TOW-3",
        "decisions/DEC-2",
        "decisions/DEC-3",
        "decisions/DEC-4",
        "projects/ATL",
        "tickets/DEC-1",
        "tickets/ATL-99",
    ] {
        let path = format!("/api/v1/{id}");
        for (method, path, body) in [
            ("GET", path.clone(), ""),
            ("PATCH", path.clone(), "{}"),
            ("POST", format!("{path}/archiving"), ""),
            ("DELETE", format!("{path}/archiving"), ""),
        ] {
            assert_eq!(robot.api(method, &path, body).status, 404, "{method} {path}");
        }
    }
    assert_eq!(robot.get("/api/v1/records/ATL-1/comments").status, 404);
    assert_eq!(robot.api("POST", "/api/v1/records/TOW-3/comments", r#"{"body":"Hm"}"#).status, 404);
    let child = robot.api("POST", TICKETS, r#"{"title":"A","place":"organisation","parent":"ATL-1"}"#);
    assert_eq!((child.status, child.field("parent").is_empty()), (422, false));
}

#[test]
fn nothing_outside_its_projects_is_there_for_a_narrowed_token() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, Some(&[BEACON]));
    for id in ["ATL-1", "TOW-1", "TOW-2", "TOW-3"] {
        assert_eq!(robot.get(&format!("{TICKETS}/{id}")).status, 404, "{id}");
    }
    let listed = robot.get(TICKETS).json();
    let ids: Vec<&str> = listed["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["BCN-1"]);
    assert_eq!(robot.get("/api/v1/projects").json()["items"].as_array().unwrap().len(), 1);
    for (place, status) in [("project:ATL", 422), ("organisation", 403), ("private", 403), ("project:BCN", 201)] {
        let body = format!(r#"{{"title":"Paint the crane","place":"{place}"}}"#);
        assert_eq!(robot.api("POST", TICKETS, &body).status, status, "{place}");
    }
    assert_eq!(robot.api("POST", "/api/v1/projects", r#"{"name":"Quay"}"#).status, 403);
}

#[test]
fn a_token_opens_no_other_kind_of_record_through_what_they_share() {
    let app = App::new();
    let robot = app.token(CLEO, &["tickets:read", "comments:write"], None);
    assert_eq!(robot.get("/api/v1/records/ATL-1/comments").status, 200);
    assert_eq!(robot.get("/api/v1/records/DEC-1/comments").status, 404);
    assert_eq!(robot.api("POST", "/api/v1/records/DEC-1/comments", r#"{"body":"Hm"}"#).status, 404);
    assert_eq!(app.token(CLEO, &["comments:read"], None).get("/api/v1/records/ATL-1/comments").status, 404);
}

#[test]
fn a_token_does_no_more_than_its_person_may_at_that_moment() {
    let app = App::new();
    let (vera, cleo) = (app.token(VERA, &ALL_SCOPES, None), app.token(CLEO, &ALL_SCOPES, None));
    assert_eq!(vera.api("PATCH", "/api/v1/tickets/ATL-1", r#"{"status":"done"}"#).status, 403);
    assert_eq!(cleo.api("PATCH", "/api/v1/tickets/ATL-1", r#"{"status":"done"}"#).status, 200);
    app.sql("delete from project_grants g using people p where p.id = g.person_id and p.handle = 'cleo'");
    assert_eq!(cleo.get("/api/v1/tickets/ATL-1").status, 404);
}

#[test]
fn no_token_and_no_key_passes_where_a_recent_sign_in_is_asked_nor_touches_access_or_identity() {
    let app = App::new();
    for token in [app.token_text(Some(ADA), &ALL_SCOPES, None, &[]), app.token_text(None, &ALL_SCOPES, None, &[])] {
        let caller = Caller {
            session: None,
            binding: String::new(),
            address: "203.0.113.7".to_owned(),
            browser: String::new(),
            request_id: uuid::Uuid::nil(),
            step_up_max_age_seconds: 900,
        };
        app.tx(|tx| {
            let Entrance::Open(me, _) = Actor::of_token(tx, &caller, &token_hash(&token))? else { panic!("closed") };
            let all = Permission::ALL.iter().filter(|permission| **permission != Permission::ProjectsCreate);
            let things = all.map(|permission| Thing::Organisation(*permission));
            for thing in things.chain([Thing::Account(ADA.id), Thing::Own(ADA.id), Thing::Door]) {
                for verb in Verb::ALL {
                    let answer = may(tx, &me, *verb, &thing);
                    assert!(
                        matches!(answer, Err(Error::Forbidden(_) | Error::NotFound)),
                        "{verb} {thing:?}: {answer:?}"
                    );
                }
            }
            assert!(!me.is_confirmed && !me.server_admin);
            Ok(())
        });
    }
}

#[test]
fn the_same_request_with_the_same_key_is_done_once_and_answered_alike() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None).with("idempotency-key", "paint-1");
    let (first, second) = (robot.api("POST", TICKETS, PAINT), robot.api("POST", TICKETS, PAINT));
    assert_eq!((first.status, second.status, painted(&app)), (201, 201, 1));
    assert_eq!(
        (first.json(), first.header("etag"), first.header("location")),
        (second.json(), second.header("etag"), second.header("location"))
    );
    assert_eq!(
        (first.header("idempotency-replayed"), second.header("idempotency-replayed")),
        (String::new(), "true".to_owned())
    );
    let other = robot.api("POST", TICKETS, r#"{"title":"Something else","place":"project:ATL"}"#);
    assert_eq!((other.status, other.field("Idempotency-Key").is_empty()), (422, false));
    let elsewhere = robot.api("POST", "/api/v1/docs", r#"{"title":"Paint the crane","place":"project:ATL"}"#);
    assert_eq!(elsewhere.status, 422);
    let theirs = app.token(EDDA, &ALL_SCOPES, None).with("idempotency-key", "paint-1");
    assert_eq!((theirs.api("POST", TICKETS, PAINT).status, painted(&app)), (201, 2));
    app.advance(chrono::Duration::hours(25));
    assert_eq!((robot.api("POST", TICKETS, PAINT).status, painted(&app)), (201, 3));
    let long = app.token(CLEO, &ALL_SCOPES, None).with("idempotency-key", &"k".repeat(256));
    assert_eq!(long.api("POST", TICKETS, PAINT).status, 422);
}

#[test]
fn a_refused_request_leaves_its_key_free() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None).with("idempotency-key", "paint-1");
    assert_eq!(robot.api("POST", TICKETS, r#"{"title":"","place":"project:ATL"}"#).status, 422);
    assert_eq!((robot.api("POST", TICKETS, PAINT).status, painted(&app)), (201, 1));
}

#[test]
fn the_same_key_at_the_same_moment_makes_one() {
    let app = App::own();
    let robot = app.token(CLEO, &ALL_SCOPES, None).with("idempotency-key", "paint-1");
    let answers = app.at_once((0..4).map(|_| robot.api_request("POST", TICKETS, PAINT)).collect());
    assert!(
        answers.iter().all(|answer| answer.status == 201 && answer.json() == answers[0].json()),
        "{}",
        answers[0].text()
    );
    assert_eq!(painted(&app), 1);
    assert_eq!(app.count("select used_count as count from token_uses"), 4);
}

#[test]
fn a_change_of_what_somebody_else_changed_meanwhile_is_412_and_changes_nothing() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    for (path, change) in [
        ("/api/v1/tickets/ATL-1", r#"{"title":"Order more steel"}"#),
        ("/api/v1/decisions/DEC-2", r#"{"title":"Piles"}"#),
    ] {
        let archiving = format!("{path}/archiving");
        assert_eq!(robot.clone().with("if-match", "\"x\"").api("POST", &archiving, "").status, 412);
        let seen = robot.get(path).header("etag");
        let (stale, fresh) = (robot.clone().with("if-match", "\"x\""), robot.clone().with("if-match", &seen));
        let lost = stale.api("PATCH", path, change);
        assert_eq!(lost.status, 412, "{}", lost.text());
        let done = fresh.api("PATCH", path, change);
        assert_eq!(done.status, 200, "{}", done.text());
        assert_eq!(fresh.api("PATCH", path, change).status, 412, "the tag of before");
        assert_eq!(robot.clone().with("if-match", "*").api("PATCH", path, "{}").status, 200);
        assert_eq!(app.token(VERA, &ALL_SCOPES, None).api("PATCH", path, "{}").status, 403, "nor may who only reads");
        assert_eq!(robot.clone().with("if-none-match", &done.header("etag")).get(path).status, 304);
    }
}

#[test]
fn null_empties_what_may_be_empty_and_is_refused_for_what_may_not() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    robot.api("PATCH", "/api/v1/tickets/ATL-1", r#"{"body":"Red.","tags":["steel"]}"#);
    let emptied = robot.api("PATCH", "/api/v1/tickets/ATL-1", r#"{"body":null,"tags":null}"#);
    assert_eq!((&emptied.json()["body"], &emptied.json()["tags"]), (&json!(""), &json!([])), "{}", emptied.text());
    for field in ["title", "status", "kind", "priority"] {
        let refused = robot.api("PATCH", "/api/v1/tickets/ATL-1", &json!({ field: null }).to_string());
        assert_eq!(refused.status, 422, "{field}: {}", refused.text());
        assert!(refused.json()["fields"][field].is_string(), "{field}: {}", refused.text());
    }
}

#[test]
fn a_page_below_another_shares_its_place_and_a_place_that_says_otherwise_is_refused() {
    let app = App::new();
    let robot = app.token(CLEO, &ALL_SCOPES, None);
    let page = |fields: &str| robot.api("POST", "/api/v1/docs", &format!("{{\"title\":\"Tides\",{fields}}}"));
    let above = page(r#""place":"project:ATL""#).json()["id"].as_str().unwrap().to_owned();
    let below = |place: &str| page(&format!(r#""parent":"{above}"{place}"#));
    for fits in ["", r#","place":"project:ATL""#] {
        assert_eq!((below(fits).status, &below(fits).json()["place"]), (201, &json!("project:ATL")), "{fits}");
    }
    for other in ["organisation", "project:BCN", "nowhere"] {
        let refused = below(&format!(r#","place":"{other}""#));
        assert_eq!((refused.status, refused.field("place").is_empty()), (422, false), "{other}");
    }
    assert_eq!(app.count("select count(*) from docs"), 5);
}

#[test]
fn a_key_that_is_nobodys_makes_no_project_that_nobody_is_in() {
    let app = App::new();
    let robot = app.key(&ALL_SCOPES, None);
    let refused = robot.api("POST", "/api/v1/projects", r#"{"name":"Dock","visibility":"restricted"}"#);
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.json()["fields"]["visibility"].is_string(), "{}", refused.text());
    assert_eq!(app.count("select count(*) from projects where name = 'Dock'"), 0);
    assert_eq!(robot.api("POST", "/api/v1/projects", r#"{"name":"Dock"}"#).status, 201);
}

#[test]
fn what_a_key_did_stands_under_its_own_name() {
    let app = App::new();
    let robot = app.key(&ALL_SCOPES, Some(&[ATLAS]));
    let made = robot.api("POST", TICKETS, PAINT);
    assert_eq!((made.status, &made.json()["author"]), (201, &Value::Null), "{}", made.text());
    assert_eq!(robot.api("POST", "/api/v1/records/ATL-1/comments", r#"{"body":"Twelve beams."}"#).status, 201);
    assert_eq!(
        app.count("select count(*) from comments c join tokens t on t.id = c.token_id where t.name = 'Harbour robot'"),
        1
    );
    let page = app.as_(CLEO).get("/tickets/ATL-3");
    assert!(page.has("Harbour robot"), "{}", page.text());
    assert!(app.as_(CLEO).get("/tickets/ATL-1?show=comments").has("Harbour robot"));
    assert_eq!(app.count("select count(*) from activity where token_id is not null and actor_kind = 'service'"), 2);
    assert_eq!(app.count("select count(*) from activity where token_id is null and actor_kind = 'service'"), 0);
}
