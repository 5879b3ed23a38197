//! Memory, through the doors.

use crate::harness::*;
use tow::access::Place;
use tow::memory::{
    self, Item, MAX_BODY_CHARS, MAX_CONTEXT, MAX_FOUND_ITEMS, MAX_PAIRS, MAX_PASSAGE_CHARS, MAX_REVISIONS, MAX_SOURCES,
    Type,
};

const GOOD: [(&str, &str); 5] = [
    ("title", "Nobody crosses with less than half a metre"),
    ("type", "constraint"),
    ("place", "organisation"),
    ("confidence", "90"),
    ("importance", "4"),
];

/// The good form with some fields replaced or added.
fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = GOOD.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more.iter().copied()).collect()
}

/// Its path.
fn make(app: &App, who: Who, more: &[(&str, &str)]) -> String {
    let answer = app.as_(who).post("/memory", &with(more));
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location()
}

fn set(app: &App, who: Who, path: &str, field: &str, value: &str) -> u16 {
    app.as_(who).post(&format!("{path}/fields"), &[("field", field), ("value", value)]).status
}

/// Titles that count for who asks.
fn context(app: &App, who: Who) -> Vec<String> {
    let items = app.as_(who).tx(|tx, me| memory::context(tx, me, None, MAX_CONTEXT));
    items.into_iter().map(|item| item.record.title).collect()
}

#[test]
fn an_item_is_made_shown_and_listed_with_how_sure_one_is() {
    let app = App::new();
    let path = make(&app, CLEO, &[("body", "Measured at **low** water."), ("tags", "tides")]);
    assert_eq!(path, "/memory/MEM-1");
    let page = app.as_(DOV).get(&path);
    assert!(page.has("Constraint") && page.has("90 %") && page.has("<strong>low</strong>") && page.has("Counts"));
    assert!(!page.has(">field-") && !page.has(">memory-"), "a label without words");
    let list = app.as_(DOV).get("/memory?type=constraint&tag=tides&importance=4&sort=confidence");
    assert!(list.has("row-MEM-1") && list.has("href=\"/memory/MEM-1\""), "{}", list.text());
    assert!(!app.as_(DOV).get("/memory?type=fact").has("row-MEM-1"));
}

#[test]
fn only_what_is_active_and_valid_counts_as_context() {
    let app = App::new();
    let day = |days: i64| (start() + chrono::Duration::days(days)).date_naive().to_string();
    let (yesterday, today, tomorrow) = (day(-1), day(0), day(1));
    make(&app, ADA, &[("title", "Plain"), ("importance", "5")]);
    make(&app, ADA, &[("title", "Last day"), ("valid_until", &today)]);
    make(&app, ADA, &[("title", "First day"), ("valid_from", &today), ("importance", "1")]);
    make(&app, ADA, &[("title", "Expired"), ("valid_until", &yesterday)]);
    make(&app, ADA, &[("title", "Early"), ("valid_from", &tomorrow)]);
    let old = make(&app, ADA, &[("title", "Superseded")]);
    assert_eq!(set(&app, ADA, &old, "status", "superseded"), 303);
    make(&app, ADA, &[("title", "Archived")]);
    app.as_(ADA).post("/records/MEM-7/archiving", &[]);
    assert_eq!(context(&app, ADA), ["Plain", "Last day", "First day"]);
    let list = app.as_(ADA).get("/memory");
    assert!(list.has("row-MEM-1") && !list.has("row-MEM-4") && list.has("One item is past its date"));
    assert!(app.as_(ADA).get("/memory?show=expired").has("row-MEM-4"));
    assert!(app.as_(ADA).get("/memory?show=superseded").has("row-MEM-6"));
    assert!(app.as_(ADA).get("/memory?show=archived").has("row-MEM-7"));
    let all = app.as_(ADA).get("/memory?show=all");
    assert!((1..=6).all(|number| all.has(&format!("row-MEM-{number}"))) && !all.has("row-MEM-7"));
    app.advance(chrono::Duration::days(1));
    assert_eq!(context(&app, ADA), ["Plain", "Early", "First day"]);
}

#[test]
fn context_holds_only_what_the_reader_may_read() {
    let app = App::new();
    make(&app, CLEO, &[("title", "Everybody's")]);
    make(&app, CLEO, &[("title", "Atlas"), ("place", "project:ATL")]);
    make(&app, CLEO, &[("title", "Cleo's"), ("place", "private")]);
    assert_eq!(context(&app, DOV), ["Everybody's"]);
    assert_eq!(context(&app, CLEO).len(), 3);
    assert_eq!(context(&app, ADA).len(), 2, "an owner reads every project and nobody's private items");
}

#[test]
fn every_change_is_kept_with_who_when_and_the_words_before_and_after() {
    let app = App::new();
    let path = make(&app, CLEO, &[("body", "Half a metre.")]);
    assert_eq!(set(&app, EDDA, &path, "body", "Seventy centimetres."), 303);
    assert_eq!(set(&app, EDDA, &path, "confidence", "95 %"), 303);
    assert_eq!(set(&app, EDDA, &path, "confidence", "95"), 303, "the same again is no change");
    let page = app.as_(CLEO).get(&format!("{path}/history"));
    assert!(page.has("Edda Holm") && page.has("Cleo Marchetti"), "{}", page.text());
    assert!(page.has("<del>Half a metre</del>") && page.has("<ins>Seventy centimetres</ins>"), "{}", page.text());
    assert!(page.has("<del>90</del>") && page.has("<ins>95</ins>"), "{}", page.text());
    assert_eq!(app.count("select count(*) from memory_revisions"), 3);
}

#[test]
fn a_lost_race_shows_both_texts() {
    let app = App::new();
    let path = make(&app, CLEO, &[]);
    let was = tow::records::seen("");
    let edit = |value: &str| vec![("field", "body".to_owned()), ("value", value.to_owned()), ("was", was.clone())];
    let send = |value: &str| {
        let fields = edit(value);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        app.as_(CLEO).post(&format!("{path}/fields"), &fields)
    };
    assert_eq!(send("Mine").status, 303);
    let lost = send("Yours");
    assert!(lost.status == 409 && lost.has("Mine") && lost.has("Yours"), "{}", lost.text());
}

#[test]
fn a_newer_item_supersedes_an_older_and_both_show_it() {
    let app = App::new();
    make(&app, CLEO, &[]);
    let newer = make(&app, CLEO, &[("title", "Seventy centimetres"), ("supersedes", "mem-1")]);
    let old = app.as_(CLEO).get("/memory/MEM-1");
    assert!(old.has("This was replaced by") && old.has("MEM-2 Seventy centimetres") && old.has("Superseded"));
    assert!(app.as_(CLEO).get(&newer).has("MEM-1"));
    assert_eq!(context(&app, CLEO), ["Seventy centimetres"]);
    let back = app.as_(CLEO).post("/memory/MEM-1/supersession", &[("old", "MEM-2")]);
    assert_eq!(back.status, 303);
    assert!(app.as_(CLEO).get("/memory/MEM-1").has("Superseded"), "a circle is refused");
    assert_eq!(context(&app, CLEO), ["Seventy centimetres"]);
}

#[test]
fn a_reader_sees_only_the_sources_they_may_read_and_how_many_more_there_are() {
    let app = App::new();
    let path = make(&app, CLEO, &[("source", SUPPLIERS), ("passage", "Two of them")]);
    let secret = [("source", STEEL), ("passage", "Forty tonnes"), ("widen", STEEL)];
    assert_eq!(app.as_(CLEO).post(&format!("{path}/sources"), &secret).status, 303);
    let page = app.as_(CLEO).get(&path);
    assert!(page.has("Forty tonnes") && page.has("Two of them") && page.has("Shared beyond its readers"));
    let outside = app.as_(DOV).get(&path);
    assert!(outside.has("Two of them") && outside.has("One further source that you cannot read"));
    for word in ["Forty tonnes", STEEL, "Order steel"] {
        assert!(!outside.has(word), "{word} leaked: {}", outside.text());
    }
    assert!(outside.has("another record"), "its story does not name it either");
}

#[test]
fn an_item_is_not_wider_than_its_source_unless_a_person_says_so_with_the_source_in_view() {
    let app = App::new();
    let narrow = with(&[("source", STEEL), ("passage", "Forty tonnes")]);
    let refused = app.as_(CLEO).post("/memory", &narrow);
    assert_eq!(refused.status, 422);
    assert!(refused.has("More people would read this") && refused.has("Order steel for the north pier"));
    assert!(refused.has("name=\"widen\" value=\"ATL-1\"") && refused.has("Forty tonnes"), "{}", refused.text());
    assert_eq!(app.count("select count(*) from memory_items"), 0);
    assert_eq!(app.as_(CLEO).post("/memory", &with(&[("source", STEEL), ("widen", CRANE)])).status, 422, "another");
    make(&app, CLEO, &[("source", STEEL), ("widen", STEEL)]);
    assert_eq!(app.count("select count(*) from audit_events where action = 'memory.widened'"), 1);
    let by_cleo = format!("select count(*) from memory_sources where widened_by_id = '{}'", CLEO.id);
    assert_eq!(app.count(&by_cleo), 1);
}

#[test]
fn what_everybody_may_read_or_what_stays_in_its_place_needs_no_leave() {
    let app = App::new();
    make(&app, CLEO, &[("source", STEEL), ("place", "project:ATL")]);
    make(&app, CLEO, &[("source", DOOR)]);
    make(&app, CLEO, &[("source", SUPPLIERS), ("place", "project:ATL")]);
    make(&app, CLEO, &[("source", STEEL), ("place", "private")]);
    assert_eq!(app.as_(CLEO).post("/memory", &with(&[("source", SECRET)])).status, 422);
    assert_eq!(app.as_(CLEO).post("/memory", &with(&[("source", SPRING), ("place", "project:ATL")])).status, 422);
    assert_eq!(app.count("select count(*) from audit_events where action = 'memory.widened'"), 0);
}

#[test]
fn a_source_must_be_one_that_its_author_may_read() {
    let app = App::new();
    let answer = app.as_(DOV).post("/memory", &with(&[("source", STEEL), ("widen", STEEL)]));
    assert!(answer.status == 422 && answer.has("or you cannot see it") && !answer.has("Order steel"));
}

#[test]
fn moving_asks_again_and_refuses_who_cannot_see_a_source() {
    let app = App::new();
    let path = make(&app, CLEO, &[("source", STEEL), ("place", "project:ATL")]);
    let generic = app.as_(CLEO).post("/records/MEM-1/place", &[("place", "organisation")]);
    assert_eq!(generic.status, 404, "the way of other kinds is closed");
    let page = app.as_(CLEO).get(&format!("{path}/place?place=organisation"));
    assert!(page.has("More people would read this") && page.has(STEEL), "{}", page.text());
    let place = format!("{path}/place");
    assert_eq!(app.as_(CLEO).post(&place, &[("place", "organisation")]).status, 422);
    assert_eq!(app.as_(CLEO).post(&place, &[("place", "organisation"), ("widen", STEEL)]).status, 303);
    let page = app.as_(DOV).get(&path);
    assert!(page.status == 200 && !page.has(STEEL));
    make(&app, CLEO, &[("title", "Ours"), ("place", "group:00000000-0000-0000-0000-000000000021")]);
    let secret = [("source", SECRET), ("widen", SECRET)];
    assert_eq!(app.as_(CLEO).post("/memory/MEM-2/sources", &secret).status, 303);
    let moved = app.as_(ADA).post("/memory/MEM-2/place", &[("place", "organisation"), ("widen", SECRET)]);
    assert!(moved.status == 403 && moved.has("a source that you cannot read"), "{}", moved.text());
}

#[test]
fn passages_of_sources_are_not_found_by_search_through_the_item() {
    let app = App::new();
    make(&app, CLEO, &[("source", STEEL), ("passage", "Zirconium girders"), ("widen", STEEL)]);
    while app.tx(|tx| tow::search::step(tx, &tow::features::texts())) {}
    assert!(app.as_(DOV).get("/search?q=half+a+metre").has("MEM-1"));
    assert!(!app.as_(DOV).get("/search?q=zirconium").has("MEM-1"));
}

#[test]
fn bounds_are_those_of_the_constants() {
    let app = App::new();
    let long = "x".repeat(MAX_BODY_CHARS + 1);
    let quote = "x".repeat(MAX_PASSAGE_CHARS + 1);
    let wrong: [&[(&str, &str)]; 8] = [
        &[("body", &long)],
        &[("source", SUPPLIERS), ("passage", &quote)],
        &[("passage", "Nowhere")],
        &[("confidence", "101")],
        &[("confidence", "sure")],
        &[("importance", "6")],
        &[("type", "rumour")],
        &[("valid_from", "2026-12-02"), ("valid_until", "2026-12-01")],
    ];
    for fields in wrong {
        let answer = app.as_(CLEO).post("/memory", &with(fields));
        assert_eq!(answer.status, 422, "{:?}", fields.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }
    let (long, quote) = ("ü".repeat(MAX_BODY_CHARS), "ü".repeat(MAX_PASSAGE_CHARS));
    let path = make(&app, CLEO, &[("body", &long), ("source", SUPPLIERS), ("passage", &quote)]);
    app.sql(&format!(
        "insert into memory_sources (id, memory_id, record_id, created_at)
         select gen_random_uuid(), s.memory_id, s.record_id, s.created_at from memory_sources s, generate_series(2, {MAX_SOURCES})"
    ));
    let answer = app.as_(CLEO).post(&format!("{path}/sources"), &[("source", DOOR)]);
    assert!(answer.status == 422 && answer.has(&format!("at most {MAX_SOURCES} sources")), "{}", answer.text());
    assert_eq!(set(&app, CLEO, &path, "valid_from", "2027-01-01"), 303);
    assert_eq!(set(&app, CLEO, &path, "valid_until", "2026-01-01"), 422);
    assert_eq!(set(&app, CLEO, &path, "body", &"x".repeat(MAX_BODY_CHARS + 1)), 422);
}

#[test]
fn a_program_makes_an_item_but_lets_nobody_read_more_than_its_source() {
    let app = App::new();
    let robot = app.token(CLEO, &["memory:write", "tickets:read"], None);
    let body = |place: &str| {
        format!(
            r#"{{"title":"Steel comes late","type":"fact","place":"{place}","sources":[{{"record":"ATL-1","passage":"late"}}]}}"#
        )
    };
    let wide = robot.api("POST", "/api/v1/memory", &body("organisation"));
    assert_eq!(wide.status, 422, "{}", wide.text());
    let made = robot.api("POST", "/api/v1/memory", &body("project:ATL"));
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.has("\"confidence\":80") && made.has("\"standing\":\"counts\"") && made.has("\"hidden_sources\":0"));
    let blind = app.token(CLEO, &["memory:read"], None).api("GET", "/api/v1/memory/MEM-1", "");
    assert!(blind.has("\"hidden_sources\":1") && !blind.has("ATL-1"), "a token without tickets: {}", blind.text());
    let changed = robot.api("PATCH", "/api/v1/memory/MEM-1", r#"{"confidence":40,"needs_review":true}"#);
    assert!(changed.status == 200 && changed.has("\"needs_review\":true"), "{}", changed.text());
}

#[test]
fn a_list_asks_the_same_number_of_queries_for_one_row_and_for_many() {
    let app = App::new();
    make(&app, CLEO, &[("source", SUPPLIERS)]);
    let one = app.as_(CLEO).get("/memory").queries;
    for _ in 0..9 {
        make(&app, CLEO, &[("source", SUPPLIERS)]);
    }
    assert_eq!(app.as_(CLEO).get("/memory").queries, one);
}

#[test]
fn an_item_moves_to_where_nobody_new_reads_it_without_leave() {
    let app = App::new();
    make(&app, CLEO, &[("source", STEEL), ("widen", STEEL)]);
    let to_atlas = app.as_(CLEO).post("/memory/MEM-1/place", &[("place", "project:ATL")]);
    assert_eq!(to_atlas.status, 303, "{}", to_atlas.text());
    let item = app.as_(CLEO).tx(|tx, me| Item::find(tx, me, "MEM-1"));
    assert!(item.record.place() == Place::Project(ATLAS) && item.kind == Type::Constraint);
}

#[test]
fn a_source_that_became_narrower_does_not_stand_in_the_way_of_another() {
    let app = App::new();
    let path = make(&app, CLEO, &[("source", DOOR)]);
    app.sql(&format!("update projects set visibility = 'restricted' where id = '{}'", BEACON.0));
    let sources = format!("{path}/sources");
    assert_eq!(app.as_(CLEO).post(&sources, &[("source", SUPPLIERS)]).status, 303);
    assert_eq!(app.as_(CLEO).post(&sources, &[("source", STEEL)]).status, 422, "the new one is still asked about");
}

#[test]
fn the_same_source_twice_is_one() {
    let app = App::new();
    let path = make(&app, CLEO, &[("source", SUPPLIERS), ("passage", "Two of them")]);
    let again = [("source", SUPPLIERS), ("passage", "Two of them")];
    assert_eq!(app.as_(CLEO).post(&format!("{path}/sources"), &again).status, 303);
    assert_eq!(app.count("select count(*) from memory_sources"), 1);
    let page = app.as_(CLEO).get(&path).text();
    let adding = page.split_once(&format!("action=\"{path}/sources\"")).unwrap().1.split("</form>").next().unwrap();
    assert!(adding.contains("name=\"_once\""), "{adding}");
}

#[test]
fn a_window_of_validity_moves_forward_and_back_in_one_patch() {
    let app = App::new();
    make(&app, CLEO, &[("valid_from", "2026-12-01"), ("valid_until", "2026-12-31")]);
    let robot = app.token(CLEO, &["memory:write"], None);
    for (from, until) in [("2027-03-01", "2027-03-31"), ("2026-01-01", "2026-01-31")] {
        let moved = format!(r#"{{"valid_from":"{from}","valid_until":"{until}"}}"#);
        let answer = robot.api("PATCH", "/api/v1/memory/MEM-1", &moved);
        assert!(answer.status == 200 && answer.has(from) && answer.has(until), "{}", answer.text());
    }
    let backwards =
        robot.api("PATCH", "/api/v1/memory/MEM-1", r#"{"valid_from":"2027-03-31","valid_until":"2027-03-01"}"#);
    assert_eq!(backwards.status, 422);
}

#[test]
fn what_replaces_another_is_offered_where_that_is() {
    let app = App::new();
    make(&app, CLEO, &[("place", "project:ATL")]);
    let page = app.as_(CLEO).get("/memory/new?supersedes=mem-1");
    assert!(page.has("value=\"project:ATL\" selected"), "{}", page.text());
}

#[test]
fn of_two_that_replace_each_other_at_once_one_is_refused() {
    let app = App::own();
    make(&app, CLEO, &[]);
    make(&app, CLEO, &[]);
    let cleo = app.as_(CLEO);
    let request = |one: &str, other: &str| cleo.posting(&format!("/memory/{one}/supersession"), &[("old", other)]);
    for answer in app.at_once(vec![request("MEM-1", "MEM-2"), request("MEM-2", "MEM-1")]) {
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    assert_eq!(app.count("select count(*) from record_links where kind = 'supersedes'"), 1);
}

#[test]
fn replacing_an_item_and_editing_it_at_once_do_not_wait_for_each_other_for_ever() {
    let app = App::own();
    make(&app, CLEO, &[]);
    let cleo = app.as_(CLEO);
    for round in 0..5 {
        let newer = with(&[("supersedes", "MEM-1"), ("title", "Newer")]);
        let title = format!("Round {round}");
        let edit = [("field", "title"), ("value", title.as_str())];
        let requests = vec![cleo.posting("/memory", &newer), cleo.posting("/memory/MEM-1/fields", &edit)];
        for answer in app.at_once(requests) {
            assert_eq!(answer.status, 303, "{}", answer.text());
        }
    }
}

/// Further items like MEM-1.
fn multiply(app: &App, count: i32) {
    app.sql(&format!(
        "insert into records (id, organisation_id, kind, number, display_id, scope, title, author_id, created_at, updated_at)
           select gen_random_uuid(), organisation_id, kind, 1000 + n, 'MEM-' || (1000 + n), scope, title, author_id, created_at, updated_at
           from records, generate_series(1, {count}) n where display_id = 'MEM-1';
         insert into memory_items (id, item_type, status, body, confidence, importance, valid_until)
           select r.id, m.item_type, m.status, m.body, m.confidence, m.importance, m.valid_until
           from records r, memory_items m where r.number > 1000 and r.kind = 'memory'"
    ));
}

#[test]
fn more_expired_items_than_are_counted_are_told_as_more() {
    let app = App::new();
    make(&app, CLEO, &[("valid_until", "2026-01-01")]);
    multiply(&app, 1_001);
    let list = app.as_(CLEO).get("/memory");
    assert!(list.has("200+") && !list.has("201"), "{}", list.text());
}

#[test]
fn rules_look_at_so_many_items_and_a_history_shows_so_many_states() {
    let app = App::new();
    let path = make(&app, CLEO, &[("valid_until", "2026-01-01")]);
    app.sql(&format!(
        "insert into memory_revisions (memory_id, number, title, item_type, status, body, confidence, importance, needs_review, at)
         select memory_id, n, title, item_type, status, body, confidence, importance, needs_review, at
         from memory_revisions, generate_series(2, {MAX_REVISIONS} + 1) n"
    ));
    let history = app.as_(CLEO).get(&format!("{path}/history"));
    assert!(history.has(&format!("id=\"step-{}\"", MAX_REVISIONS + 1)) && !history.has("id=\"step-1\""));
    multiply(&app, MAX_FOUND_ITEMS);
    let found = app.as_(CLEO).tx(|tx, me| {
        let place = Place::Organisation(me.organisation_id().unwrap());
        Item::expired(tx, me, place, memory::today(tx, me))
    });
    assert_eq!(found.len(), MAX_FOUND_ITEMS as usize);
}

#[test]
fn rules_compare_so_many_pairs() {
    let app = App::new();
    make(&app, CLEO, &[]);
    // 102 alike make 5,151 pairs.
    multiply(&app, 101);
    let pairs = app.as_(CLEO).tx(|tx, me| {
        let place = Place::Organisation(me.organisation_id().unwrap());
        Item::alike(tx, me, place, memory::today(tx, me))
    });
    assert_eq!(pairs.len(), MAX_PAIRS as usize);
}
