//! Risks, through the doors.

use crate::harness::*;
use tow::access::{Actor, Place};
use tow::db::Tx;
use tow::records::seen;
use tow::risks::{Filter, Level, NewRisk, SCALE, Tally};
use tow::text::value::{Body, MAX_BODY_BYTES, MAX_TAG_CHARS, MAX_TITLE_CHARS, Title};

const GOOD: [(&str, &str); 4] =
    [("title", "The quay floods"), ("place", "project:ATL"), ("likelihood", "4"), ("impact", "5")];

/// By Cleo, in Atlas; its path.
fn flood(app: &App) -> String {
    let answer = app.as_(CLEO).post("/risks", &GOOD);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location()
}

fn make(app: &App, who: Who, place: Place, likelihood: i16, impact: i16) {
    let empty = || Body::parse("").unwrap();
    let new = NewRisk {
        place,
        title: Title::parse("Something").unwrap(),
        category: None,
        description: empty(),
        mitigation: empty(),
        contingency: empty(),
        likelihood,
        impact,
        review_on: None,
        tags: Vec::new(),
    };
    app.write(who, |tx: &mut Tx, me: &Actor| new.create(tx, me)).unwrap();
}

fn heat(app: &App, who: Who) -> Vec<Tally> {
    let mut heat = app.as_(who).tx(|tx, me| Filter::default().heat(tx, me));
    heat.sort_by_key(|tally| (tally.likelihood, tally.impact));
    heat
}

/// The good form with one field replaced.
fn with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    GOOD.into_iter().filter(|(other, _)| *other != name).chain([(name, value)]).collect()
}

#[test]
fn the_level_follows_the_score_at_its_edges() {
    let levels = [1, 4, 5, 9, 10, 15, 16, 25].map(|score| Level::of(score).as_str());
    assert_eq!(levels, ["low", "low", "moderate", "moderate", "high", "high", "critical", "critical"]);
    assert!(SCALE.iter().all(|weight| Level::of(weight * 5) != Level::Low));
}

#[test]
fn the_score_is_computed_and_follows_an_edit() {
    let app = App::new();
    let path = flood(&app);
    assert!(app.as_(CLEO).get(&path).has("<b>20</b>Critical"));
    app.as_(CLEO).post(&format!("{path}/fields"), &[("field", "impact"), ("value", "1")]);
    let page = app.as_(CLEO).get(&path);
    assert!(page.has("<b>4</b>Low") && page.has("1 · Slight"), "{}", page.text());
    assert!(!page.has(">field-") && !app.as_(CLEO).get("/risks/new").has(">field-"), "a label without words");
}

#[test]
fn the_heat_map_counts_only_what_the_reader_may_see() {
    let app = App::new();
    make(&app, CLEO, Place::Project(ATLAS), 3, 4);
    make(&app, CLEO, Place::Person(CLEO.id), 3, 4);
    make(&app, ADA, Place::Organisation(HALDEN), 3, 4);
    let count = |who| heat(&app, who).iter().map(|tally| tally.count).collect::<Vec<_>>();
    assert_eq!((count(CLEO), count(VERA), count(DOV)), (vec![3], vec![2], vec![1]));
    assert!(app.as_(DOV).get("/risks").has("1 risk: possible, severe, high"));
}

#[test]
fn a_cell_narrows_the_list_and_a_second_click_leads_back() {
    let app = App::new();
    flood(&app);
    make(&app, CLEO, Place::Project(ATLAS), 1, 1);
    let page = app.as_(CLEO).get("/risks?likelihood=4&impact=5");
    assert!(page.has("Likely and critical") && page.has("RISK-1") && !page.has("RISK-2"), "{}", page.text());
    assert!(page.has("1 risk: rare, slight, low"), "the map still shows the others");
    assert!(page.has("href=\"/risks?\" data-level=\"critical\""), "{}", page.text());
}

#[test]
fn the_worst_come_first_and_filters_narrow() {
    let app = App::new();
    make(&app, CLEO, Place::Project(ATLAS), 1, 2);
    let path = flood(&app);
    let fields = format!("{path}/fields");
    for (field, value) in [("category", "Weather"), ("tags", "quay, flood"), ("owner", &VERA.id.to_string())] {
        assert_eq!(app.as_(CLEO).post(&fields, &[("field", field), ("value", value)]).status, 303, "{field}");
    }
    let text = app.as_(CLEO).get("/risks").text();
    assert!(text.find("row-RISK-2") < text.find("row-RISK-1"));
    for query in ["q=QUAY", "category=weather", "tag=flood", &format!("owner={}", VERA.id), "status=open&impact=5"] {
        let page = app.as_(CLEO).get(&format!("/risks?{query}"));
        assert!(page.has("row-RISK-2") && !page.has("row-RISK-1"), "{query}");
    }
    assert!(app.as_(VERA).get("/risks?owner=me").has("row-RISK-2"));
}

#[test]
fn closing_keeps_who_when_and_why_and_reopening_leads_back_to_the_status_before() {
    let app = App::new();
    let path = flood(&app);
    app.as_(CLEO).post(&format!("{path}/fields"), &[("field", "status"), ("value", "mitigating")]);
    assert_eq!(app.as_(EDDA).post(&format!("{path}/closure"), &[("note", "The **wall** stands.")]).status, 303);
    let page = app.as_(CLEO).get(&path);
    assert!(page.has("Closed by Edda Holm") && page.has("<strong>wall</strong>") && page.has("closed this"));
    assert!(
        !app.as_(CLEO).get("/risks").has("row-RISK-1") && app.as_(CLEO).get("/risks?status=closed").has("row-RISK-1")
    );
    assert_eq!(app.as_(CLEO).post(&format!("{path}/closure/removal"), &[]).status, 303);
    let page = app.as_(CLEO).get(&path);
    assert!(page.has("Mitigating") && page.has("opened this again") && !page.has("Closed by"));
    assert_eq!(app.count("select count(*) from risk_closures"), 0);
}

#[test]
fn closing_twice_changes_nothing_and_a_status_cannot_close_or_reopen() {
    let app = App::new();
    let path = flood(&app);
    let status = |value| app.as_(CLEO).post(&format!("{path}/fields"), &[("field", "status"), ("value", value)]).status;
    assert_eq!(status("closed"), 422);
    for who in [CLEO, EDDA] {
        assert_eq!(app.as_(who).post(&format!("{path}/closure"), &[]).status, 303);
    }
    assert!(app.as_(CLEO).get(&path).has("Closed by Cleo Marchetti"));
    assert_eq!(app.count("select count(*) from activity where act = 'closed'"), 1);
    assert_eq!(status("open"), 422);
}

#[test]
fn a_lost_race_shows_both_values() {
    let app = App::new();
    let fields = format!("{}/fields", flood(&app));
    let edit = |value: &str, was: &str| {
        app.as_(CLEO).post(&fields, &[("field", "mitigation"), ("value", value), ("was", &seen(was))])
    };
    assert_eq!(edit("A wall of stone", "").status, 303);
    let lost = edit("A wall of sand", "");
    assert!(lost.status == 409 && lost.has("A wall of stone") && lost.has("A wall of sand"), "{}", lost.text());
    assert_eq!(edit("A wall of sand", "A wall of stone").status, 303);
}

#[test]
fn bad_input_is_told_beside_its_field_and_what_was_typed_stays() {
    let app = App::new();
    let (long_title, long_body) = ("x".repeat(MAX_TITLE_CHARS + 1), "x".repeat(MAX_BODY_BYTES + 1));
    let (long_category, many_tags) =
        ("x".repeat(MAX_TAG_CHARS + 1), (0..21).map(|n| format!("t{n},")).collect::<String>());
    let bad = [
        ("title", ""),
        ("title", long_title.as_str()),
        ("likelihood", ""),
        ("likelihood", "0"),
        ("likelihood", "6"),
        ("impact", "3.5"),
        ("impact", "severe"),
        ("impact", "99999999999999999999"),
        ("review_on", "tomorrow"),
        ("review_on", "2026-02-30"),
        ("description", long_body.as_str()),
        ("category", long_category.as_str()),
        ("category", "a,b"),
        ("tags", many_tags.as_str()),
        ("place", "project:NOPE"),
        ("place", ""),
        ("mitigation", "nul\0byte"),
    ];
    for (field, value) in bad {
        let answer = app.as_(CLEO).post("/risks", &with(field, value));
        assert_eq!(answer.status, 422, "{field} {:.30}", value);
        assert!(answer.has(&format!("id=\"{field}-error\"")), "{field} {:.30}: {}", value, answer.text().len());
        assert!(field == "title" || answer.has("The quay floods"), "{field}");
    }
    assert_eq!(app.count("select count(*) from risks"), 0);
}

#[test]
fn a_refused_edit_keeps_what_was_typed() {
    let app = App::new();
    let fields = format!("{}/fields", flood(&app));
    for (field, value) in
        [("likelihood", "7"), ("impact", ""), ("owner", "nobody-at-all"), ("status", "gone"), ("category", "a,b")]
    {
        let answer = app.as_(CLEO).post(&fields, &[("field", field), ("value", value)]);
        assert_eq!(answer.status, 422, "{field}");
    }
    assert!(app.as_(CLEO).post(&fields, &[("field", "category"), ("value", "a,b")]).has("value=\"a,b\""));
    assert_eq!(app.as_(CLEO).post(&fields, &[("field", "score"), ("value", "1")]).status, 422);
    let note = app.as_(CLEO).post(&fields.replace("fields", "closure"), &[("note", "nul\0byte")]);
    assert!(note.status == 422 && note.has("id=\"note-error\""), "{}", note.text());
}

#[test]
fn script_in_a_field_stays_text() {
    let app = App::new();
    let evil = "<script>alert(1)</script>\u{202E}";
    app.as_(CLEO).post("/risks", &with("title", evil));
    let path = app.as_(CLEO).post("/risks", &with("description", evil)).location();
    app.as_(CLEO).post(&format!("{path}/closure"), &[("note", evil)]);
    for page in ["/risks?show=all", path.as_str()] {
        assert!(!app.as_(CLEO).get(page).has("<script>alert"), "{page}");
    }
}

#[test]
fn pages_follow_each_other_by_score_without_gap_or_repetition() {
    let app = App::new();
    for number in 0..60_i16 {
        make(&app, CLEO, Place::Project(ATLAS), number % 5 + 1, number / 5 % 5 + 1);
    }
    let first = app.as_(CLEO).get("/risks").text();
    let next = first
        .split("rel=\"next\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    let second = app.as_(CLEO).get(&next).text();
    let rows = |text: &str| text.matches("id=\"row-RISK-").count();
    assert_eq!((rows(&first), rows(&second)), (50, 10));
    let forged = app.as_(CLEO).get("/risks?after=nonsense");
    assert!(forged.status == 422, "{}", forged.status);
}

#[test]
fn a_risk_is_archived_in_bulk_and_found_again_among_the_archived() {
    let app = App::new();
    flood(&app);
    let form = [("kind", "risk"), ("id", "RISK-1"), ("act", "archive"), ("back", "/risks")];
    let done = app.as_(CLEO).post("/records/archiving", &form);
    assert!(!app.as_(CLEO).get("/risks").has("row-RISK-1"));
    assert!(app.as_(CLEO).get("/risks?show=archived").has("row-RISK-1"));
    assert!(app.as_(CLEO).get("/risks/RISK-1").status == 200 && app.as_(DOV).get("/risks/RISK-1").status == 404);
    let undo = [("kind", "risk"), ("id", "RISK-1"), ("act", "restore"), ("back", "/risks")];
    assert!(done.follow().has("name=\"act\" value=\"restore\""), "the toast offers to take it back");
    app.as_(CLEO).post("/records/archiving", &undo);
    assert!(app.as_(CLEO).get("/risks").has("row-RISK-1"));
}

#[test]
fn the_list_asks_a_bounded_number_of_questions() {
    let app = App::new();
    for weight in SCALE {
        make(&app, CLEO, Place::Project(ATLAS), weight, weight);
    }
    let queries = app.as_(CLEO).get("/risks").queries;
    assert!(queries <= 14, "{queries}");
}
