//! Connections, trials, enforcement.

use super::{ada_is_linked, door, is_in, sign_on, told};
use crate::harness::*;
use serde_json::json;

const KEY: &str = "a long key for tests 0123456789 abcdefghij";
const HERE: &str = "/settings/sign-on";

fn form(issuer: &str) -> Vec<(&'static str, String)> {
    [
        ("name", "Halden ID"),
        ("issuer", issuer),
        ("client_id", "halden-tow"),
        ("client_secret", "nobody reads this back"),
        ("scopes", "openid email"),
        ("username_claim", "preferred_username"),
        ("email_claim", "email"),
        ("email_verified_claim", "email_verified"),
        ("given_name_claim", "given_name"),
        ("family_name_claim", "family_name"),
        ("allowed_domains", "Halden.example, @other.example"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

fn post(client: &Client, path: &str, form: &[(&str, String)]) -> Answer {
    client.post(path, &form.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

fn server() -> App {
    App::configured(&[("DATA_ENCRYPTION_KEY", KEY)])
}

#[test]
fn only_who_holds_security_configuration_manage_sees_and_changes_sign_on() {
    let app = server();
    for who in [BEN, CLEO, GRO] {
        assert_eq!(app.as_(who).get(HERE).status, 403, "{}", who.name);
        assert_eq!(post(&app.as_(who), HERE, &form("https://id.halden.example")).status, 403);
    }
    assert_eq!(app.as_(ADA).get(HERE).status, 200);
    assert_eq!(app.count("select count(*) from sso_connections"), 0);
}

#[test]
fn a_connection_is_made_closed_and_its_secret_is_sealed_and_never_shown_again() {
    let app = server();
    let ada = app.as_(ADA);
    let page = post(&ada, HERE, &form("https://id.halden.example")).follow();
    assert!(page.has("Halden ID") && page.has("One is kept, encrypted") && !page.has("nobody reads this back"));
    assert!(page.has("/sign-on/callback") && page.has("halden.example, other.example"));
    let sealed = "select count(*) from sso_connections where client_secret like 'v1.%' and enabled_at is null and client_secret not like '%nobody%'";
    assert_eq!(app.count(sealed), 1);
    assert!(!app.visitor().get("/sign-in").has("Halden ID"), "not yet open");
    let told = "select count(*) from audit_events where action = 'sso.registered' and after::text not like '%nobody%'";
    assert_eq!(app.count(told), 1);
}

#[test]
fn bad_input_comes_back_beside_its_field_with_what_was_typed() {
    let app = server();
    let (long, lines) = ("x".repeat(600), "a\nb".to_owned());
    let bad = [
        ("name", ""),
        ("name", &long),
        ("issuer", ""),
        ("issuer", "not an address"),
        ("issuer", "http://id.halden.example"),
        ("issuer", "https://127.0.0.1"),
        ("issuer", "https://id.halden.example?x=1"),
        ("issuer", "https://user:pass@id.halden.example"),
        ("client_id", ""),
        ("client_id", &lines),
        ("scopes", "email"),
        ("email_claim", ""),
        ("allowed_domains", "nodots"),
        ("allowed_domains", "<script>.example"),
        ("acr_values", &long),
    ];
    for (field, value) in bad {
        let mut form = form("https://id.halden.example");
        form.retain(|(name, _)| *name != field);
        form.push((field, value.to_owned()));
        let answer = post(&app.as_(ADA), HERE, &form);
        assert!(answer.status == 422 && answer.has(&format!("id=\"{field}-error\"")), "{field} {value:.30}");
        assert!(!answer.has("nobody reads this back"));
    }
    assert_eq!(app.count("select count(*) from sso_connections"), 0);
}

#[test]
fn a_change_keeps_the_secret_when_none_is_typed_and_refuses_what_somebody_else_changed() {
    let app = server();
    let ada = app.as_(ADA);
    let path = post(&ada, HERE, &form("https://id.halden.example")).location();
    let mut change = form("https://id.halden.example");
    change.retain(|(name, _)| !["client_secret", "name"].contains(name));
    change.extend([("revision", "1".to_owned()), ("name", "Halden ID 2".to_owned())]);
    assert_eq!(post(&ada, &path, &change).status, 303);
    let kept = "select count(*) from sso_connections where client_secret like 'v1.%' and revision = 2 and name = 'Halden ID 2'";
    assert_eq!(app.count(kept), 1);
    let stale = post(&ada, &path, &change);
    assert!(stale.status == 422 && stale.has("Somebody changed this connection"));
    assert_eq!(app.count("select count(*) from audit_events where action = 'sso.changed'"), 1);
}

#[test]
fn a_kept_secret_is_never_sent_to_another_issuer() {
    let app = server();
    let ada = app.as_(ADA);
    let path = post(&ada, HERE, &form("https://id.halden.example")).location();
    let mut change = form("https://mallory.example");
    change.push(("revision", "1".to_owned()));
    let typed = change.iter().position(|(name, _)| *name == "client_secret").unwrap();
    let secret = std::mem::take(&mut change[typed].1);
    let refused = post(&ada, &path, &change);
    assert!(refused.status == 422 && refused.has("id=\"client_secret-error\""), "{}", refused.text());
    assert_eq!(app.count("select count(*) from sso_connections where issuer like '%mallory%'"), 0);
    change[typed].1 = secret;
    assert_eq!(post(&ada, &path, &change).status, 303);
}

#[test]
fn two_connections_to_the_same_client_are_refused() {
    let app = server();
    let ada = app.as_(ADA);
    post(&ada, HERE, &form("https://id.halden.example"));
    let second = post(&ada, HERE, &form("https://id.halden.example"));
    assert!(second.status == 422 && second.has("id=\"client_id-error\""), "{}", second.text());
}

#[test]
fn an_open_connection_is_offered_and_closing_or_removing_it_ends_what_began_through_it() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    app.sql("update sso_connections set source = 'page', client_secret = null, name = 'Halden ID'");
    let ada = app.as_(ADA);
    let path = door(&app).replace("/sign-on/", "/settings/sign-on/");
    assert!(app.visitor().get("/sign-in").has("Sign in with Halden ID"));
    let through = app.as_(ADA);
    app.sql("insert into sso_sessions (session_id, connection_id, subject) select s.id, c.id, 'x' from sessions s, sso_connections c
        where s.id = (select id from sessions order by created_at desc, id desc limit 1)");
    assert_eq!(ada.post(&format!("{path}/opening/removal"), &[]).status, 303);
    assert!(!is_in(&through) && is_in(&ada) && !app.visitor().get("/sign-in").has("Halden ID"));
    assert_eq!(ada.post(&format!("{path}/removal"), &[]).status, 303);
    assert_eq!(app.count("select count(*) from sso_connections"), 0);
}

#[test]
fn the_connection_of_the_file_is_read_only_and_a_change_of_the_file_is_a_new_revision() {
    let provider = IdProvider::new();
    let app = provider.app();
    let path = door(&app).replace("/sign-on/", "/settings/sign-on/");
    let page = app.as_(ADA).get(&path);
    assert!(page.status == 200 && page.has("stands in tow.yaml") && !page.has("name=\"issuer\""));
    for act in ["/opening/removal", "/removal", ""] {
        let mut all = form("https://evil.example");
        all.push(("revision", "1".to_owned()));
        assert_eq!(post(&app.as_(ADA), &format!("{path}{act}"), &all).status, 422, "{act}");
    }
    tow::app::note_start(app.state()).unwrap();
    assert_eq!(app.count("select count(*) from sso_connections where revision = 1 and source = 'file'"), 1);
    app.sql("update sso_connections set scopes = 'openid'");
    tow::app::note_start(app.state()).unwrap();
    assert_eq!(app.count("select count(*) from sso_connections where revision = 2 and scopes <> 'openid'"), 1);
}

/// Ada comes through the connection by way of trial.
fn test(provider: &IdProvider, app: &App, ada: &Client) -> Answer {
    let path = door(app).replace("/sign-on/", "/settings/sign-on/");
    let there = ada.get(&format!("{path}/test"));
    ada.get(&provider.consent(app, &there.location()))
}

fn enforce(app: &App, ada: &Client) -> Answer {
    let id = door(app).rsplit('/').next().unwrap().to_owned();
    ada.post("/settings/sign-on/enforcement", &[("connection", &id)])
}

fn name_ada(app: &App, ada: &Client) {
    enrol(app, ada);
    let id = ADA.id.to_string();
    assert_eq!(ada.post("/settings/sign-on/break-glass/owners", &[("person", &id)]).status, 303);
}

#[test]
fn sign_on_for_everybody_wants_a_trial_by_oneself_with_exactly_this_configuration_and_a_way_in_without_it() {
    let provider = IdProvider::new();
    let app = provider.app();
    let ada = app.as_(ADA);
    assert!(enforce(&app, &ada).has("Try this connection first"));
    assert!(told(&test(&provider, &app, &ada)).contains("It works"));
    assert!(enforce(&app, &ada).has("Name a break-glass owner first"));
    name_ada(&app, &ada);
    app.sql("update sso_connections set revision = revision + 1");
    assert!(enforce(&app, &ada).has("Try this connection first"), "another configuration");
    test(&provider, &app, &ada);
    let (ben, stranger) = (app.as_(BEN), app.visitor());
    assert_eq!(enforce(&app, &ada).status, 303);
    assert!(is_in(&ada) && !is_in(&ben), "sessions that began with a password end");
    let page = stranger.get("/sign-in");
    assert!(!page.has("name=\"password\"") && page.has("Break-glass"));
    let refused = stranger.post("/sign-in", &[("email", &BEN.email()), ("password", PASSWORD)]);
    assert!(refused.status == 422 && !is_in(&stranger));
    sign_on(&provider, &app, &stranger);
    assert!(is_in(&stranger));
    assert_eq!(app.count("select count(*) from audit_events where action = 'sso.enforced'"), 1);
    assert_eq!(ada.post("/settings/sign-on/enforcement/removal", &[]).status, 303);
    assert_eq!(app.visitor().post("/sign-in", &[("email", &BEN.email()), ("password", PASSWORD)]).location(), "/");
}

#[test]
fn a_trial_by_somebody_else_or_that_leads_to_somebody_else_does_not_count() {
    let provider = IdProvider::new();
    let app = provider.app();
    let ada = app.as_(ADA);
    name_ada(&app, &ada);
    app.sql(&format!(
        "insert into sso_tests (connection_id, person_id, revision, tested_at) select id, '{}', revision, created_at from sso_connections",
        BEN.id
    ));
    let said = enforce(&app, &ada);
    assert!(said.has("Try this connection first"), "{} {}", said.status, said.text());
    sign_on(&provider, &app, &app.visitor());
    assert!(told(&test(&provider, &app, &ada)).contains("belongs to somebody else"));
    assert_eq!(app.count("select count(*) from sso_enforcements"), 0);
}

#[test]
fn the_last_break_glass_owner_stays_named_while_everybody_must_use_the_provider() {
    let provider = IdProvider::new();
    let app = provider.app();
    let ada = app.as_(ADA);
    name_ada(&app, &ada);
    test(&provider, &app, &ada);
    enforce(&app, &ada);
    let answer = ada.post(&format!("/settings/sign-on/break-glass/owners/{}/removal", ADA.id), &[]);
    assert!(answer.status == 422 && answer.has("At least one break-glass owner"));
}

#[test]
fn in_mode_oidc_passwords_are_not_offered_and_not_taken() {
    let provider = IdProvider::new();
    let app = provider.app_with(&[("TOW_AUTH__MODE", "oidc")]);
    let browser = app.visitor();
    assert!(!browser.get("/sign-in").has("name=\"password\""));
    assert_eq!(browser.post("/sign-in", &[("email", &ADA.email()), ("password", PASSWORD)]).status, 422);
    assert!(!is_in(&browser));
}

#[test]
fn the_first_who_signs_on_with_the_set_up_token_becomes_owner_of_an_empty_server() {
    let provider = IdProvider::new();
    let app = provider.app_with(&[("TOW_AUTH__MODE", "oidc")]);
    app.sql("truncate organisations, people, counters, throttles, setup_tokens cascade");
    tow::app::note_start(app.state()).unwrap();
    let token = app.tx(tow::setup::issue_token).unwrap();
    let browser = app.visitor();
    let place = |token: &str| {
        [("token", token), ("organisation", "Halden"), ("mode", "founder"), ("time_zone", "Europe/London")]
            .map(|(a, b)| (a, b.to_owned()))
    };
    assert_eq!(post(&browser, "/setup", &place("wrong")).status, 422);
    let page = post(&browser, "/setup", &place(&token));
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let address = text
        .split("href=\"")
        .find_map(|part| part.split('"').next().filter(|link| link.contains("/authorize")))
        .unwrap();
    let address = address.replace("&amp;", "&").replace("&#38;", "&");
    let owner = browser.get(&provider.consent(&app, &address));
    assert_eq!(owner.location(), "/setup/owner");
    assert_eq!(owner.follow().location(), "/projects/new");
    assert!(is_in(&browser));
    let made =
        "select count(*) from people p join memberships m on m.person_id = p.id join sso_links l on l.person_id = p.id
        where m.role = 'owner' and p.server_admin and p.password_hash is null";
    assert_eq!(app.count(made), 1);
}

#[test]
fn without_the_set_up_token_signing_on_makes_nobody_owner() {
    let provider = IdProvider::new();
    let app = provider.app_with(&[("TOW_AUTH__MODE", "oidc")]);
    app.sql("truncate organisations, people, counters, throttles, setup_tokens cascade");
    tow::app::note_start(app.state()).unwrap();
    let browser = app.visitor();
    assert_eq!(browser.get(&door(&app)).location(), "/setup");
    assert_eq!(browser.get("/setup/owner").location(), "/setup");
    assert_eq!(app.count("select count(*) from people"), 0);
}

#[test]
fn a_trial_reads_the_provider_anew() {
    let provider = IdProvider::new();
    let app = provider.app();
    let ada = app.as_(ADA);
    let asked = || provider.outside.asked().iter().filter(|asked| asked.path.contains("openid-configuration")).count();
    test(&provider, &app, &ada);
    test(&provider, &app, &ada);
    assert_eq!(asked(), 2);
    provider.claim("auth_time", json!(start().timestamp()));
}

#[test]
fn a_file_that_names_no_provider_any_more_does_not_start_while_everybody_must_use_that_one() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.sql("update sso_connections set name = 'Halden ID'");
    let without = App::new();
    let config = &without.state().config;
    assert_eq!(app.tx(|tx| tow::sso::guard(tx, config)), None, "nobody must use it");
    app.require_sign_on();
    let why = app.tx(|tx| tow::sso::guard(tx, config)).unwrap();
    assert!(why.contains("Everybody must sign in through Halden ID"), "{why}");
    assert_eq!(app.tx(|tx| tow::sso::guard(tx, &app.state().config)), None, "it is named");
}
