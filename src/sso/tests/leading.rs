//! The way in by an address, or by a link with a domain.

use super::{door, is_in};
use crate::harness::*;

fn type_only(client: &Client, email: &str) -> Answer {
    client.post("/sign-in", &[("email", email), ("back", "/tickets")])
}

#[test]
fn an_address_alone_leads_to_the_provider_of_its_domain_whoever_it_belongs_to() {
    let provider = IdProvider::new();
    let app = provider.app();
    for email in ["ada@halden.example", "nobody@halden.example", " ADA@Halden.Example "] {
        let answer = type_only(&app.visitor(), email);
        assert_eq!(answer.location(), "/sign-in?domain=halden.example&back=%2Ftickets", "{email}");
        let page = answer.follow();
        assert!(page.has(&format!("href=\"{}?back=", door(&app))) && !page.has("name=\"password\""), "{}", page.text());
    }
    let browser = app.visitor();
    let back = provider.consent(&app, &browser.get(&format!("{}?back=/tickets", door(&app))).location());
    assert_eq!(browser.get(&back).location(), "/tickets");
    assert!(is_in(&browser));
}

#[test]
fn an_address_of_another_domain_is_asked_for_its_password_in_the_same_words_for_known_and_unknown() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.sql("update people set email = 'ada@elsewhere.example' where handle = 'ada'");
    let browser = app.visitor();
    let told = |email: &str| {
        let answer = type_only(&browser, email);
        (answer.status, answer.text().replace(email, "EMAIL"))
    };
    let known = told("ada@elsewhere.example");
    assert!(known.0 == 422 && known.1.contains("Type your password as well"));
    assert_eq!(known, told("nobody@elsewhere.example"));
    for odd in ["", "@", "a@", "a@halden.example.evil.example", "a@sub.halden.example", "a@halden.examp1e"] {
        assert_eq!(told(odd).0, 422, "{odd}");
    }
}

#[test]
fn a_link_with_a_domain_leads_there_and_with_another_to_every_way_in() {
    let provider = IdProvider::new();
    let app = provider.app();
    let visitor = app.visitor();
    assert_eq!(visitor.get("/sign-on?domain=Halden.example").location(), door(&app));
    assert_eq!(
        visitor.get("/sign-on?domain=halden.example&back=/tickets").location(),
        format!("{}?back=%2Ftickets", door(&app))
    );
    assert_eq!(
        visitor.get("/sign-on?domain=halden.example&back=https://evil.example").location(),
        format!("{}?back=%2F", door(&app))
    );
    assert_eq!(visitor.get("/sign-on?domain=evil.example").location(), "/sign-in");
    assert_eq!(visitor.get("/sign-on").location(), "/sign-in");
    assert!(visitor.get("/sign-in?domain=halden.example").has("Other ways to sign in"));
    assert!(visitor.get("/sign-in?domain=evil.example").has("name=\"password\""));
    let long = "x".repeat(4000);
    assert!(visitor.get(&format!("/sign-in?domain={long}")).has("name=\"password\""));
}

#[test]
fn a_domain_that_is_not_proven_or_of_a_closed_connection_leads_nowhere() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.sql("update sso_connections set source = 'page'");
    assert_eq!(type_only(&app.visitor(), "ada@halden.example").status, 422);
    assert_eq!(app.visitor().get("/sign-on?domain=halden.example").location(), "/sign-in");
    app.sql("insert into sso_domains (id, organisation_id, domain, challenge, proof, created_at, verified_at, window_began_at)
        select gen_random_uuid(), id, 'halden.example', 'x', 'record', created_at, created_at, created_at from organisations");
    assert_eq!(app.visitor().get("/sign-on?domain=halden.example").location(), door(&app));
    app.sql("update sso_connections set enabled_at = null");
    assert_eq!(app.visitor().get("/sign-on?domain=halden.example").location(), "/sign-in");
}

#[test]
fn while_sign_on_is_required_the_page_says_so_and_an_address_still_leads_there() {
    let provider = IdProvider::new();
    let app = provider.app();
    app.sql(
        "insert into sso_enforcements (id, connection_id, enforced_by, enforced_at)
        select gen_random_uuid(), c.id, p.id, p.created_at from sso_connections c, people p where p.handle = 'ada'",
    );
    let page = app.visitor().get("/sign-in");
    assert!(page.has("everybody signs in through") && !page.has("name=\"password\""));
    assert!(type_only(&app.visitor(), "nobody@halden.example").location().starts_with("/sign-in?domain="));
}
