//! Experiments, through the doors.

use crate::harness::*;
use tow::experiments::Status;
use tow::records::seen;

const GOOD: [(&str, &str); 3] =
    [("title", "Night shifts lay more piles"), ("place", "project:ATL"), ("hypothesis", "Ten a night, see DEC-1.")];

fn plan(app: &App) -> String {
    let answer = app.as_(CLEO).post("/experiments", &GOOD);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location()
}

fn set(app: &App, path: &str, field: &str, value: &str) -> u16 {
    app.as_(CLEO).post(&format!("{path}/fields"), &[("field", field), ("value", value)]).status
}

#[test]
fn an_experiment_is_planned_run_and_ended_and_each_step_leaves_its_day() {
    let app = App::new();
    let path = plan(&app);
    assert_eq!(set(&app, &path, "status", "running"), 303);
    app.advance(chrono::Duration::days(9));
    assert_eq!(set(&app, &path, "status", "succeeded"), 303);
    let days = "select count(*) from experiments where status = 'succeeded' and end_on - start_on = 9";
    assert_eq!(app.count(days), 1);
    for field in ["result", "learnings"] {
        assert_eq!(set(&app, &path, field, "Twelve a night."), 303);
    }
    let page = app.as_(VERA).get(&path);
    assert!(page.has("Succeeded") && page.has("Twelve a night."), "{}", page.text());
}

#[test]
fn no_result_without_a_run_and_what_is_over_can_be_taken_up_again() {
    let app = App::new();
    let path = plan(&app);
    assert_eq!(set(&app, &path, "status", "failed"), 422);
    assert_eq!(["stopped", "running", "failed", "running"].map(|to| set(&app, &path, "status", to)), [303; 4]);
    assert_eq!(app.count("select count(*) from experiments where status = 'running'"), 1);
    let steps = |from: Status| Status::ALL.iter().filter(|to| from.may_become(**to)).count();
    assert_eq!(Status::ALL.iter().map(|from| steps(*from)).collect::<Vec<_>>(), [2, 4, 1, 1, 2]);
}

#[test]
fn the_end_is_never_before_the_start() {
    let app = App::new();
    let path = plan(&app);
    assert_eq!(set(&app, &path, "start_on", "2026-03-10"), 303);
    assert_eq!(set(&app, &path, "end_on", "2026-03-09"), 422);
    assert_eq!(set(&app, &path, "end_on", "2026-03-10"), 303);
    assert_eq!(set(&app, &path, "start_on", "2026-03-11"), 422);
    let form = [GOOD.as_slice(), &[("start_on", "2026-03-10"), ("end_on", "2026-03-09")]].concat();
    let answer = app.as_(CLEO).post("/experiments", &form);
    assert!(
        answer.status == 422 && answer.has("id=\"end_on-error\"") && answer.has("Ten a night"),
        "{}",
        answer.text()
    );
}

#[test]
fn a_start_planned_for_later_survives_an_early_stop() {
    let app = App::new();
    let path = plan(&app);
    assert_eq!(set(&app, &path, "start_on", "2199-01-01"), 303);
    assert_eq!(set(&app, &path, "status", "stopped"), 303);
    assert_eq!(app.count("select count(*) from experiments where end_on is null"), 1);
}

#[test]
fn bad_input_is_told_beside_its_field_and_nothing_is_written() {
    let app = App::new();
    let long = "x".repeat(1024 * 1024 + 1);
    let bad = [
        ("title", ""),
        ("status", "won"),
        ("start_on", "soon"),
        ("place", "private:x"),
        ("metric", long.as_str()),
        ("target", "nul\0"),
    ];
    for (field, value) in bad {
        let form: Vec<_> = GOOD.into_iter().filter(|(name, _)| *name != field).chain([(field, value)]).collect();
        let answer = app.as_(CLEO).post("/experiments", &form);
        assert!(answer.status == 422 && answer.has(&format!("id=\"{field}-error\"")), "{field}: {}", answer.status);
        assert!(answer.has("Ten a night"), "{field}");
    }
    assert_eq!(app.count("select count(*) from experiments"), 0);
}

#[test]
fn a_lost_race_shows_both_values() {
    let app = App::new();
    let fields = format!("{}/fields", plan(&app));
    let edit = |value: &str, was: &str| {
        app.as_(CLEO).post(&fields, &[("field", "method"), ("value", value), ("was", &seen(was))])
    };
    assert_eq!(edit("By lamp", "").status, 303);
    let lost = edit("By moon", "");
    assert!(lost.status == 409 && lost.has("By lamp") && lost.has("By moon"), "{}", lost.text());
}

#[test]
fn the_list_narrows_by_status_owner_and_words_within_what_one_sees() {
    let app = App::new();
    plan(&app);
    for query in ["", "?status=planned", "?owner=me", "?q=piles", "?sort=start", "?sort=end&project=ATL"] {
        assert!(app.as_(CLEO).get(&format!("/experiments{query}")).has("row-EXP-1"), "{query}");
    }
    assert!(!app.as_(CLEO).get("/experiments?status=running").has("row-EXP-1"));
    assert!(!app.as_(VERA).get("/experiments?owner=me").has("row-EXP-1"));
    assert!(!app.as_(DOV).get("/experiments").has("row-EXP-1") && app.as_(DOV).get("/experiments/EXP-1").status == 404);
}

#[test]
fn a_hypothesis_refers_and_its_author_watches() {
    let app = App::new();
    plan(&app);
    assert!(app.as_(CLEO).get("/decisions/DEC-1").has("EXP-1"));
    assert_eq!(app.count("select count(*) from record_watchers w join experiments x on x.id = w.record_id"), 1);
}
