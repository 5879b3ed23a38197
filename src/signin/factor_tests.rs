//! Second factors: a stolen password opens nothing, a code counts once, a copied key is told, and who owes one adds it first.

#[path = "device_tests.rs"]
mod device;

use crate::harness::*;
use chrono::Duration;
use device::{Device, VERIFIED};
use serde_json::Value;
use tow::secret::Secret;
use tow::signin::recovery::RECOVERY_CODES;
use tow::signin::{FREE_TRIES, FREE_TRIES_PER_ADDRESS, STEP_MAX_SECONDS, totp};

const KEY: (&str, &str) = ("DATA_ENCRYPTION_KEY", "b77c0d1e2f83a4955c6d7e8f90a1b2c3d4e5f60718293a4b");

fn app() -> App {
    App::configured(&[KEY])
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).unwrap_or_else(|| panic!("no {before} in {text}")).split(after).next().unwrap()
}

/// After the password.
fn half(app: &App, who: Who) -> Client {
    let client = app.visitor();
    let answer = client.post("/sign-in", &[("email", &who.email()), ("password", PASSWORD)]);
    assert_eq!(answer.location(), "/sign-in/second");
    client
}

fn second(client: &Client, code: &str) -> Answer {
    client.post("/sign-in/second", &[("code", code)])
}

fn ask(client: &Client, path: &str) -> (String, Value) {
    // As the script of the page does.
    let fetched = client.clone().with("sec-fetch-dest", "empty").post(path, &[]);
    let asked: Value = serde_json::from_slice(&fetched.body).unwrap();
    (asked["ceremony"].as_str().unwrap().to_owned(), asked["options"].clone())
}

fn add_passkey(client: &Client, device: &Device) -> Answer {
    let (ceremony, options) = ask(client, "/settings/me/factors/passkeys/question");
    client.post(
        "/settings/me/factors/passkeys",
        &[("name", "Blue key"), ("ceremony", &ceremony), ("credential", &device.make(&options))],
    )
}

fn by_passkey(client: &Client, device: &Device) -> Answer {
    let (ceremony, options) = ask(client, "/sign-in/passkey/question");
    client.post("/sign-in/passkey", &[("ceremony", &ceremony), ("credential", &device.sign(&options))])
}

#[test]
fn with_an_app_the_password_alone_opens_nothing_and_the_code_opens_it() {
    let app = app();
    let (phone, codes) = enrol(&app, &app.as_(CLEO));
    assert_eq!(codes.len(), RECOVERY_CODES);
    app.advance(Duration::seconds(60));
    let cleo = half(&app, CLEO);
    assert_eq!(cleo.get("/projects").status, 303);
    assert!(second(&cleo, "000000").has("does not fit"));
    assert_eq!(second(&cleo, &phone.code(&app)).location(), "/");
    assert_eq!(cleo.get("/projects").status, 200);
    assert_eq!(app.count("select count(*) from audit_events where action = 'factor.added'"), 1);
    let page = cleo.get("/settings/me");
    assert!(page.has("by password and a code of the app"), "{}", page.text());
}

#[test]
fn an_app_counts_only_after_its_first_code() {
    let app = app();
    let cleo = app.as_(CLEO);
    cleo.post("/settings/me/factors/app", &[]);
    assert_eq!(cleo.post("/settings/me/factors/app/code", &[("code", "000000")]).status, 422);
    assert_eq!(app.visitor().post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]).location(), "/");
}

#[test]
fn a_code_counts_once_also_for_another_purpose() {
    let app = app();
    let (phone, _) = enrol(&app, &app.as_(CLEO));
    let first = phone.code(&app);
    assert_eq!(second(&half(&app, CLEO), &first).status, 422, "the enrolment's own code");
    app.advance(Duration::seconds(60));
    let code = phone.code(&app);
    assert_eq!(second(&half(&app, CLEO), &code).status, 303);
    assert_eq!(second(&half(&app, CLEO), &code).status, 422);
    app.advance(Duration::seconds(901));
    let (late, cleo) = (phone.code(&app), app.as_(CLEO));
    app.advance(Duration::seconds(901));
    assert_eq!(cleo.post("/confirmation", &[("code", &late)]).status, 422, "too old");
    let now = phone.code(&app);
    assert_eq!(cleo.post("/confirmation", &[("code", &now)]).status, 303);
    assert_eq!(second(&half(&app, CLEO), &now).status, 422);
}

#[test]
fn a_clock_may_differ_by_one_step_and_no_more() {
    let app = app();
    let (phone, _) = enrol(&app, &app.as_(CLEO));
    let steps = i64::try_from(totp::STEP_SECONDS).unwrap();
    app.advance(Duration::seconds(10 * steps));
    let two_ago = phone.code(&app);
    app.advance(Duration::seconds(2 * steps));
    assert_eq!(second(&half(&app, CLEO), &two_ago).status, 422);
    let one_ago = phone.code(&app);
    app.advance(Duration::seconds(steps));
    assert_eq!(second(&half(&app, CLEO), &one_ago).status, 303);
}

#[test]
fn guessing_codes_slows_down_so_that_even_the_right_one_must_wait() {
    let app = app();
    let (phone, _) = enrol(&app, &app.as_(CLEO));
    app.advance(Duration::seconds(60));
    for number in 0..=FREE_TRIES {
        // From many addresses and with a fresh password step each time.
        second(&half(&app, CLEO).from(&format!("198.51.100.{number}")), "000000");
    }
    assert_eq!(second(&half(&app, CLEO), &phone.code(&app)).status, 429);
    app.advance(Duration::seconds(901));
    assert_eq!(second(&half(&app, CLEO), &phone.code(&app)).status, 303);
}

#[test]
fn codes_guessed_at_once_are_counted_before_they_are_compared() {
    let app = App::own();
    enrol(&app, &app.as_(CLEO));
    app.advance(Duration::seconds(60));
    let step = half(&app, CLEO);
    let guesses = (0..FREE_TRIES + 12).map(|_| step.posting("/sign-in/second", &[("code", "000000")])).collect();
    let statuses: Vec<u16> = app.at_once(guesses).iter().map(|answer| answer.status).collect();
    let of = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    // On a slow machine the waits of 1, 2 and 4 seconds may pass between them; without the count all would be compared.
    assert!((5..=8).contains(&of(422)) && of(422) + of(429) == statuses.len(), "{statuses:?}");
}

#[test]
fn a_passkey_that_opens_nothing_is_counted_and_kept() {
    let app = app();
    let stranger = Device::of(CLEO.id.0);
    let browser = app.visitor();
    assert_eq!(by_passkey(&browser, &stranger).status, 422);
    assert_eq!(app.count("select count(*) from audit_events where action = 'sign_in.failed'"), 1);
    app.sql(&format!("update throttles set failures = {} where key like 'address:%'", FREE_TRIES_PER_ADDRESS + 20));
    assert_eq!(by_passkey(&browser, &stranger).status, 429);
    assert_eq!(app.count("select count(*) from audit_events where action = 'sign_in.failed'"), 1);
}

#[test]
fn the_step_between_is_no_session_ends_after_ten_minutes_and_is_used_once() {
    let app = app();
    let (phone, _) = enrol(&app, &app.as_(CLEO));
    app.advance(Duration::seconds(60));
    let cleo = half(&app, CLEO);
    let twin = cleo.twin();
    let step = cleo.cookie("tow_step").unwrap();
    cleo.set_session_cookie(&step);
    assert_eq!(cleo.get("/projects").status, 303, "a step's cookie as a session's");
    assert_eq!(second(&twin, &phone.code(&app)).status, 303);
    app.advance(Duration::seconds(60));
    twin.set_cookie("tow_step", &step);
    assert_eq!(second(&twin, &phone.code(&app)).location(), "/sign-in");
    let late = half(&app, CLEO);
    app.advance(Duration::seconds(STEP_MAX_SECONDS + 1));
    assert_eq!(second(&late, &phone.code(&app)).location(), "/sign-in");
}

#[test]
fn cookies_with_a_flipped_bit_or_a_missing_end_open_nothing() {
    let app = app();
    enrol(&app, &app.as_(CLEO));
    let (session, step) = (app.as_(DOV).session_cookie().unwrap(), half(&app, CLEO).cookie("tow_step").unwrap());
    for at in (0..session.len()).step_by(5) {
        let flip = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let at = at.min(bytes.len() - 1);
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        };
        for broken in [flip(&session), session[..at].to_owned()].into_iter().filter(|text| *text != session) {
            let visitor = app.visitor();
            visitor.set_session_cookie(&broken);
            assert_eq!(visitor.get("/projects").status, 303, "{at}");
        }
        let visitor = app.visitor();
        visitor.set_cookie("tow_step", &flip(&step));
        assert_eq!(visitor.get("/sign-in/second").location(), "/sign-in", "{at}");
    }
}

#[test]
fn a_session_that_was_planted_before_signing_in_is_not_the_one_that_is_signed_in() {
    let app = App::new();
    let attacker = app.as_(DOV);
    let victim = app.visitor();
    victim.set_session_cookie(&attacker.session_cookie().unwrap());
    let form = [("email", CLEO.email()), ("password", PASSWORD.to_owned()), ("_csrf", attacker.csrf())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    victim.post("/sign-in", &form);
    assert_ne!(victim.session_cookie(), attacker.session_cookie());
    assert!(attacker.get("/settings/me").has("dov@halden.example"));
}

#[test]
fn a_recovery_code_works_once_however_it_is_typed() {
    let app = app();
    let (_, codes) = enrol(&app, &app.as_(CLEO));
    let typed = codes[3].to_uppercase().replace('-', " ").replace('0', "O").replace('1', "l");
    let use_code = |code: &str| half(&app, CLEO).post("/sign-in/second", &[("recovery_code", code)]).status;
    assert_eq!(use_code(&typed), 303);
    assert_eq!(use_code(&codes[3]), 422);
    assert_eq!(use_code("0000-0000-0000-0000"), 422);
    assert_eq!(app.count("select count(*) from recovery_codes where used_at is null"), 9);
}

#[test]
fn new_recovery_codes_replace_the_old_and_are_nowhere_in_the_database() {
    let app = app();
    let cleo = app.as_(CLEO);
    let (_, old) = enrol(&app, &cleo);
    let page = cleo.post("/settings/me/factors/codes", &[]).text();
    let new = between(&page, "aria-label=\"Recovery codes\">", "\n").to_owned();
    assert_eq!(half(&app, CLEO).post("/sign-in/second", &[("recovery_code", &old[0])]).status, 422);
    assert_eq!(half(&app, CLEO).post("/sign-in/second", &[("recovery_code", &new)]).status, 303);
    for text in [new.clone(), new.replace('-', "")] {
        assert_eq!(app.holding(&text), Vec::<String>::new(), "{text}");
    }
    assert!(app.holding("Cleo Marchetti").contains(&"people".to_owned()), "what is there is found");
}

#[test]
fn the_seed_lies_sealed_and_never_on_a_page_again() {
    let app = app();
    let cleo = app.as_(CLEO);
    let page = cleo.post("/settings/me/factors/app", &[]).follow().text();
    let key = between(&page, "<code id=\"key\">", "</code>").replace(' ', "");
    assert_eq!(app.count(&format!("select count(*) from factors where sealed like '%{key}%'")), 0);
    assert_eq!(app.count("select count(*) from factors where sealed like 'v1.%'"), 1);
    let (_, _) = enrol(&app, &cleo);
    assert_eq!(cleo.get("/settings/me/factors/app").location(), "/settings/me/factors");
}

#[test]
fn without_a_key_for_seeds_the_page_says_what_is_missing_and_nothing_breaks() {
    let app = App::configured(&[("DATA_ENCRYPTION_KEY", "")]);
    let cleo = app.as_(CLEO);
    assert!(cleo.get("/settings/me/factors").has("DATA_ENCRYPTION_KEY"));
    assert_eq!(cleo.post("/settings/me/factors/app", &[]).status, 422);
}

#[test]
fn a_passkey_signs_in_without_a_password_and_is_a_second_factor_beside_one() {
    let app = App::new();
    let mut device = Device::of(CLEO.id.0);
    let added = add_passkey(&app.as_(CLEO), &device);
    assert!(added.status == 200 && added.has("Recovery codes"), "{}", added.text());
    device.counter = 2;
    let cleo = app.visitor();
    assert_eq!(by_passkey(&cleo, &device).location(), "/");
    assert!(cleo.get("/settings/me/factors").has("Blue key"));
    device.counter = 3;
    let cleo = half(&app, CLEO);
    let (ceremony, options) = ask(&cleo, "/sign-in/second/passkey");
    let form = [("ceremony", ceremony.as_str()), ("credential", &device.sign(&options))];
    assert_eq!(cleo.post("/sign-in/second", &form).status, 303);
    assert_eq!(app.count("select count(*) from sessions where factor = 'passkey'"), 2);
    let page = cleo.get("/settings/me");
    assert!(page.has("by passkey ·") && page.has("by password and a passkey"), "{}", page.text());
}

#[test]
fn a_passkey_whose_counter_goes_back_is_refused_and_told() {
    let app = App::new();
    let mut device = Device::of(CLEO.id.0);
    add_passkey(&app.as_(CLEO), &device);
    device.counter = 9;
    assert_eq!(by_passkey(&app.visitor(), &device).status, 303);
    for counter in [9, 8, 1, 0] {
        device.counter = counter;
        let refused = by_passkey(&app.visitor(), &device);
        assert!(refused.status == 422 && refused.has("counter went back"), "{counter}");
    }
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'factor.suspect' and outcome = 'failed'"),
        4
    );
    device.counter = 10;
    assert_eq!(by_passkey(&app.visitor(), &device).status, 303);
}

#[test]
fn an_answer_counts_once_in_the_browser_that_was_asked_and_not_after_five_minutes() {
    let app = App::new();
    let mut device = Device::of(CLEO.id.0);
    add_passkey(&app.as_(CLEO), &device);
    device.counter = 0;
    app.sql("update factors set passkey = jsonb_set(passkey, '{cred,counter}', '0')");
    let browser = app.visitor();
    let (ceremony, options) = ask(&browser, "/sign-in/passkey/question");
    let form = [("ceremony", ceremony.as_str()), ("credential", &device.sign(&options))];
    assert_eq!(app.visitor().post("/sign-in/passkey", &form).status, 422, "another browser");
    assert_eq!(browser.twin().post("/sign-in/passkey", &form).status, 303);
    assert_eq!(browser.post("/sign-in/passkey", &form).status, 422, "a replay");
    let (ceremony, options) = ask(&browser, "/sign-in/passkey/question");
    app.advance(Duration::seconds(301));
    let form = [("ceremony", ceremony.as_str()), ("credential", &device.sign(&options))];
    assert_eq!(browser.post("/sign-in/passkey", &form).status, 422);
}

#[test]
fn a_passkey_without_user_verification_or_from_another_site_is_refused() {
    let app = App::new();
    let mut device = Device::of(CLEO.id.0);
    add_passkey(&app.as_(CLEO), &device);
    device.counter = 5;
    device.flags = 0;
    assert_eq!(by_passkey(&app.visitor(), &device).status, 422);
    device.flags = VERIFIED;
    device.origin = "http://evil.example";
    assert_eq!(by_passkey(&app.visitor(), &device).status, 422);
    device.origin = "http://localhost:8080";
    assert_eq!(by_passkey(&app.visitor(), &device).status, 303);
}

#[test]
fn a_passkey_names_only_the_account_it_was_added_to() {
    let app = App::new();
    let mut device = Device::of(ADA.id.0);
    add_passkey(&app.as_(CLEO), &device);
    // Else it would be refused for its counter alone.
    device.counter = 2;
    let refused = by_passkey(&app.visitor(), &device);
    assert!(refused.status == 422 && !refused.has("counter went back"), "Cleo's key says it is Ada's");
}

#[test]
fn a_deactivated_persons_own_passkey_opens_nothing() {
    let app = App::new();
    let mut own = Device::of(CLEO.id.0);
    add_passkey(&app.as_(CLEO), &own);
    own.counter = 2;
    assert_eq!(by_passkey(&app.visitor(), &own).status, 303);
    app.sql(&format!("update people set deactivated_at = created_at where id = '{}'", CLEO.id));
    own.counter = 3;
    assert_eq!(by_passkey(&app.visitor(), &own).status, 422);
}

#[test]
fn rubbish_for_an_answer_of_a_device_is_refused_in_words() {
    let app = App::new();
    for credential in
        ["", "x", "[]", "{\"id\":\"\0\"}", "\0", "{\"id\":\"AA\",\"rawId\":\"AA\",\"type\":\"public-key\"}"]
    {
        let browser = app.visitor();
        let (ceremony, _) = ask(&browser, "/sign-in/passkey/question");
        let answer = browser.post("/sign-in/passkey", &[("ceremony", &ceremony), ("credential", credential)]);
        assert_eq!((answer.status, answer.error.as_str()), (422, ""), "{credential:?}");
    }
    let answer = app.visitor().post("/sign-in/passkey", &[("ceremony", "x"), ("credential", "{}")]);
    assert_eq!(answer.status, 422, "{}", answer.error);
}

#[test]
fn who_has_a_factor_confirms_with_it_and_not_with_the_password() {
    let app = app();
    let cleo = app.as_(CLEO);
    let (phone, _) = enrol(&app, &cleo);
    app.advance(Duration::seconds(901));
    assert!(!cleo.get("/confirmation?back=/projects").has("name=\"password\""));
    assert_eq!(cleo.post("/confirmation", &[("password", PASSWORD)]).status, 422);
    assert_eq!(
        cleo.post("/confirmation", &[("code", &phone.code(&app)), ("back", "/projects")]).location(),
        "/projects"
    );
}

#[test]
fn a_passkey_confirms_who_one_is() {
    let app = App::new();
    let (cleo, mut device) = (app.as_(CLEO), Device::of(CLEO.id.0));
    add_passkey(&cleo, &device);
    app.advance(Duration::seconds(901));
    device.counter = 2;
    let (ceremony, options) = ask(&cleo, "/confirmation/passkey");
    let form = [("ceremony", ceremony.as_str()), ("credential", &device.sign(&options)), ("back", "/projects")];
    assert_eq!(cleo.post("/confirmation", &form).location(), "/projects");
    assert!(cleo.get("/confirmation/state").has("\"recent\":true"));
}

#[test]
fn factors_are_ones_own_and_need_a_recent_sign_in() {
    let app = app();
    let cleo = app.as_(CLEO);
    enrol(&app, &cleo);
    let page = cleo.get("/settings/me/factors").text();
    let id = between(&page, "action=\"/settings/me/factors/", "/removal").rsplit('/').next().unwrap().to_owned();
    let id = if id.len() == 36 {
        id
    } else {
        page.split("/settings/me/factors/")
            .find_map(|part| part.split_once("/removal").map(|(id, _)| id.to_owned()).filter(|id| id.len() == 36))
            .unwrap()
    };
    let path = format!("/settings/me/factors/{id}/removal");
    assert_eq!(app.as_(ADA).post(&path, &[]).status, 404);
    app.advance(Duration::seconds(901));
    assert!(cleo.post(&path, &[]).location().starts_with("/confirmation/"));
    assert_eq!(app.as_(CLEO).post(&path, &[]).status, 303);
    assert_eq!(app.count("select count(*) from factors") + app.count("select count(*) from recovery_codes"), 0);
}

#[test]
fn who_owes_a_factor_adds_one_before_anything_else_and_then_goes_on() {
    let app = app();
    let ben = app.as_(BEN);
    assert_eq!(app.as_(ADA).post("/settings/second-factor", &[("second_factor", "admins")]).status, 303);
    let led = ben.get("/projects").follow();
    assert_eq!(led.location(), "/settings/me/factors?next=%2Fprojects");
    assert!(led.follow().has("asks for a second factor"));
    assert_eq!(ben.post("/tickets", &[("title", "x")]).status, 303);
    assert_eq!(app.as_(CLEO).get("/projects").status, 200, "a member owes none");
    enrol(&app, &ben);
    assert_eq!(ben.get("/projects").status, 200);
    let page = ben.get("/settings/me/factors").text();
    let id =
        page.split("/settings/me/factors/").find_map(|part| part.split_once("/removal").map(|(id, _)| id)).unwrap();
    assert!(ben.post(&format!("/settings/me/factors/{id}/removal"), &[]).has("only one"));
}

#[test]
fn only_who_may_configure_security_decides_who_must_have_one() {
    let app = App::new();
    for who in [BEN, CLEO, GRO] {
        assert_eq!(app.as_(who).post("/settings/second-factor", &[("second_factor", "nobody")]).status, 403);
        assert_eq!(app.as_(who).get("/settings/second-factor").status, 403);
    }
    let ada = app.as_(ADA);
    assert_eq!(ada.post("/settings/second-factor", &[("second_factor", "cats")]).status, 422);
    app.advance(Duration::seconds(901));
    assert!(
        ada.post("/settings/second-factor", &[("second_factor", "everyone")]).location().starts_with("/confirmation/")
    );
}

#[test]
fn links_in_mails_come_from_the_configuration_whatever_the_host_header_says() {
    let app = app();
    enrol(&app, &app.as_(CLEO).with("host", "evil.example"));
    assert_eq!(
        app.count("select count(*) from jobs where payload::text like '%http://localhost:8080/settings/me/factors%'"),
        1
    );
    assert_eq!(app.count("select count(*) from jobs where payload::text like '%evil%'"), 0);
}

#[test]
fn no_other_site_may_frame_the_questions() {
    let app = App::new();
    for path in ["/sign-in", "/confirmation?back=/projects"] {
        let answer = app.visitor().get(path);
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
}

#[test]
fn an_unknown_address_costs_the_same_hash_as_a_known_one() {
    use std::time::Instant;
    let secret = tow::secret::Secret::new(PASSWORD);
    let stored = tow::signin::hash(&secret).unwrap();
    let time = |stored: Option<&str>| {
        let began = Instant::now();
        for _ in 0..5 {
            let _ = tow::signin::verify(&secret, stored);
        }
        began.elapsed().as_secs_f64()
    };
    time(None);
    let ratio = time(None) / time(Some(&stored));
    assert!((0.2..5.0).contains(&ratio), "{ratio}");
}

#[test]
fn an_admin_ends_the_sessions_of_who_holds_no_more_than_they_and_resets_their_factors() {
    let app = app();
    let (cleo, ben) = (app.as_(CLEO), app.as_(BEN));
    enrol(&app, &cleo);
    assert!(ben.get("/people/cleo").has("Where they are signed in"));
    assert!(!cleo.get("/people/ben").has("Where they are signed in"));
    for path in ["/people/ada/sessions/removal", "/people/ada/factors/removal"] {
        assert_eq!(ben.post(path, &[]).status, 403, "{path}");
    }
    assert_eq!(ben.post("/people/cleo/sessions/removal", &[]).status, 303);
    assert_eq!(cleo.get("/projects").status, 303);
    assert_eq!(ben.post("/people/cleo/factors/removal", &[]).status, 303);
    assert_eq!(app.visitor().post("/sign-in", &[("email", &CLEO.email()), ("password", PASSWORD)]).location(), "/");
    app.advance(Duration::seconds(901));
    assert!(ben.post("/people/cleo/factors/removal", &[]).location().starts_with("/confirmation/"));
}

#[test]
fn stored_secrets_pass_to_the_new_key_and_open_under_it_alone() {
    use tow::vault::Vault;
    let app = app();
    enrol(&app, &app.as_(CLEO));
    let (old, new) =
        (tow::secret::Secret::new(KEY.1), tow::secret::Secret::new("0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778"));
    let vault = Vault::new(Some(&new), Some(&old)).unwrap();
    let rotate = || app.write(ADA, |tx, me| tow::cli::secrets::rotate(tx, me, &vault)).unwrap();
    assert_eq!((rotate(), rotate()), (1, 0));
    let named = format!("select count(*) from factors where sealed like 'v1.{}.%'", vault.key_name().unwrap());
    assert_eq!(app.count(&named), 1);
    assert_eq!(app.count("select count(*) from audit_events where action = 'secret.rotated'"), 2);
}

#[test]
fn visitors_who_ask_for_question_after_question_wait_and_others_do_not() {
    let app = app();
    let ask = |from: &str| app.visitor().from(from).post("/sign-in/passkey/question", &[]).status;
    let answers: Vec<u16> = (0..FREE_TRIES_PER_ADDRESS + 12).map(|_| ask("198.51.100.9")).collect();
    assert!(answers.iter().take(FREE_TRIES_PER_ADDRESS as usize).all(|status| *status == 200), "{answers:?}");
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
    let asked = answers.iter().filter(|status| **status == 200).count() as i64;
    assert_eq!(app.count("select count(*) from ceremonies"), asked, "who waits leaves no row");
    assert_eq!(ask("198.51.100.10"), 200);
}

#[test]
fn who_owes_a_second_factor_waits_after_question_after_question() {
    let app = app();
    add_passkey(&app.as_(CLEO), &Device::of(CLEO.id.0));
    let step = half(&app, CLEO);
    let ask = || step.post("/sign-in/second/passkey", &[]).status;
    let answers: Vec<u16> = (0..FREE_TRIES_PER_ADDRESS + 12).map(|_| ask()).collect();
    assert!(answers.iter().take(FREE_TRIES_PER_ADDRESS as usize).all(|status| *status == 200), "{answers:?}");
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
}

#[test]
fn passkeys_tried_at_once_are_counted_before_they_are_looked_at() {
    let app = App::own();
    let browser = app.visitor();
    let (ceremony, options) = ask(&browser, "/sign-in/passkey/question");
    let signed = Device::of(CLEO.id.0).sign(&options);
    let guess = [("ceremony", ceremony.as_str()), ("credential", signed.as_str())];
    let tries = FREE_TRIES_PER_ADDRESS + 20;
    let guesses = (0..tries).map(|_| browser.posting("/sign-in/passkey", &guess)).collect();
    let statuses: Vec<u16> = app.at_once(guesses).iter().map(|answer| answer.status).collect();
    let looked_at = statuses.iter().filter(|status| **status == 422).count() as i32;
    // Waits of 1, 2 and 4 seconds may pass between them on a slow machine.
    assert!((FREE_TRIES_PER_ADDRESS..=FREE_TRIES_PER_ADDRESS + 3).contains(&looked_at), "{statuses:?}");
}

#[test]
fn a_question_that_was_answered_counts_for_nothing() {
    let app = app();
    let mut device = Device::of(CLEO.id.0);
    add_passkey(&app.as_(CLEO), &device);
    device.counter = 2;
    assert_eq!(by_passkey(&app.visitor(), &device).status, 303);
    assert_eq!(app.count("select count(*) from throttles where key like 'question:%'"), 0);
}

#[test]
fn a_secret_keeps_its_day_when_app_secret_is_rotated() {
    use tow::db::sightings::{ages, carry, see};
    let app = App::new();
    let (name, was, is) = ("SMTP_PASSWORD", "under the old".to_owned(), "under the new".to_owned());
    let (former, present) = (vec![(name, was)], vec![(name, is), ("APP_SECRET", "fresh".to_owned())]);
    app.tx(|tx| see(tx, &former));
    app.advance(Duration::days(40));
    app.tx(|tx| carry(tx, &former, &present).and_then(|()| see(tx, &present)));
    assert_eq!(app.tx(|tx| ages(tx, &present)), vec![(name, 40), ("APP_SECRET", 0)]);
    assert_eq!(app.tx(|tx| ages(tx, &former)), vec![(name, 40)], "another instance still runs with the old one");
    let late = vec![("OIDC_CLIENT_SECRET", "the old".to_owned())];
    let early = vec![("OIDC_CLIENT_SECRET", "the new".to_owned())];
    app.tx(|tx| see(tx, &late));
    app.advance(Duration::days(9));
    app.tx(|tx| see(tx, &early).and_then(|()| carry(tx, &late, &early)));
    assert_eq!(app.tx(|tx| ages(tx, &early)), vec![("OIDC_CLIENT_SECRET", 9)], "seen anew before it was carried over");
    let (old, new) = (Secret::new("o".repeat(40)), Secret::new("n".repeat(40)));
    let before = tow::web::Keys::derive(&old, None).unwrap();
    let after = tow::web::Keys::derive(&new, Some(&old)).unwrap();
    let print = tow::web::Purpose::Fingerprint;
    assert_eq!(after.former_mac(print, "x"), Some(before.mac(print, "x")));
    assert_ne!(after.mac(print, "x"), before.mac(print, "x"));
}

#[test]
fn a_secret_keeps_the_day_it_was_first_seen_and_a_new_one_begins_anew() {
    use tow::db::sightings::{ages, see};
    let app = App::new();
    let (old, new) = (vec![("APP_SECRET", "aa".to_owned())], vec![("APP_SECRET", "bb".to_owned())]);
    app.tx(|tx| see(tx, &old));
    app.advance(Duration::days(40));
    app.tx(|tx| see(tx, &old).and_then(|()| see(tx, &new)));
    assert_eq!(app.tx(|tx| ages(tx, &old)), vec![("APP_SECRET", 40)]);
    assert_eq!(app.tx(|tx| ages(tx, &new)), vec![("APP_SECRET", 0)]);
}

#[test]
fn a_passkey_and_a_half_begun_sign_in_open_nothing_once_everybody_must_sign_in_through_the_provider() {
    let app = app();
    let device = Device::of(CLEO.id.0);
    add_passkey(&app.as_(CLEO), &device);
    let (phone, _) = enrol(&app, &app.as_(DOV));
    app.advance(Duration::seconds(60));
    let dov = half(&app, DOV);
    app.require_sign_on();
    let browser = app.visitor();
    let answer = by_passkey(&browser, &device);
    assert!(answer.status == 422 && answer.has("everybody signs in through"), "{}", answer.text());
    assert_eq!(second(&dov, &phone.code(&app)).status, 422);
    assert!([browser, dov].iter().all(|client| client.get("/projects").status == 303));
}

#[test]
fn a_second_factor_brings_the_session_a_new_token() {
    let app = app();
    let cleo = app.as_(CLEO);
    let (old, thief) = (cleo.session_cookie(), cleo.twin());
    enrol(&app, &cleo);
    assert_eq!(cleo.get("/settings/me/factors").status, 200);
    assert_ne!(cleo.session_cookie(), old);
    assert_eq!(thief.get("/projects").status, 303);
}

#[test]
fn who_owes_a_factor_and_signed_in_long_ago_is_asked_who_they_are_and_then_adds_one() {
    let app = app();
    let ben = app.as_(BEN);
    assert_eq!(app.as_(ADA).post("/settings/second-factor", &[("second_factor", "admins")]).status, 303);
    app.advance(Duration::seconds(901));
    let asked = ben.get("/projects").follow();
    assert!(asked.status == 200 && asked.has("Confirm that it is you"), "{} {}", asked.status, asked.location());
    let confirmed = ben.post("/confirmation", &[("password", PASSWORD), ("back", "/settings/me/factors")]);
    assert_eq!(confirmed.location(), "/settings/me/factors");
    enrol(&app, &ben);
    assert_eq!(ben.get("/projects").status, 200);
}
