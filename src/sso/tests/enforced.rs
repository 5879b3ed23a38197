//! Sign-on for everybody: no other door begins a session.

use super::is_in;
use crate::harness::*;
use tow::people::{Entry, Method, Session};

#[test]
fn no_session_begins_otherwise_while_everybody_must_sign_in_through_the_provider() {
    let app = App::new();
    app.require_sign_on();
    let begins = |method| {
        let entry = Entry { method, address: String::new(), browser: String::new(), max_age_seconds: 60 };
        app.tx(|tx| Ok(Session::begin(tx, CLEO.id, entry).is_ok()))
    };
    for method in Method::ALL {
        let is_open = matches!(method, Method::Oidc | Method::Saml | Method::BreakGlass);
        assert_eq!(begins(*method), is_open, "{method}");
    }
}

#[test]
fn every_door_with_a_password_is_shut_while_sign_on_is_required() {
    let app = App::configured(&[
        ("TOW_AUTH__SIGNUP__ENABLED", "true"),
        ("TOW_AUTH__SIGNUP__ALLOWED_DOMAINS", "halden.example"),
    ]);
    app.require_sign_on();
    let browser = app.visitor();
    let page = browser.get("/sign-in");
    assert!(page.has("Sign in with Halden ID") && !page.has("name=\"password\"") && !page.has("passkey"));
    let sign_in = [("email", CLEO.email()), ("password", PASSWORD.to_owned())];
    let sign_in: Vec<_> = sign_in.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(browser.post("/sign-in", &sign_in).has("everybody signs in through"));
    for path in ["/forgotten", "/sign-up", "/reset", "/join"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    assert_eq!(browser.post("/sign-up", &[("email", "new@halden.example")]).status, 404);
    assert_eq!(browser.post("/forgotten", &[("email", &CLEO.email())]).status, 404);
    assert!(!is_in(&browser) && app.mails().is_empty());
}

#[test]
fn a_connection_that_is_not_the_required_one_is_no_way_in() {
    let provider = IdProvider::new();
    let app = provider.app();
    let mut other = super::door(&app);
    app.sql("update sso_connections set source = 'page'");
    app.require_sign_on();
    assert_eq!(app.visitor().get(&other).status, 303, "the required one is");
    app.sql(
        "insert into sso_connections select (json_populate_record(c, json_build_object('id', gen_random_uuid(), 'client_id', 'other'))).*
         from sso_connections c",
    );
    other = format!("/sign-on/{}", app.text("select id::text as text from sso_connections where client_id = 'other'"));
    assert_eq!(app.visitor().get(&other).status, 404);
    assert!(!app.visitor().get("/sign-in").has(&other));
}

#[test]
fn requiring_a_connection_ends_the_sessions_that_began_through_another() {
    let provider = IdProvider::new();
    let app = provider.app();
    let browser = app.visitor();
    super::sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
    enrol(&app, &app.as_(ADA));
    app.sql(
        "insert into sso_connections select (json_populate_record(c, json_build_object('id', gen_random_uuid(), 'source', 'page', 'client_id', 'other'))).*
         from sso_connections c;
         insert into break_glass_owners (person_id, named_by, named_at) select id, id, created_at from people where handle = 'ada';
         insert into sso_tests (connection_id, person_id, revision, tested_at)
         select c.id, p.id, c.revision, p.created_at from sso_connections c, people p where c.client_id = 'other' and p.handle = 'ada'",
    );
    let id = app.text("select id::text as text from sso_connections where client_id = 'other'");
    let answer = app.as_(ADA).post("/settings/sign-on/enforcement", &[("connection", &id)]);
    assert!(answer.status == 303 && !is_in(&browser), "{}", answer.text());
}

#[test]
fn no_link_to_set_a_password_is_sent_while_passwords_are_not_offered() {
    let app = App::new();
    app.require_sign_on();
    assert_eq!(app.as_(DOV).post("/people/cleo/reset-link", &[]).status, 403);
    assert!(app.as_(ADA).post("/people/cleo/reset-link", &[]).follow().has("would lead nowhere"));
    assert!(app.mails().is_empty());
}

#[test]
fn who_is_not_connected_is_named_before_sign_on_is_required() {
    let provider = IdProvider::new();
    let app = provider.app();
    super::ada_is_linked(&app);
    let page = app.as_(ADA).get("/settings/sign-on").text();
    let named =
        page.split("people are not connected yet").nth(1).expect("nobody is named").split("</section>").next().unwrap();
    assert!(named.contains("Cleo Marchetti") && !named.contains("Ada Lindqvist") && !named.contains("Hugo"), "{named}");
}

#[test]
fn the_last_break_glass_owner_neither_steps_down_nor_is_deactivated_while_sign_on_is_required() {
    let app = App::new();
    enrol(&app, &app.as_(ADA));
    app.sql(&format!(
        "update memberships set role = 'owner' where person_id = '{0}'; update people set server_admin = true where id = '{0}';
         insert into break_glass_owners (person_id, named_by, named_at) select id, id, created_at from people where handle = 'ada'",
        BEN.id
    ));
    app.require_sign_on();
    let ben = app.as_(BEN);
    for (path, form) in
        [("/people/ada/role", vec![("was", "owner"), ("role", "admin")]), ("/people/ada/deactivation", vec![])]
    {
        let answer = ben.post(path, &form);
        assert!(
            answer.status == 422 && answer.has("At least one break-glass owner must remain"),
            "{path}: {}",
            answer.text()
        );
    }
    app.sql("delete from sso_enforcements");
    assert_eq!(ben.post("/people/ada/role", &[("was", "owner"), ("role", "admin")]).status, 303);
}

#[test]
fn going_to_the_provider_for_ones_own_account_asks_first_who_one_is() {
    let provider = IdProvider::new();
    let app = provider.app();
    let id = super::door(&app).replace("/sign-on/", "");
    let ada = app.as_(ADA);
    app.advance(chrono::Duration::seconds(901));
    for path in [format!("/settings/me/sign-ons/{id}/new"), format!("/settings/sign-on/{id}/test")] {
        assert!(ada.get(&path).location().starts_with("/confirmation"), "{path}: {}", ada.get(&path).location());
    }
}
