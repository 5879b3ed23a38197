//! Forgotten passwords, other addresses, sign-up: what works, and what attackers would try.

use crate::harness::*;
use tow::account::RESET_MINUTES;

const NEW: &str = "nine green lanterns";
const OPEN: [(&str, &str); 2] =
    [("TOW_AUTH__SIGNUP__ENABLED", "true"), ("TOW_AUTH__SIGNUP__ALLOWED_DOMAINS", "halden.example")];

fn forget(client: &Client, email: &str) -> Answer {
    client.post("/forgotten", &[("email", email)])
}

/// The path of the link in the last mail to this address.
fn mailed(app: &App, to: &str, begins: &str) -> String {
    app.mails().iter().rev().find(|mail| mail.to() == to).unwrap_or_else(|| panic!("no mail to {to}")).path(begins)
}

fn follow(app: &App, path: &str) -> Client {
    let browser = app.visitor();
    assert_eq!(browser.get(path).status, 303);
    browser
}

fn sign_in(app: &App, email: &str, password: &str) -> u16 {
    app.visitor().post("/sign-in", &[("email", email), ("password", password)]).status
}

#[test]
fn a_mailed_link_sets_a_new_password_once_ends_all_sessions_and_the_person_is_told() {
    let app = App::new();
    let elsewhere = app.as_(CLEO);
    forget(&app.visitor(), " CLEO@halden.example ");
    let path = mailed(&app, &CLEO.email(), "/reset/");
    let browser = follow(&app, &path);
    assert!(browser.get("/reset").has("cleo@halden.example"));
    let done = browser.post("/reset", &[("password", NEW)]);
    assert!(done.has("Your password is set"), "{}", done.text());
    assert!(browser.session_cookie().is_none(), "the link must not stand in for a sign-in and its second factor");
    assert_eq!(elsewhere.get("/tickets").status, 303);
    assert_eq!((sign_in(&app, &CLEO.email(), PASSWORD), sign_in(&app, &CLEO.email(), NEW)), (422, 303));
    assert_eq!(follow(&app, &path).post("/reset", &[("password", "ten green lanterns")]).status, 404);
    assert!(app.mails().last().unwrap().text.contains("was changed just now"));
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'password.changed' and outcome = 'succeeded'"),
        1
    );
    assert_eq!(app.count("select count(*) from people where handle = 'cleo' and verified_at is not null"), 1);
}

#[test]
fn the_answer_and_the_work_are_the_same_for_a_known_an_unknown_and_a_closed_address() {
    let app = App::new();
    let told = |email: &str| {
        let answer = forget(&app.visitor(), email);
        (answer.status, answer.queries, answer.text().replace(email, "EMAIL"))
    };
    let known = told(&CLEO.email());
    assert_eq!(known.0, 200);
    assert_eq!(known, told("nobody@halden.example"));
    assert_eq!(known, told(&HUGO.email()));
    assert_eq!(
        app.count("select count(*) from jobs where kind = 'account.reset'"),
        3,
        "each is looked up later, by a job"
    );
    let mails = app.mails();
    assert_eq!(mails.iter().map(Letter::to).collect::<Vec<_>>(), [CLEO.email()]);
}

#[test]
fn a_reset_link_is_good_for_an_hour() {
    let app = App::new();
    forget(&app.visitor(), &CLEO.email());
    let browser = follow(&app, &mailed(&app, &CLEO.email(), "/reset/"));
    app.advance(chrono::Duration::minutes(RESET_MINUTES) - chrono::Duration::seconds(1));
    assert_eq!(browser.get("/reset").status, 200);
    app.advance(chrono::Duration::seconds(1));
    assert!(browser.get("/reset").has("an hour has passed"));
    assert_eq!(browser.post("/reset", &[("password", NEW)]).status, 404);
}

#[test]
fn one_use_ends_every_other_link_and_who_was_shut_out_since_stays_out() {
    let app = App::new();
    let get = || {
        forget(&app.visitor(), &CLEO.email());
        follow(&app, &mailed(&app, &CLEO.email(), "/reset/"))
    };
    let (first, second) = (get(), get());
    assert_eq!(first.get("/reset").status, 200, "an earlier mail may arrive later");
    assert_eq!(second.post("/reset", &[("password", NEW)]).status, 200);
    assert_eq!(first.post("/reset", &[("password", "ten green lanterns")]).status, 404);
    let third = get();
    app.sql("update people set deactivated_at = created_at where handle = 'cleo'");
    assert_eq!(third.post("/reset", &[("password", NEW)]).status, 404);
}

#[test]
fn of_two_who_use_a_reset_link_at_once_one_wins() {
    let app = App::own();
    forget(&app.visitor(), &CLEO.email());
    let path = mailed(&app, &CLEO.email(), "/reset/");
    let request = |password: &str| follow(&app, &path).posting("/reset", &[("password", password)]);
    let answers = app.at_once(vec![request(NEW), request("ten green lanterns")]);
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}

#[test]
fn an_address_gets_some_mails_and_no_flood_and_who_asks_for_many_must_wait() {
    let app = App::new();
    for number in 0..12 {
        assert_eq!(forget(&app.visitor().from(&format!("198.51.100.{number}")), &CLEO.email()).status, 200);
        app.run_jobs();
    }
    let sent = app.mails().len();
    assert!((5..=6).contains(&sent), "{sent} mails");
    let browser = app.visitor();
    let statuses: Vec<u16> = (0..35).map(|n| forget(&browser, &format!("p{n}@halden.example")).status).collect();
    assert_eq!((statuses[0], *statuses.last().unwrap()), (200, 429));
}

#[test]
fn the_token_lies_in_no_table_and_guessing_slows_down() {
    let app = App::new();
    forget(&app.visitor(), &CLEO.email());
    app.sql("create table before_sending as select * from jobs");
    let path = mailed(&app, &CLEO.email(), "/reset/");
    let token = path.trim_start_matches("/reset/");
    assert_eq!(token.len(), 43);
    for table in ["account_links", "jobs", "before_sending", "activity", "audit_events", "sessions"] {
        assert_eq!(app.count(&format!("select count(*) from {table} t where t::text like '%{token}%'")), 0, "{table}");
    }
    let browser = app.visitor();
    let statuses: Vec<u16> = (0..35).map(|n| browser.get(&format!("/reset/guess{n}")).follow().status).collect();
    assert_eq!((statuses[0], *statuses.last().unwrap()), (404, 429));
}

#[test]
fn a_link_for_one_purpose_is_worth_nothing_for_another() {
    let app = App::configured(&OPEN);
    forget(&app.visitor(), &CLEO.email());
    let token = mailed(&app, &CLEO.email(), "/reset/").trim_start_matches("/reset/").to_owned();
    for other in ["confirm-email", "join", "invitation"] {
        let browser = app.visitor();
        assert_eq!(browser.get(&format!("/{other}/{token}")).follow().status, 404, "{other}");
    }
}

#[test]
fn links_in_mails_come_from_the_configured_address() {
    let app = App::new();
    forget(&app.visitor().with("Host", "evil.example").with("X-Forwarded-Host", "evil.example"), &CLEO.email());
    let mail = app.mails().pop().unwrap();
    assert!(mail.text.contains("http://localhost:8080/reset/") && !mail.all.contains("evil.example"));
}

#[test]
fn weak_passwords_are_refused_at_a_reset_and_never_echoed() {
    let app = App::new();
    forget(&app.visitor(), &CLEO.email());
    let browser = follow(&app, &mailed(&app, &CLEO.email(), "/reset/"));
    for weak in ["", "short", "cleo marchetti", "aaaaaaaaaaaaaa"] {
        let answer = browser.post("/reset", &[("password", weak)]);
        assert!(answer.status == 422 && answer.has("password-error"), "{weak}");
    }
    assert!(!browser.post("/reset", &[("password", "hunter")]).has("hunter"));
    assert!(app.visitor().post("/forgotten", &[("email", "no address")]).has("email-error"));
}

#[test]
fn an_admin_sends_a_reset_link_that_only_its_person_sees() {
    let app = App::new();
    let answer = app.as_(BEN).post("/people/cleo/reset-link", &[]).follow();
    assert!(answer.has("is on its way to Cleo Marchetti") && !answer.has("/reset/"));
    assert_eq!(app.as_(CLEO).post("/people/dov/reset-link", &[]).status, 403);
    assert_eq!(app.as_(BEN).post("/people/ada/reset-link", &[]).status, 403, "nobody resets who holds more");
    mailed(&app, &CLEO.email(), "/reset/");
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'password.reset_sent' and outcome = 'succeeded'"),
        1
    );
}

#[test]
fn whoever_changes_a_password_its_person_is_told_by_mail() {
    let app = App::new();
    let own = [("current_password", PASSWORD), ("new_password", NEW), ("repeat_password", NEW)];
    assert_eq!(app.as_(CLEO).post("/settings/me/password", &own).status, 303);
    assert_eq!(app.as_(BEN).post("/people/dov/password", &[]).status, 200);
    let mails = app.mails();
    assert_eq!(mails.iter().map(Letter::to).collect::<Vec<_>>(), [CLEO.email(), DOV.email()]);
    assert!(mails.iter().all(|mail| mail.header("Subject") == "Your password was changed"));
}

#[test]
fn another_address_counts_once_confirmed_and_the_old_one_is_told() {
    let app = App::new();
    let page = app.as_(CLEO).post("/settings/me/email", &[("email", "Cleo.M@halden.example")]);
    assert!(page.has("on its way to cleo.m@halden.example"));
    let path = mailed(&app, "cleo.m@halden.example", "/confirm-email/");
    assert_eq!(app.count("select count(*) from people where email = 'cleo@halden.example'"), 1);
    let browser = follow(&app, &path);
    assert_eq!(browser.get("/confirm-email").status, 200);
    assert_eq!(
        app.count("select count(*) from people where email = 'cleo@halden.example'"),
        1,
        "looking changes nothing"
    );
    assert!(browser.post("/confirm-email", &[]).has("is your address now"));
    let told = app.mails().pop().unwrap();
    assert!(told.to() == CLEO.email() && told.text.contains("another e-mail address") && !told.all.contains("cleo.m@"));
    assert_eq!((sign_in(&app, &CLEO.email(), PASSWORD), sign_in(&app, "cleo.m@halden.example", PASSWORD)), (422, 303));
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'email.changed' and after::text not like '%@%'"),
        1
    );
    assert_eq!(follow(&app, &path).post("/confirm-email", &[]).status, 404);
}

#[test]
fn somebody_elses_address_is_not_taken_neither_when_asked_nor_when_confirmed() {
    let app = App::new();
    let taken = app.as_(CLEO).post("/settings/me/email", &[("email", &DOV.email())]);
    assert!(taken.status == 422 && taken.has("email-error"));
    for bad in ["", "x", "a@b", "a b@c.example", "a\r\nBcc: x@evil.example"] {
        assert_eq!(app.as_(CLEO).post("/settings/me/email", &[("email", bad)]).status, 422, "{bad}");
    }
    app.as_(CLEO).post("/settings/me/email", &[("email", "new@halden.example")]);
    let browser = follow(&app, &mailed(&app, "new@halden.example", "/confirm-email/"));
    app.sql("update people set email = 'new@halden.example' where handle = 'dov'");
    assert_eq!(browser.post("/confirm-email", &[]).status, 422);
    assert_eq!(app.count("select count(*) from people where email = 'cleo@halden.example'"), 1);
}

#[test]
fn a_changed_address_ends_reset_links_sent_to_the_old_one() {
    let app = App::new();
    forget(&app.visitor(), &CLEO.email());
    let old = follow(&app, &mailed(&app, &CLEO.email(), "/reset/"));
    app.as_(CLEO).post("/settings/me/email", &[("email", "new@halden.example")]);
    follow(&app, &mailed(&app, "new@halden.example", "/confirm-email/")).post("/confirm-email", &[]);
    assert_eq!(old.get("/reset").status, 404);
}

#[test]
fn a_session_that_is_not_recent_must_confirm_before_the_address_changes() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    app.advance(chrono::Duration::hours(1));
    let answer = cleo.post("/settings/me/email", &[("email", "new@halden.example")]);
    assert!(
        answer.status == 303 && answer.location().starts_with("/confirmation"),
        "{} {}",
        answer.status,
        answer.location()
    );
    assert!(app.mails().is_empty());
}

#[test]
fn nobody_signs_up_unless_the_operator_allows_it() {
    let app = App::new();
    for path in ["/sign-up", "/join"] {
        assert_eq!(app.visitor().get(path).status, 404);
        assert_eq!(app.visitor().post(path, &[("email", "new@halden.example")]).status, 404);
    }
    assert!(!app.visitor().get("/sign-in").has("/sign-up"));
}

#[test]
fn who_signs_up_has_an_account_only_after_the_mail_and_is_a_member() {
    let app = App::configured(&OPEN);
    assert!(app.visitor().get("/sign-in").has("/sign-up"));
    app.visitor().post("/sign-up", &[("email", "Ida@HALDEN.example")]);
    let path = mailed(&app, "ida@halden.example", "/join/");
    assert_eq!(app.count("select count(*) from people"), 9, "no account before the address is proved");
    let browser = follow(&app, &path);
    let form = [("name", "Ida Moen"), ("password", NEW), ("email", "eve@evil.example"), ("role", "owner")];
    assert_eq!(browser.post("/join", &form).location(), "/");
    let made = "select count(*) from people p join memberships m on m.person_id = p.id where p.email = 'ida@halden.example' and m.role = 'member' and p.verified_at is not null";
    assert_eq!(app.count(made), 1);
    assert_eq!(follow(&app, &path).get("/join").status, 404, "the link worked once");
}

#[test]
fn sign_up_is_for_the_allowed_domains_only_and_tells_nobody_who_has_an_account() {
    let app = App::configured(&OPEN);
    for other in
        ["a@evil.example", "a@sub.halden.example", "a@halden.example.evil.example", "a@halden.example@evil.example"]
    {
        assert!(app.visitor().post("/sign-up", &[("email", other)]).has("email-error"), "{other}");
    }
    let told = |email: &str| {
        let answer = app.visitor().post("/sign-up", &[("email", email)]);
        (answer.status, answer.queries, answer.text())
    };
    assert_eq!(told(&CLEO.email()), told("new@halden.example"));
    assert_eq!(told(&HUGO.email()).0, 200);
    let mails = app.mails();
    let to_cleo = mails.iter().find(|mail| mail.to() == CLEO.email()).unwrap();
    assert!(to_cleo.text.contains("has one already") && !to_cleo.text.contains("/join/"));
    assert!(!mails.iter().any(|mail| mail.to() == HUGO.email()));
}

#[test]
fn a_second_mail_comes_only_after_the_cooldown() {
    let app = App::configured(&OPEN);
    let ask = || {
        app.visitor().post("/sign-up", &[("email", "new@halden.example")]);
        app.mails().len()
    };
    assert_eq!((ask(), ask()), (1, 1));
    app.advance(chrono::Duration::seconds(61));
    assert_eq!(ask(), 2);
}

#[test]
fn expired_links_are_forgotten() {
    let app = App::new();
    forget(&app.visitor(), &CLEO.email());
    app.run_jobs();
    assert_eq!(app.tx(tow::account::forget_links), 0);
    app.advance(chrono::Duration::minutes(RESET_MINUTES + 1));
    assert_eq!(app.tx(tow::account::forget_links), 1);
}
