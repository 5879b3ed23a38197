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
        ("monthly_tokens", "1.5", "whole number"),
        ("monthly_tokens", "1,00", "whole number"),
        ("person_monthly_tokens", "9999999999999999999999", "whole number"),
        ("level", "nuclear", "error"),
        ("model", "", "Allow at least one model"),
        ("model", "gpt-nobody-named", "Choose one of the offered values"),
    ] {
        let page = ben.post("/settings/ai", &with(name, value));
        assert_eq!(page.status, 422, "{name}={value}");
        assert!(page.has(words) || page.has("aria-invalid"), "{name}={value}");
    }
    let none: Vec<_> = FORM.into_iter().filter(|(name, _)| *name != "model").collect();
    assert!(ben.post("/settings/ai", &none).has("Allow at least one model"));
    assert_eq!(ben.post("/settings/ai", &FORM).status, 303);
    let lost = ben.post("/settings/ai", &with("monthly_tokens", "1 000 000"));
    assert!(
        lost.status == 409 && lost.has("Saved meanwhile") && lost.has("<dt>Tokens a month</dt>"),
        "{}",
        lost.text()
    );
    assert!(!lost.has("<dt>Models</dt>"));
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
    let lost = app.as_(EDDA).post("/projects/ATL/ai", &[("level", "all"), ("version", "0")]);
    assert!(lost.status == 409 && lost.has("<dd>Nothing: AI is off</dd>"), "{}", lost.text());
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
fn others_read_when_it_last_worked_and_nothing_of_whose_call_it_was() {
    let models = Models::new();
    let app = models.app();
    ask(&app, CLEO, &prompt()).unwrap();
    app.advance(chrono::Duration::seconds(5));
    models.then([Turn::Fails(400, "context_length_exceeded", Vec::new())]);
    ask(&app, CLEO, &prompt()).unwrap_err();
    let vera = app.as_(VERA).get("/settings/ai");
    // That Cleo asked too much is Cleo's.
    assert!(vera.has("Last success") && !vera.has("Last failure") && vera.has("Working"), "{}", vera.text());
    assert!(!vera.has("· Connection test") && app.as_(ADA).get("/settings/ai").has("· Connection test"));
    app.advance(chrono::Duration::seconds(5));
    models.then([Turn::Fails(401, "invalid_api_key", Vec::new())]);
    ask(&app, CLEO, &prompt()).unwrap_err();
    assert!(app.as_(VERA).get("/settings/ai").has("Last failure"));
}

#[test]
fn the_ledger_is_cut_after_its_time_and_refusals_sooner() {
    use tow::ai::{CALLS_KEPT_DAYS, REFUSED_KEPT_DAYS, forget_calls};
    let models = Models::new();
    let app = models.app();
    ask(&app, CLEO, &prompt()).unwrap();
    ask(&app, ADA, &about(&app, SECRET)).unwrap_err();
    let left = || app.count("select count(*) from ai_calls");
    app.advance(chrono::Duration::days(REFUSED_KEPT_DAYS - 1));
    assert_eq!((app.tx(forget_calls), left()), (0, 2));
    app.advance(chrono::Duration::days(2));
    assert_eq!((app.tx(forget_calls), left()), (1, 1));
    app.advance(chrono::Duration::days(CALLS_KEPT_DAYS - REFUSED_KEPT_DAYS));
    assert_eq!((app.tx(forget_calls), left()), (1, 0));
}

#[test]
fn a_group_has_a_page_of_its_own_where_who_manages_ai_narrows() {
    let app = App::new();
    let id = app.text("select id::text as text from groups order by name limit 1");
    let path = format!("/settings/groups/{id}/ai");
    let form = [("level", "embeddings"), ("model", "text-embedding-3-small"), ("version", "0")];
    assert_eq!(app.as_(CLEO).post(&path, &form).status, 403);
    assert_eq!(app.as_(BEN).post(&path, &form).status, 303);
    let page = app.as_(CLEO).get(&path);
    assert!(page.has("value=\"embeddings\" checked") && page.has("Last changed by Ben Okafor"), "{}", page.text());
    let lost = app.as_(BEN).post(&path, &[("level", "all"), ("model", "gpt-5.2"), ("version", "0")]);
    assert!(lost.status == 409 && lost.has("<dd>Search by meaning only"), "{}", lost.text());
    assert!(app.as_(CLEO).get(&format!("/settings/groups/{id}")).has(&path));
    assert_eq!(
        app.count("select count(*) from audit_events where action = 'ai.policy_changed' and target_kind = 'group'"),
        1
    );
    assert_eq!(app.as_(BEN).get("/settings/groups/00000000-0000-0000-0000-0000000000ff/ai").status, 404);
}

#[test]
fn an_export_of_more_than_a_piece_is_whole() {
    let app = App::new();
    app.sql(&format!(
        "insert into ai_calls (id, organisation_id, at, finished_at, purpose, endpoint, host, model, records, attempt, bytes_out, hash, outcome)
         select gen_random_uuid(), '{0}', '{1}', '{1}', 'connection_test', 'responses', 'h', 'm', '{{}}', 1, 1, '', 'done'
         from generate_series(0, {2})",
        HALDEN.0, start().to_rfc3339(), tow::ai::EXPORT_BATCH
    ));
    let lines = app.as_(ADA).post("/settings/ai/calls/export", &[("format", "ndjson")]).text().lines().count();
    assert_eq!(i64::try_from(lines).unwrap(), tow::ai::EXPORT_BATCH + 1);
}

#[test]
fn the_settings_hold_so_many_words_and_no_more() {
    use tow::ai::MAX_MASKED_WORDS;
    let app = App::new();
    let lines = |many: usize| (0..many).map(|number| format!("word {number}")).collect::<Vec<_>>().join("\n");
    let post = |words: &str, version: &str| {
        let form = [
            ("level", "all"),
            ("model", "gpt-5.2"),
            ("model", "text-embedding-3-small"),
            ("masked_words", words),
            ("version", version),
        ];
        app.as_(BEN).post("/settings/ai", &form).status
    };
    assert_eq!((post(&lines(MAX_MASKED_WORDS + 1), "0"), post(&lines(MAX_MASKED_WORDS), "0")), (422, 303));
}

#[test]
fn an_archived_project_is_made_stricter_and_not_wider() {
    let app = App::new();
    app.sql(&format!("update projects set archived_at = '{}' where key = 'ATL'", start().to_rfc3339()));
    let post = |who: Who, level: &str, version: &str| {
        app.as_(who).post("/projects/ATL/ai", &[("level", level), ("version", version)])
    };
    assert_eq!(post(CLEO, "off", "0").status, 403);
    assert_eq!(post(ADA, "embeddings", "0").status, 303);
    let wider = post(ADA, "all", "1");
    assert!(wider.status == 422 && wider.has("only be made stricter"), "{}", wider.text());
    assert_eq!(post(ADA, "off", "1").status, 303);
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
    // A hash of a text that can be guessed tells whether the guess is right.
    assert_eq!(call["sha256"], serde_json::json!(null));
    ask(&app, ADA, &prompt()).unwrap();
    let own = [("format", "ndjson"), ("person", &ADA.id.to_string())];
    let own: serde_json::Value =
        serde_json::from_str(app.as_(ADA).post("/settings/ai/calls/export", &own).text().trim()).unwrap();
    assert_eq!(own["sha256"].as_str().unwrap().len(), 64);
    let noted = format!(
        "select count(*) from audit_events where action = 'ai.ledger_exported' and to_jsonb(audit_events)::text like '%{}%'",
        ADA.id
    );
    assert!(app.count(&noted) >= 1);
    assert_eq!(app.as_(ADA).post("/settings/ai/calls/export", &[("format", "exe")]).status, 422);
    assert_eq!(app.count("select count(*) from audit_events where action = 'ai.ledger_exported'"), 3);
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
