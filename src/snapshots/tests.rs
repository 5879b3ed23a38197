//! Snapshots, through the doors: made by the place itself, reviewed, trusted, compared.

use crate::harness::*;
use tow::memory::MAX_CONTEXT;
use tow::snapshots::{MAX_STATEMENTS, Type};

/// One value, as text; empty for none.
fn asked(app: &App, sql: &str) -> String {
    app.text(&format!("select coalesce(({sql})::text, '') as text"))
}

/// Ordered and assembled; its path.
fn make(app: &App, who: Who, kind: &str, place: &str) -> String {
    let answer = app.as_(who).post("/snapshots", &[("type", kind), ("place", place)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    app.run_jobs();
    answer.location()
}

fn remember(app: &App, who: Who, title: &str, place: &str) {
    let item = [("title", title), ("type", "priority"), ("place", place), ("confidence", "90"), ("importance", "4")];
    assert_eq!(app.as_(who).post("/memory", &item).status, 303);
}

fn body(app: &App, path: &str) -> String {
    let id = path.rsplit('/').next().unwrap();
    asked(app, &format!("select s.body from snapshots s join records r on r.id = s.id where r.display_id = '{id}'"))
}

fn status(app: &App, path: &str) -> String {
    let id = path.rsplit('/').next().unwrap();
    asked(app, &format!("select s.status from snapshots s join records r on r.id = s.id where r.display_id = '{id}'"))
}

#[test]
fn each_statement_is_cited_with_a_record_that_its_reader_can_open() {
    let app = App::own();
    remember(&app, ADA, "Publish the timetable by December", "organisation");
    let path = make(&app, ADA, "current_company_state", "organisation");
    assert_eq!(status(&app, &path), "pending_review");
    let page = app.as_(DOV).get(&path);
    assert!(page.has("Publish the timetable by December") && page.has("href=\"/memory/MEM-1\""), "{}", page.text());
    assert!(page.has("Renew the fire insurance") && page.has("href=\"/tickets/TOW-1\""), "{}", page.text());
    assert!(page.has("Two suppliers for steel") && page.has("Nobody relies on this yet"));
    assert!(!page.has(">snapshot-") && !page.has(">field-"), "a label without words");
}

#[test]
fn not_a_word_of_a_restricted_project_a_group_or_a_private_record_gets_into_a_snapshot_of_the_organisation() {
    let app = App::own();
    let secrets = [
        (CLEO, "Zirconium pier", "project:ATL"),
        (CLEO, "Quitting in June", "private"),
        (ADA, "Selling the fleet", "private"),
        (CLEO, "Planners want rain", "group:00000000-0000-0000-0000-000000000021"),
    ];
    for (who, title, place) in secrets {
        remember(&app, who, title, place);
        let risk = [("title", title), ("place", place), ("likelihood", "5"), ("impact", "5")];
        assert_eq!(app.as_(who).post("/risks", &risk).status, 303);
        let ticket = [("title", title), ("kind", "task"), ("status", "blocked"), ("priority", "1"), ("place", place)];
        assert_eq!(app.as_(who).post("/tickets", &ticket).status, 303);
        let decision = [("title", title), ("status", "active"), ("place", place)];
        assert_eq!(app.as_(who).post("/decisions", &decision).status, 303);
    }
    remember(&app, BEN, "Open to everybody", "project:BCN");
    for kind in Type::ALL {
        let path = make(&app, ADA, kind.as_str(), "organisation");
        let (text, page) = (body(&app, &path), app.as_(ADA).get(&path).text());
        assert_eq!(status(&app, &path), "pending_review");
        for (_, title, _) in secrets {
            assert!(!text.contains(title), "{kind} tells the organisation: {title}");
            assert!(!page.contains(title), "the page of {kind} shows its owner: {title}");
        }
        for title in ["Piles, not caissons", "Plan by season", "Leave in May", "Order steel", "Draft the spring plan"] {
            assert!(!text.contains(title), "{kind} tells the organisation: {title}");
        }
    }
    let sources = "select count(*) from snapshot_sources c join records r on r.id = c.record_id
        left join projects p on p.id = r.project_id where r.scope in ('user', 'group') or p.visibility = 'restricted'";
    assert_eq!(app.count(sources), 0);
    assert!(asked(&app, "select string_agg(body, ' ') from snapshots").contains("Open to everybody"));
}

#[test]
fn a_snapshot_of_a_project_says_only_what_that_project_says_and_a_private_one_what_its_person_reads() {
    let app = App::own();
    remember(&app, CLEO, "Only in Atlas", "project:ATL");
    remember(&app, ADA, "For everybody", "organisation");
    let atlas = body(&app, &make(&app, CLEO, "strategy_state", "project:ATL"));
    assert!(atlas.contains("Only in Atlas") && !atlas.contains("For everybody"), "{atlas}");
    let own = make(&app, CLEO, "strategy_state", "private");
    assert!(body(&app, &own).contains("Only in Atlas") && body(&app, &own).contains("For everybody"));
    assert_eq!(app.as_(ADA).get(&own).status, 404);
}

#[test]
fn it_is_edited_before_it_is_trusted_and_not_after() {
    let app = App::own();
    let path = make(&app, ADA, "weekly_review", "organisation");
    let edit = |text: &str| app.as_(ADA).post(&format!("{path}/fields"), &[("field", "body"), ("value", text)]).status;
    assert_eq!(edit("A quiet week."), 303);
    assert!(app.as_(DOV).get(&path).has("A quiet week."));
    assert_eq!(app.as_(ADA).post(&format!("{path}/activation"), &[]).status, 303);
    assert_eq!(edit("A loud week."), 422);
    assert_eq!(app.as_(ADA).post(&format!("{path}/activation"), &[]).status, 422, "once");
    assert!(app.as_(DOV).get(&path).has("Activated by Ada Lindqvist"));
}

#[test]
fn the_newer_supersedes_the_older_of_its_type_and_place_and_no_other() {
    let app = App::own();
    let first = make(&app, ADA, "weekly_review", "organisation");
    let daily = make(&app, ADA, "daily_summary", "organisation");
    let atlas = make(&app, EDDA, "weekly_review", "project:ATL");
    let second = make(&app, ADA, "weekly_review", "organisation");
    for (who, path) in [(ADA, &first), (ADA, &daily), (EDDA, &atlas), (ADA, &second)] {
        assert_eq!(app.as_(who).post(&format!("{path}/activation"), &[]).status, 303, "{path}");
    }
    let states = [&first, &daily, &atlas, &second].map(|path| status(&app, path));
    assert_eq!(states, ["superseded", "active", "active", "active"]);
    assert!(app.as_(DOV).get(&first).has("This was replaced by"));
    assert!(app.as_(DOV).get(&second).has("/snapshots/compare?from=SNAP-1&amp;to=SNAP-4"));
}

#[test]
fn of_two_activated_at_once_one_is_active() {
    let app = App::own();
    let one = make(&app, ADA, "cto_state", "organisation");
    let other = make(&app, ADA, "cto_state", "organisation");
    let ada = app.as_(ADA);
    let requests = [&one, &other].map(|path| ada.posting(&format!("{path}/activation"), &[]));
    for answer in app.at_once(requests.into_iter().collect()) {
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    let mut states = [status(&app, &one), status(&app, &other)];
    states.sort();
    assert_eq!(states, ["active", "superseded"]);
}

#[test]
fn activating_takes_the_permission_in_the_organisation_and_a_lead_in_a_project() {
    let app = App::own();
    let wide = make(&app, CLEO, "weekly_review", "organisation");
    let atlas = make(&app, CLEO, "weekly_review", "project:ATL");
    let activate = |who, path: &str| app.as_(who).post(&format!("{path}/activation"), &[]).status;
    assert!(!app.as_(CLEO).get(&wide).has("/activation\""), "no button without the right");
    assert_eq!((activate(CLEO, &wide), activate(CLEO, &atlas), activate(VERA, &atlas)), (403, 403, 403));
    assert_eq!(activate(DOV, &atlas), 404);
    assert_eq!((activate(BEN, &wide), activate(EDDA, &atlas)), (303, 303));
}

#[test]
fn two_are_compared_word_by_word_by_who_reads_both() {
    let app = App::own();
    let (one, other) =
        (make(&app, CLEO, "daily_summary", "organisation"), make(&app, CLEO, "daily_summary", "private"));
    let write = |path: &str, text: &str| {
        let fields = [("field", "body"), ("value", text)];
        assert_eq!(app.as_(CLEO).post(&format!("{path}/fields"), &fields).status, 303);
    };
    write(&one, "Ten ferries sail");
    write(&other, "Nine ferries sail");
    let page = app.as_(CLEO).get("/snapshots/compare?from=snap-1&to=SNAP-2");
    assert!(page.has("<del>Ten</del>") && page.has("<ins>Nine</ins>"), "{}", page.text());
    assert_eq!(app.as_(ADA).get("/snapshots/compare?from=SNAP-1&to=SNAP-2").status, 404);
}

#[test]
fn a_snapshot_stays_where_it_was_made() {
    let app = App::own();
    let path = make(&app, CLEO, "daily_summary", "private");
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(app.as_(CLEO).post(&format!("/records/{id}/place"), &[("place", "organisation")]).status, 404);
    assert_eq!(app.as_(ADA).get(&path).status, 404);
}

/// An experiment; its path.
fn experiment(app: &App, title: &str, status: &str, end: &str) -> String {
    let fields = [("title", title), ("status", status), ("place", "organisation"), ("end_on", end)];
    let answer = app.as_(ADA).post("/experiments", &fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location()
}

#[test]
fn a_day_that_one_looks_back_to_counts_whole_and_what_is_long_over_does_not_come_back() {
    let app = App::own();
    let day = |days: i64| (start() - chrono::Duration::days(days)).date_naive().to_string();
    for (title, on) in [("Dated yesterday", day(1)), ("Dated before", day(2))] {
        let decision = [("title", title), ("status", "active"), ("place", "organisation"), ("decided_on", on.as_str())];
        assert_eq!(app.as_(ADA).post("/decisions", &decision).status, 303);
    }
    experiment(&app, "Over since yesterday", "succeeded", &day(1));
    experiment(&app, "Over for long", "failed", &day(20));
    experiment(&app, "Stopped before its end", "stopped", &day(-20));
    let text = body(&app, &make(&app, ADA, "daily_summary", "organisation"));
    for title in ["Dated yesterday", "Over since yesterday", "Stopped before its end"] {
        assert!(text.contains(title), "{title}: {text}");
    }
    assert!(!text.contains("Dated before") && !text.contains("Over for long"), "{text}");
}

#[test]
fn a_heading_has_its_own_most_important_items_and_so_many() {
    let app = App::own();
    remember(&app, ADA, "Sail at dawn", "organisation");
    let copies = MAX_CONTEXT;
    app.sql(&format!(
        "insert into records (id, organisation_id, kind, number, display_id, scope, title, author_id, created_at, updated_at)
           select gen_random_uuid(), organisation_id, kind, 1000 + n, 'MEM-' || (1000 + n), scope, title, author_id, created_at, updated_at
           from records, generate_series(1, {copies}) n where display_id = 'MEM-1';
         insert into memory_items (id, item_type, status, body, confidence, importance)
           select r.id, m.item_type, m.status, m.body, m.confidence, m.importance
           from records r, memory_items m where r.number > 1000 and r.kind = 'memory'"
    ));
    let lesson = [
        ("title", "Ropes freeze"),
        ("type", "non_goal"),
        ("place", "organisation"),
        ("confidence", "9"),
        ("importance", "1"),
    ];
    assert_eq!(app.as_(ADA).post("/memory", &lesson).status, 303);
    let text = body(&app, &make(&app, ADA, "strategy_state", "organisation"));
    assert!(text.contains("Ropes freeze"), "{text}");
    assert_eq!(text.matches("Sail at dawn").count(), MAX_STATEMENTS as usize);
}

#[test]
fn what_cannot_be_made_says_so_also_when_who_ordered_it_may_write_there_no_more() {
    let app = App::own();
    let path = app.as_(CLEO).post("/snapshots", &[("type", "cto_state"), ("place", "project:ATL")]).location();
    app.sql(&format!("delete from project_grants where person_id = '{}'", CLEO.id));
    app.run_jobs();
    assert_eq!(status(&app, &path), "failed");
    app.sql("delete from jobs");
}

#[test]
fn what_is_archived_is_neither_edited_nor_trusted() {
    let app = App::own();
    let path = make(&app, ADA, "weekly_review", "organisation");
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(app.as_(ADA).post(&format!("/records/{id}/archiving"), &[]).status, 303);
    let edit = [("field", "body"), ("value", "A loud week.")];
    assert_eq!(app.as_(ADA).post(&format!("{path}/fields"), &edit).status, 422);
    assert_eq!(app.as_(ADA).post(&format!("{path}/activation"), &[]).status, 422);
}
