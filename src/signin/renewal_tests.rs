//! Whose rights change gets a new token; the old one, wherever it was planted or copied to, opens nothing.

use crate::harness::*;
use tow::people::Session;

/// The session's cookie changes with the next page of its person, and whoever copied the old one is out.
fn renewed(app: &App, client: &Client, act: impl FnOnce()) {
    assert_eq!(client.get("/projects").status, 200);
    let (old, thief) = (client.session_cookie().unwrap(), client.twin());
    client.get("/projects");
    assert_eq!(client.session_cookie().unwrap(), old, "a new token for nothing");
    act();
    let page = client.get("/settings/me");
    assert_eq!(page.status, 200);
    let new = client.session_cookie().unwrap();
    assert_ne!(new, old, "the token is the old one");
    assert!(page.has(&client.csrf()), "the forms of this page carry the old token");
    assert_eq!(thief.get("/projects").status, 303, "the old token still opens");
    assert_eq!(client.get("/projects").status, 200);
    assert_eq!(client.session_cookie().unwrap(), new, "one new token is enough");
    assert_eq!(app.count("select count(*) from sessions where rights_changed_at is not null and ended_at is null"), 0);
}

#[test]
fn a_higher_role_a_custom_role_and_server_administration_bring_a_new_token() {
    let app = App::new();
    open_security_desk(&app);
    let desk = SECURITY_DESK.to_string();
    let ada = |path: &str, form: &[(&str, &str)]| {
        let answer = app.as_(ADA).post(path, form);
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
    };
    let cleo = app.as_(CLEO);
    renewed(&app, &cleo, || ada("/people/cleo/role", &[("was", "member"), ("role", "admin")]));
    renewed(&app, &cleo, || ada("/people/cleo/roles", &[("custom_role", &desk)]));
    renewed(&app, &cleo, || ada("/people/cleo/server-admin", &[]));
    let more = ["security_configuration.manage", "audit.view", "members.invite"].map(|word| ("permissions", word));
    let form = [[("name", "Security desk"), ("about", ""), ("version", "1")], more].concat();
    renewed(&app, &cleo, || ada(&format!("/settings/roles/{desk}"), &form));
    renewed(&app, &cleo, || ada("/settings/ownership", &[("person", &CLEO.id.to_string()), ("then", "owner")]));
}

#[test]
fn whoever_lessens_their_own_rights_goes_on_with_a_new_token() {
    let app = App::new();
    app.as_(ADA).post("/people/ben/role", &[("was", "admin"), ("role", "owner")]);
    let ada = app.as_(ADA);
    renewed(&app, &ada, || {
        let handed = [("person", CLEO.id.to_string()), ("then", "admin".to_owned())];
        let handed: Vec<(&str, &str)> = handed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(ada.twin().post("/settings/ownership", &handed).status, 303);
    });
}

#[test]
fn only_a_page_brings_the_new_token_so_that_no_script_of_another_tab_is_thrown_out() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let old = cleo.session_cookie();
    app.tx(|tx| Session::owe_tokens(tx, &[CLEO.id]));
    for (name, value) in [("hx-request", "true"), ("x-requested-with", "fetch"), ("sec-fetch-dest", "empty")] {
        assert_eq!(cleo.clone().with(name, value).get("/projects").status, 200);
        assert_eq!(cleo.session_cookie(), old, "{name}");
    }
    assert_eq!(cleo.clone().with("sec-fetch-dest", "document").get("/projects").status, 200);
    assert_ne!(cleo.session_cookie(), old);
}

#[test]
fn a_form_that_was_open_meanwhile_is_taken_and_its_answer_brings_the_token() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let (old, thief) = (cleo.session_cookie(), cleo.twin());
    app.tx(|tx| Session::owe_tokens(tx, &[CLEO.id]));
    let form = [("name", "Cleo M"), ("handle", "cleo"), ("time_zone", "")];
    assert_eq!(cleo.post("/settings/me", &form).location(), "/settings/me");
    assert_ne!(cleo.session_cookie(), old);
    assert_eq!(thief.get("/projects").status, 303);
}

#[test]
fn signing_out_wins_over_a_token_that_was_owed() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let thief = cleo.twin();
    app.tx(|tx| Session::owe_tokens(tx, &[CLEO.id]));
    cleo.post("/sign-out", &[]);
    assert_eq!((cleo.get("/projects").status, thief.get("/projects").status), (303, 303));
}

#[test]
fn a_token_planted_before_signing_in_is_not_the_one_after() {
    let app = App::new();
    let browser = app.visitor();
    let planted = app.state().keys.sign(tow::web::Purpose::Session, &tow::web::random_token());
    browser.set_session_cookie(&planted);
    assert_eq!(browser.get("/projects").status, 303, "an unknown token is no session");
    let answer = browser.post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_ne!(browser.session_cookie().unwrap(), planted);
    let attacker = app.visitor();
    attacker.set_session_cookie(&planted);
    assert_eq!((browser.get("/projects").status, attacker.get("/projects").status), (200, 303));
}
