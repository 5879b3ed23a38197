//! Past the provider.

use super::is_in;
use crate::harness::*;

const DOOR: &str = "/sign-in/break-glass";

fn come_in(browser: &Client, who: Who, password: &str) -> Answer {
    browser.post(DOOR, &[("email", &who.email()), ("password", password), ("reason", "The provider is down")])
}

fn name(app: &App, who: Who) -> Answer {
    app.as_(ADA).post("/settings/sign-on/break-glass/owners", &[("person", &who.id.to_string())])
}

/// Ada has an authenticator app and is named; Ben is an owner too; everybody must sign in through the provider.
fn with_app() -> (App, Phone, Vec<String>) {
    let app = App::new();
    app.sql(&format!("update memberships set role = 'owner' where person_id = '{}'", BEN.id));
    let (phone, codes) = enrol(&app, &app.as_(ADA));
    assert_eq!(name(&app, ADA).status, 303);
    app.require_sign_on();
    app.advance(chrono::Duration::seconds(60));
    (app, phone, codes)
}

fn named() -> App {
    with_app().0
}

/// Both halves.
fn go_in(app: &App, browser: &Client, phone: &Phone) -> Answer {
    assert_eq!(come_in(browser, ADA, PASSWORD).location(), "/sign-in/break-glass/second");
    second(browser, "code", &phone.code(app))
}

fn second(browser: &Client, field: &str, value: &str) -> Answer {
    browser.post("/sign-in/break-glass/second", &[(field, value)])
}

#[test]
fn a_named_owner_comes_in_for_an_hour_and_every_page_and_every_owner_is_told() {
    let (app, phone, _) = with_app();
    let browser = app.visitor();
    assert_eq!(go_in(&app, &browser, &phone).status, 303);
    assert!(browser.get("/tickets").has("not for daily work"));
    assert_eq!(
        app.count("select count(*) from jobs where kind = 'mail.send' and payload->>'subject' like 'Break-glass%'"),
        2
    );
    assert_eq!(app.count("select count(*) from audit_events where action = 'break_glass.used'"), 1);
    app.advance(chrono::Duration::minutes(61));
    assert!(!is_in(&browser));
}

#[test]
fn who_is_not_named_and_who_types_a_wrong_password_get_the_same_answer() {
    let app = named();
    let words = |who: Who, password: &str| {
        let browser = app.visitor();
        let answer = come_in(&browser, who, password);
        assert!(!is_in(&browser));
        (answer.status, answer.has("This does not open the door"))
    };
    for (who, password) in [(ADA, "wrong wrong wrong"), (BEN, PASSWORD), (CLEO, PASSWORD), (HUGO, PASSWORD)] {
        assert_eq!(words(who, password), (422, true), "{}", who.name);
    }
    assert_eq!(app.count("select count(*) from break_glass_uses"), 0);
}

#[test]
fn guessing_makes_one_wait() {
    let app = named();
    for _ in 0..tow::signin::FREE_TRIES + 3 {
        come_in(&app.visitor(), ADA, "wrong wrong wrong");
    }
    assert_eq!(come_in(&app.visitor(), ADA, PASSWORD).status, 429);
}

#[test]
fn a_reason_is_asked_for() {
    let app = named();
    let answer = app.visitor().post(DOOR, &[("email", &ADA.email()), ("password", PASSWORD), ("reason", " ")]);
    assert!(answer.status == 422 && answer.has("id=\"reason-error\"") && !answer.has(PASSWORD));
}

#[test]
fn who_lost_the_role_the_password_or_the_second_factor_no_longer_comes_in() {
    for loss in [
        "update memberships set role = 'admin'",
        "update people set password_hash = null",
        "update people set deactivated_at = created_at",
        "delete from factors",
    ] {
        let app = named();
        app.sql(loss);
        let browser = app.visitor();
        assert!(come_in(&browser, ADA, PASSWORD).status == 422 && !is_in(&browser), "{loss}");
    }
}

#[test]
fn only_owners_are_named() {
    let app = App::new();
    for who in [BEN, CLEO, HUGO] {
        let id = who.id.to_string();
        assert_eq!(
            app.as_(ADA).post("/settings/sign-on/break-glass/owners", &[("person", &id)]).status,
            422,
            "{}",
            who.name
        );
    }
    let id = ADA.id.to_string();
    assert_eq!(app.as_(BEN).post("/settings/sign-on/break-glass/owners", &[("person", &id)]).status, 403);
}

#[test]
fn another_owner_sees_what_was_done_and_signs_the_review_once() {
    let (app, phone, _) = with_app();
    let browser = app.visitor();
    go_in(&app, &browser, &phone);
    browser.post("/sign-out", &[]);
    let id = app.tx(|tx| {
        let ada = tow::access::Actor::of_person(tx, ADA.id)?;
        Ok(tow::sso::Use::list(tx, &ada)?[0].id)
    });
    let (path, ben, ada) = (format!("/settings/sign-on/break-glass/{id}"), app.as_(BEN), app.as_(ADA));
    let page = ben.get(&path);
    assert!(page.has("The provider is down") && page.has("session.ended"), "{}", page.text());
    assert!(ada.get(&path).has("Another owner must review this"));
    assert_eq!(ada.post(&format!("{path}/review"), &[("finding", "All was well")]).status, 403);
    assert_eq!(ben.post(&format!("{path}/review"), &[("finding", "")]).status, 422);
    assert_eq!(
        ben.post(&format!("{path}/review"), &[("finding", "Signed out at once; password changed.")]).status,
        303
    );
    assert_eq!(ben.post(&format!("{path}/review"), &[("finding", "Again")]).status, 422);
    assert_eq!(app.count("select count(*) from audit_events where action = 'break_glass.reviewed'"), 1);
}

#[test]
fn the_sheet_for_the_safe_names_the_door_and_the_owners_and_no_secret() {
    let app = named();
    let page = app.as_(ADA).get("/settings/sign-on/break-glass/sheet");
    assert!(page.has(DOOR) && page.has(&ADA.email()) && !page.has(PASSWORD));
    assert_eq!(app.as_(BEN).get("/settings/sign-on/break-glass/sheet").status, 200);
    assert_eq!(app.as_(CLEO).get("/settings/sign-on/break-glass/sheet").status, 403);
}

#[test]
fn a_second_factor_is_shown_before_break_glass_opens() {
    let (app, phone, codes) = with_app();
    let browser = app.visitor();
    let page = come_in(&browser, ADA, PASSWORD);
    assert_eq!(page.location(), "/sign-in/break-glass/second");
    assert!(page.follow().has("six digits") && !is_in(&browser));
    assert_eq!(app.count("select count(*) from break_glass_uses"), 0, "nobody is alarmed by half a way in");
    assert!(second(&browser, "code", "000000").has("does not fit") && !is_in(&browser));
    assert_eq!(second(&browser, "code", &phone.code(&app)).location(), "/settings/sign-on");
    assert!(browser.get("/tickets").has("not for daily work"));
    let begun = "select count(*) from sessions s join break_glass_uses u on u.session_id = s.id and u.reason = 'The provider is down'
        where s.method = 'break_glass' and s.factor = 'totp' and s.expires_at - s.created_at = interval '1 hour'";
    assert_eq!(app.count(begun), 1);
    let again = app.visitor();
    come_in(&again, ADA, PASSWORD);
    assert_eq!(second(&again, "recovery_code", &codes[0]).status, 303);
    assert!(is_in(&again));
}

#[test]
fn guessing_the_second_factor_of_break_glass_makes_one_wait() {
    let (app, phone, _) = with_app();
    let browser = app.visitor();
    come_in(&browser, ADA, PASSWORD);
    for _ in 0..tow::signin::FREE_TRIES + 1 {
        second(&browser, "code", "000000");
    }
    assert_eq!(second(&browser, "code", &phone.code(&app)).status, 429);
}

#[test]
fn half_of_break_glass_opens_no_ordinary_session_and_the_other_way_round() {
    use tow::signin::{Opens, Step};
    let app = named();
    for (made, other) in [(Opens::BreakGlass, Opens::SignIn), (Opens::SignIn, Opens::BreakGlass)] {
        let token = app.tx(|tx| Step::begin(tx, ADA.id, made));
        assert!(app.tx(|tx| Ok(Step::find(tx, &token, other).is_err() && Step::find(tx, &token, made).is_ok())));
    }
    assert_eq!(app.visitor().get("/sign-in/break-glass/second").location(), DOOR);
}

#[test]
fn who_is_taken_off_between_the_two_halves_stays_outside() {
    let (app, phone, _) = with_app();
    let browser = app.visitor();
    come_in(&browser, ADA, PASSWORD);
    app.sql("delete from break_glass_owners");
    assert!(second(&browser, "code", &phone.code(&app)).status != 200 && !is_in(&browser));
}

#[test]
fn an_owner_with_a_password_alone_is_not_named_and_reads_why() {
    let app = App::new();
    let answer = name(&app, ADA);
    assert!(answer.status == 422 && answer.has("Ada Lindqvist has no second factor"), "{}", answer.text());
    assert_eq!(app.count("select count(*) from break_glass_owners"), 0);
    enrol(&app, &app.as_(ADA));
    assert_eq!(name(&app, ADA).status, 303);
    assert!(!app.as_(ADA).get("/settings/sign-on").has("no second factor"));
}

#[test]
fn where_an_owner_lost_the_second_factor_it_is_said_plainly_that_the_door_stays_shut() {
    let app = named();
    app.sql("delete from factors");
    assert!(app.as_(ADA).get("/settings/sign-on").has("For one break-glass owner this door stays shut"));
    assert!(app.as_(ADA).get("/settings/sign-on/break-glass/sheet").has("the door stays shut for this person"));
    assert!(
        app.as_(ADA)
            .get("/settings/practices")
            .has("The door stays shut, for want of a second factor, for Ada Lindqvist")
    );
}

#[test]
fn while_passwords_are_offered_there_is_no_such_door_and_half_a_way_in_leads_nowhere() {
    let (app, phone, _) = with_app();
    let begun = app.visitor();
    come_in(&begun, ADA, PASSWORD);
    app.sql("delete from sso_enforcements");
    assert!(second(&begun, "code", &phone.code(&app)).status != 200 && !is_in(&begun));
    let browser = app.visitor();
    assert_eq!(browser.get(DOOR).status, 404);
    assert_eq!(come_in(&browser, ADA, PASSWORD).status, 404);
    assert_eq!(app.count("select count(*) from break_glass_uses"), 0);
    app.require_sign_on();
    assert_eq!(browser.get(DOOR).status, 200);
}

#[test]
fn a_named_owner_keeps_the_last_second_factor_whoever_wants_it_gone() {
    let app = named();
    app.sql(&format!("update people set server_admin = true where id = '{}'", BEN.id));
    let id = app.text("select id::text as text from factors");
    let own = app.as_(ADA).post(&format!("/settings/me/factors/{id}/removal"), &[]);
    assert!(own.status == 422 && own.has("You are a break-glass owner"), "{}", own.text());
    let others = app.as_(BEN).post("/people/ada/factors/removal", &[]);
    assert!(others.status == 422 && others.has("Take them off"), "{} {}", others.status, others.text());
    assert_eq!(app.count("select count(*) from factors"), 1);
    app.sql("delete from break_glass_owners");
    assert_eq!(app.as_(BEN).post("/people/ada/factors/removal", &[]).status, 303);
}

#[test]
fn a_stranger_who_guesses_does_not_shut_the_door_for_a_browser_that_was_in_before() {
    let (app, phone, _) = with_app();
    let browser = app.visitor();
    app.sql("delete from sso_enforcements");
    browser.post("/sign-in", &[("email", &ADA.email()), ("password", PASSWORD)]);
    browser.post("/sign-in/second", &[("code", &phone.code(&app))]);
    assert!(is_in(&browser));
    browser.post("/sign-out", &[]);
    app.require_sign_on();
    for _ in 0..tow::signin::FREE_TRIES + 3 {
        come_in(&app.visitor().from("198.51.100.9"), ADA, "wrong wrong wrong");
    }
    assert_eq!(come_in(&app.visitor(), ADA, PASSWORD).status, 429, "another browser waits");
    assert_eq!(come_in(&browser, ADA, PASSWORD).status, 303);
}
