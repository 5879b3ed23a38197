//! Invited people where passwords are not offered: the provider vouches for the address that was invited.

use super::{ada_is_linked, is_in, told};
use crate::harness::*;
use serde_json::json;

const INES: &str = "ines@elsewhere.example";

/// Passwords are not offered, because the file says so.
fn by_file(provider: &IdProvider) -> App {
    provider.app_with(&[("TOW_AUTH__MODE", "oidc")])
}

/// Passwords are not offered, because somebody required sign-on.
fn required(provider: &IdProvider) -> App {
    let app = provider.app();
    app.require_sign_on();
    app
}

/// A browser that has followed the link of an invitation for Ines.
fn invited(app: &App) -> Client {
    assert_eq!(app.as_(ADA).post("/settings/invitations", &[("emails", INES), ("role", "admin")]).status, 303);
    let link = app.mails().iter().rev().find(|mail| mail.to() == INES).expect("no mail to Ines").path("/invitation/");
    let browser = app.visitor();
    assert_eq!(browser.get(&link).location(), "/invitation");
    browser
}

/// To the provider by the button of the invitation's page, and back.
fn go(provider: &IdProvider, app: &App, browser: &Client) -> Answer {
    let page = browser.get("/invitation").text();
    let door = page.split("href=\"/sign-on/").nth(1).expect("no way to the provider").split('"').next().unwrap();
    let there = browser.get(&format!("/sign-on/{}", door.replace("&amp;", "&"))).location();
    browser.get(&provider.consent(app, &there))
}

fn says(provider: &IdProvider, email: &str, is_verified: bool) {
    provider.claim("email", json!(email));
    provider.claim("email_verified", json!(is_verified));
    provider.claim("sub", json!("ines at the provider"));
}

fn members(app: &App) -> i64 {
    app.count("select count(*) from memberships")
}

#[test]
fn where_passwords_are_not_offered_an_invitation_is_accepted_through_the_provider() {
    let provider = IdProvider::new();
    says(&provider, "Ines@Elsewhere.example", true);
    for server in [by_file, required] {
        let app = server(&provider);
        let browser = invited(&app);
        assert!(!browser.get("/invitation").has("name=\"password\""));
        assert_eq!(go(&provider, &app, &browser).location(), "/invitation");
        assert!(browser.get("/invitation").has("says that you are ines@elsewhere.example") && !is_in(&browser));
        assert_eq!(browser.post("/invitation", &[("with", "sign-on"), ("name", "Ines Faro")]).location(), "/");
        assert!(is_in(&browser));
        let made = "select count(*) from people p join memberships m on m.person_id = p.id and m.role = 'admin'
            join sso_links l on l.person_id = p.id and l.subject = 'ines at the provider'
            join sessions s on s.person_id = p.id and s.method = 'oidc'
            where p.email = 'ines@elsewhere.example' and p.name = 'Ines Faro' and p.password_hash is null and p.verified_at is not null";
        assert_eq!(app.count(made), 1);
        assert_eq!(
            app.count("select count(*) from audit_events where action in ('invitation.accepted', 'member.added')"),
            2
        );
    }
}

#[test]
fn where_passwords_are_not_offered_an_invitation_makes_no_account_with_one() {
    let provider = IdProvider::new();
    for server in [by_file, required] {
        let app = server(&provider);
        let (browser, before) = (invited(&app), members(&app));
        let answer = browser.post("/invitation", &[("name", "Ines Faro"), ("password", "nine green lanterns")]);
        assert_eq!((answer.status, members(&app)), (403, before));
    }
}

#[test]
fn an_invitation_opens_for_no_other_address_and_for_none_that_the_provider_has_not_verified() {
    let provider = IdProvider::new();
    let app = by_file(&provider);
    let (browser, before) = (invited(&app), members(&app));
    for (email, is_verified, words) in [
        ("mallory@elsewhere.example", true, "ines@elsewhere.example was invited"),
        (INES, false, "has not verified your e-mail address"),
    ] {
        says(&provider, email, is_verified);
        let answer = go(&provider, &app, &browser);
        assert!(told(&answer).contains(words), "{email}: {}", told(&answer));
        let answer = browser.post("/invitation", &[("with", "sign-on"), ("name", "Mallory")]);
        assert!(answer.status == 422 && !is_in(&browser), "{email}");
    }
    assert_eq!(members(&app), before);
}

#[test]
fn what_the_provider_said_counts_ten_minutes_and_in_its_own_browser() {
    let provider = IdProvider::new();
    let app = by_file(&provider);
    says(&provider, INES, true);
    let (browser, before) = (invited(&app), members(&app));
    let form = [("with", "sign-on"), ("name", "Ines Faro")];
    assert_eq!(browser.post("/invitation", &form).status, 422, "nobody has vouched yet");
    go(&provider, &app, &browser);
    app.advance(chrono::Duration::seconds(601));
    assert_eq!((browser.post("/invitation", &form).status, members(&app)), (422, before));
    go(&provider, &app, &browser);
    app.sql("update invitations set revoked_at = created_at");
    assert_eq!((browser.post("/invitation", &form).status, members(&app)), (409, before));
}

#[test]
fn somebody_with_an_account_comes_in_through_the_provider_and_is_asked_to_join() {
    let provider = IdProvider::new();
    let app = by_file(&provider);
    ada_is_linked(&app);
    let browser = invited(&app);
    assert_eq!(go(&provider, &app, &browser).location(), "/invitation");
    assert!(is_in(&browser));
    assert_eq!(browser.get("/invitation").location(), "/invitation/joining");
    assert!(browser.get("/invitation/joining").has("i…@elsewhere.example"), "and it is somebody else's");
}
