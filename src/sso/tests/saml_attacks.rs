//! What people have done to SAML, and what comes of it here: nothing.

use super::{is_in, told};
use crate::harness::saml::*;
use crate::harness::*;
use chrono::Duration;
use tow::sso::{ConnectionId, MAX_ATTRIBUTES, MAX_DEPTH, MAX_RESPONSE_BYTES, MAX_VALUES};

/// Leaves, brings back what `answer` makes of the question, and says what the page says. Nobody must be in.
fn refused(app: &App, id: ConnectionId, answer: impl FnOnce(&Question, Assertion) -> String) -> String {
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let assertion = Assertion::answering(app, &asked);
    let said = told(&bring(app, &browser, &answer(&asked, assertion)));
    assert!(!is_in(&browser), "somebody is in");
    assert_eq!(app.count("select count(*) from sessions where method = 'saml'"), 0);
    said
}

const UNVERIFIABLE: &str = "could not be verified";

/// What a test makes of a question and of the honest answer to it.
type Bend<'a> = dyn Fn(&App, &Question, Assertion) -> String + 'a;

/// Each of these, honest but for one thing, is refused as not to be verified.
fn all_refused(cases: &[(&str, &Bend<'_>)]) {
    let (app, id) = saml_app(|_| {});
    for (name, make) in cases {
        let said = refused(&app, id, |asked, assertion| make(&app, asked, assertion));
        assert!(said.contains(UNVERIFIABLE), "{name}: {said}");
        // What is refused for too many tries would prove nothing.
        app.sql("delete from throttles");
    }
}

#[test]
fn what_no_known_key_signed_is_nothing() {
    all_refused(&[
        ("unsigned", &|app, asked, assertion| response(app, Some(&asked.id), &assertion.xml())),
        ("by a stranger", &|app, asked, assertion| response(app, Some(&asked.id), &assertion.signed(2))),
        ("by a stranger who brings a certificate", &|app, asked, assertion| {
            let certificate = bare_certificate(2);
            let key_info = format!(
                "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
            );
            let how = How { key: 2, key_info, ..How::default() };
            response(app, Some(&asked.id), &sign(&assertion.xml(), &assertion.id, &how))
        }),
        ("only the response is signed", &|app, asked, assertion| {
            let whole = response(app, Some(&asked.id), &assertion.xml());
            let own = whole.split_once(" ID=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
            sign(&whole, &own, &How::default())
        }),
        ("the value is empty", &|app, asked, assertion| {
            let signed = assertion.signed(0);
            let (before, after) = signed.split_once("<ds:SignatureValue>").unwrap();
            let after = after.split_once("</ds:SignatureValue>").unwrap().1;
            response(app, Some(&asked.id), &format!("{before}<ds:SignatureValue></ds:SignatureValue>{after}"))
        }),
        ("changed afterwards", &|app, asked, assertion| {
            response(app, Some(&asked.id), &assertion.signed(0).replace("wren@", "ada@"))
        }),
        ("the digest is changed along", &|app, asked, assertion| {
            let mut other = assertion.clone();
            other.attribute("email", &["ada@halden.example"]);
            let digest =
                |text: &str| text.split_once("<ds:DigestValue>").unwrap().1.split_once('<').unwrap().0.to_owned();
            let (honest, forged) = (assertion.signed(0), other.signed(2));
            let sent = honest.replace(&digest(&honest), &digest(&forged)).replace("wren@", "ada@");
            response(app, Some(&asked.id), &sent)
        }),
    ]);
}

#[test]
fn algorithms_that_are_weak_or_symmetric_and_other_transforms_are_nothing() {
    let by = |how: How| {
        move |app: &App, asked: &Question, assertion: Assertion| {
            response(app, Some(&asked.id), &sign(&assertion.xml(), &assertion.id, &how))
        }
    };
    const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
    const XSLT: &str = "http://www.w3.org/TR/1999/REC-xslt-19991116";
    const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    all_refused(&[
        ("rsa-sha1", &by(How { algorithm: "http://www.w3.org/2000/09/xmldsig#rsa-sha1", ..How::default() })),
        ("hmac", &by(How { algorithm: "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", ..How::default() })),
        ("none", &by(How { algorithm: "", ..How::default() })),
        (
            "ecdsa by an rsa key",
            &by(How { algorithm: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", ..How::default() }),
        ),
        ("sha1", &by(How { digest: "http://www.w3.org/2000/09/xmldsig#sha1", ..How::default() })),
        ("xslt", &by(How { transforms: vec![ENVELOPED, XSLT, EXCLUSIVE], ..How::default() })),
        ("xpath", &by(How { transforms: vec![XPATH, EXCLUSIVE], ..How::default() })),
        ("enveloped only", &by(How { transforms: vec![ENVELOPED], ..How::default() })),
        ("inclusive", &by(How { transforms: vec![ENVELOPED, INCLUSIVE], ..How::default() })),
        ("inclusive of the signature", &by(How { canonical: INCLUSIVE, ..How::default() })),
        ("the wrong order", &by(How { transforms: vec![EXCLUSIVE, ENVELOPED], ..How::default() })),
    ]);
}

/// Signature wrapping: Somorovsky et al., On Breaking SAML, USENIX Security 2012.
#[test]
fn a_signed_assertion_wrapped_beside_a_forged_one_is_nothing() {
    let forged = |assertion: &Assertion| {
        let mut forged = assertion.clone();
        forged.id = "_forged".to_owned();
        forged.attribute("email", &["ada@halden.example"]);
        forged.name_id = "ada".to_owned();
        forged
    };
    all_refused(&[
        ("both, the forged one first", &|app, asked, assertion| {
            response(app, Some(&asked.id), &format!("{}{}", forged(&assertion).xml(), assertion.signed(0)))
        }),
        ("both, the forged one last", &|app, asked, assertion| {
            response(app, Some(&asked.id), &format!("{}{}", assertion.signed(0), forged(&assertion).xml()))
        }),
        ("the signed one in an extension", &|app, asked, assertion| {
            let inside =
                format!("<samlp:Extensions>{}</samlp:Extensions>{}", assertion.signed(0), forged(&assertion).xml());
            response(app, Some(&asked.id), &inside)
        }),
        ("the signed one within the forged one", &|app, asked, assertion| {
            let whole = forged(&assertion);
            response(app, Some(&asked.id), &Assertion { more: assertion.signed(0), ..whole }.xml())
        }),
        ("the signed one within the forged one's signature", &|app, asked, assertion| {
            let whole = forged(&assertion);
            let object = format!("<ds:Object>{}</ds:Object>", assertion.xml());
            let signature = signature(&assertion.xml(), &assertion.id, &How { key_info: object, ..How::default() });
            let text = whole.xml().replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
            response(app, Some(&asked.id), &text)
        }),
        ("the forged one takes the ID, the signed one lies in its signature", &|app, asked, assertion| {
            let whole = Assertion { id: assertion.id.clone(), ..forged(&assertion) };
            let object = format!("<ds:Object>{}</ds:Object>", assertion.xml());
            let signature = signature(&assertion.xml(), &assertion.id, &How { key_info: object, ..How::default() });
            let text = whole.xml().replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
            response(app, Some(&asked.id), &text)
        }),
        ("a signature of another element", &|app, asked, assertion| {
            let signature = signature(&assertion.xml(), &assertion.id, &How::default());
            let text = forged(&assertion).xml().replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
            response(app, Some(&asked.id), &text)
        }),
        ("the ID of another namespace", &|app, asked, assertion| {
            let text = assertion.signed(0).replacen(" ID=", " xmlns:e=\"urn:e\" e:ID=", 1);
            response(app, Some(&asked.id), &text)
        }),
        ("the same ID again", &|app, asked, assertion| {
            let twin = format!("<samlp:Extensions><e xmlns=\"urn:e\" Id=\"{}\"></e></samlp:Extensions>", assertion.id);
            response(app, Some(&asked.id), &format!("{twin}{}", assertion.signed(0)))
        }),
        ("two references", &|app, asked, assertion| {
            let signed = assertion.signed(0);
            let (a, rest) = signed.split_once("<ds:Reference").unwrap();
            let (reference, b) = rest.split_once("</ds:Reference>").unwrap();
            let one = format!("<ds:Reference{reference}</ds:Reference>");
            response(app, Some(&asked.id), &format!("{a}{one}{one}{b}"))
        }),
        ("two signatures", &|app, asked, assertion| {
            let signature = signature(&assertion.xml(), &assertion.id, &How::default());
            let text = assertion.signed(0).replacen("<saml:Subject>", &format!("{signature}<saml:Subject>"), 1);
            response(app, Some(&asked.id), &text)
        }),
        ("an assertion that is none", &|app, asked, assertion| {
            let text = assertion.signed(0).replace("urn:oasis:names:tc:SAML:2.0:assertion", "urn:other");
            response(app, Some(&asked.id), &text)
        }),
    ]);
}

#[test]
fn nothing_hides_text_and_nothing_is_expanded_or_fetched() {
    let (app, id) = saml_app(|_| {});
    let outside = Outside::new(|_| Said::text(200, "text/plain", "secret"));
    let entity = format!("<!DOCTYPE r [<!ENTITY e SYSTEM \"{}\">]>", outside.url("/secret"));
    let bomb: String = (1..20).map(|n| format!("<!ENTITY a{n} \"&a{};&a{};\">", n - 1, n - 1)).collect();
    let bomb = format!("<!DOCTYPE r [<!ENTITY a0 \"lol\">{bomb}]>");
    let honest = |asked: &Question, assertion: &Assertion| response(&app, Some(&asked.id), &assertion.signed(0));
    let deep = "<a>".repeat(MAX_DEPTH as usize + 1) + &"</a>".repeat(MAX_DEPTH as usize + 1);
    type Make<'a> = Box<dyn FnOnce(&Question, Assertion) -> String + 'a>;
    let cases: Vec<(&str, Make<'_>)> = vec![
        // Duo Labs 2018: what is signed has no comments, and a reader that stops at one reads another name.
        (
            "a comment in the name",
            Box::new(|asked, assertion| {
                let name = "ada<!-- -->.wren".to_owned();
                honest(asked, &Assertion { name_id: name, ..assertion })
            }),
        ),
        (
            "a comment after signing",
            Box::new(|asked, assertion| {
                honest(asked, &assertion).replace("wren@halden.example", "wren@halden.example<!---->.evil")
            }),
        ),
        (
            "CDATA",
            Box::new(|asked, assertion| {
                honest(asked, &assertion).replace("wren@halden.example", "<![CDATA[ada@halden.example]]>")
            }),
        ),
        (
            "a processing instruction",
            Box::new(|asked, assertion| honest(asked, &assertion).replace("wren@", "<?x?>wren@")),
        ),
        (
            "an entity that is fetched",
            Box::new(|asked, assertion| format!("{entity}{}", honest(asked, &assertion).replace("wren@", "&e;@"))),
        ),
        (
            "a bomb",
            Box::new(|asked, assertion| format!("{bomb}{}", honest(asked, &assertion).replace("wren@", "&a19;@"))),
        ),
        (
            "a DTD that gives IDs",
            Box::new(|asked, assertion| {
                format!("<!DOCTYPE r [<!ATTLIST saml:Subject ID ID #IMPLIED>]>{}", honest(asked, &assertion))
            }),
        ),
        ("too deep", Box::new(|asked, assertion| honest(asked, &Assertion { more: deep.clone(), ..assertion }))),
        ("not well-formed", Box::new(|asked, assertion| honest(asked, &assertion).replace("</samlp:Response>", ""))),
        ("another root", Box::new(|asked, assertion| format!("<a>{}</a>", honest(asked, &assertion)))),
        ("nothing", Box::new(|_, _| String::new())),
        ("too large", Box::new(|asked, assertion| honest(asked, &assertion) + &" ".repeat(MAX_RESPONSE_BYTES))),
    ];
    for (name, make) in cases {
        let said = refused(&app, id, make);
        assert!(said.contains("could not be read") || said.contains(UNVERIFIABLE), "{name}: {said}");
        app.sql("delete from throttles");
    }
    assert_eq!(outside.asked().len(), 0, "something was fetched");
}

#[test]
fn what_was_made_for_another_server_address_or_request_is_nothing() {
    all_refused(&[
        ("another audience", &|app, asked, assertion| {
            let audience = "https://other.example/saml".to_owned();
            response(app, Some(&asked.id), &Assertion { audience, ..assertion }.signed(0))
        }),
        ("a second audience that is not we", &|app, asked, assertion| {
            let condition =
                "<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction>".to_owned();
            response(app, Some(&asked.id), &Assertion { condition, ..assertion }.signed(0))
        }),
        ("no audience", &|app, asked, assertion| {
            let xml = assertion.xml();
            let (before, rest) = xml.split_once("<saml:AudienceRestriction>").unwrap();
            let xml = format!("{before}{}", rest.split_once("</saml:AudienceRestriction>").unwrap().1);
            response(app, Some(&asked.id), &sign(&xml, &assertion.id, &How::default()))
        }),
        ("a condition that nobody knows", &|app, asked, assertion| {
            let condition = "<saml:Condition></saml:Condition>".to_owned();
            response(app, Some(&asked.id), &Assertion { condition, ..assertion }.signed(0))
        }),
        ("another recipient", &|app, asked, assertion| {
            let recipient = "https://other.example/saml".to_owned();
            response(app, Some(&asked.id), &Assertion { recipient, ..assertion }.signed(0))
        }),
        ("another destination", &|app, asked, assertion| {
            response(app, Some(&asked.id), &assertion.signed(0)).replacen(
                "Destination=\"",
                "Destination=\"https://other.example/",
                1,
            )
        }),
        ("another issuer", &|app, asked, assertion| {
            response(
                app,
                Some(&asked.id),
                &Assertion { issuer: "https://other.example".to_owned(), ..assertion }.signed(0),
            )
        }),
        ("two requests", &|app, _, assertion| response(app, Some("_another"), &assertion.signed(0))),
        ("a name of the moment", &|app, asked, assertion| {
            let format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient".to_owned();
            response(app, Some(&asked.id), &Assertion { format, ..assertion }.signed(0))
        }),
        ("not by a bearer", &|app, asked, assertion| {
            let xml = assertion.xml().replace("cm:bearer", "cm:holder-of-key");
            response(app, Some(&asked.id), &sign(&xml, &assertion.id, &How::default()))
        }),
        ("encrypted", &|app, asked, _| {
            let inside = "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>";
            response(app, Some(&asked.id), inside)
        }),
        ("too many attributes", &|app, asked, mut assertion| {
            (0..=MAX_ATTRIBUTES).for_each(|n| assertion.attribute(&format!("a{n}"), &[]));
            response(app, Some(&asked.id), &assertion.signed(0))
        }),
        ("too many values", &|app, asked, mut assertion| {
            assertion.attribute("groups", &vec!["g"; MAX_VALUES]);
            response(app, Some(&asked.id), &assertion.signed(0))
        }),
    ]);
}

#[test]
fn too_early_too_late_and_over_are_told_as_a_matter_of_clocks() {
    let (app, id) = saml_app(|_| {});
    let minutes = Duration::minutes;
    for (made, ends) in [(minutes(2), minutes(5)), (minutes(-20), minutes(5)), (minutes(-5), minutes(-2))] {
        let said = refused(&app, id, |asked, assertion| {
            let (made_at, ends_at) = (assertion.made_at + made, assertion.made_at + ends);
            response(&app, Some(&asked.id), &Assertion { made_at, ends_at, ..assertion }.signed(0))
        });
        assert!(said.contains("too old or of the future"), "{made} {ends}: {said}");
    }
    let said = refused(&app, id, |asked, assertion| {
        let over = format!("SessionNotOnOrAfter=\"{}\" SessionIndex", assertion.made_at.format("%Y-%m-%dT%H:%M:%SZ"));
        let xml = assertion.xml().replace("SessionIndex", &over);
        response(&app, Some(&asked.id), &sign(&canonical_order(&xml), &assertion.id, &How::default()))
    });
    assert!(said.contains("too old or of the future"), "{said}");
}

/// The canonical form orders attributes by name.
fn canonical_order(xml: &str) -> String {
    let (before, rest) = xml.split_once(" SessionNotOnOrAfter=\"").unwrap();
    let (over, rest) = rest.split_once("\" SessionIndex=\"").unwrap();
    let (index, after) = rest.split_once('"').unwrap();
    format!("{before} SessionIndex=\"{index}\" SessionNotOnOrAfter=\"{over}\"{after}")
}

#[test]
fn an_answer_to_another_request_or_in_another_browser_is_nothing() {
    let (app, id) = saml_app(|_| {});
    let (victim, attacker) = (app.visitor(), app.visitor());
    let asked = leave_for(&attacker, id);
    leave_for(&victim, id);
    let xml = response(&app, Some(&asked.id), &Assertion::answering(&app, &asked).signed(0));
    assert!(told(&bring(&app, &victim, &xml)).contains("not begun in this browser"));
    assert!(!is_in(&victim));
    let stranger = app.visitor();
    let asked = leave_for(&attacker, id);
    let xml = response(&app, Some(&asked.id), &Assertion::answering(&app, &asked).signed(0));
    assert!(told(&bring(&app, &stranger, &xml)).contains("not begun in this browser"));
    assert!(!is_in(&stranger) && app.count("select count(*) from sessions where method = 'saml'") == 0);
}

#[test]
fn an_answer_counts_once_whichever_server_it_is_brought_to() {
    let (app, id) = saml_app(|_| {});
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let xml = response(&app, Some(&asked.id), &Assertion::answering(&app, &asked).signed(0));
    let first = post_answer(&app, &xml, "").location();
    assert!(first.contains("code="));
    let second = post_answer(&app, &xml, "").location();
    assert!(second.contains("problem=sign-on-used"), "{second}");
    assert_eq!(browser.get(&first).location(), "/");
    let thief = app.visitor();
    assert!(told(&thief.get(&first)).contains("no longer counts") && !is_in(&thief));
}

#[test]
fn the_provider_saying_no_is_told_in_words_and_only_words_we_know() {
    let (app, id) = saml_app(|_| {});
    let code = |name: &str, inside: &str| {
        format!("<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:{name}\">{inside}</samlp:StatusCode>")
    };
    for (status, words) in [
        (code("Responder", &code("AuthnFailed", "")), "cancelled or not allowed"),
        (code("Responder", &code("NoAuthnContext", "")), "did not ask you for enough"),
        (code("Requester", ""), "answered with an error"),
    ] {
        let said =
            refused(&app, id, |asked, _| response(&app, Some(&asked.id), "").replace(&code("Success", ""), &status));
        assert!(said.contains(words), "{status}: {said}");
    }
    assert_eq!(app.visitor().get(&format!("/sign-on/saml/arrival?problem=owned&connection={id}")).status, 404);
}

#[test]
fn a_closed_or_changed_connection_lets_nobody_in() {
    let (app, id) = saml_app(|_| {});
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let xml = response(&app, Some(&asked.id), &Assertion::answering(&app, &asked).signed(0));
    app.sql("update sso_connections set revision = revision + 1");
    assert!(told(&bring(&app, &browser, &xml)).contains("was changed while you were away") && !is_in(&browser));
    let (app, _) = saml_app(|draft| draft.saml.allows_unsolicited = true);
    let browser = app.visitor();
    let xml = response(&app, None, &Assertion::new(&app).signed(0));
    app.sql("update sso_connections set enabled_at = null");
    assert!(told(&bring(&app, &browser, &xml)).contains("not begun in this browser") && !is_in(&browser));
}

#[test]
fn attributes_take_no_place_of_what_the_protocol_says() {
    let (app, id) = saml_app(|_| {});
    let browser = app.visitor();
    let asked = leave_for(&browser, id);
    let mut assertion = Assertion::answering(&app, &asked);
    for name in ["sub", "auth_time", "acr", "sid"] {
        assertion.attribute(name, &["248289761999"]);
    }
    bring(&app, &browser, &response(&app, Some(&asked.id), &assertion.signed(0)));
    assert!(is_in(&browser));
    assert_eq!(app.text("select subject as text from sso_links"), "248289761001");
}

#[test]
fn only_the_one_address_takes_what_another_site_sends() {
    let (app, _) = saml_app(|_| {});
    let cross = app.visitor().with("sec-fetch-site", "cross-site");
    assert_eq!(cross.post("/sign-on/saml/arrival", &[("code", "x")]).status, 403);
    assert_eq!(cross.post("/sign-on/password", &[("password", "x")]).status, 403);
    assert_eq!(cross.post("/sign-on/saml/", &[]).status, 403);
    assert_eq!(cross.post("/sign-on/saml", &[]).status, 303);
}

#[test]
fn many_bad_answers_from_one_address_are_slowed_down_and_leave_a_trace() {
    let (app, _) = saml_app(|_| {});
    let xml = response(&app, None, &Assertion::new(&app).signed(2));
    let slowed = (0..40).find(|_| told(&post_answer(&app, &xml, "")).contains("Too many"));
    assert!(slowed.is_some(), "nobody was slowed down");
    assert!(app.count("select count(*) from audit_events where action = 'sign_in.failed'") > 0);
}
