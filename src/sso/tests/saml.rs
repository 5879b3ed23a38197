//! Signing in through a SAML provider, as it should go.

use super::{is_in, told};
use crate::harness::saml::*;
use crate::harness::*;
use chrono::Duration;
use tow::sso::{Certificate, Connection, MAX_AGE_SECONDS, MAX_CERTIFICATES, Metadata};

/// There and back with an honest answer that a test bent.
fn sign_on_with(app: &App, id: tow::sso::ConnectionId, browser: &Client, bend: impl FnOnce(&mut Assertion)) -> Answer {
    let asked = leave_for(browser, id);
    let mut assertion = Assertion::answering(app, &asked);
    bend(&mut assertion);
    bring(app, browser, &response(app, Some(&asked.id), &assertion.signed(0)))
}

#[test]
fn who_comes_from_an_allowed_domain_gets_an_account_and_finds_it_again() {
    let (app, id) = saml_app(|_| {});
    let browser = app.visitor();
    assert_eq!(sign_on_with(&app, id, &browser, |_| {}).location(), "/");
    assert!(is_in(&browser));
    let made = "select count(*) from people p join memberships m on m.person_id = p.id
        where p.email = 'wren@halden.example' and p.name = 'Wren Aldous' and p.password_hash is null and m.role = 'member'";
    assert_eq!(app.count(made), 1);
    assert_eq!(app.count("select count(*) from sessions where method = 'saml'"), 1);
    let again = app.visitor();
    sign_on_with(&app, id, &again, |assertion| assertion.attribute("email", &["ada@halden.example"]));
    assert!(is_in(&again), "the subject says who it is, whatever the address is then");
    assert_eq!(app.count("select count(*) from sso_links"), 1);
    assert_eq!(app.count("select count(*) from sso_landings"), 0);
}

#[test]
fn the_question_is_what_the_standard_wants_and_names_no_address_of_a_request() {
    let (app, id) = saml_app(|draft| draft.acr_values = "urn:one urn:two".to_owned());
    let asked = question(&app.visitor().with("host", "evil.example").get(&format!("/sign-on/{id}")).location());
    assert_eq!(asked.address.host_str(), Some("id.halden.example"));
    assert!(asked.address.query().unwrap().starts_with("tenant=1&SAMLRequest="), "what stood in its address stays");
    for part in [
        "Version=\"2.0\"",
        "Destination=\"https://id.halden.example/sso?tenant=1\"",
        "bindings:HTTP-POST\"",
        "/sign-on/saml\"",
        "/sign-on/saml/metadata</saml:Issuer>",
        "<saml:AuthnContextClassRef>urn:two</saml:AuthnContextClassRef>",
    ] {
        assert!(asked.xml.contains(part), "{part}: {}", asked.xml);
    }
    assert!(!asked.xml.contains("evil.example") && !asked.xml.contains("ForceAuthn"));
    assert!(asked.mark.len() <= 80, "saml-bindings 3.4.3 allows no longer ones");
}

#[test]
fn an_address_as_the_name_is_the_address_when_no_attribute_says_one() {
    let (app, id) = saml_app(|_| {});
    let browser = app.visitor();
    sign_on_with(&app, id, &browser, |assertion| {
        assertion.attributes.retain(|(name, _)| name != "email");
        assertion.name_id = "Wren@Halden.example".to_owned();
        assertion.format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".to_owned();
    });
    assert!(is_in(&browser));
    assert_eq!(app.count("select count(*) from people where email = 'wren@halden.example'"), 1);
}

#[test]
fn an_address_of_another_domain_opens_nothing() {
    let (app, id) = saml_app(|_| {});
    let browser = app.visitor();
    let answer =
        sign_on_with(&app, id, &browser, |assertion| assertion.attribute("email", &["wren@elsewhere.example"]));
    assert!(told(&answer).contains("may not vouch for addresses of your domain"));
    assert!(!is_in(&browser));
}

#[test]
fn what_one_protocol_calls_a_subject_is_nobody_to_the_other() {
    let (app, id) = saml_app(|_| {});
    app.sql(&format!(
        "insert into sso_links (id, connection_id, issuer, subject, person_id, email, created_at, last_used_at)
         select gen_random_uuid(), '{id}', '{ENTITY}', '248289761001', p.id, p.email, p.created_at, p.created_at
         from people p where p.handle = 'ada'"
    ));
    let browser = app.visitor();
    sign_on_with(&app, id, &browser, |_| {});
    assert!(is_in(&browser));
    let whose = "select p.email as text from sessions s join people p on p.id = s.person_id where s.method = 'saml'";
    assert_eq!(app.text(whose), "wren@halden.example", "Ada's account was opened");
}

#[test]
fn both_certificates_count_while_the_provider_changes_its_key_and_one_that_was_taken_out_does_not() {
    let (app, id) = saml_app(|draft| draft.saml.certificates = vec![bare_certificate(0), bare_certificate(1)]);
    for key in [0, 1] {
        let browser = app.visitor();
        let asked = leave_for(&browser, id);
        bring(&app, &browser, &response(&app, Some(&asked.id), &Assertion::answering(&app, &asked).signed(key)));
        assert!(is_in(&browser), "key {key}");
    }
    app.sql(&format!("update sso_connections set certificates = array['{}']", bare_certificate(1)));
    let browser = app.visitor();
    let answer = sign_on_with(&app, id, &browser, |_| {});
    assert!(told(&answer).contains("could not be verified") && !is_in(&browser));
}

#[test]
fn a_response_may_be_signed_as_well_and_then_that_signature_must_hold_too() {
    let (app, id) = saml_app(|_| {});
    for (bend, works) in [("", true), ("Success", false)] {
        let browser = app.visitor();
        let asked = leave_for(&browser, id);
        let whole = response(&app, Some(&asked.id), &Assertion::answering(&app, &asked).signed(0));
        let own = whole.split_once(" ID=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        let signed = sign(&whole, &own, &How::default());
        let sent = if bend.is_empty() {
            signed
        } else {
            signed.replace("Version=\"2.0\"><saml:Issuer xmlns", "Version=\"2.0\" X=\"1\"><saml:Issuer xmlns")
        };
        bring(&app, &browser, &sent);
        assert_eq!(is_in(&browser), works, "{bend}");
    }
}

#[test]
fn other_honest_algorithms_and_layouts_are_read() {
    let (app, id) = saml_app(|_| {});
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let assertion = Assertion::answering(&app, &asked);
    let how = How { algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", ..How::default() };
    let text = sign(&assertion.xml(), &assertion.id, &how);
    // As pretty printers leave what is not signed, and with a declaration above.
    let whole = response(&app, Some(&asked.id), &format!("\n  {text}\n"));
    bring(&app, &browser, &format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{whole}\n"));
    assert!(is_in(&browser));
}

#[test]
fn what_a_provider_of_others_making_signed_is_read() {
    let xml = include_str!("saml/auth0.xml");
    let certificate = Certificate::parse_all(include_str!("saml/auth0.pem")).unwrap();
    let expected = tow::sso::Expected {
        own_keys: &[],
        issuer: "urn:halden-idp",
        keys: &certificate,
        audience: "https://tow.halden.example/sign-on/saml/metadata",
        recipient: "https://tow.halden.example/sign-on/saml",
        now: include_str!("saml/auth0.now").trim().parse().unwrap(),
    };
    let found = tow::sso::accept(xml, &expected).unwrap();
    assert_eq!((found.subject.as_str(), found.in_response_to.as_deref()), ("auth0|248289761001", Some("_abc")));
    let claims = found.claims("email");
    let email = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
    assert_eq!(claims[email], "wren@halden.example");
    assert_eq!(claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"], "Wren Å. Aldous & co");
    for (from, to) in [("wren@halden", "ada@halden"), ("_abc", "_abd"), ("248289761001", "248289761002")] {
        assert!(xml.contains(from) && tow::sso::accept(&xml.replace(from, to), &expected).is_err(), "{from}");
    }
}

#[test]
fn a_trial_and_a_confirmation_go_there_and_back_as_well() {
    let (app, id) = saml_app(|_| {});
    let ada = app.as_(ADA);
    let asked_of = |path: &str| question(&ada.get(path).location());
    let asked = asked_of(&format!("/settings/sign-on/{id}/test"));
    let mut assertion = Assertion::answering(&app, &asked);
    assertion.attribute("email", &["ada@halden.example"]);
    let answer = bring(&app, &ada, &response(&app, Some(&asked.id), &assertion.signed(0)));
    assert!(told(&answer).contains("It works: you came back as ada@halden.example"));
    let browser = app.visitor();
    assert_eq!(sign_on_with(&app, id, &browser, |_| {}).location(), "/");
    app.advance(Duration::hours(1));
    let asked = question(&browser.get("/sign-on/confirmation?back=/settings/me").location());
    assert!(asked.xml.contains("ForceAuthn=\"true\""));
    let fresh = Assertion::answering(&app, &asked);
    let old = Assertion { authenticated_at: fresh.authenticated_at - Duration::minutes(30), ..fresh.clone() };
    let answer = bring(&app, &browser, &response(&app, Some(&asked.id), &old.signed(0)));
    assert!(told(&answer).contains("did not say that you signed in just now"));
    let asked = question(&browser.get("/sign-on/confirmation?back=/settings/me").location());
    let fresh = Assertion::answering(&app, &asked);
    assert_eq!(bring(&app, &browser, &response(&app, Some(&asked.id), &fresh.signed(0))).location(), "/settings/me");
}

#[test]
fn an_answer_that_nobody_asked_for_counts_only_where_that_is_allowed_and_after_a_click() {
    let (app, _) = saml_app(|_| {});
    let browser = app.visitor();
    let unasked = |app: &App| response(app, None, &Assertion::new(app).signed(0));
    assert!(told(&bring(&app, &browser, &unasked(&app))).contains("not begun in this browser"));
    let (app, _) = saml_app(|draft| draft.saml.allows_unsolicited = true);
    let browser = app.visitor();
    let page = bring(&app, &browser, &unasked(&app));
    assert!(page.has("wren@halden.example") && page.has("Yes, sign me in") && !is_in(&browser));
    let text = page.text();
    let code = text.split_once("name=\"code\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    assert_eq!(browser.post("/sign-on/saml/arrival", &[("code", &code)]).location(), "/");
    assert!(is_in(&browser));
    let again = app.visitor();
    assert!(told(&again.post("/sign-on/saml/arrival", &[("code", &code)])).contains("no longer counts"));
    assert!(!is_in(&again));
}

#[test]
fn a_required_strength_is_looked_for_in_the_answer() {
    let (app, id) = saml_app(|draft| draft.acr_values = "urn:mfa".to_owned());
    let browser = app.visitor();
    assert!(told(&sign_on_with(&app, id, &browser, |_| {})).contains("did not ask you for enough"));
    sign_on_with(&app, id, &browser, |assertion| assertion.class = "urn:mfa".to_owned());
    assert!(is_in(&browser));
}

#[test]
fn our_description_says_what_a_provider_needs_and_theirs_is_taken_over() {
    let (app, _) = saml_app(|_| {});
    let answer = app.visitor().get("/sign-on/saml/metadata");
    assert_eq!(answer.header("content-type"), "application/samlmetadata+xml");
    assert!(answer.has("WantAssertionsSigned=\"true\"") && answer.has("/sign-on/saml\" index=\"0\""));
    let theirs = metadata(&[0, 1]);
    let found = Metadata::parse(&theirs).unwrap();
    assert_eq!((found.issuer.as_str(), found.sign_in.as_str()), (ENTITY, "https://id.halden.example/sso"));
    assert_eq!(found.certificates.len(), 2);
    for (from, to) in [
        ("HTTP-Redirect", "HTTP-POST"),
        ("IDPSSODescriptor", "SPSSODescriptor"),
        ("use=\"signing\"", "use=\"encryption\""),
        ("entityID", "entity"),
        ("<md:EntityDescriptor", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><md:EntityDescriptor"),
    ] {
        assert!(Metadata::parse(&theirs.replace(from, to)).is_err(), "{to}");
    }
    assert!(Metadata::parse(&" ".repeat(tow::sso::MAX_METADATA_BYTES + 1)).is_err());
    assert!(Metadata::parse(&metadata(&[0; MAX_CERTIFICATES + 1])).is_ok(), "the same one counts once");
}

#[test]
fn a_connection_is_made_from_metadata_on_the_page_and_what_is_wrong_is_said_beside_it() {
    let app = App::new();
    let ada = app.as_(ADA);
    let page = ada.get("/settings/sign-on/new?provider=entra&protocol=saml");
    assert!(page.has("Unique User Identifier") && page.has("/sign-on/saml/metadata"));
    let theirs = metadata(&[0]);
    let entra = [
        ("protocol", "saml"),
        ("name", "Entra"),
        ("metadata", theirs.as_str()),
        ("email_claim", "email"),
        ("username_claim", "username"),
        ("given_name_claim", "firstName"),
        ("family_name_claim", "lastName"),
        ("allowed_domains", "halden.example"),
    ];
    let with = |name: &'static str, value: &'static str| {
        let mut all: Vec<(&str, &str)> = entra.iter().copied().filter(|(own, _)| *own != name).collect();
        all.push((name, value));
        all
    };
    let refused = ada.post("/settings/sign-on", &with("metadata", "<a/>"));
    assert!(refused.status == 422 && refused.has("This is no SAML 2.0 metadata"));
    let refused = ada.post("/settings/sign-on", &with("metadata", ""));
    assert!(refused.status == 422 && refused.has("Enter the entity ID") && refused.has("no certificate with a key"));
    let made = ada.post("/settings/sign-on", &entra);
    assert_eq!(made.status, 303);
    let page = made.follow();
    assert!(page.has(ENTITY) && page.has("BEGIN CERTIFICATE") && page.has("written for use until"));
    let twice = ada.post("/settings/sign-on", &entra);
    assert!(twice.status == 422 && twice.has("There is a connection with this provider already"));
    let stored = app.tx(|tx| Ok(Connection::open_ones(tx)?.len()));
    assert_eq!(stored, 0, "a new one is closed");
    assert!(Certificate::parse_all(&pem_certificate(0).replace("MII", "MIJ")).is_none());
}

#[test]
fn certificates_of_weak_or_unknown_keys_are_refused() {
    for (args, fits) in [
        (vec!["-newkey", "rsa:1024"], false),
        (vec!["-newkey", "rsa:2048"], true),
        (vec!["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], true),
        (vec!["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], true),
        (vec!["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], false),
        (vec!["-newkey", "ed25519"], false),
    ] {
        assert_eq!(Certificate::parse_all(&new_certificate(&args)).is_some(), fits, "{args:?}");
    }
}

#[test]
fn marks_are_kept_longer_than_an_assertion_may_be_used() {
    let (app, id) = saml_app(|_| {});
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let assertion =
        Assertion { ends_at: app.state().clock.now() + Duration::days(365), ..Assertion::answering(&app, &asked) };
    let xml = response(&app, Some(&asked.id), &assertion.signed(0));
    app.advance(Duration::seconds(MAX_AGE_SECONDS + 61));
    assert!(post_answer(&app, &xml, "").location().contains("sign-on-clock"));
    let (app, _) = saml_app(|_| {});
    let ends_at = app.state().clock.now() + Duration::days(365);
    let xml = response(&app, None, &Assertion { ends_at, ..Assertion::new(&app) }.signed(0));
    post_answer(&app, &xml, "");
    app.advance(Duration::seconds(MAX_AGE_SECONDS + 59));
    app.run_schedule("sso.forget");
    assert!(post_answer(&app, &xml, "").location().contains("sign-on-used"), "an answer was taken twice");
    assert_eq!(app.count("select count(*) from sso_landings"), 0, "what nobody fetched is forgotten");
}
