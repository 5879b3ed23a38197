//! Out, there and here.

use super::{ada_is_linked, door, is_in, sign_on};
use crate::harness::*;
use serde_json::{Value, json};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What the provider sends when the session of the honest subject ends there.
fn logout_claims(provider: &IdProvider) -> Value {
    let now = start().timestamp();
    json!({ "iss": provider.issuer(), "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": "one", "sub": "248289761001",
            "sid": "session-1", "events": { EVENT: {} } })
}

fn send(app: &App, token: &str) -> Answer {
    let path = door(app).replace("/sign-on/", "/sign-on/logout/");
    let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
    app.visitor().from("198.51.100.1").post_raw(&path, "application/x-www-form-urlencoded", body)
}

/// Ada, signed in through the provider.
fn inside(provider: &IdProvider) -> (App, Client) {
    let app = provider.app_with(&[("TOW_AUTH__OIDC__PROVIDER_LOGOUT_ENABLED", "true"), ("DATA_ENCRYPTION_KEY", KEY)]);
    ada_is_linked(&app);
    let browser = app.visitor();
    sign_on(provider, &app, &browser);
    assert!(is_in(&browser));
    (app, browser)
}

const KEY: &str = "a long key for tests 0123456789 abcdefghij";

#[test]
fn signing_out_leads_on_to_the_provider_with_what_it_wants_to_see() {
    let provider = IdProvider::new();
    let (_app, browser) = inside(&provider);
    let answer = browser.post("/sign-out", &[]);
    assert_eq!(answer.location(), "/sign-on/end");
    let page = answer.follow();
    assert!(!is_in(&browser) && page.has(&format!("{}/end?client_id=tow", provider.issuer())), "{}", page.text());
    assert!(page.has("id_token_hint=ey") && page.has("post_logout_redirect_uri="));
    assert_eq!(browser.get("/sign-on/end").location(), "/sign-in", "once");
}

#[test]
fn while_the_provider_is_down_signing_out_still_ends_the_session_here() {
    let provider = IdProvider::new();
    let (app, browser) = inside(&provider);
    app.advance(chrono::Duration::seconds(tow::sso::KEEP_SECONDS + 1));
    provider.habits().instead.insert("/.well-known/openid-configuration", Said::text(503, "text/plain", "down"));
    let page = browser.post("/sign-out", &[]).follow();
    assert!(page.has("You may still be signed in at") && !is_in(&browser));
}

#[test]
fn the_provider_ends_a_session_here_by_its_signed_word() {
    let provider = IdProvider::new();
    let (app, browser) = inside(&provider);
    let password = app.as_(ADA);
    assert_eq!(send(&app, &provider.sign(json!({ "typ": "logout+jwt" }), &logout_claims(&provider))).status, 200);
    assert!(!is_in(&browser) && is_in(&password), "only what began there ends");
    assert_eq!(app.count("select count(*) from audit_events where action = 'session.ended'"), 1);
}

#[test]
fn by_its_session_alone_only_that_one_ends() {
    let provider = IdProvider::new();
    let (app, browser) = inside(&provider);
    provider.claim("sid", json!("session-2"));
    let other = app.visitor();
    sign_on(&provider, &app, &other);
    send(&app, &provider.sign(json!({}), &logout_claims(&provider)));
    assert!(!is_in(&browser) && is_in(&other));
}

#[test]
fn a_logout_token_counts_once() {
    let provider = IdProvider::new();
    let (app, _) = inside(&provider);
    let token = provider.sign(json!({}), &logout_claims(&provider));
    send(&app, &token);
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    send(&app, &token);
    assert!(is_in(&browser));
}

#[test]
fn a_logout_token_that_is_forged_or_something_else_ends_nothing() {
    let provider = IdProvider::new();
    let (app, browser) = inside(&provider);
    let now = start().timestamp();
    let bent = [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another")),
        ("events", json!({})),
        ("events", Value::Null),
        ("nonce", json!("of an ID token")),
        ("iat", json!(now - 3600)),
        ("iat", Value::Null),
        ("exp", json!(now - 3600)),
        ("jti", Value::Null),
    ];
    for (name, value) in bent {
        let mut claims = logout_claims(&provider);
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(send(&app, &provider.sign(json!({}), &claims)).status, 400, "{name} {value}");
    }
    for signing in [Signing::None, Signing::PublicKey, Signing::ClientSecret, Signing::Rsa(1)] {
        provider.habits().signing = signing;
        assert_eq!(send(&app, &provider.sign(json!({}), &logout_claims(&provider))).status, 400, "{signing:?}");
    }
    for junk in ["", "a", "a.b.c", "....", "\u{0}"] {
        assert_eq!(send(&app, junk).status, 400, "{junk}");
    }
    assert!(is_in(&browser));
}

#[test]
fn a_fresh_sign_in_at_the_provider_confirms_that_it_is_still_the_same_person() {
    let provider = IdProvider::new();
    let (app, browser) = inside(&provider);
    app.advance(chrono::Duration::hours(2));
    let asked = browser.get("/sign-on/confirmation?back=/settings/organisation");
    assert!(asked.location().contains("prompt=login") && asked.location().contains("max_age=0"));
    let fixed = browser.session_cookie();
    let answer = browser.get(&provider.consent(&app, &asked.location()));
    assert_eq!(answer.location(), "/settings/organisation");
    assert_ne!(browser.session_cookie(), fixed, "a new token");
    assert_eq!(app.count("select count(*) from audit_events where action = 'sign_in.confirmed'"), 1);
}

#[test]
fn an_old_sign_in_or_another_person_confirms_nothing() {
    let provider = IdProvider::new();
    let (app, browser) = inside(&provider);
    app.advance(chrono::Duration::hours(2));
    let now = app.state().clock.now().timestamp();
    for (name, value) in [
        ("auth_time", json!(now - 7200)),
        ("auth_time", Value::Null),
        ("sub", json!("another")),
        ("auth_time", json!(now + 3600)),
    ] {
        provider.claim(name, value.clone());
        let asked = browser.get("/sign-on/confirmation?back=/settings/me");
        browser.get(&provider.consent(&app, &asked.location()));
        assert_eq!(
            app.count("select count(*) from audit_events where action = 'sign_in.confirmed'"),
            0,
            "{name} {value}"
        );
        provider.habits().claims.clear();
    }
}

#[test]
fn a_confirmation_that_fails_at_the_provider_says_why_beside_the_form_that_is_kept() {
    let provider = IdProvider::new();
    let (app, browser) = inside(&provider);
    app.advance(chrono::Duration::hours(2));
    let kept = browser
        .post("/settings/me/tokens", &[("name", "Nightly"), ("days", "90"), ("tickets", "read"), ("reach", "all")])
        .location();
    assert!(kept.starts_with("/confirmation/"), "{kept}");
    let go = format!("/sign-on/confirmation?back={kept}");
    let says = |answer: Answer, words: &str| {
        assert_eq!(answer.location(), kept);
        let page = answer.follow();
        assert!(
            page.has(words) && page.has("role=\"alert\"") && page.has(kept.rsplit('/').next().unwrap()),
            "{words} {}",
            page.text()
        );
        assert!(!browser.get(&kept).has(words), "once");
    };
    provider.claim("auth_time", Value::Null);
    let asked = browser.get(&go);
    says(browser.get(&provider.consent(&app, &asked.location())), "did not say that you signed in just now");
    provider.habits().instead.insert("/.well-known/openid-configuration", Said::text(503, "text/plain", "down"));
    app.advance(chrono::Duration::seconds(60));
    says(browser.get(&go), "does not answer at the moment");
}

#[test]
fn a_sign_on_that_the_provider_answered_from_memory_is_no_recent_one() {
    for said in [json!(start().timestamp() - 7200), Value::Null] {
        let provider = IdProvider::new();
        provider.claim("auth_time", said);
        let (app, _) = inside(&provider);
        let old =
            "select count(*) from sessions where method = 'oidc' and authenticated_at < created_at - interval '1 hour'";
        assert_eq!(app.count(old), 1);
    }
}
