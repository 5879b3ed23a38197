//! Settings through the door.

use crate::harness::*;
use tow::people::parse_handle;

const ME: [(&str, &str); 3] = [("name", "Cleo M"), ("handle", "@Cleo.M"), ("time_zone", "europe/berlin")];
const NEW_PASSWORD: &str = "nine green lanterns";

fn password<'a>(current: &'a str, new: &'a str, repeat: &'a str) -> [(&'static str, &'a str); 3] {
    [("current_password", current), ("new_password", new), ("repeat_password", repeat)]
}

fn was_of(page: &Answer) -> String {
    page.text().split("name=\"was\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn one_changes_ones_own_name_handle_and_time_zone() {
    let app = App::new();
    let form = [("name", "Cleo M"), ("handle", "@Cleo.M"), ("time_zone", "Europe/Berlin")];
    let page = app.as_(CLEO).post("/settings/me", &form).follow();
    assert!(page.has("Cleo M") && page.has("cleo.m") && page.has("Europe/Berlin"));
    assert_eq!(app.as_(DOV).get("/people/cleo.m").status, 200);
    assert_eq!(app.count("select count(*) from activity where act = 'profile_changed'"), 1);
}

#[test]
fn a_bad_profile_comes_back_beside_its_field_with_what_was_typed() {
    let app = App::new();
    let (long, huge) = ("x".repeat(81), "x".repeat(10 * 1024 * 1024));
    let bad = [
        ("name", ""),
        ("name", &long),
        ("name", "a\0b"),
        ("name", &huge),
        ("handle", ""),
        ("handle", "a"),
        ("handle", "no spaces"),
        ("handle", "<b>"),
        ("handle", "ada"),
        ("handle", "\u{202e}evil"),
        ("time_zone", "Atlantis/Deep"),
        ("time_zone", "europe\0"),
    ];
    for (field, value) in bad {
        let form = ME.map(|(name, old)| {
            (
                name,
                if name == field {
                    value
                } else if name == "time_zone" {
                    ""
                } else {
                    old
                },
            )
        });
        let answer = app.as_(CLEO).post("/settings/me", &form);
        assert!(answer.status == 422 && answer.has(&format!("id=\"{field}-error\"")), "{field} {value:.20}");
    }
    assert_eq!(app.count("select count(*) from people where handle = 'cleo' and name = 'Cleo Marchetti'"), 1);
}

#[test]
fn handles_are_lower_case_and_between_two_and_forty_characters() {
    assert_eq!(parse_handle(" @Ada.L ").unwrap(), "ada.l");
    for bad in ["", "a", "-ab", "ab.", "a b", "a@b", &"x".repeat(41)] {
        assert!(parse_handle(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_new_password_needs_the_current_one_and_ends_all_other_sessions() {
    let app = App::new();
    let (cleo, elsewhere) = (app.as_(CLEO), app.as_(CLEO));
    assert!(
        cleo.post("/settings/me/password", &password("wrong", NEW_PASSWORD, NEW_PASSWORD))
            .has("current_password-error")
    );
    assert_eq!(elsewhere.get("/settings/me").status, 200);
    let done = cleo.post("/settings/me/password", &password(PASSWORD, NEW_PASSWORD, NEW_PASSWORD)).follow();
    assert!(done.has("one other session is ended"));
    assert_eq!(elsewhere.get("/settings/me").status, 303);
    let sign_in =
        |password| app.visitor().post("/sign-in", &[("email", "cleo@halden.example"), ("password", password)]).status;
    assert_eq!((sign_in(PASSWORD), sign_in(NEW_PASSWORD)), (422, 303));
    assert_eq!(app.count("select count(*) from audit_events where action = 'password.changed'"), 1);
}

#[test]
fn a_weak_or_mistyped_new_password_is_refused_beside_its_field() {
    let app = App::new();
    for (new, repeat, field) in [
        ("short", "short", "new_password"),
        ("", "", "new_password"),
        ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "new_password"),
        ("cleo marchetti", "cleo marchetti", "new_password"),
        (NEW_PASSWORD, "another", "repeat_password"),
    ] {
        let answer = app.as_(CLEO).post("/settings/me/password", &password(PASSWORD, new, repeat));
        assert!(answer.status == 422 && answer.has(&format!("{field}-error")), "{new}");
    }
    let huge = "é".repeat(600);
    assert_eq!(app.as_(CLEO).post("/settings/me/password", &password(PASSWORD, &huge, &huge)).status, 422);
}

#[test]
fn guessing_the_current_password_slows_down_and_does_not_lock_the_door() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let statuses: Vec<u16> = (0..7)
        .map(|_| cleo.post("/settings/me/password", &password("wrong", NEW_PASSWORD, NEW_PASSWORD)).status)
        .collect();
    assert_eq!(statuses.last(), Some(&429));
    assert_eq!(app.visitor().post("/sign-in", &[("email", "cleo@halden.example"), ("password", PASSWORD)]).status, 303);
}

#[test]
fn one_ends_ones_own_sessions_and_nobody_elses() {
    let app = App::new();
    let (cleo, elsewhere, dov) = (app.as_(CLEO), app.as_(CLEO), app.as_(DOV));
    let page = cleo.get("/settings/me").text();
    let id = page.split("/settings/me/sessions/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    assert_eq!(dov.post(&format!("/settings/me/sessions/{id}/removal"), &[]).status, 404);
    assert_eq!(elsewhere.get("/settings/me").status, 200);
    assert_eq!(cleo.post(&format!("/settings/me/sessions/{id}/removal"), &[]).status, 303);
    assert_eq!(elsewhere.get("/settings/me").status, 303);
    assert_eq!(cleo.post("/settings/me/sessions/rubbish/removal", &[]).status, 404);
}

#[test]
fn all_other_sessions_end_at_once() {
    let app = App::new();
    let (cleo, others) = (app.as_(CLEO), [app.as_(CLEO), app.as_(CLEO)]);
    assert!(cleo.post("/settings/me/sessions/removal", &[]).follow().has("2 other sessions are ended"));
    assert!(others.iter().all(|other| other.get("/settings/me").status == 303));
    assert!(cleo.post("/settings/me/sessions/removal", &[]).follow().has("no other session"));
}

#[test]
fn the_look_is_kept_and_leads_back_or_answers_a_script_with_nothing() {
    let app = App::new();
    let back = app.as_(CLEO).post("/settings/me/look", &[("theme", "dark"), ("back", "/projects?x=1")]);
    assert_eq!(back.location(), "/projects?x=1");
    for header in [("hx-request", "true"), ("x-requested-with", "fetch"), ("sec-fetch-mode", "cors")] {
        assert_eq!(
            app.as_(CLEO).with(header.0, header.1).post("/settings/me/look", &[("palette", "moss")]).status,
            204
        );
    }
    assert!(app.as_(CLEO).get("/projects").has("data-theme=\"dark\" data-palette=\"moss\""));
}

#[test]
fn a_look_that_is_no_look_and_a_way_back_that_leads_away_are_refused() {
    let app = App::new();
    assert_eq!(app.as_(CLEO).post("/settings/me/look", &[("theme", "neon")]).status, 422);
    assert_eq!(app.as_(CLEO).post("/settings/me/look", &[("palette", "\"><script>")]).status, 422);
    let away = app.as_(CLEO).post("/settings/me/look", &[("theme", "light"), ("back", "//evil.example")]);
    assert_eq!(away.location(), "/");
}

#[test]
fn an_admin_changes_the_organisation_and_a_member_may_not() {
    let app = App::new();
    let was = was_of(&app.as_(BEN).get("/settings/organisation"));
    let form = [
        ("name", "Halden Ferries"),
        ("about", "Ferries."),
        ("mode", "founder"),
        ("time_zone", "Europe/Oslo"),
        ("was", &was),
    ];
    assert_eq!(app.as_(CLEO).get("/settings/organisation").status, 403);
    assert_eq!(app.as_(CLEO).post("/settings/organisation", &form).status, 403);
    let page = app.as_(BEN).post("/settings/organisation", &form).follow();
    assert!(page.has("Halden Ferries") && page.has("Europe/Oslo"));
    let late = app.as_(ADA).post(
        "/settings/organisation",
        &form.map(|(field, value)| (field, if field == "name" { "Mine" } else { value })),
    );
    assert!(late.status == 409 && late.has("Mine") && late.has("Halden Ferries"));
    assert_eq!(app.count("select count(*) from audit_events where action = 'organisation.changed'"), 1);
}

#[test]
fn a_bad_organisation_comes_back_beside_its_field() {
    let app = App::new();
    let (long, huge) = ("x".repeat(81), "x".repeat(2 * 1024 * 1024));
    let good = [("name", "Halden"), ("about", ""), ("mode", "founder"), ("time_zone", "UTC"), ("was", "")];
    for (field, value) in [
        ("name", ""),
        ("name", &long),
        ("about", &huge),
        ("about", "a\0"),
        ("mode", ""),
        ("mode", "empire"),
        ("time_zone", ""),
        ("time_zone", "Mars"),
    ] {
        let answer = app
            .as_(BEN)
            .post("/settings/organisation", &good.map(|(name, old)| (name, if name == field { value } else { old })));
        assert!(answer.status == 422 && answer.has(&format!("{field}-error")), "{field} {value:.20}");
    }
    assert_eq!(
        app.as_(CLEO).post("/settings/organisation", &[("name", "")]).status,
        403,
        "before anything is said of the form"
    );
}

#[test]
fn the_index_leads_to_what_the_reader_may_open() {
    let app = App::new();
    assert!(app.as_(BEN).get("/settings").has("/settings/organisation"));
    assert!(!app.as_(CLEO).get("/settings").has("/settings/organisation\""));
    assert_eq!(app.visitor().get("/settings").status, 303);
}

fn sending(server: &MailServer) -> App {
    let port = server.port.to_string();
    App::configured(&[
        ("TOW_EMAIL__TRANSPORT", "smtp"),
        ("TOW_EMAIL__FROM_ADDRESS", "TOW <tow@halden.example>"),
        ("TOW_EMAIL__SMTP__HOST", "localhost"),
        ("TOW_EMAIL__SMTP__PORT", &port),
        ("TOW_EMAIL__SMTP__TLS_MODE", "none"),
        ("TOW_EMAIL__SMTP__TIMEOUT_SECONDS", "1"),
    ])
}

#[test]
fn a_test_mail_goes_to_who_asks_and_the_page_says_what_became_of_it() {
    let server = MailServer::start(Mood::Kind);
    let app = sending(&server);
    let answer = app.as_(GRO).post("/settings/mail", &[("email", "evil@elsewhere.example")]);
    assert!(answer.status == 200 && answer.has("took the mail to gro@halden.example"), "{}", answer.text());
    let [arrived] = &server.mails()[..] else { panic!("not one mail") };
    assert_eq!(arrived.to(), "gro@halden.example");
    assert_eq!(app.count("select count(*) from audit_events where action = 'mail.tested'"), 1);
    assert!(App::new().as_(GRO).post("/settings/mail", &[]).has("data/mail"));
}

#[test]
fn a_test_mail_that_did_not_leave_says_so_in_the_servers_words_without_addresses() {
    let server = MailServer::start(Mood::Refuses(550));
    let app = sending(&server);
    let answer = app.as_(GRO).post("/settings/mail", &[]).text();
    let banner = answer.split("role=\"alert\"").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(banner.contains("did not leave") && banner.contains("550") && !banner.contains('@'), "{banner}");
    assert_eq!(app.as_(BEN).get("/settings/mail").status, 403);
    assert_eq!(app.as_(BEN).post("/settings/mail", &[]).status, 403);
}

#[test]
fn where_mail_is_sent_nobody_makes_a_password_for_somebody_else() {
    let server = MailServer::start(Mood::Kind);
    let app = sending(&server);
    let page = app.as_(BEN).get("/people/dov");
    assert!(page.has("/reset-link\"") && !page.has("/people/dov/password"));
    let hash = "select count(*) from people p join people q on q.handle = 'cleo' where p.handle = 'dov' and p.password_hash = q.password_hash";
    assert_eq!(app.as_(BEN).post("/people/dov/password", &[]).status, 422);
    assert_eq!(app.count(hash), 1, "the password changed");
    let kept = App::new().as_(BEN).get("/people/dov");
    assert!(!kept.has("/reset-link\"") && kept.has("/people/dov/password"));
}
