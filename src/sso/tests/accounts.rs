//! Whose account it is.

use super::{ada_is_known, ada_is_linked, door, is_in, leave, sign_on, told};
use crate::harness::*;
use serde_json::{Value, json};

#[test]
fn who_comes_from_an_allowed_domain_with_a_verified_address_gets_an_account_as_a_member() {
    let provider = IdProvider::new();
    let app = provider.app();
    let browser = app.visitor();
    assert_eq!(sign_on(&provider, &app, &browser).location(), "/");
    assert!(is_in(&browser));
    let made = "select count(*) from people p join memberships m on m.person_id = p.id
        where p.email = 'wren@halden.example' and p.name = 'Wren Aldous' and p.password_hash is null and m.role = 'member'";
    assert_eq!(app.count(made), 1);
    assert_eq!(app.count("select count(*) from audit_events where action in ('member.added', 'sign_in.succeeded')"), 2);
}

#[test]
fn the_second_time_the_same_subject_finds_the_same_account_whatever_its_address_is_then() {
    let provider = IdProvider::new();
    let app = provider.app();
    sign_on(&provider, &app, &app.visitor());
    provider.claim("email", json!("ada@halden.example"));
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
    assert_eq!(app.count("select count(*) from sso_links"), 1);
    assert_eq!(app.count("select count(*) from people where email = 'wren@halden.example'"), 1);
}

#[test]
fn keys_on_a_curve_sign_as_well() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.habits().signing = Signing::Curve;
    provider.habits().kid = Some("ec-0".to_owned());
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
}

#[test]
fn a_provider_that_tells_the_address_only_when_asked_is_asked() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.claim("email", Value::Null);
    provider.claim("email_verified", Value::Null);
    provider.habits().userinfo =
        json!({ "sub": "248289761001", "email": "wren@halden.example", "email_verified": true });
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
}

#[test]
fn an_answer_about_another_person_than_the_token_is_refused() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.claim("email", Value::Null);
    provider.habits().userinfo = json!({ "sub": "another", "email": "ada@halden.example", "email_verified": true });
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("could not be verified") && !is_in(&browser));
}

#[test]
fn a_stranger_of_another_domain_needs_an_invitation() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.claim("email", json!("wren@elsewhere.example"));
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("ask an administrator for one"));
    assert!(!is_in(&browser) && app.count("select count(*) from people where name = 'Wren Aldous'") == 0);
}

#[test]
fn an_address_that_the_provider_did_not_verify_opens_nothing() {
    for unverified in [json!(false), Value::Null] {
        let provider = IdProvider::new();
        let app = provider.app();
        ada_is_known(&provider, &app);
        provider.claim("email_verified", unverified.clone());
        let browser = app.visitor();
        assert!(
            told(&sign_on(&provider, &app, &browser)).contains("has not verified your e-mail address"),
            "{unverified}"
        );
        assert!(!is_in(&browser));
    }
}

#[test]
fn even_where_verification_is_not_asked_for_an_unverified_address_makes_and_links_no_account() {
    let provider = IdProvider::new();
    let app = provider.app_with(&[("TOW_AUTH__OIDC__REQUIRE_EMAIL_VERIFIED", "false")]);
    provider.claim("email_verified", json!(false));
    assert!(told(&sign_on(&provider, &app, &app.visitor())).contains("ask an administrator for one"));
    ada_is_known(&provider, &app);
    assert!(told(&sign_on(&provider, &app, &app.visitor())).contains("is not connected"));
}

#[test]
fn an_account_with_the_address_is_linked_once_its_password_was_typed() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_known(&provider, &app);
    let (elsewhere, browser) = (app.as_(ADA), app.visitor());
    let answer = sign_on(&provider, &app, &browser);
    assert_eq!(answer.location(), "/sign-on/password");
    assert!(answer.follow().has("ada@halden.example") && !is_in(&browser));
    assert_eq!(browser.post("/sign-on/password", &[("password", "wrong wrong wrong")]).status, 422);
    assert!(!is_in(&browser));
    assert_eq!(browser.post("/sign-on/password", &[("password", PASSWORD)]).status, 303);
    assert!(is_in(&browser) && !is_in(&elsewhere), "its other sessions end");
    let mailed =
        app.count("select count(*) from jobs where kind = 'mail.send' and payload->>'subject' like '%connected%'");
    assert_eq!((mailed, app.count("select count(*) from audit_events where action = 'sso.linked'")), (1, 1));
    let again = app.visitor();
    sign_on(&provider, &app, &again);
    assert!(is_in(&again), "the second time no password is asked for");
}

#[test]
fn guessing_that_password_makes_one_wait() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_known(&provider, &app);
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    for _ in 0..tow::signin::FREE_TRIES + 3 {
        browser.post("/sign-on/password", &[("password", "wrong wrong wrong")]);
    }
    assert_eq!(browser.post("/sign-on/password", &[("password", PASSWORD)]).status, 429);
}

#[test]
fn the_page_for_that_password_is_there_for_ten_minutes_and_for_that_browser_only() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_known(&provider, &app);
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    let other = app.visitor();
    assert_eq!(other.post("/sign-on/password", &[("password", PASSWORD)]).location(), "/sign-in");
    assert!(!is_in(&other));
    app.advance(chrono::Duration::minutes(11));
    assert_eq!(browser.post("/sign-on/password", &[("password", PASSWORD)]).location(), "/sign-in");
    assert!(!is_in(&browser));
}

#[test]
fn an_account_whose_address_tow_itself_never_proved_is_not_linked() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.claim("email", json!("ada@halden.example"));
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("is not connected"));
    assert!(!is_in(&browser) && app.count("select count(*) from sso_links") == 0);
}

#[test]
fn an_account_of_a_domain_that_is_not_allowed_is_not_linked() {
    let provider = IdProvider::new();
    let app = provider.app_with(&[("TOW_AUTH__SIGNUP__ALLOWED_DOMAINS", "elsewhere.example")]);
    ada_is_known(&provider, &app);
    assert!(told(&sign_on(&provider, &app, &app.visitor())).contains("is not connected"));
}

#[test]
fn another_subject_with_the_address_of_a_linked_account_does_not_get_in() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_known(&provider, &app);
    ada_is_linked(&app);
    provider.claim("sub", json!("somebody who was given the address later"));
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("connected with somebody else"));
    assert!(!is_in(&browser));
}

#[test]
fn a_deactivated_person_does_not_come_back_through_a_provider() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    app.sql("update people set deactivated_at = created_at where handle = 'ada'");
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("is deactivated") && !is_in(&browser));
}

#[test]
fn one_connects_ones_own_account_and_disconnects_it_again() {
    let provider = IdProvider::new();
    let app = provider.app();
    let (ben, stranger) = (app.as_(BEN), app.as_(BEN));
    let id = door(&app).rsplit('/').next().unwrap().to_owned();
    let back = provider.consent(&app, &ben.get(&format!("/settings/me/sign-ons/{id}/new")).location());
    assert!(told(&ben.get(&back)).contains("is connected with"));
    assert!(is_in(&ben) && !is_in(&stranger), "other sessions end");
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
    let link = app.tx(|tx| tow::sso::Link::list(tx, BEN.id))[0].id;
    assert_eq!(ben.post(&format!("/settings/me/sign-ons/{link}/removal"), &[]).status, 303);
    assert!(!is_in(&browser) && is_in(&ben));
    assert_eq!(app.count("select count(*) from audit_events where action in ('sso.linked', 'sso.unlinked')"), 2);
}

#[test]
fn what_belongs_to_somebody_else_is_neither_connected_nor_disconnected() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let ben = app.as_(BEN);
    let id = door(&app).rsplit('/').next().unwrap().to_owned();
    let back = provider.consent(&app, &ben.get(&format!("/settings/me/sign-ons/{id}/new")).location());
    assert!(told(&ben.get(&back)).contains("belongs to somebody else"));
    let link = app.tx(|tx| tow::sso::Link::list(tx, ADA.id))[0].id;
    assert_eq!(ben.post(&format!("/settings/me/sign-ons/{link}/removal"), &[]).status, 404);
}

#[test]
fn the_only_way_in_is_not_taken_away() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    app.sql("update people set password_hash = null where handle = 'ada'");
    let link = app.tx(|tx| tow::sso::Link::list(tx, ADA.id))[0].id;
    let answer = app.as_(ADA).post(&format!("/settings/me/sign-ons/{link}/removal"), &[]);
    assert!(answer.status == 422 && answer.has("your only way in"), "{}", answer.text());
}

#[test]
fn a_link_that_opens_nothing_is_no_other_way_in() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    app.sql(
        "update people set password_hash = null where handle = 'ada';
         insert into sso_connections (id, source, name, issuer, client_id, scopes, username_claim, email_claim, email_verified_claim,
           given_name_claim, family_name_claim, require_email_verified, provider_logout_enabled, allowed_domains, acr_values, revision, enabled_at, created_at)
         select gen_random_uuid(), 'page', 'Closed', 'https://closed.example', client_id, scopes, username_claim, email_claim, email_verified_claim,
           given_name_claim, family_name_claim, require_email_verified, provider_logout_enabled, allowed_domains, acr_values, revision, null, created_at
         from sso_connections;
         insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at)
         select gen_random_uuid(), c.id, c.issuer, '7', p.id, p.email, p.created_at, p.created_at
         from sso_connections c, people p where p.handle = 'ada' and c.name = 'Closed'",
    );
    let links = app.tx(|tx| tow::sso::Link::list(tx, ADA.id));
    let remove = |name: &str| {
        let link = links.iter().find(|link| (link.name == "Closed") == (name == "Closed")).unwrap().id;
        app.as_(ADA).post(&format!("/settings/me/sign-ons/{link}/removal"), &[])
    };
    let answer = remove("open");
    assert!(answer.status == 422 && answer.has("your only way in"), "{}", answer.text());
    assert_eq!(remove("Closed").status, 303);
}

#[test]
fn the_only_sign_on_is_not_taken_away_while_a_password_opens_nothing() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let link = app.tx(|tx| tow::sso::Link::list(tx, ADA.id))[0].id;
    let remove = || app.as_(ADA).post(&format!("/settings/me/sign-ons/{link}/removal"), &[]);
    app.require_sign_on();
    let answer = remove();
    assert!(
        answer.status == 422 && answer.has("Everybody must sign in through the provider here"),
        "{}",
        answer.text()
    );
    app.sql("delete from sso_enforcements");
    assert_eq!(remove().status, 303, "her password opens again");
}

#[test]
fn a_link_of_another_persons_trip_is_not_made_for_who_comes_back() {
    let provider = IdProvider::new();
    let app = provider.app();
    let browser = app.as_(BEN);
    let id = door(&app).rsplit('/').next().unwrap().to_owned();
    let back = provider.consent(&app, &browser.get(&format!("/settings/me/sign-ons/{id}/new")).location());
    browser.set_session_cookie(&app.as_(DOV).session_cookie().unwrap());
    assert!(told(&browser.get(&back)).contains("somebody else than you left"));
    assert_eq!(app.count("select count(*) from sso_links"), 0);
}

#[test]
fn without_a_session_a_trip_of_ones_settings_ends_at_the_sign_in_page() {
    let provider = IdProvider::new();
    let app = provider.app();
    let browser = app.as_(BEN);
    let id = door(&app).rsplit('/').next().unwrap().to_owned();
    let back = provider.consent(&app, &browser.get(&format!("/settings/me/sign-ons/{id}/new")).location());
    browser.post("/sign-out", &[]);
    assert!(browser.get(&back).location().starts_with("/sign-in"));
    assert_eq!(app.count("select count(*) from sso_links"), 0);
}

#[test]
fn a_demanded_strength_must_be_in_the_answer() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.sql("update sso_connections set acr_values = 'mfa phr'");
    assert!(leave(&app, &app.visitor()).contains("acr_values=mfa+phr"));
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("did not ask you for enough") && !is_in(&browser));
    provider.claim("amr", json!(["pwd", "mfa"]));
    sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
}

#[test]
fn an_account_without_a_password_is_linked_by_its_address_only_when_nobody_ever_came_into_it() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_known(&provider, &app);
    app.sql("update people set password_hash = null where handle = 'ada'");
    app.sql(
        "insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at)
         select gen_random_uuid(), c.id, 'https://first.example', 'ada', p.id, '', p.created_at, p.created_at
         from sso_connections c, people p where p.handle = 'ada'",
    );
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("is not connected") && !is_in(&browser));
    app.sql("delete from sso_links");
    sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
}

#[test]
fn who_may_change_an_account_takes_its_way_in_away_and_no_other() {
    let provider = IdProvider::new();
    let app = provider.app();
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    let wren = app.text("select handle as text from people where name = 'Wren Aldous'");
    let link = app.text("select id::text as text from sso_links");
    let take =
        |who: Who, handle: &str| app.as_(who).post(&format!("/people/{handle}/sign-ons/{link}/removal"), &[]).status;
    assert_eq!((take(CLEO, &wren), take(BEN, "ada"), take(BEN, "dov"), take(BEN, "ben")), (403, 403, 404, 403));
    assert!(is_in(&browser));
    assert!(app.as_(BEN).get(&format!("/people/{wren}")).has("Disconnect"));
    assert_eq!(take(BEN, &wren), 303);
    assert!(!is_in(&browser) && app.count("select count(*) from sso_links") == 0);
    assert_eq!(app.count("select count(*) from audit_events where action = 'sso.unlinked'"), 1);
}

#[test]
fn an_account_with_a_second_factor_is_not_linked_by_its_password_alone() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_known(&provider, &app);
    enrol(&app, &app.as_(ADA));
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("connect"));
    assert!(!is_in(&browser) && app.count("select count(*) from sso_links") == 0);
}

#[test]
fn what_the_provider_only_tells_when_asked_counts_for_the_same_subject_and_never_for_how_one_signed_in() {
    let provider = IdProvider::new();
    let app = provider.app();
    for name in ["email", "email_verified", "auth_time", "sid"] {
        provider.claim(name, Value::Null);
    }
    provider.habits().userinfo = json!({ "email": "wren@halden.example", "email_verified": true });
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    assert!(!is_in(&browser), "without a subject");
    let now = app.state().clock.now().timestamp();
    provider.habits().userinfo = json!({ "sub": "248289761001", "email": "wren@halden.example", "email_verified": true,
        "auth_time": now, "sid": "another's" });
    sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
    assert_eq!(app.count("select count(*) from sso_sessions where provider_session is null"), 1);
    assert_eq!(app.count("select count(*) from sessions where method = 'oidc' and authenticated_at < '2000-01-01'"), 1);
}
