//! What a hostile provider, a hostile browser and a bad day may do.

use super::{ada_is_linked, door, is_in, leave, sign_on, told};
use crate::harness::*;
use serde_json::{Value, json};
use tow::signin::{FREE_TRIES_PER_ADDRESS, MAX_WAIT_SECONDS};
use tow::sso::{AWAKE_SECONDS, KEYS_EVERY_SECONDS, REST_SECONDS, TRIP_SECONDS};

const UNVERIFIABLE: &str = "could not be verified";

/// With these habits nobody gets in, and the page says this.
fn refused(bend: impl FnOnce(&IdProvider), words: &str) {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    bend(&provider);
    let browser = app.visitor();
    let page = told(&sign_on(&provider, &app, &browser));
    assert!(page.contains(words), "{words}: {page}");
    assert!(!is_in(&browser));
    assert_eq!(app.count("select count(*) from audit_events where action = 'sign_in.failed'"), 1);
}

#[test]
fn a_token_of_another_issuer_is_refused() {
    refused(|provider| provider.claim("iss", json!("https://evil.example")), UNVERIFIABLE);
}

#[test]
fn a_token_for_another_client_is_refused() {
    refused(|provider| provider.claim("aud", json!("another")), UNVERIFIABLE);
    refused(|provider| provider.claim("aud", json!(["tow", "another"])), UNVERIFIABLE);
}

#[test]
fn a_token_of_another_sign_on_is_refused() {
    refused(|provider| provider.claim("nonce", json!("of another")), UNVERIFIABLE);
    refused(|provider| provider.claim("nonce", Value::Null), UNVERIFIABLE);
}

#[test]
fn a_token_that_ran_out_or_is_of_the_future_is_refused_and_the_clocks_are_named() {
    let now = start().timestamp();
    refused(|provider| provider.claim("exp", json!(now - 61)), "clock of this server differ");
    refused(|provider| provider.claim("iat", json!(now + 3600)), "clock of this server differ");
}

#[test]
fn a_token_without_a_signature_is_refused() {
    refused(|provider| provider.habits().signing = Signing::None, UNVERIFIABLE);
}

#[test]
fn a_token_signed_with_what_everybody_can_read_is_refused() {
    refused(|provider| provider.habits().signing = Signing::PublicKey, UNVERIFIABLE);
}

#[test]
fn a_token_signed_with_the_client_secret_is_refused() {
    refused(|provider| provider.habits().signing = Signing::ClientSecret, UNVERIFIABLE);
}

#[test]
fn a_token_signed_with_another_key_under_a_known_name_is_refused() {
    refused(|provider| provider.habits().signing = Signing::Rsa(1), UNVERIFIABLE);
}

#[test]
fn a_provider_that_calls_itself_otherwise_is_refused() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.habits().description.insert("issuer".to_owned(), json!("https://evil.example"));
    let answer = app.visitor().get(&door(&app));
    let page = told(&answer);
    assert!(page.contains("does not fit the configuration"), "{page}");
}

#[test]
fn a_provider_that_points_inside_this_network_is_refused() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.habits().description.insert("token_endpoint".to_owned(), json!("https://169.254.169.254/token"));
    let browser = app.visitor();
    assert!(told(&sign_on(&provider, &app, &browser)).contains("does not fit the configuration"));
}

#[test]
fn after_a_change_of_keys_the_new_one_is_fetched_and_hammering_fetches_nothing() {
    let provider = IdProvider::new();
    let app = provider.app();
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    let fetched = || provider.outside.asked().iter().filter(|asked| asked.path == "/jwks").count();
    {
        let mut habits = provider.habits();
        (habits.signing, habits.kid, habits.published) = (Signing::Rsa(1), Some("rsa-1".to_owned()), vec![0, 1]);
    }
    let again = app.visitor();
    sign_on(&provider, &app, &again);
    assert!(is_in(&again) && fetched() == 2);
    provider.habits().kid = Some("nobody's".to_owned());
    for _ in 0..3 {
        assert!(told(&sign_on(&provider, &app, &app.visitor())).contains(UNVERIFIABLE));
    }
    assert_eq!(fetched(), 2, "asked again at once");
    app.advance(chrono::Duration::seconds(KEYS_EVERY_SECONDS + 1));
    sign_on(&provider, &app, &app.visitor());
    assert_eq!(fetched(), 3);
}

#[test]
fn an_answer_in_another_browser_is_worth_nothing() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let (victim, attacker) = (app.visitor(), app.visitor());
    let back = provider.consent(&app, &leave(&app, &attacker));
    // Without any trip of its own, and while on one of its own.
    assert!(told(&victim.get(&back)).contains("not begun in this browser"));
    leave(&app, &victim);
    assert!(told(&victim.get(&back)).contains("not begun in this browser"));
    assert!(!is_in(&victim));
}

#[test]
fn a_state_that_nobody_signed_is_worth_nothing() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let browser = app.visitor();
    let back = provider.consent(&app, &leave(&app, &browser));
    let cookie = browser.cookie("tow_sign_on").unwrap();
    let mut flipped = cookie.into_bytes();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    browser.set_cookie("tow_sign_on", &String::from_utf8(flipped).unwrap());
    assert!(told(&browser.get(&back)).contains("not begun in this browser") && !is_in(&browser));
    browser.set_cookie("tow_sign_on", "");
    assert!(told(&browser.get(&back)).contains("not begun in this browser"));
}

#[test]
fn an_answer_counts_once_even_with_its_cookie() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let browser = app.visitor();
    let back = provider.consent(&app, &leave(&app, &browser));
    let copied = browser.twin();
    browser.get(&back);
    assert!(is_in(&browser));
    assert!(told(&copied.get(&back)).contains("was used already") && !is_in(&copied));
}

#[test]
fn a_code_that_was_used_is_refused_by_the_provider_and_the_page_says_so() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let (first, second) = (app.visitor(), app.visitor());
    let back = provider.consent(&app, &leave(&app, &first));
    first.get(&back);
    let code = back.split(['=', '&']).nth(1).unwrap().to_owned();
    let own = provider.consent(&app, &leave(&app, &second));
    let state = own.rsplit('=').next().unwrap();
    let answer = second.get(&format!("/sign-on/callback?code={code}&state={state}"));
    assert!(told(&answer).contains("does not accept this sign-in") && !is_in(&second));
}

#[test]
fn a_code_of_anothers_sign_on_cannot_be_put_into_ones_own() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let (victim, attacker) = (app.visitor(), app.visitor());
    let stolen = provider.consent(&app, &leave(&app, &victim));
    let code = stolen.split(['=', '&']).nth(1).unwrap().to_owned();
    let own = provider.consent(&app, &leave(&app, &attacker));
    let state = own.rsplit('=').next().unwrap();
    let answer = attacker.get(&format!("/sign-on/callback?code={code}&state={state}"));
    assert!(told(&answer).contains("does not accept this sign-in") && !is_in(&attacker));
}

#[test]
fn coming_back_late_is_told_and_opens_nothing() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let browser = app.visitor();
    let back = provider.consent(&app, &leave(&app, &browser));
    app.advance(chrono::Duration::seconds(TRIP_SECONDS + 1));
    assert!(told(&browser.get(&back)).contains("longer than ten minutes") && !is_in(&browser));
}

#[test]
fn a_change_of_the_connection_ends_the_trips_under_way() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    for change in ["revision = revision + 1", "enabled_at = null"] {
        let browser = app.visitor();
        let back = provider.consent(&app, &leave(&app, &browser));
        app.sql(&format!("update sso_connections set {change}"));
        assert!(told(&browser.get(&back)).contains("was changed while you were away"), "{change}");
        assert!(!is_in(&browser));
        app.sql("update sso_connections set enabled_at = created_at");
    }
}

#[test]
fn signing_on_leads_to_pages_of_this_server_only() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    for (back, wanted) in [
        ("/tickets", "/tickets"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let browser = app.visitor();
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("back", back).finish();
        let answer = browser.get(&format!("{}?{query}", door(&app)));
        assert_eq!(browser.get(&provider.consent(&app, &answer.location())).location(), wanted, "{back}");
    }
}

#[test]
fn the_provider_is_told_one_address_made_from_the_configuration_and_not_from_the_request() {
    let provider = IdProvider::new();
    let app = provider.app_with(&[("TOW_RUNTIME__PUBLIC_APP_URL", "https://tow.halden.example")]);
    let browser = app.visitor().with("host", "evil.example").with("x-forwarded-host", "evil.example");
    let address: url::Url = leave(&app, &browser).parse().unwrap();
    let redirect = address.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    assert_eq!(redirect, "https://tow.halden.example/sign-on/callback");
}

#[test]
fn an_answer_that_names_another_issuer_is_refused() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let browser = app.visitor();
    let back = provider.consent(&app, &leave(&app, &browser));
    assert!(told(&browser.get(&format!("{back}&iss=https%3A%2F%2Fevil.example"))).contains(UNVERIFIABLE));
    assert!(!is_in(&browser));
}

#[test]
fn a_provider_that_says_no_is_quoted_in_our_own_words_only() {
    let provider = IdProvider::new();
    let app = provider.app();
    for (said, words) in
        [("access_denied", "cancelled or not allowed"), ("<script>alert(1)</script>", "answered with an error")]
    {
        let browser = app.visitor();
        let back = provider.consent(&app, &leave(&app, &browser));
        let state = back.rsplit('=').next().unwrap();
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("error", said)
            .append_pair("error_description", "<script>alert(2)</script>")
            .append_pair("state", state)
            .finish();
        let page = told(&browser.get(&format!("/sign-on/callback?{query}")));
        assert!(page.contains(words) && !page.contains("<script>alert"), "{page}");
    }
}

#[test]
fn a_provider_that_is_down_slow_or_endless_is_told_and_not_waited_for() {
    let long = vec![b' '; 5 * 1024 * 1024];
    for said in [
        Said::text(503, "text/plain", "down"),
        Said::text(200, "application/json", "{}").far_too_late(),
        Said::text(200, "application/json", long),
        Said::text(200, "text/html", "<h1>welcome to the hotel</h1>"),
    ] {
        let provider = IdProvider::new();
        let app = provider.app();
        provider.habits().instead.insert("/.well-known/openid-configuration", said);
        let began = std::time::Instant::now();
        let page = told(&app.visitor().get(&door(&app)));
        assert!(
            page.contains("does not answer at the moment") || page.contains("does not fit the configuration"),
            "{page}"
        );
        assert!(page.contains("name=\"password\""), "passwords still work");
        nobody_waited(began);
    }
}

#[test]
fn a_provider_that_went_down_a_moment_ago_is_told_before_anybody_is_sent_there() {
    let provider = IdProvider::new();
    let app = provider.app();
    sign_on(&provider, &app, &app.visitor());
    let fetched = || provider.outside.asked().iter().filter(|asked| asked.path == "/jwks").count();
    app.advance(chrono::Duration::seconds(AWAKE_SECONDS + 1));
    assert!(app.visitor().get(&door(&app)).location().starts_with(&provider.issuer()));
    assert_eq!(fetched(), 1, "its keys are not fetched for each who signs in");
    provider.habits().instead.insert("/.well-known/openid-configuration", Said::text(503, "text/plain", "down"));
    app.advance(chrono::Duration::seconds(AWAKE_SECONDS + 1));
    assert!(told(&app.visitor().get(&door(&app))).contains("does not answer at the moment"));
}

#[test]
fn however_many_visitors_want_to_be_sent_to_a_provider_that_fails_it_is_asked_once_in_a_while() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.habits().instead.insert("/.well-known/openid-configuration", Said::text(503, "text/plain", "down"));
    let asked = || provider.outside.asked().len();
    for _ in 0..12 {
        assert!(told(&app.visitor().get(&door(&app))).contains("does not answer at the moment"));
    }
    assert_eq!(asked(), 1);
    app.advance(chrono::Duration::seconds(REST_SECONDS + 1));
    app.visitor().get(&door(&app));
    assert_eq!(asked(), 2);
    provider.habits().instead.clear();
    app.advance(chrono::Duration::seconds(REST_SECONDS + 1));
    assert!(app.visitor().get(&door(&app)).location().starts_with(&provider.issuer()), "and it is found again");
}

#[test]
fn who_comes_back_in_vain_again_and_again_waits_before_the_provider_is_asked_once_more() {
    let provider = IdProvider::new();
    let app = provider.app();
    ada_is_linked(&app);
    let in_vain = |from: &str| {
        let browser = app.visitor().from(from);
        let back = provider.consent(&app, &leave(&app, &browser));
        let state = back.rsplit('=').next().unwrap();
        told(&browser.get(&format!("/sign-on/callback?code=guessed&state={state}")))
    };
    let tries = FREE_TRIES_PER_ADDRESS + 12;
    let told: Vec<String> = (0..tries).map(|_| in_vain("198.51.100.9")).collect();
    let last = told.last().unwrap();
    assert!(last.contains("Too many tries"), "{last}");
    let asked = provider.outside.asked().iter().filter(|asked| asked.path == "/token").count() as i32;
    assert!((FREE_TRIES_PER_ADDRESS..tries).contains(&asked), "{asked}");
    assert!(!in_vain("198.51.100.10").contains("Too many tries"));
    app.advance(chrono::Duration::seconds(MAX_WAIT_SECONDS));
    let browser = app.visitor().from("198.51.100.9");
    sign_on(&provider, &app, &browser);
    assert!(is_in(&browser));
    assert_eq!(app.count("select count(*) from throttles where key like 'arriving:%'"), 1, "the other address's");
}

#[test]
fn what_the_provider_says_of_a_name_is_shown_as_text() {
    let provider = IdProvider::new();
    let app = provider.app();
    provider.claim("given_name", json!("<script>alert(1)</script>\u{202e}"));
    let browser = app.visitor();
    sign_on(&provider, &app, &browser);
    let page = browser.get("/settings/me");
    assert!(page.status == 200 && !page.has("<script>alert"), "{}", page.text());
}

#[test]
fn claims_of_the_wrong_kind_make_no_500() {
    for (name, value) in [
        ("sub", json!(5)),
        ("sub", json!("x".repeat(300))),
        ("sub", json!("a\u{0}b")),
        ("email", json!({ "a": 1 })),
        ("email", json!("no address")),
        ("email", json!("a\u{0}@halden.example")),
        ("given_name", json!("x".repeat(5000))),
        ("auth_time", json!("yesterday")),
        ("auth_time", json!(i64::MAX)),
        ("exp", json!("never")),
    ] {
        let provider = IdProvider::new();
        let app = provider.app();
        provider.claim(name, value.clone());
        let answer = sign_on(&provider, &app, &app.visitor());
        assert_eq!((answer.status, answer.error.as_str()), (303, ""), "{name} {value:.40}");
    }
}

#[test]
fn who_is_inside_is_not_kept_out_by_visitors_behind_the_same_address() {
    let provider = IdProvider::new();
    let app = provider.app();
    for _ in 0..FREE_TRIES_PER_ADDRESS + 1 {
        let browser = app.visitor().from("198.51.100.9");
        let back = provider.consent(&app, &leave(&app, &browser));
        browser.get(&format!("/sign-on/callback?code=guessed&state={}", back.rsplit('=').next().unwrap()));
    }
    let ben = app.as_(BEN).from("198.51.100.9");
    let id = door(&app).rsplit('/').next().unwrap().to_owned();
    ben.get(&provider.consent(&app, &ben.get(&format!("/settings/me/sign-ons/{id}/new")).location()));
    assert_eq!(app.count("select count(*) from sso_links"), 1);
}
