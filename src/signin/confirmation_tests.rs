//! Sensitive acts ask once more who one is; the form that asked is kept, and nothing of it is lost or sent by itself.

use crate::harness::*;
use chrono::Duration;
use tow::access::{Thing, Verb, may};
use tow::db::kept::{KEEP_SECONDS, MAX_KEPT_PER_SESSION};
use tow::error::Error;
use tow::web::is_secret_field;

const TEXT: &str = "Ferries\r\nand \"piers\" <b>&amp;\r\n";

fn old(app: &App, who: Who) -> Client {
    let client = app.as_(who);
    app.advance(Duration::seconds(901));
    client
}

fn form(app: &App) -> Vec<(&'static str, String)> {
    let page = app.as_(BEN).get("/settings/organisation").text();
    let was = page.split("name=\"was\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let own = |text: &str| text.to_owned();
    vec![
        ("name", own("Halden Ferries")),
        ("about", own(TEXT)),
        ("mode", own("founder")),
        ("time_zone", own("Europe/Oslo")),
        ("was", was),
    ]
}

fn send(client: &Client, path: &str, form: &[(&'static str, String)]) -> Answer {
    let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.post(path, &pairs)
}

fn confirm(client: &Client, kept: &str) -> Answer {
    let id = kept.rsplit('/').next().unwrap().to_owned();
    client.post("/confirmation", &[("kept", &id), ("password", PASSWORD)])
}

/// The hidden fields of the page, as a browser would send them.
fn fields(page: &str) -> Vec<(String, String)> {
    let of = |text: &str| {
        text.replace("&quot;", "\"")
            .replace("&#34;", "\"")
            .replace("&lt;", "<")
            .replace("&#60;", "<")
            .replace("&gt;", ">")
            .replace("&#62;", ">")
            .replace("&#38;", "&")
    };
    page.split("<textarea hidden name=\"")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once('"').unwrap();
            let value = rest.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
            (name.to_owned(), of(value.strip_prefix('\n').unwrap()))
        })
        .collect()
}

#[test]
fn an_old_session_is_asked_before_a_sensitive_act_and_the_text_arrives_whole() {
    let app = App::new();
    let form = form(&app);
    let ben = old(&app, BEN);
    let asked = send(&ben, "/settings/organisation", &form);
    assert_eq!(asked.status, 303);
    assert!(asked.location().starts_with("/confirmation/"), "{}", asked.location());
    assert_eq!(app.count("select count(*) from organisations where name = 'Halden'"), 1);
    assert!(asked.follow().has("Confirm that it is you"));
    let ready = confirm(&ben, &asked.location()).follow();
    assert_eq!(
        app.count("select count(*) from organisations where name = 'Halden'"),
        1,
        "coming back did it by itself"
    );
    let kept = fields(&ready.text());
    assert_eq!(kept.iter().find(|(name, _)| name == "about").unwrap().1, TEXT);
    let pairs: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(ben.post("/settings/organisation", &pairs).status, 303);
    assert_eq!(
        app.count("select count(*) from organisations where name = 'Halden Ferries' and about like 'Ferries%piers%'"),
        1
    );
}

#[test]
fn reading_never_asks() {
    let app = App::new();
    let ada = old(&app, ADA);
    for path in ["/settings/organisation", "/settings/members", "/settings/export", "/settings/me", "/people/ben"] {
        assert_eq!(ada.get(path).status, 200, "{path}");
    }
}

#[test]
fn what_is_not_sensitive_does_not_ask_and_a_refusal_comes_before_the_question() {
    let app = App::new();
    let (cleo, form) = (old(&app, CLEO), form(&app));
    let me = [("name", "Cleo M"), ("handle", "cleo"), ("time_zone", "")];
    assert_eq!(cleo.post("/settings/me", &me).location(), "/settings/me");
    assert_eq!(send(&cleo, "/settings/organisation", &form).status, 403);
}

#[test]
fn a_session_is_recent_for_the_configured_time_and_no_longer() {
    let app = App::configured(&[("TOW_SECURITY__STEP_UP_MAX_AGE_SECONDS", "120")]);
    let (form, ben) = (form(&app), app.as_(BEN));
    app.advance(Duration::seconds(100));
    assert_eq!(send(&ben, "/settings/organisation", &form).location(), "/settings/organisation");
    app.advance(Duration::seconds(21));
    assert!(send(&ben, "/settings/organisation", &form).location().starts_with("/confirmation/"));
}

#[test]
fn a_wrong_password_confirms_nothing_and_guessing_slows_down() {
    let app = App::new();
    let ben = old(&app, BEN);
    let statuses: Vec<u16> =
        (0..7).map(|_| ben.post("/confirmation", &[("password", "wrong wrong wrong")]).status).collect();
    assert_eq!((statuses[0], *statuses.last().unwrap()), (422, 429));
    assert_eq!(ben.post("/confirmation", &[("password", PASSWORD)]).status, 429);
    assert_eq!(app.visitor().post("/sign-in", &[("email", &BEN.email()), ("password", PASSWORD)]).status, 303);
}

#[test]
fn confirming_changes_the_token_of_the_session_and_the_old_one_opens_nothing() {
    let app = App::new();
    let ben = old(&app, BEN);
    let thief = ben.twin();
    assert_eq!(ben.post("/confirmation", &[("password", PASSWORD), ("back", "/projects")]).location(), "/projects");
    assert_eq!(ben.get("/projects").status, 200);
    assert_eq!(thief.get("/projects").status, 303);
    assert_eq!(app.count("select count(*) from audit_events where action = 'sign_in.confirmed'"), 1);
}

#[test]
fn a_kept_form_opens_for_no_other_session_not_even_of_the_same_person() {
    let app = App::new();
    let form = form(&app);
    let ben = old(&app, BEN);
    let kept = send(&ben, "/settings/organisation", &form).location();
    for other in [app.as_(BEN), app.as_(ADA)] {
        let answer = other.get(&kept);
        assert_eq!(answer.status, 404);
        assert!(answer.has("no longer kept") && !answer.has("Halden Ferries"));
    }
    assert_eq!(app.visitor().get(&kept).status, 303);
}

#[test]
fn a_kept_form_is_gone_after_ten_minutes() {
    let app = App::new();
    let form = form(&app);
    let ben = old(&app, BEN);
    let kept = send(&ben, "/settings/organisation", &form).location();
    app.advance(Duration::seconds(KEEP_SECONDS + 1));
    assert_eq!(ben.get(&kept).status, 404);
    assert_eq!(KEEP_SECONDS, 600);
    app.tx(tow::db::kept::forget);
    assert_eq!(app.count("select count(*) from kept_forms"), 0);
}

#[test]
fn a_kept_form_moved_to_another_route_or_session_behind_the_servers_back_does_not_open() {
    let app = App::new();
    let form = form(&app);
    let ben = old(&app, BEN);
    let kept = send(&ben, "/settings/organisation", &form).location();
    confirm(&ben, &kept);
    assert_eq!(ben.get(&kept).status, 200);
    app.undoing(|| {
        app.sql("update kept_forms set action = '/people/ben/role', pattern = '/people/{handle}/role'");
        assert_eq!(ben.get(&kept).status, 404);
    });
    app.undoing(|| {
        app.sql("update kept_forms set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)");
        assert_eq!(ben.get(&kept).status, 404);
    });
    let ada = app.as_(ADA);
    app.sql(&format!(
        "update kept_forms set session_id = (select id from sessions where person_id = '{}' limit 1)",
        ADA.id
    ));
    assert_eq!(ada.get(&kept).status, 404);
}

#[test]
fn secret_fields_are_never_kept_and_asked_for_again() {
    let app = App::new();
    let ben = old(&app, BEN);
    let mut form = form(&app);
    form.push(("client_secret", "hush hush hush".to_owned()));
    let kept = send(&ben, "/settings/organisation", &form).location();
    let ready = confirm(&ben, &kept).follow();
    assert!(ready.has("name=\"client_secret\" type=\"password\"") && !ready.has("hush hush"));
    for name in ["password", "new_password", "code", "TOTP", "client_secret", "api_token", "credential"] {
        assert!(is_secret_field(name), "{name}");
    }
    assert!(!["name", "role", "postcode", "scopes"].into_iter().any(is_secret_field));
}

#[test]
fn the_rows_hold_nothing_that_was_typed() {
    let app = App::new();
    let form = form(&app);
    send(&old(&app, BEN), "/settings/organisation", &form);
    let open = "select count(*) from kept_forms where position('Ferries'::bytea in sealed) > 0";
    assert_eq!((app.count("select count(*) from kept_forms"), app.count(open)), (1, 0));
}

#[test]
fn a_session_keeps_only_so_many_forms() {
    let app = App::new();
    let form = form(&app);
    let ben = old(&app, BEN);
    for _ in 0..MAX_KEPT_PER_SESSION + 3 {
        send(&ben, "/settings/organisation", &form);
    }
    assert_eq!(app.count("select count(*) from kept_forms"), i64::from(MAX_KEPT_PER_SESSION));
}

#[test]
fn a_program_is_told_what_is_missing_and_a_script_is_led_there() {
    let app = App::new();
    let form = form(&app);
    let ben = old(&app, BEN);
    let program = send(&ben.clone().with("accept", "application/json"), "/settings/organisation", &form);
    assert_eq!(program.status, 403);
    assert!(program.has("reauthentication_required"), "{}", program.text());
    let script = send(&ben.clone().with("hx-request", "true"), "/settings/organisation", &form);
    assert!(script.header("hx-redirect").starts_with("/confirmation/"));
    assert!(ben.get("/confirmation/state").has("\"recent\":false"));
    let fetched = ben.clone().with("x-requested-with", "fetch").post("/confirmation", &[("password", PASSWORD)]);
    assert!(fetched.has("csrf") && ben.get("/confirmation/state").has("\"recent\":true"));
}

#[test]
fn the_way_back_stays_on_this_server() {
    let app = App::new();
    let ben = old(&app, BEN);
    for back in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        assert!(!ben.get(&format!("/confirmation?back={back}")).has("evil"), "{back}");
    }
    assert_eq!(ben.post("/confirmation", &[("password", PASSWORD), ("back", "//evil.example")]).location(), "/");
}

#[test]
fn an_actor_without_a_session_never_passes_a_sensitive_act() {
    let app = App::new();
    let asked = app.tx(|tx| {
        let token = tow::access::Actor::of_person(tx, ADA.id)?;
        let thing = Thing::Account(ADA.id);
        Ok((
            may(tx, &token, Verb::Edit, &thing).map(drop),
            may(tx, &token.clone().confirmed(), Verb::Edit, &thing).map(drop),
        ))
    });
    assert!(matches!(asked, (Err(Error::Confirm), Ok(()))));
}

#[test]
fn changing_ones_password_needs_a_recent_sign_in_and_the_page_says_so_before_anything_is_typed() {
    let app = App::new();
    let cleo = old(&app, CLEO);
    let page = cleo.get("/settings/me");
    assert!(page.has("/confirmation?back=") && !page.has("name=\"new_password\""));
    let form = [
        ("current_password", PASSWORD),
        ("new_password", "nine green lanterns"),
        ("repeat_password", "nine green lanterns"),
    ];
    assert!(cleo.post("/settings/me/password", &form).location().starts_with("/confirmation/"));
    assert_eq!(app.visitor().post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]).status, 303);
}

#[test]
fn what_a_ready_page_sends_does_nothing_in_another_session_or_for_another_person() {
    let app = App::new();
    let form = form(&app);
    let (ben, others) = (old(&app, BEN), [app.as_(BEN), app.as_(ADA)]);
    app.advance(Duration::seconds(901));
    let kept = send(&ben, "/settings/organisation", &form).location();
    let ready = confirm(&ben, &kept).follow().text();
    let kept = fields(&ready);
    let mut pairs: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let csrf = ben.csrf();
    for other in &others {
        // With its own token it is asked who it is, like any form; with that of the page it is nobody's.
        assert!(other.post("/settings/organisation", &pairs).location().starts_with("/confirmation/"));
        pairs.push(("_csrf", &csrf));
        assert_eq!(other.post("/settings/organisation", &pairs).status, 403);
        pairs.pop();
    }
    assert_eq!(app.count("select count(*) from organisations where name = 'Halden Ferries'"), 0);
}

#[test]
fn a_kept_form_opens_for_the_values_it_was_kept_with_and_no_others() {
    let app = App::new();
    let form = form(&app);
    let ben = old(&app, BEN);
    let one = send(&ben, "/settings/organisation", &form).location();
    let mut other = form.clone();
    other[0].1 = "Evil Ferries".to_owned();
    send(&ben, "/settings/organisation", &other);
    confirm(&ben, &one);
    assert!(ben.get(&one).has("Halden Ferries"));
    // What is sealed for one id does not open under another's.
    app.sql("update kept_forms a set sealed = b.sealed from kept_forms b where a.id <> b.id");
    assert_eq!(ben.get(&one).status, 404);
}

#[test]
fn the_question_says_whom_it_is_about_by_name() {
    let app = App::new();
    open_security_desk(&app);
    let ada = old(&app, ADA);
    let asked = |path: &str, form: &[(&str, &str)]| ada.post(path, form).follow().text();
    let person = CLEO.id.to_string();
    assert!(
        asked("/settings/ownership", &[("person", &person), ("then", "admin")])
            .contains("Make Cleo Marchetti an owner, and you an admin.")
    );
    let desk = SECURITY_DESK.to_string();
    assert!(asked("/people/cleo/roles", &[("custom_role", &desk)]).contains("Give @cleo the role “Security desk”."));
    assert!(asked("/people/ben/role", &[("was", "admin"), ("role", "owner")]).contains("Give @ben the role owner."));
}
