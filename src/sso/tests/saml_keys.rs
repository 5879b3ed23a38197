//! Keys of this server: signed questions, encrypted answers, the change from one key to the next.

use super::{is_in, told};
use crate::harness::saml::*;
use crate::harness::*;
use aws_lc_rs::rsa::OAEP_SHA256_MGF1SHA256;
use tow::error::Error;
use tow::sso::{ConnectionId, KeyState, MAX_ENCRYPTED_KEYS, ServerKey};

const HERE: &str = "/settings/sign-on/keys";
const UNVERIFIABLE: &str = "could not be verified";
const CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";

fn keys(app: &App) -> Vec<ServerKey> {
    app.read(ADA, ServerKey::list).unwrap()
}

/// The certificate of the key that signs.
fn current(app: &App) -> String {
    keys(app).into_iter().find(|key| key.state == KeyState::Current).unwrap().certificate
}

/// There and back with an assertion encrypted for this certificate; what is around it may be bent, and is signed then.
fn sign_on(
    app: &App,
    id: ConnectionId,
    certificate: &str,
    how: &Sealing,
    bend: Option<&dyn Fn(String) -> String>,
) -> (bool, String) {
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let sealed = encrypt(&Assertion::answering(app, &asked).signed(0), certificate, how);
    let whole = response(app, Some(&asked.id), &sealed);
    let said = told(&bring(app, &browser, &bend.map_or(whole.clone(), |bend| bend(whole))));
    app.sql("delete from throttles");
    (is_in(&browser), said)
}

fn signed_around(whole: String) -> String {
    let own = whole.split_once(" ID=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    sign(&whole, &own, &How::default())
}

#[test]
fn a_connection_that_signs_sends_questions_that_the_certificate_in_the_metadata_vouches_for() {
    let (app, id) = saml_app_with_key(|draft| draft.saml.signs_requests = true);
    let asked = leave_for(&app.visitor(), id);
    assert!(is_signed_by(&asked.address, &current(&app)), "{}", asked.address);
    assert!(asked.address.query().unwrap().starts_with("tenant=1&SAMLRequest="), "what stood in its address stays");
    assert!(!is_signed_by(&asked.address, &bare_certificate(0)));
    let metadata = app.visitor().get("/sign-on/saml/metadata").text();
    assert!(metadata.contains(&current(&app)) && metadata.contains("AuthnRequestsSigned=\"true\""), "{metadata}");
    let (plain, id) = saml_app(|_| {});
    assert!(!leave_for(&plain.visitor(), id).address.query().unwrap().contains("Signature="));
    let metadata = plain.visitor().get("/sign-on/saml/metadata").text();
    assert!(metadata.contains("AuthnRequestsSigned=\"false\"") && !metadata.contains("KeyDescriptor"));
}

#[test]
fn signing_takes_a_key_and_the_key_stays_while_somebody_signs() {
    let (app, id) = saml_app_with_key(|draft| draft.saml.signs_requests = true);
    let key = keys(&app)[0].id;
    let ada = app.as_(ADA);
    let answer = ada.post(&format!("{HERE}/{key}/removal"), &[]);
    assert_eq!(answer.status, 422);
    assert!(answer.has("signs its requests with this key") && keys(&app).len() == 1);
    app.sql("update sso_connections set signs_requests = false");
    assert_eq!(ada.post(&format!("{HERE}/{key}/removal"), &[]).status, 303);
    assert!(keys(&app).is_empty());
    assert_eq!(ada.post(&format!("{HERE}/{key}/removal"), &[]).status, 404);
    let page = ada.get(&format!("/settings/sign-on/{id}")).text();
    let revision = page.split_once("name=\"revision\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let form = [
        ("protocol", "saml"),
        ("revision", &revision),
        ("name", "Halden SAML"),
        ("issuer", ENTITY),
        ("sign_in_url", "https://id.halden.example/sso"),
        ("certificates", &pem_certificate(0)),
        ("username_claim", "username"),
        ("email_claim", "email"),
        ("given_name_claim", "firstName"),
        ("family_name_claim", "lastName"),
        ("signs_requests", "on"),
    ];
    let answer = ada.post(&format!("/settings/sign-on/{id}"), &form);
    assert_eq!(answer.status, 422);
    assert!(answer.has("no key to sign with"), "{}", answer.text());
    assert_eq!(app.count("select count(*) from sso_connections where signs_requests"), 0);
    // A key that got lost in spite of all: said in words, before anybody goes to the provider.
    app.sql("update sso_connections set signs_requests = true");
    assert!(told(&app.visitor().get(&format!("/sign-on/{id}"))).contains("cannot sign what Halden SAML wants signed"));
}

#[test]
fn the_next_key_waits_and_the_one_before_still_opens() {
    let (app, id) = saml_app_with_key(|draft| draft.saml.signs_requests = true);
    let first = current(&app);
    let ada = app.as_(ADA);
    assert_eq!(ada.post(HERE, &[]).status, 303);
    let states: Vec<_> = keys(&app).iter().map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Current, KeyState::Next]);
    let answer = ada.post(HERE, &[]);
    assert!(answer.status == 422 && answer.has("A next key is already waiting") && keys(&app).len() == 2);
    let next = keys(&app)[1].clone();
    let metadata = app.visitor().get("/sign-on/saml/metadata").text();
    assert!(metadata.contains(&first) && metadata.contains(&next.certificate));
    assert!(is_signed_by(&leave_for(&app.visitor(), id).address, &first));
    for certificate in [&first, &next.certificate] {
        assert!(sign_on(&app, id, certificate, &Sealing::default(), None).0);
    }
    assert_eq!(ada.post(&format!("{HERE}/{}/use", next.id), &[]).status, 303);
    assert_eq!(ada.post(&format!("{HERE}/{}/use", next.id), &[]).status, 303, "done already");
    assert!(is_signed_by(&leave_for(&app.visitor(), id).address, &next.certificate));
    assert!(sign_on(&app, id, &first, &Sealing::default(), None).0, "who still has the old certificate");
    let before = keys(&app).into_iter().find(|key| key.state == KeyState::Previous).unwrap();
    assert_eq!(ada.post(&format!("{HERE}/{}/removal", before.id), &[]).status, 303);
    assert!(!sign_on(&app, id, &first, &Sealing::default(), None).0);
    assert_eq!(
        app.count(
            "select count(*) from audit_events where action in ('sso.key_made', 'sso.key_used', 'sso.key_removed')"
        ),
        4
    );
    // Somebody may still encrypt for the one before: it goes only by hand.
    let take = |id| app.write(ADA, move |tx, me| ServerKey::take_into_use(tx, me, id));
    take(make_key(&app)).unwrap();
    let last = make_key(&app);
    assert!(matches!(take(last), Err(Error::Invalid(_))));
    let answer = ada.post(&format!("{HERE}/{last}/use"), &[]);
    assert!(answer.status == 422 && answer.has("The previous key is still here") && keys(&app).len() == 3);
    let replaced = "select count(*) from audit_events where action = 'sso.key_used' and after ? 'replaced'";
    assert_eq!(app.count(replaced), 2);
}

#[test]
fn without_a_key_to_seal_it_under_no_key_is_made() {
    let app = App::configured(&[("DATA_ENCRYPTION_KEY", "")]);
    let page = app.as_(ADA).get(HERE);
    assert!(page.has("DATA_ENCRYPTION_KEY is not set") && page.has("No key yet"));
    let answer = app.as_(ADA).post(HERE, &[]);
    assert!(answer.status == 422 && answer.has("DATA_ENCRYPTION_KEY"), "{}", answer.text());
    assert!(keys(&app).is_empty());
}

#[test]
fn only_who_configures_sign_on_sees_or_makes_keys() {
    let (app, _) = saml_app_with_key(|_| {});
    let (vault, key) = (app.state().vault.clone(), tow::sso::generate("x", app.state().clock.now()).unwrap());
    assert_eq!(app.as_(CLEO).get(HERE).status, 403);
    assert_eq!(app.as_(CLEO).post(HERE, &[]).status, 403);
    let id = keys(&app)[0].id;
    for made in [
        app.write(CLEO, move |tx, me| ServerKey::make(tx, me, &vault, &key).map(|_| ())),
        app.write(CLEO, move |tx, me| ServerKey::take_into_use(tx, me, id)),
        app.write(CLEO, move |tx, me| ServerKey::remove(tx, me, id)),
        app.read(CLEO, ServerKey::list).map(|_| ()),
    ] {
        assert!(matches!(made, Err(Error::Forbidden(_))), "{made:?}");
    }
    let row = app.text("select private_key as text from sso_keys limit 1");
    assert!(row.starts_with("v1.") && !app.as_(ADA).get(HERE).has(&row), "sealed, and not shown");
}

#[test]
fn an_encrypted_assertion_is_read_by_each_allowed_algorithm() {
    let (app, id) = saml_app_with_key(|_| {});
    let certificate = current(&app);
    let small = Sealing { cipher: "http://www.w3.org/2009/xmlenc11#aes128-gcm", ..Sealing::default() };
    let newer = Sealing {
        transport: "http://www.w3.org/2009/xmlenc11#rsa-oaep",
        words: r#"<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"></xenc11:MGF>"#.to_owned(),
        oaep: &OAEP_SHA256_MGF1SHA256,
        ..Sealing::default()
    };
    let beside = Sealing { is_beside: true, ..Sealing::default() };
    let several = Sealing { keys: MAX_ENCRYPTED_KEYS, ..Sealing::default() };
    for how in [Sealing::default(), small, newer, beside, several] {
        let (is_in, said) = sign_on(&app, id, &certificate, &how, None);
        assert!(is_in, "{} {}: {said}", how.cipher, how.transport);
    }
    let (is_in, said) = sign_on(&app, id, &certificate, &Sealing::default(), Some(&signed_around));
    assert!(is_in, "signed around as well: {said}");
    for cipher in [CBC, "http://www.w3.org/2001/04/xmlenc#aes128-cbc"] {
        let how = Sealing { cipher, ..Sealing::default() };
        let (is_in, said) = sign_on(&app, id, &certificate, &how, Some(&signed_around));
        assert!(is_in, "{cipher}: {said}");
    }
}

#[test]
fn what_could_tell_a_stranger_something_is_not_opened() {
    let (app, id) = saml_app_with_key(|_| {});
    let certificate = current(&app);
    let how = |bend: &dyn Fn(&mut Sealing)| {
        let mut how = Sealing::default();
        bend(&mut how);
        how
    };
    let cases = [
        ("CBC that nobody signed", how(&|how| how.cipher = CBC)),
        ("triple DES", how(&|how| how.cipher = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc")),
        ("no cipher", how(&|how| how.cipher = "")),
        ("RSA 1.5", how(&|how| how.transport = "http://www.w3.org/2001/04/xmlenc#rsa-1_5")),
        (
            "two hashes",
            how(&|how| {
                how.words = r#"<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>"#.to_owned();
            }),
        ),
        ("no key", how(&|how| how.keys = 0)),
        ("too many keys", how(&|how| how.keys = MAX_ENCRYPTED_KEYS + 1)),
    ];
    for (name, how) in cases {
        let (is_in, said) = sign_on(&app, id, &certificate, &how, None);
        assert!(!is_in && said.contains(UNVERIFIABLE), "{name}: {said}");
    }
    assert!(!sign_on(&app, id, &bare_certificate(1), &Sealing::default(), None).0, "for somebody else's key");
    let flip = |whole: String| {
        let (before, after) = whole.rsplit_once("<xenc:CipherValue>").unwrap();
        let (value, after) = after.split_once('<').unwrap();
        let other = if value.as_bytes()[40] == b'A' { "B" } else { "A" };
        format!("{before}<xenc:CipherValue>{}{other}{}<{after}", &value[..40], &value[41..])
    };
    assert!(!sign_on(&app, id, &certificate, &Sealing::default(), Some(&flip)).0, "changed after it was encrypted");
    let elsewhere = |whole: String| {
        let (before, after) = whole.rsplit_once("<xenc:CipherValue>").unwrap();
        let after = after.split_once("</xenc:CipherValue>").unwrap().1;
        format!("{before}<xenc:CipherReference URI=\"https://evil.example/\"></xenc:CipherReference>{after}")
    };
    assert!(!sign_on(&app, id, &certificate, &Sealing::default(), Some(&elsewhere)).0, "content at another address");
    // Whoever knows our certificate, which is public, can encrypt for it: that vouches for nothing.
    let seal = |text: &str| encrypt(text, &certificate, &Sealing::default());
    type Inside<'a> = &'a dyn Fn(&Assertion) -> String;
    let cases: [(&str, Inside<'_>); 9] = [
        ("not signed inside", &|honest| seal(&honest.xml())),
        ("by a stranger inside", &|honest| seal(&honest.signed(2))),
        ("two", &|honest| seal(&honest.signed(0)).repeat(2)),
        ("one open, one encrypted", &|honest| format!("{0}{1}", honest.signed(0), seal(&honest.signed(0)))),
        ("encrypted twice", &|honest| seal(&seal(&honest.signed(0)))),
        ("two inside", &|honest| seal(&honest.signed(0).repeat(2))),
        ("out of what is around it", &|honest| seal(&format!("</plain>{}<plain>", honest.signed(0)))),
        ("a DTD inside", &|honest| seal(&format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{}", honest.signed(0)))),
        ("in another element", &|honest| format!("<samlp:Extensions>{}</samlp:Extensions>", seal(&honest.signed(0)))),
    ];
    for (name, inside) in cases {
        for bend in [str::to_owned as fn(&str) -> String, |whole: &str| signed_around(whole.to_owned())] {
            let browser = app.visitor();
            let asked = leave_for(&browser, id);
            let sent = bend(&response(&app, Some(&asked.id), &inside(&Assertion::answering(&app, &asked))));
            assert!(post_answer(&app, &sent, "mark").location().contains("arrival?problem="), "{name}");
            bring(&app, &browser, &sent);
            app.sql("delete from throttles");
            assert!(!is_in(&browser), "{name}");
        }
    }
    assert_eq!(
        app.count("select count(*) from sso_landings")
            + app.count("select count(*) from sessions where method = 'saml'"),
        0
    );
}

/// Keycloak declares the prefix of assertions around them, and encrypts without saying it again.
#[test]
fn what_is_encrypted_may_use_the_prefixes_of_where_it_stood() {
    let (app, id) = saml_app_with_key(|_| {});
    let declared = r#" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion""#;
    for is_signed in [false, true] {
        let browser = app.visitor();
        let asked = leave_for(&browser, id);
        let bare = Assertion::answering(&app, &asked).signed(0).replacen(declared, "", 1);
        let sealed = encrypt(&bare, &current(&app), &Sealing::default());
        let whole = response(&app, Some(&asked.id), &sealed);
        let sent = match is_signed {
            true => signed_around(whole),
            false => whole.replace(declared, "").replacen(" Destination=", &format!("{declared} Destination="), 1),
        };
        bring(&app, &browser, &sent);
        assert!(is_in(&browser), "{is_signed}");
    }
}

#[test]
fn pasted_metadata_without_a_logout_address_leaves_the_typed_one() {
    let (app, id) = saml_app_with_key(|_| {});
    let form = [
        ("protocol", "saml"),
        ("revision", "1"),
        ("name", "Halden SAML"),
        ("metadata", &metadata(&[0])),
        ("sign_out_url", "https://id.halden.example/slo"),
        ("provider_logout_enabled", "on"),
        ("username_claim", "username"),
        ("email_claim", "email"),
        ("given_name_claim", "firstName"),
        ("family_name_claim", "lastName"),
    ];
    let answer = app.as_(ADA).post(&format!("/settings/sign-on/{id}"), &form);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(app.text("select sign_out_url as text from sso_connections"), "https://id.halden.example/slo");
    let bare: Vec<_> = form
        .into_iter()
        .filter(|(name, _)| *name != "sign_out_url")
        .map(|(name, value)| if name == "revision" { (name, "2") } else { (name, value) })
        .collect();
    let answer = app.as_(ADA).post(&format!("/settings/sign-on/{id}"), &bare);
    assert!(answer.status == 422 && answer.has("Enter the address where people sign out"), "{}", answer.status);
}

#[test]
fn without_a_key_an_encrypted_answer_is_refused_in_the_same_words_as_any() {
    let (app, id) = saml_app(|_| {});
    let (is_in, said) = sign_on(&app, id, &bare_certificate(1), &Sealing::default(), None);
    assert!(!is_in && said.contains(UNVERIFIABLE), "{said}");
}
