//! The pages: settings, a project's, the ledger and its export.

use super::*;

const FORM: [(&str, &str); 4] =
    [("level", "no_web"), ("model", "gpt-5.2"), ("model", "text-embedding-3-small"), ("version", "0")];

fn with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    FORM.into_iter().filter(|(own, _)| *own != name).chain([(name, value)]).collect()
}

#[test]
fn without_a_key_the_page_says_what_the_operator_must_set() {
    let app = App::new();
    let page = app.as_(CLEO).get("/settings/ai");
    assert!(page.status == 200 && page.has("OPENAI_API_KEY") && page.has("Not connected"), "{}", page.text());
    assert!(!app.as_(ADA).get("/settings/ai").has("Test the connection"));
}

#[test]
fn every_member_sees_what_may_leave_and_who_manages_ai_changes_it() {
    let models = Models::new();
    let app = models.app();
    assert_eq!(app.as_(CLEO).post("/settings/ai", &FORM).status, 403);
    assert_eq!(app.as_(BEN).post("/settings/ai", &FORM).status, 303);
    let page = app.as_(CLEO).get("/settings/ai");
    assert!(
        page.has("value=\"no_web\" checked")
            && page.has("Last changed by Ben Okafor")
            && page.has("fieldset class=\"stack tight\" disabled")
    );
}

#[test]
fn a_form_that_is_wrong_comes_back_with_what_was_typed_and_a_lost_race_is_told() {
    let models = Models::new();
    let app = models.app();
    let ben = app.as_(BEN);
    for (name, value, words) in [
        ("monthly_tokens", "lots", "whole number"),
        ("monthly_tokens", "-5", "whole number"),
        ("person_monthly_tokens", "9999999999999999999999", "whole number"),
        ("level", "nuclear", "error"),
        ("model", "", "choice"),
    ] {
        let page = ben.post("/settings/ai", &with(name, value));
        assert!(page.status == 422 || (name == "model" && page.status == 303), "{name}={value}: {}", page.status);
        assert!(page.status == 303 || page.has(words) || page.has("aria-invalid"), "{name}={value}");
    }
    let none: Vec<_> = FORM.into_iter().filter(|(name, _)| *name != "model").collect();
    assert!(ben.post("/settings/ai", &none).has("Allow at least one model"));
    assert_eq!(ben.post("/settings/ai", &with("monthly_tokens", "1 000 000")).status, 409);
}

#[test]
fn all_models_ticked_is_no_list_so_that_a_new_one_is_allowed_too() {
    let models = Models::new();
    let app = models.app();
    app.as_(BEN).post("/settings/ai", &FORM);
    assert_eq!(app.count("select count(*) from ai_policies where models is null"), 1);
    let fewer = [("level", "no_web"), ("model", "gpt-5.2"), ("version", "1"), ("monthly_tokens", "2,000")];
    app.as_(BEN).post("/settings/ai", &fewer);
    assert_eq!(
        app.count("select count(*) from ai_policies where models = array['gpt-5.2'] and monthly_tokens = 2000"),
        1
    );
}

#[test]
fn a_lead_switches_ai_off_for_the_project_and_others_see_it() {
    let app = App::new();
    let off = [("level", "off"), ("monthly_tokens", ""), ("version", "0")];
    assert_eq!(app.as_(VERA).post("/projects/ATL/ai", &off).status, 403);
    assert_eq!(app.as_(DOV).post("/projects/ATL/ai", &off).status, 404);
    assert_eq!(app.as_(EDDA).post("/projects/ATL/ai", &off).status, 303);
    let page = app.as_(VERA).get("/projects/ATL/ai");
    assert!(page.has("value=\"off\" checked") && page.has("The organisation allows everything"));
    assert_eq!(app.as_(DOV).get("/projects/ATL/ai").status, 404);
    assert_eq!(app.as_(EDDA).post("/projects/ATL/ai", &[("level", "all"), ("version", "0")]).status, 409);
}

#[test]
fn a_test_of_the_connection_says_of_each_part_whether_it_works() {
    let models = Models::new();
    let app = models.app();
    assert_eq!(app.as_(CLEO).post("/settings/ai/test", &[]).status, 403);
    models.then([Turn::Says("ready".to_owned()), Turn::Vectors(3)]);
    let page = app.as_(BEN).post("/settings/ai/test", &[]);
    assert!(
        page.status == 200
            && page.has("An answer from the fast model")
            && page.has(" ms")
            && page.has("vectors of 3 numbers"),
        "{}",
        page.text()
    );
    assert_eq!(
        (models.asked().len(), app.count("select count(*) from audit_events where action = 'ai.connection_tested'")),
        (2, 1)
    );
    assert!(app.as_(BEN).get("/settings/ai").has("Last call failed"));
}

#[test]
fn the_ledger_names_only_records_that_its_reader_may_see() {
    let models = Models::new();
    let app = models.app();
    ask(&app, CLEO, &about(&app, SECRET)).unwrap();
    ask(&app, CLEO, &about(&app, INSURANCE)).unwrap();
    let ada = app.as_(ADA).get("/settings/ai/calls");
    assert!(ada.has(INSURANCE) && !ada.has(SECRET) && ada.has(">+1<") && ada.has("Cleo Marchetti"));
    assert!(!ada.has("night shift"));
    let cleo = app.as_(CLEO).get("/settings/ai/calls");
    assert!(cleo.has(SECRET) && cleo.has(INSURANCE) && cleo.has("Your calls"));
    let dov = app.as_(DOV).get("/settings/ai/calls");
    assert!(!dov.has(INSURANCE) && dov.has("Nothing has left yet"));
    let hidden = app.as_(ADA).get(&format!("/settings/ai/calls?record={SECRET}"));
    assert!(hidden.status == 422 && hidden.has("no record with this ID"));
}

#[test]
fn the_ledger_is_filtered_and_counted() {
    let models = Models::new();
    let app = models.app();
    ask(&app, CLEO, &about(&app, INSURANCE)).unwrap();
    models.then([Turn::Fails(400, "bad", Vec::new())]);
    ask(&app, VERA, &prompt()).unwrap_err();
    let rows =
        |query: &str| app.as_(ADA).get(&format!("/settings/ai/calls?{query}")).text().matches("<tr><td>").count();
    assert_eq!(
        (rows(""), rows("outcome=failed"), rows(&format!("record={INSURANCE}")), rows(&format!("person={}", VERA.id))),
        (2, 1, 1, 1)
    );
    assert_eq!(
        (rows("from=2026-12-02"), rows("to=2026-12-01"), rows("purpose=connection_test&outcome=open")),
        (0, 2, 0)
    );
    assert_eq!(app.as_(ADA).get("/settings/ai/calls?outcome=none&from=never").status, 422);
    assert!(app.as_(ADA).get("/settings/ai/calls").has("Most on 1 December with 2"));
}

#[test]
fn the_ledger_leaves_as_a_file_for_who_may_and_the_trail_keeps_that() {
    let models = Models::new();
    let app = models.app();
    ask(&app, CLEO, &about(&app, SECRET)).unwrap();
    assert_eq!(app.as_(CLEO).post("/settings/ai/calls/export", &[("format", "csv")]).status, 403);
    let csv = app.as_(ADA).post("/settings/ai/calls/export", &[("format", "csv")]);
    assert!(
        csv.status == 200
            && csv.has("connection_test")
            && csv.has("gpt-5.2")
            && !csv.has(SECRET)
            && csv.text().lines().count() == 2,
        "{}",
        csv.text()
    );
    let lines = app.as_(ADA).post("/settings/ai/calls/export", &[("format", "ndjson")]).text();
    let call: serde_json::Value = serde_json::from_str(lines.trim()).unwrap();
    assert_eq!((&call["records_in_all"], &call["records"]), (&serde_json::json!(1), &serde_json::json!([])));
    assert_eq!(app.as_(ADA).post("/settings/ai/calls/export", &[("format", "exe")]).status, 422);
    assert_eq!(app.count("select count(*) from audit_events where action = 'ai.ledger_exported'"), 2);
}

#[test]
fn everybody_decides_about_their_private_records() {
    let app = App::new();
    assert_eq!(app.as_(CLEO).post("/settings/ai/private", &[("keeps_out", "true")]).status, 303);
    assert!(app.as_(CLEO).get("/settings/ai").has("name=\"keeps_out\" value=\"true\" checked"));
    assert!(!app.as_(ADA).get("/settings/ai").has("name=\"keeps_out\" value=\"true\" checked"));
    app.as_(CLEO).post("/settings/ai/private", &[]);
    assert_eq!(app.count("select count(*) from ai_refusals"), 0);
}

#[test]
fn the_page_of_what_leaves_is_made_from_the_list_and_the_list_knows_every_way_out() {
    assert!(tow::outbound::markdown() == include_str!("../../../docs/what-leaves.md"), "run bin/regenerate");
    let rooms: std::collections::BTreeSet<&str> = tow::outbound::all().iter().map(|one| one.room).collect();
    let ways = ["crate::net::", "lettre::", "async_openai::"];
    for entry in walkdir::WalkDir::new(checkout().join("src")).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(checkout().join("src")).unwrap().to_string_lossy().into_owned();
        let room = path.split(['/', '.']).next().unwrap();
        // The way itself, and what only hands it on.
        if !path.ends_with(".rs") || path.contains("tests") || ["net", "web", "app", "lib", "config"].contains(&room) {
            continue;
        }
        let code = std::fs::read_to_string(entry.path()).unwrap();
        assert!(
            !ways.iter().any(|way| code.contains(way)) || rooms.contains(room),
            "{path} reaches outside, and src/outbound.rs does not say so"
        );
    }
}
