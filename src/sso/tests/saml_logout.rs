//! Leaving, there and here.

use super::is_in;
use crate::harness::saml::*;
use crate::harness::*;
use chrono::Duration;
use tow::sso::{ConnectionId, MAX_AGE_SECONDS, MAX_MARK_BYTES, MAX_RESPONSE_BYTES, MAX_SESSIONS, SKEW_SECONDS};

const OUT: &str = "https://id.halden.example/slo?tenant=1";
const WREN: &str = "248289761001";

fn leads_on(draft: &mut tow::sso::Draft) {
    draft.saml.sign_out_url = OUT.to_owned();
    draft.provider_logout_enabled = true;
}

/// Wren, signed in, and the provider's name of the session.
fn inside(app: &App, id: ConnectionId) -> (Client, String) {
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let assertion = Assertion::answering(app, &asked);
    bring(app, &browser, &response(app, Some(&asked.id), &assertion.signed(0)));
    assert!(is_in(&browser));
    (browser, assertion.id)
}

/// By redirect, from the provider's site.
fn go(app: &App, query: &str) -> Answer {
    app.visitor().with("sec-fetch-site", "cross-site").get(&format!("{SAML}?{query}"))
}

fn post(app: &App, field: &str, xml: &str) -> Answer {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(xml);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(field, &text)
        .append_pair("RelayState", "m")
        .finish();
    let page = app.visitor().with("sec-fetch-site", "cross-site").with("origin", "https://id.halden.example");
    page.post_raw(SAML, "application/x-www-form-urlencoded", body)
}

#[test]
fn the_provider_signs_somebody_out_and_hears_that_it_is_done() {
    let (app, id) = saml_app_with_key(leads_on);
    let (browser, _) = inside(&app, id);
    let (other, _) = inside(&app, id);
    let by_password = app.as_(ADA);
    let answer = go(&app, &redirected("SAMLRequest", &logout_request(&app, "_l1", WREN, &[]), "mark & more", Some(0)));
    assert!(!is_in(&browser) && !is_in(&other) && is_in(&by_password));
    let said = question(&answer.location());
    assert!(answer.location().starts_with("https://id.halden.example/slo?tenant=1&SAMLResponse="));
    assert!(said.xml.contains("InResponseTo=\"_l1\"") && said.xml.contains("status:Success"), "{}", said.xml);
    assert_eq!(said.mark, "mark & more");
    let certificate = app.read(ADA, tow::sso::ServerKey::list).unwrap()[0].certificate.clone();
    assert!(is_signed_by(&said.address, &certificate));
    assert_eq!(app.count("select count(*) from audit_events where action = 'session.ended'"), 1);
    // The same again, after Wren came back: it was meant for before.
    let (back, _) = inside(&app, id);
    go(&app, &redirected("SAMLRequest", &logout_request(&app, "_l1", WREN, &[]), "mark & more", Some(0)));
    assert!(is_in(&back));
}

#[test]
fn only_the_sessions_that_are_named_end() {
    let (app, id) = saml_app(leads_on);
    let ((one, first), (two, second), (three, _)) = (inside(&app, id), inside(&app, id), inside(&app, id));
    go(
        &app,
        &redirected(
            "SAMLRequest",
            &logout_request(&app, "_l1", WREN, &[&first, &second, "_of_elsewhere"]),
            "",
            Some(0),
        ),
    );
    assert!(!is_in(&one) && !is_in(&two) && is_in(&three));
    go(&app, &redirected("SAMLRequest", &logout_request(&app, "_l2", "somebody else", &[]), "", Some(0)));
    assert!(is_in(&three));
}

#[test]
fn a_provider_that_sends_forms_is_understood_too() {
    let (app, id) = saml_app(leads_on);
    let (browser, _) = inside(&app, id);
    let xml = logout_request(&app, "_l1", WREN, &[]);
    post(&app, "SAMLRequest", &xml);
    assert!(is_in(&browser), "not signed");
    post(&app, "SAMLRequest", &sign(&xml, "_l1", &How { key: 2, ..How::default() }));
    assert!(is_in(&browser), "signed by a stranger");
    post(&app, "SAMLRequest", &sign(&xml, "_l1", &How::default()).replace(WREN, "somebody"));
    assert!(is_in(&browser), "changed");
    app.sql("delete from throttles");
    let answer = post(&app, "SAMLRequest", &sign(&xml, "_l1", &How::default()));
    assert!(!is_in(&browser));
    assert_eq!(question(&answer.location()).mark, "m");
}

#[test]
fn without_an_address_to_answer_at_one_lands_on_the_sign_in_page() {
    let (app, id) = saml_app(|_| {});
    let (browser, _) = inside(&app, id);
    let answer = go(&app, &redirected("SAMLRequest", &logout_request(&app, "_l1", WREN, &[]), "m", Some(0)));
    assert!(!is_in(&browser) && answer.location() == "/sign-in");
    assert!(answer.follow().has("Your provider signed you out"));
}

#[test]
fn what_the_provider_did_not_say_now_and_to_us_ends_nothing() {
    let (app, id) = saml_app(leads_on);
    let (browser, _) = inside(&app, id);
    let request = logout_request(&app, "_l1", WREN, &[]);
    let honest = redirected("SAMLRequest", &request, "m", Some(0));
    let bent = |from: &str, to: &str| redirected("SAMLRequest", &request.replace(from, to), "m", Some(0));
    let now = app.state().clock.now();
    let at = |seconds: i64| (now + Duration::seconds(seconds)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let (value, late) = (at(0), at(-MAX_AGE_SECONDS - SKEW_SECONDS - 1));
    let many = vec!["_s"; MAX_SESSIONS + 1];
    let huge = logout_request(&app, "_l1", &"x".repeat(MAX_RESPONSE_BYTES), &[]);
    let signature = honest.split_once("&SigAlg").unwrap().1;
    let other = redirected("SAMLRequest", &logout_request(&app, "_l1", "other", &[]), "m", None);
    let cases = [
        ("not signed", redirected("SAMLRequest", &request, "m", None)),
        ("by a stranger", redirected("SAMLRequest", &request, "m", Some(2))),
        ("signed inside, not beside", redirected("SAMLRequest", &sign(&request, "_l1", &How::default()), "m", None)),
        ("the signature of another", format!("{other}&SigAlg{signature}")),
        ("another mark", honest.replace("RelayState=m", "RelayState=n")),
        ("SHA-1", redirected_by("http://www.w3.org/2000/09/xmldsig#rsa-sha1", "SAMLRequest", &request, "m", Some(0))),
        ("no ID", redirected("SAMLRequest", &logout_request(&app, "", WREN, &[]), "m", Some(0))),
        (
            "no algorithm",
            honest
                .split_once("&SigAlg")
                .map(|(told, rest)| format!("{told}&{}", rest.split_once('&').unwrap().1))
                .unwrap(),
        ),
        ("two requests, one written otherwise", format!("{honest}&SAML%52equest=x")),
        ("two requests", format!("{honest}&SAMLRequest=x")),
        ("two requests, another first", format!("{}&{honest}", other.split('&').next().unwrap())),
        ("a request and a response", format!("{honest}&SAMLResponse=x")),
        ("to another server", bent("/sign-on/saml\"", "/sign-on/saml2\"")),
        ("to nowhere", bent("Destination=", "X=")),
        ("of another version", bent("Version=\"2.0\"", "Version=\"1.1\"")),
        ("too old", bent(&format!("IssueInstant=\"{value}\""), &format!("IssueInstant=\"{late}\""))),
        (
            "of the future",
            bent(&format!("IssueInstant=\"{value}\""), &format!("IssueInstant=\"{}\"", at(SKEW_SECONDS + 1))),
        ),
        ("ran out", bent(&format!("NotOnOrAfter=\"{}\"", at(300)), &format!("NotOnOrAfter=\"{}\"", at(-SKEW_SECONDS)))),
        ("of another provider", bent(ENTITY, "https://evil.example/saml")),
        ("something else", bent("LogoutRequest", "ManageNameIDRequest")),
        ("too many sessions", redirected("SAMLRequest", &logout_request(&app, "_l1", WREN, &many), "m", Some(0))),
        ("no text", "SAMLRequest=%ff%fe".to_owned()),
        ("a bomb", redirected("SAMLRequest", &huge, "m", Some(0))),
        ("nothing", String::new()),
    ];
    for (name, query) in cases {
        let answer = go(&app, &query);
        assert_eq!(answer.location(), "/sign-in", "{name}");
        assert!(is_in(&browser), "{name}");
        app.sql("delete from throttles");
    }
    let enough = vec!["_s"; MAX_SESSIONS];
    let fits = redirected("SAMLRequest", &logout_request(&app, "_l2", WREN, &enough), "m", Some(0));
    assert!(go(&app, &fits).location().contains("SAMLResponse="), "as many as may be");
    let long =
        redirected("SAMLRequest", &logout_request(&app, "_l3", WREN, &[]), &"m".repeat(MAX_MARK_BYTES + 1), Some(0));
    assert_eq!(question(&go(&app, &long).location()).mark, "", "a longer mark is none");
    assert!(!is_in(&browser));
}

#[test]
fn who_signs_out_here_is_led_on_and_named_as_the_provider_named_them() {
    let (app, id) = saml_app_with_key(leads_on);
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let mut assertion = Assertion::answering(&app, &asked);
    // Some providers name where a name counts.
    assertion.format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" NameQualifier=\"there".to_owned();
    bring(&app, &browser, &response(&app, Some(&asked.id), &assertion.signed(0)));
    assert!(is_in(&browser));
    let page = browser.post("/sign-out", &[]).follow();
    assert!(!is_in(&browser));
    let text = page.text();
    let address = text.split_once("href=\"https://id.halden.example/slo").unwrap().1.split_once('"').unwrap().0;
    let said =
        question(&format!("https://id.halden.example/slo{}", address.replace("&amp;", "&").replace("&#38;", "&")));
    for part in [
        "<samlp:LogoutRequest",
        "NameQualifier=\"there\"",
        "nameid-format:persistent",
        &format!(">{WREN}</saml:NameID>"),
        &format!("<samlp:SessionIndex>{}</samlp:SessionIndex>", assertion.id),
        "Destination=\"https://id.halden.example/slo?tenant=1\"",
    ] {
        assert!(said.xml.contains(part), "{part}: {}", said.xml);
    }
    let certificate = app.read(ADA, tow::sso::ServerKey::list).unwrap()[0].certificate.clone();
    assert!(is_signed_by(&said.address, &certificate));
}

#[test]
fn the_providers_answer_says_whether_it_was_everywhere_and_is_believed_only_when_signed() {
    let (app, id) = saml_app(leads_on);
    let done = |id: &str, request: &str, status: &str| {
        let now = app.state().clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let mut to = app.state().config.runtime.public_app_url.clone();
        to.set_path(SAML);
        format!(
            r#"<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="{to}" ID="{id}" InResponseTo="{request}" IssueInstant="{now}" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{ENTITY}</saml:Issuer><samlp:Status>{status}</samlp:Status></samlp:LogoutResponse>"#
        )
    };
    let code = |inside: &str| {
        format!(r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success">{inside}</samlp:StatusCode>"#)
    };
    let partial =
        code(r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:PartialLogout"></samlp:StatusCode>"#);
    const WORDS: &str = "signed out, here and at your provider";
    let text = |browser: &Client, query: &str| {
        let answer = browser.get(&format!("{SAML}?{query}"));
        assert_eq!(answer.location(), "/sign-in");
        let text = answer.follow().text();
        assert!(text.contains("Sign in"), "{text}");
        text
    };
    // A browser that signed out here and was led on, and the request it went with.
    let left = || {
        let (browser, _) = inside(&app, id);
        let page = browser.post("/sign-out", &[]).follow().text();
        let address = page.split_once("href=\"https://id.halden.example/slo").unwrap().1.split_once('"').unwrap().0;
        let address = address.replace("&amp;", "&").replace("&#38;", "&");
        (browser, question(&format!("https://id.halden.example/slo{address}")).id)
    };
    let (browser, asked) = left();
    let answer = redirected("SAMLResponse", &done("_r1", &asked, &code("")), "", Some(0));
    assert!(!text(&app.visitor(), &answer).contains(WORDS), "in another browser, whose session may be alive");
    assert!(!text(&browser, &answer).contains(WORDS), "brought before");
    let (browser, asked) = left();
    assert!(text(&browser, &redirected("SAMLResponse", &done("_r2", &asked, &code("")), "", Some(0))).contains(WORDS));
    assert!(
        !text(&browser, &redirected("SAMLResponse", &done("_r3", &asked, &code("")), "", Some(0))).contains(WORDS),
        "once"
    );
    let (browser, asked) = left();
    let some = redirected("SAMLResponse", &done("_r4", &asked, &partial), "", Some(0));
    assert!(text(&browser, &some).contains("could not sign you out everywhere"));
    let (browser, asked) = left();
    assert!(
        !text(&browser, &redirected("SAMLResponse", &done("_r5", &asked, &code("")), "", None)).contains(WORDS),
        "not signed"
    );
    let (browser, _) = left();
    assert!(
        !text(&browser, &redirected("SAMLResponse", &done("_r6", "_other", &code("")), "", Some(0))).contains(WORDS)
    );
    let by_form = post(&app, "SAMLResponse", &sign(&done("_r7", &asked, &code("")), "_r7", &How::default()));
    assert_eq!(by_form.location(), "/sign-in");
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'sign_in.failed'"),
        1,
        "only what was worth nothing counts"
    );
}

#[test]
fn whoever_sends_much_that_is_worth_nothing_is_slowed_down_whatever_stands_between() {
    let (app, _) = saml_app(leads_on);
    let response = r#"<a xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:Issuer>ENTITY</saml:Issuer></a>"#
        .replace("ENTITY", ENTITY);
    let request = logout_request(&app, "_l1", WREN, &[]);
    let mut told = String::new();
    for _ in 0..tow::signin::FREE_TRIES_PER_ADDRESS {
        go(&app, &redirected("SAMLResponse", &response, "", None));
        told = go(&app, &redirected("SAMLRequest", &request, "", Some(2))).follow().text();
    }
    assert!(told.contains("Too many"), "{told}");
}
