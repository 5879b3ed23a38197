//! What a token of the directory never opens, and who never opens the directory's doors.

use super::*;
use tow::web::Need;

fn doors() -> Vec<(String, String)> {
    let id = CLEO.id.to_string();
    let routes = tow::features::routes().list().into_iter().filter(|route| route.need == Need::Directory);
    routes.map(|route| (route.method.to_string(), route.path.replace("{id}", &id))).collect()
}

#[test]
fn every_door_of_the_directory_is_shut_for_everybody_else() {
    let app = App::new();
    let doors = doors();
    assert!(doors.len() > 15, "{doors:?}");
    let body = mia().to_string();
    for (method, path) in doors {
        for (who, client) in [
            ("a visitor", app.visitor()),
            ("an owner's browser", app.as_(ADA)),
            ("an owner's token", app.token(ADA, &ALL_SCOPES, None)),
            ("a key", app.key(&ALL_SCOPES, None)),
            ("a token that nobody made", app.bearer(&fresh_bearer(DIRECTORY_PREFIX))),
        ] {
            let answer = client.api(&method, &path, &body);
            refused(&answer, 401, None);
            assert!(answer.header("www-authenticate").starts_with("Bearer realm=\"tow\""), "{who} {method} {path}");
        }
    }
    assert_eq!(app.count("select count(*) from scim_users"), 0);
}

#[test]
fn a_token_that_ended_was_revoked_or_stands_in_the_address_opens_nothing() {
    let app = App::new();
    let good = token(&app);
    let directory = app.bearer(&good);
    assert_eq!(directory.get(USERS).status, 200);
    refused(&app.visitor().get(&format!("{USERS}?access_token={good}")), 401, None);
    app.sql("update scim_tokens set revoked_at = created_at");
    refused(&directory.get(USERS), 401, None);
    app.sql("update scim_tokens set revoked_at = null");
    app.advance(chrono::Duration::days(90));
    refused(&directory.get(USERS), 401, None);
    assert_eq!(app.count("select count(*) from audit_events where action = 'refused' and actor_kind = 'directory'"), 2);
}

#[test]
fn the_directorys_token_opens_no_page_and_no_api() {
    let app = App::new();
    let directory = directory(&app);
    assert_eq!(directory.get("/api/v1/me").status, 401);
    assert_eq!(directory.api("POST", "/api/v1/tickets", "{}").status, 401);
    assert!(directory.get("/tickets").location().starts_with("/sign-in"));
    assert!(directory.get("/settings/provisioning").location().starts_with("/sign-in"));
}

#[test]
fn nothing_that_the_directory_says_makes_an_owner_an_admin_or_a_server_admin() {
    let app = App::new();
    let directory = directory(&app);
    let mut user = mia();
    for (name, value) in [
        ("roles", json!([{ "value": "owner", "primary": true }, { "value": "admin" }])),
        ("entitlements", json!([{ "value": "server_admin" }])),
        ("role", json!("owner")),
        ("server_admin", json!(true)),
        ("serverAdmin", json!(true)),
        ("permissions", json!(["security_configuration.manage"])),
        ("userType", json!("owner")),
        ("password", json!("seven grey herons")),
        ("password_hash", json!("x")),
        ("id", json!(ADA.id.to_string())),
        ("groups", json!([{ "value": PLANNERS.0.to_string() }])),
    ] {
        user[name] = value;
    }
    let id = made(&directory, &user);
    assert_ne!(id, ADA.id.to_string());
    for operation in [
        json!({ "op": "add", "path": "roles", "value": [{ "value": "owner" }] }),
        json!({ "op": "replace", "value": { "role": "owner", "server_admin": true, "userType": "owner" } }),
    ] {
        assert_eq!(patch(&directory, &id, json!([operation])).status, 200);
    }
    refused(
        &patch(&directory, &id, json!([{ "op": "add", "path": "server_admin", "value": true }])),
        400,
        Some("invalidPath"),
    );
    let plain = format!(
        "select count(*) from people p join memberships m on m.person_id = p.id where p.id = '{id}' and m.role = 'member' and not p.server_admin
         and p.password_hash is null and not exists (select 1 from person_roles r where r.person_id = p.id)
         and not exists (select 1 from group_members g where g.person_id = p.id)");
    assert_eq!(app.count(&plain), 1);
}

#[test]
fn the_address_of_who_holds_more_than_a_member_stays_theirs() {
    let app = App::new();
    let directory = directory(&app);
    open_security_desk(&app);
    for who in [ADA, BEN, GRO, SAMI] {
        let id = taken_over(&app, &directory, who);
        let taking =
            json!([{ "op": "add", "path": "emails", "value": [{ "value": "thief@halden.example", "primary": true }] }]);
        let answer = patch(&directory, &id, taking);
        assert_eq!(answer.status, 200, "what the directory says is kept: {}", answer.text());
        let kept = app.text(&format!("select email as text from people where id = '{id}'"));
        assert_eq!(kept, who.email(), "{}", who.name);
    }
    assert!(app.as_(ADA).get("/settings/provisioning").has("holds more than a member"));
}

#[test]
fn people_whom_the_directory_does_not_manage_are_not_there_for_it() {
    let app = App::new();
    let directory = directory(&app);
    let id = CLEO.id.to_string();
    assert_eq!(directory.get(USERS).json()["totalResults"], 0);
    refused(&directory.get(&format!("{USERS}/{id}")), 404, None);
    refused(&directory.api("PUT", &format!("{USERS}/{id}"), &mia().to_string()), 404, None);
    refused(&patch(&directory, &id, json!([{ "op": "replace", "path": "active", "value": false }])), 404, None);
    refused(&directory.api("DELETE", &format!("{USERS}/{id}"), ""), 404, None);
    assert_eq!(app.as_(CLEO).get("/tickets").status, 200);
}

#[test]
fn a_huge_or_deep_body_is_refused() {
    let app = App::new();
    let directory = directory(&app);
    let huge = format!("{{\"userName\":\"{}\"}}", "x".repeat(4 * 1024 * 1024));
    refused(&directory.api("POST", USERS, &huge), 413, None);
    refused(&directory.api("POST", USERS, &"[".repeat(100_000)), 400, Some("invalidSyntax"));
    assert_eq!(app.visitor().api("POST", USERS, &huge).status, 401, "who has no token is not read");
}

#[test]
fn a_first_sync_of_five_thousand_fits_into_the_window_and_more_is_told_to_wait() {
    let app = App::new();
    let directory = directory(&app);
    let answer = directory.get(USERS);
    assert_eq!(answer.header("ratelimit-policy"), "\"token\";q=12000;w=60");
    app.sql("update scim_token_uses set window_count = 12000");
    let late = directory.get(USERS);
    refused(&late, 429, None);
    assert!(!late.header("retry-after").is_empty());
}
