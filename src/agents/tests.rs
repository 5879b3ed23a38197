//! Agents, through the doors.

use crate::harness::*;
use tow::agents::shape::MAX_DEPTH;
use tow::agents::{MAX_AGENTS, MAX_INSTRUCTIONS_CHARS, shape};

const READER: &str = "/settings/ai/agents/doc_memory_reviewer";

fn draft(app: &App, who: Who, path: &str, instructions: &str, edition: &str) -> u16 {
    let fields = [("instructions", instructions), ("model", "fast"), ("mode", "propose"), ("edition", edition)];
    app.as_(who).post(&format!("{path}/draft"), &fields).status
}

#[test]
fn a_draft_changes_nothing_until_it_is_published_and_an_old_version_comes_back_as_a_new_one() {
    let app = App::new();
    assert_eq!(draft(&app, ADA, READER, "Mind the tide.", "0"), 303);
    let page = app.as_(CLEO).get(READER).text();
    assert!(!page.contains("Mind the tide.") && page.contains("As it came with the server"), "{page}");
    assert_eq!(app.as_(ADA).post(&format!("{READER}/versions"), &[("edition", "1")]).status, 303);
    assert!(app.as_(CLEO).get(READER).has("Mind the tide."));
    let again = app.as_(ADA).post(&format!("{READER}/versions"), &[("number", "0")]);
    assert_eq!(again.status, 303);
    let page = app.as_(CLEO).get(READER);
    assert!(!page.has("Mind the tide.") && page.has("Version 2") && page.has("repeats what came with the server"));
    let compared = app.as_(CLEO).get(&format!("{READER}/compare?from=1&to=2"));
    assert!(compared.has("<del>") && compared.has("tide"), "{}", compared.text());
}

#[test]
fn what_was_not_seen_is_neither_saved_over_nor_published() {
    let app = App::new();
    assert_eq!(draft(&app, ADA, READER, "Mind the tide.", "0"), 303);
    assert_eq!(draft(&app, BEN, READER, "Mind the wind.", "0"), 409);
    assert_eq!(draft(&app, BEN, READER, "Mind the wind.", "1"), 303);
    let published = app.as_(ADA).post(&format!("{READER}/versions"), &[("edition", "1")]);
    assert!(published.status == 422 && published.has("Somebody else changed this meanwhile"));
    assert_eq!(app.as_(ADA).post(&format!("{READER}/draft/removal"), &[("edition", "1")]).status, 422);
    assert_eq!(app.as_(ADA).post(&format!("{READER}/draft/removal"), &[("edition", "2")]).status, 303);
    assert!(!app.as_(ADA).get(READER).has("Mind the wind."));
}

#[test]
fn what_was_typed_outlives_a_draft_that_was_published_or_thrown_away_meanwhile() {
    let app = App::new();
    assert_eq!(draft(&app, ADA, READER, "Mind the tide.", "0"), 303);
    assert_eq!(app.as_(BEN).post(&format!("{READER}/versions"), &[("edition", "1")]).status, 303);
    let fields = [("instructions", "Mind the moon."), ("model", "fast"), ("mode", "propose"), ("edition", "1")];
    let answer = app.as_(ADA).post(&format!("{READER}/draft"), &fields);
    assert_eq!(answer.status, 409);
    assert!(answer.has("Mind the moon.") && answer.has("Mind the tide."), "{}", answer.text());
    assert!(answer.has("name=\"edition\" value=\"0\""), "{}", answer.text());
    assert_eq!(draft(&app, ADA, READER, "Mind the moon.", "0"), 303);
}

#[test]
fn off_at_one_level_is_off_below_it_and_the_page_names_the_level() {
    let app = App::new();
    let off = |who: Who, place: &str| {
        app.as_(who)
            .post(&format!("{READER}/bindings"), &[("place", place), ("enabled", "off"), ("edition", "0")])
            .status
    };
    assert_eq!(off(EDDA, "project:ATL"), 303);
    assert!(app.as_(VERA).get(READER).has("Project: Atlas"));
    assert!(!app.as_(DOV).get(READER).has("Atlas"), "nobody learns of a project they do not see");
    assert_eq!(off(CLEO, "private"), 303);
    assert!(!app.as_(ADA).get(READER).has("Cleo"), "nobody learns what another decided for themselves");
    assert_eq!(off(ADA, "organisation"), 303);
    let page = app.as_(EDDA).get(READER);
    assert!(page.has("Off in the organisation"), "{}", page.text());
    assert!(app.as_(DOV).get("/settings/ai/agents").has("Off in the organisation"));
    assert_eq!(off(BEN, "server"), 403);
    assert_eq!(off(GRO, "server"), 303);
    assert!(app.as_(DOV).get("/settings/ai/agents").has("Off on this server"));
}

#[test]
fn who_may_not_decide_at_a_level_is_refused_and_a_hidden_project_is_not_there() {
    let app = App::new();
    let off = |who: Who, place: &str| {
        app.as_(who)
            .post(&format!("{READER}/bindings"), &[("place", place), ("enabled", "off"), ("edition", "0")])
            .status
    };
    assert_eq!(off(DOV, "project:ATL"), 422);
    assert_eq!(off(CLEO, "project:ATL"), 403);
    assert_eq!(off(CLEO, "organisation"), 403);
    assert_eq!(off(ADA, "moon"), 422);
    assert_eq!(draft(&app, CLEO, READER, "Mind the tide.", "0"), 403);
    assert_eq!(app.count("select count(*) from agent_bindings"), 0);
}

#[test]
fn an_own_agent_needs_a_name_of_its_own_a_shape_where_one_is_asked_for_and_something_to_read() {
    let app = App::new();
    let ada = app.as_(ADA);
    let made = ada.post("/settings/ai/agents", &[("name", "Tide watcher"), ("contract", "json")]);
    assert_eq!(made.status, 303, "{}", made.text());
    let path = made.location();
    let post = |schema: &str, kinds: &[(&str, &str)]| {
        let own =
            [("instructions", "Watch."), ("model", "fast"), ("mode", "off"), ("edition", "0"), ("schema", schema)];
        let fields: Vec<_> = own.into_iter().chain(kinds.iter().copied()).collect();
        ada.post(&path, &fields)
    };
    assert!(post("{}", &[("kind", "doc")]).has("This shape cannot be used"));
    let shape = r#"{"type": "object", "properties": {"tide": {"type": "string"}}}"#;
    assert!(post(shape, &[]).has("Choose at least one kind of records"));
    assert_eq!(post(shape, &[("kind", "doc")]).status, 303);
    assert!(
        ada.post("/settings/ai/agents", &[("name", "tide WATCHER"), ("contract", "text")]).has("of this name already")
    );
    assert_eq!(ada.post("/settings/ai/agents", &[("name", "Other"), ("contract", "snapshot")]).status, 422);
    let agent = path.trim_end_matches("/draft").to_owned();
    assert_eq!(ada.post(&format!("{agent}/archiving"), &[]).status, 303);
    assert_eq!(ada.get(&format!("{agent}/draft")).status, 404);
    assert_eq!(ada.post(&format!("{READER}/archiving"), &[]).status, 404, "built in");
}

#[test]
fn there_is_an_end_to_agents_and_to_what_they_are_told() {
    let app = App::new();
    let long = "x".repeat(MAX_INSTRUCTIONS_CHARS + 1);
    assert_eq!(draft(&app, ADA, READER, &long, "0"), 422);
    assert_eq!(draft(&app, ADA, READER, &long[1..], "0"), 303);
    app.sql(&format!(
        "insert into agents (id, organisation_id, key, name, about, category, contract, is_built_in, created_at)
         select gen_random_uuid(), o.id, 'own-' || n, 'Own ' || n, '', 'own', 'text', false, '2026-01-01'
         from organisations o, generate_series(1, {MAX_AGENTS}) n"
    ));
    let one_more = app.as_(ADA).post("/settings/ai/agents", &[("name", "One more"), ("contract", "text")]);
    assert!(one_more.status == 422 && one_more.has(&MAX_AGENTS.to_string()));
}

#[test]
fn a_shape_is_strict_and_says_what_does_not_fit() {
    let shape = shape::parse(
        r#"{"type": "object", "properties": {"days": {"type": "array", "items": {"type": "string", "enum": ["mon", "tue"]}}, "n": {"type": "integer"}}}"#,
    )
    .unwrap();
    assert_eq!(shape["required"], serde_json::json!(["days", "n"]));
    assert_eq!(shape["additionalProperties"], serde_json::json!(false));
    let misfit = |value: serde_json::Value| tow::agents::shape::misfit(&shape, &value, "answer");
    assert_eq!(misfit(serde_json::json!({"days": ["mon"], "n": 1})), None);
    assert_eq!(misfit(serde_json::json!({"days": ["sun"], "n": 1})).unwrap(), "answer.days[] is not among its words");
    assert_eq!(misfit(serde_json::json!({"days": []})).unwrap(), "answer.n is missing");
    assert_eq!(misfit(serde_json::json!({"days": [], "n": 1.5})).unwrap(), "answer.n has the wrong type");
    assert!(misfit(serde_json::json!({"days": [], "n": 1, "x": 1})).is_some());
    let of = |part: &str| format!(r#"{{"type": "object", "properties": {{"a": {part}}}}}"#);
    for part in [
        r#"{"type": "string", "enum": "high"}"#,
        r#"{"type": "string", "enum": []}"#,
        r#"{"type": "integer", "enum": ["high"]}"#,
        r#"{"type": "array", "items": {"type": "string"}, "enum": [[]]}"#,
    ] {
        assert!(shape::parse(&of(part)).is_err(), "{part}");
    }
    for wrong in ["[]", "{}", r#"{"type": "string"}"#, r#"{"type": "object", "properties": {"a": {"$ref": "x"}}}"#, "{"]
    {
        assert!(shape::parse(wrong).is_err(), "{wrong}");
    }
    let deep = (0..MAX_DEPTH).fold(r#"{"type": "string"}"#.to_owned(), |inner, _| {
        format!(r#"{{"type": "object", "properties": {{"a": {inner}}}}}"#)
    });
    assert!(shape::parse(&deep).is_err());
}
