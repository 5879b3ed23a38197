//! Diffs: reading, likeness, review, rules, through the doors.

use crate::harness::*;
use tow::access::Place;
use tow::diffs::{Likeness, MAX_CHANGES, MAX_REASON_CHARS, enqueue_reviews, likeness, read_statements};
use tow::docs::{BIN_DAYS, empty_bin};
use tow::memory::{self, MAX_CONTEXT, MAX_SOURCES, Type};

const FACT: [(&str, &str); 5] = [
    ("type", "fact"),
    ("place", "organisation"),
    ("confidence", "80"),
    ("importance", "3"),
    ("title", "Steel is late"),
];

fn fields<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = base.iter().copied().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more.iter().copied()).collect()
}

/// An item of memory; its display ID.
fn remember(app: &App, who: Who, more: &[(&str, &str)]) -> String {
    let answer = app.as_(who).post("/memory", &fields(&FACT, more));
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location().rsplit('/').next().unwrap().to_owned()
}

/// A proposed diff; its path.
fn propose(app: &App, who: Who, more: &[(&str, &str)]) -> String {
    let answer = try_to_propose(app, who, more);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location()
}

/// With the item in view that it is about.
fn try_to_propose(app: &App, who: Who, more: &[(&str, &str)]) -> Answer {
    let target = more.iter().find(|(name, _)| *name == "target").map(|(_, id)| id.to_uppercase()).unwrap_or_default();
    let shown = app.as_(who).get(&format!("/diffs/new?target={target}"));
    let seen = hidden(&shown, "action=\"/diffs\"", "seen");
    let sight = [("shown", target.as_str()), ("seen", seen.as_str())];
    app.as_(who).post("/diffs", &fields(&fields(&FACT, &sight), more))
}

/// A page; its display ID.
fn page(app: &App, who: Who, place: &str, body: &str) -> String {
    let answer = app.as_(who).post("/docs", &[("title", "Notes"), ("place", place), ("body", body)]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location().rsplit('/').next().unwrap().to_owned()
}

/// One value, as text; empty for none.
fn asked(app: &App, sql: &str) -> String {
    app.text(&format!("select coalesce(({sql})::text, '') as text"))
}

/// Whether somebody's list shows a diff; ids begin with the time.
fn lists_a_diff(app: &App, who: Who) -> bool {
    app.as_(who).get("/diffs?show=all").has("href=\"/diffs/01")
}

/// Ids of the changes of the only or newest diff, in their order.
fn changes(app: &App) -> Vec<String> {
    let sql = "select coalesce(string_agg(id::text, ',' order by position), '') from memory_changes
        where diff_id = (select id from memory_diffs order by id desc limit 1)";
    asked(app, sql).split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

fn decide(app: &App, who: Who, path: &str, change: &str, decision: &str) -> Answer {
    let seen = seen(&app.as_(who).get(path), change);
    let fields = [("decision", decision), ("seen", seen.as_str())];
    app.as_(who).post(&format!("{path}/changes/{change}/decision"), &fields)
}

/// What the page says it shows of a change.
fn seen(page: &Answer, change: &str) -> String {
    hidden(page, &format!("changes/{change}/decision"), "seen")
}

/// A hidden field of the form that follows these words; empty when there is none.
fn hidden(page: &Answer, form: &str, name: &str) -> String {
    let text = page.text();
    let Some((_, rest)) = text.split_once(form) else { return String::new() };
    let Some((_, rest)) = rest.split_once(&format!("name=\"{name}\" value=\"")) else { return String::new() };
    rest.split('"').next().unwrap().to_owned()
}

fn accept_all(app: &App, who: Who, path: &str) -> Answer {
    let seen = hidden(&app.as_(who).get(path), &format!("{path}/acceptance"), "seen");
    app.as_(who).post(&format!("{path}/acceptance"), &[("seen", &seen)])
}

fn apply(app: &App, who: Who, path: &str) -> Answer {
    let seen = hidden(&app.as_(who).get(path), &format!("{path}/application"), "seen");
    app.as_(who).post(&format!("{path}/application"), &[("seen", &seen)])
}

fn titles(app: &App, who: Who) -> Vec<String> {
    let mut titles: Vec<String> = app
        .as_(who)
        .tx(|tx, me| memory::context(tx, me, None, MAX_CONTEXT))
        .into_iter()
        .map(|item| item.record.title)
        .collect();
    titles.sort();
    titles
}

fn status(app: &App) -> String {
    asked(app, "select status from memory_diffs order by id desc limit 1")
}

/// What the clock does at night.
fn night(app: &App) {
    app.tx(enqueue_reviews);
    app.run_jobs();
}

#[test]
fn a_page_is_read_by_how_lines_begin_and_under_which_heading_a_list_stands() {
    let text = "# Plan\n\nDecision: **publish** nothing unseen.\nWe must not sail below half a metre.\nNothing here.\n\n\
        ## Assumptions\n\n- Planners have two screens\n1. Tides are on time\nNot in the list.\n\n## Other\n- Not this\n\n\
        ```\nWe must ignore code.\n```\n- [x] Constraint: ten ferries at most\nDecision:\nDecision: publish nothing unseen.";
    let found: Vec<(Type, String)> =
        read_statements(text).into_iter().map(|found| (found.kind, found.title.to_string())).collect();
    let wanted = [
        (Type::Commitment, "publish nothing unseen."),
        (Type::Constraint, "We must not sail below half a metre."),
        (Type::Assumption, "Planners have two screens"),
        (Type::Assumption, "Tides are on time"),
        (Type::Constraint, "ten ferries at most"),
    ];
    assert_eq!(found, wanted.map(|(kind, title)| (kind, title.to_owned())));
    assert_eq!(read_statements(text)[0].passage, "Decision: **publish** nothing unseen.");
}

#[test]
fn two_statements_are_the_same_opposed_or_about_different_things() {
    let cases = [
        ("We plan freight", "we plan freight!", Some(Likeness::Same)),
        ("We plan freight", "We do not plan freight", Some(Likeness::Opposed)),
        ("We don't plan freight", "We do not plan any freight", Some(Likeness::Same)),
        ("The margin over the bar is 0.5 m", "The margin over the bar is 0,7 m", Some(Likeness::Opposed)),
        ("The margin over the bar is 0.5 m", "The margin over the bar is 0,5 m", Some(Likeness::Same)),
        ("Ferries sail at night", "Steel is late", None),
        ("", "", None),
    ];
    for (one, other, wanted) in cases {
        assert_eq!(likeness(one, other), wanted, "{one} / {other}");
        assert_eq!(likeness(other, one), wanted, "{other} / {one}");
    }
}

#[test]
fn nothing_counts_before_it_is_applied_and_each_change_is_decided_alone() {
    let app = App::new();
    let doc = page(&app, CLEO, "organisation", "We must sail.\n\nWe must rest.\n\nWe must eat.\n\nWe must sing.");
    let read = app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]);
    let path = read.location();
    assert!(titles(&app, ADA).is_empty());
    let ids = changes(&app);
    let shown = app.as_(DOV).get(&path);
    assert!(shown.has("“We must sail.”") && shown.has(&doc) && shown.has("Read from a page"), "{}", shown.text());
    assert_eq!(decide(&app, DOV, &path, &ids[0], "accepted").status, 303);
    assert_eq!(decide(&app, DOV, &path, &ids[1], "refused").status, 303);
    let seen = seen(&app.as_(DOV).get(&path), &ids[2]);
    let edited = fields(&FACT, &[("title", "Crews eat at noon"), ("type", "commitment"), ("seen", &seen)]);
    assert_eq!(app.as_(DOV).post(&format!("{path}/changes/{}", ids[2]), &edited).status, 303);
    assert!(titles(&app, ADA).is_empty(), "accepted is not yet applied");
    assert_eq!(apply(&app, DOV, &path).status, 303);
    assert_eq!(titles(&app, ADA), ["Crews eat at noon", "We must sail."]);
    assert_eq!(status(&app), "pending", "one is undecided");
    let sources = "select count(*) from memory_sources s join records r on r.id = s.record_id where r.kind = 'doc'";
    assert_eq!(app.count(sources), 2);
    assert_eq!(decide(&app, DOV, &path, &ids[3], "refused").status, 303);
    assert_eq!(status(&app), "partially_applied");
    let closed = app.as_(DOV).get(&path);
    assert!(!closed.has(">Undo<"), "what is closed stays closed: {}", closed.text());
    let again =
        app.as_(DOV).post(&format!("{path}/changes/{}/decision", ids[3]), &[("decision", "accepted"), ("seen", "")]);
    assert_eq!(again.status, 422);
}

#[test]
fn a_page_is_proposed_once_and_refused_lines_do_not_come_back() {
    let app = App::new();
    let doc = page(&app, CLEO, "organisation", "We must sail.");
    let path = app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]).location();
    decide(&app, CLEO, &path, &changes(&app)[0], "refused");
    assert_eq!(status(&app), "rejected");
    let again = app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]);
    assert!(again.location().starts_with("/docs/") && app.count("select count(*) from memory_diffs") == 1);
    remember(&app, ADA, &[("title", "We must rest.")]);
    let other = page(&app, CLEO, "organisation", "we must REST.");
    assert!(app.as_(CLEO).post("/diffs/reading", &[("doc", &other)]).location().starts_with("/docs/"), "known already");
}

#[test]
fn what_is_read_from_a_page_stays_where_the_page_is() {
    let app = App::new();
    let doc = page(&app, CLEO, "private", "We must find another job.");
    let path = app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]).location();
    for who in [ADA, BEN, EDDA, DOV] {
        assert_eq!(app.as_(who).get(&path).status, 404, "{}", who.name);
        assert!(!lists_a_diff(&app, who), "{}", who.name);
    }
    accept_all(&app, CLEO, &path);
    assert_eq!(apply(&app, CLEO, &path).status, 303);
    assert!(titles(&app, ADA).is_empty() && titles(&app, CLEO) == ["We must find another job."]);
    assert_eq!(app.as_(DOV).post("/diffs/reading", &[("doc", &doc)]).status, 404);
}

#[test]
fn when_a_page_is_made_private_later_its_proposals_have_no_words_for_others_and_cannot_be_applied() {
    let app = App::new();
    let doc = page(&app, CLEO, "organisation", "We must find another job.");
    let path = app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]).location();
    let ids = changes(&app);
    assert_eq!(decide(&app, ADA, &path, &ids[0], "accepted").status, 303);
    app.sql(&format!(
        "update records set scope = 'user', owner_id = '{}' where display_id = '{doc}';
         update docs d set place_id = r.place_id from records r where r.id = d.id and r.display_id = '{doc}'",
        CLEO.id
    ));
    let shown = app.as_(ADA).get(&path);
    assert!(shown.has("you cannot read") && !shown.has("another job") && !shown.has(&doc), "{}", shown.text());
    assert_eq!(apply(&app, ADA, &path).status, 403);
    assert_eq!(decide(&app, ADA, &path, &ids[0], "refused").status, 404);
    let own = apply(&app, CLEO, &path);
    assert!(own.status == 422 && own.has("Fewer people may read a source"), "{}", own.text());
    assert!(titles(&app, ADA).is_empty());
}

#[test]
fn evidence_that_fewer_may_read_is_shown_before_it_is_proposed_more_widely() {
    let app = App::new();
    let narrow = fields(&FACT, &[("act", "add"), ("source", STEEL), ("passage", "Forty tonnes")]);
    let refused = app.as_(CLEO).post("/diffs", &narrow);
    assert!(refused.status == 422 && refused.has("name=\"widen\" value=\"ATL-1\""), "{}", refused.text());
    let path = propose(&app, CLEO, &[("act", "add"), ("source", STEEL), ("passage", "Forty tonnes"), ("widen", STEEL)]);
    let shown = app.as_(DOV).get(&path);
    assert!(shown.has("Steel is late") && !shown.has("Forty tonnes") && !shown.has(STEEL), "{}", shown.text());
    accept_all(&app, DOV, &path);
    assert_eq!(apply(&app, DOV, &path).status, 303);
    assert_eq!(app.count("select count(*) from memory_sources where widened_at is not null"), 1);
    assert!(!app.as_(DOV).get("/memory/MEM-1").has("Forty tonnes"));
}

#[test]
fn a_target_changed_since_shows_both_texts_and_nothing_is_applied() {
    let app = App::new();
    let one = remember(&app, ADA, &[("title", "Ten beams")]);
    let path = propose(&app, CLEO, &[("act", "update"), ("target", &one), ("title", "Twelve beams")]);
    let id = changes(&app).remove(0);
    assert_eq!(decide(&app, CLEO, &path, &id, "accepted").status, 303);
    let edit = [("field", "title"), ("value", "Eleven beams")];
    assert_eq!(app.as_(ADA).post(&format!("/memory/{one}/fields"), &edit).status, 303);
    let lost = apply(&app, CLEO, &path);
    assert_eq!(lost.status, 409);
    assert!(
        lost.has("Ten beams") && lost.has("Eleven beams") && lost.has("nothing was decided or applied"),
        "{}",
        lost.text()
    );
    assert_eq!(titles(&app, ADA), ["Eleven beams"]);
    assert_eq!(decide(&app, CLEO, &path, &id, "open").status, 303);
    let old = app.as_(CLEO).post(
        &format!("{path}/changes/{id}/decision"),
        &[("decision", "accepted"), ("seen", "what stood there yesterday")],
    );
    assert_eq!(old.status, 409);
    assert_eq!(decide(&app, CLEO, &path, &id, "accepted").status, 303);
    assert_eq!(apply(&app, CLEO, &path).status, 303);
    assert_eq!(titles(&app, ADA), ["Twelve beams"]);
    assert!(app.as_(ADA).get(&format!("/memory/{one}/history")).has("<ins>Twelve</ins>"));
}

#[test]
fn if_one_accepted_change_cannot_be_applied_none_is() {
    let app = App::new();
    let own = remember(&app, CLEO, &[("title", "Cleo wrote this")]);
    let ada = remember(&app, ADA, &[("title", "Ada wrote this")]);
    let path = propose(&app, CLEO, &[("act", "update"), ("target", &own), ("title", "Cleo rewrote this")]);
    let diff = path.rsplit('/').next().unwrap();
    propose(&app, CLEO, &[("act", "archive"), ("target", &ada), ("diff", diff)]);
    assert_eq!(accept_all(&app, CLEO, &path).status, 303);
    // Archiving what another wrote for the organisation takes a curator; the first change alone would have gone through.
    assert_eq!(apply(&app, CLEO, &path).status, 403);
    assert_eq!(titles(&app, ADA), ["Ada wrote this", "Cleo wrote this"]);
    assert_eq!(app.count("select count(*) from memory_changes where decision = 'applied'"), 0);
}

#[test]
fn leave_that_a_proposal_carries_takes_the_right_to_share_and_stands_in_the_trail() {
    let app = App::new();
    let ada = remember(&app, ADA, &[]);
    let widened = [("act", "update"), ("target", ada.as_str()), ("source", STEEL), ("widen", STEEL), ("title", "Late")];
    let path = propose(&app, CLEO, &widened);
    assert_eq!(accept_all(&app, CLEO, &path).status, 303);
    let refused = apply(&app, CLEO, &path);
    assert!(refused.status == 403 && titles(&app, ADA) == ["Steel is late"], "{}", refused.text());
    assert_eq!(apply(&app, ADA, &path).status, 303);
    assert_eq!(app.count("select count(*) from audit_events where action = 'memory.widened'"), 1);
    assert_eq!(app.count("select count(*) from activity where act = 'source_added'"), 1);
}

#[test]
fn a_change_without_evidence_is_not_held_up_by_a_source_that_became_narrower() {
    let app = App::new();
    let item = remember(&app, CLEO, &[("source", DOOR)]);
    app.sql(&format!("update projects set visibility = 'restricted' where id = '{}'", BEACON.0));
    let path = propose(&app, CLEO, &[("act", "update"), ("target", &item), ("title", "Steel is later")]);
    accept_all(&app, CLEO, &path);
    assert_eq!(apply(&app, CLEO, &path).status, 303);
}

#[test]
fn a_diff_hands_on_no_more_sources_than_an_item_holds() {
    let app = App::new();
    let item = remember(&app, CLEO, &[("source", SUPPLIERS)]);
    app.sql(&format!(
        "insert into memory_sources (id, memory_id, record_id, created_at, passage)
         select gen_random_uuid(), s.memory_id, s.record_id, s.created_at, n::text
         from memory_sources s, generate_series(2, {MAX_SOURCES}) n"
    ));
    let path = propose(&app, CLEO, &[("act", "update"), ("target", &item), ("source", SUPPLIERS), ("passage", "More")]);
    accept_all(&app, CLEO, &path);
    let full = apply(&app, CLEO, &path);
    assert!(full.status == 422 && full.has(&format!("at most {MAX_SOURCES} sources")), "{}", full.text());
}

#[test]
fn what_was_hidden_because_of_a_page_stays_hidden_when_the_page_is_deleted_for_good() {
    let app = App::new();
    let doc = page(&app, CLEO, "organisation", "We must find another job.");
    let path = app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]).location();
    app.sql(&format!(
        "update records set scope = 'user', owner_id = '{}' where display_id = '{doc}';
         update docs d set place_id = r.place_id from records r where r.id = d.id and r.display_id = '{doc}'",
        CLEO.id
    ));
    assert_eq!(app.as_(CLEO).post(&format!("/docs/{doc}/removal"), &[]).status, 303);
    app.advance(chrono::Duration::days(BIN_DAYS));
    assert_eq!(app.tx(empty_bin), 1);
    for who in [ADA, DOV] {
        let shown = app.as_(who).get(&path);
        assert!(shown.has("permanently deleted") && !shown.has("another job"), "{}", shown.text());
        let files = tow::diffs::portable::TABLES.map(|table| exported(&app, who, &table));
        assert!(files[0] == 1 && files[1] == 0 && files[2] == 0, "{files:?}");
    }
    let id = changes(&app).remove(0);
    assert_eq!(decide(&app, ADA, &path, &id, "accepted").status, 404);
    assert_eq!(decide(&app, ADA, &path, &id, "refused").status, 303, "it does not wait for ever");
    assert_eq!(status(&app), "rejected");
}

/// How many rows of a table leave for somebody.
fn exported(app: &App, who: Who, table: &tow::db::portable::Portable) -> i64 {
    let visible = format!("select id from records where scope = 'organisation' or owner_id = '{}'", who.id);
    let places = "select id from organisations";
    let within = table.within.replace("{visible}", &visible).replace("{places}", places);
    app.count(&format!("select count(*) from {} x where {within}", table.table))
}

#[test]
fn a_proposal_about_an_item_that_its_author_did_not_see_is_shown_that_item_first() {
    let app = App::new();
    let item = remember(&app, ADA, &[("confidence", "35"), ("body", "Says the yard."), ("type", "assumption")]);
    let blind = fields(&FACT, &[("act", "update"), ("target", &item), ("title", "Steel is on time")]);
    let asked = app.as_(CLEO).post("/diffs", &blind);
    assert_eq!(asked.status, 422, "{}", asked.text());
    assert!(asked.has("value=\"35\"") && asked.has("Says the yard.") && asked.has("value=\"Steel is on time\""));
    assert!(asked.has("value=\"assumption\" selected"), "{}", asked.text());
    let seen = hidden(&asked, "action=\"/diffs\"", "seen");
    let again = fields(&blind, &[("shown", &item), ("seen", &seen)]);
    assert_eq!(app.as_(CLEO).post("/diffs", &again).status, 303);
}

#[test]
fn a_proposal_about_an_item_that_somebody_changed_meanwhile_shows_both() {
    let app = App::new();
    let item = remember(&app, ADA, &[]);
    let seen = hidden(&app.as_(CLEO).get(&format!("/diffs/new?act=update&target={item}")), "action=\"/diffs\"", "seen");
    let edit = [("field", "title"), ("value", "Steel is here")];
    assert_eq!(app.as_(ADA).post(&format!("/memory/{item}/fields"), &edit).status, 303);
    let mine = [("act", "update"), ("target", &item), ("shown", &item), ("seen", &seen), ("title", "Steel is early")];
    let lost = app.as_(CLEO).post("/diffs", &fields(&FACT, &mine));
    assert!(lost.status == 409 && lost.has("Steel is here") && lost.has("value=\"Steel is early\""), "{}", lost.text());
    let seen = hidden(&lost, "action=\"/diffs\"", "seen");
    assert_eq!(app.as_(CLEO).post("/diffs", &fields(&fields(&FACT, &mine), &[("seen", &seen)])).status, 303);
}

#[test]
fn who_decides_decides_about_the_words_that_were_shown() {
    let app = App::new();
    let path = propose(&app, CLEO, &[("act", "add")]);
    let id = changes(&app).remove(0);
    let shown = app.as_(CLEO).get(&path);
    let (one, all) = (seen(&shown, &id), hidden(&shown, &format!("{path}/acceptance"), "seen"));
    let other = fields(&FACT, &[("title", "Steel is early"), ("seen", &one)]);
    assert_eq!(app.as_(DOV).post(&format!("{path}/changes/{id}"), &other).status, 303);
    let cleo = app.as_(CLEO);
    for decision in ["accepted", "refused", "open"] {
        let lost = cleo.post(&format!("{path}/changes/{id}/decision"), &[("decision", decision), ("seen", &one)]);
        assert!(lost.status == 409 && lost.has("Steel is early"), "{decision}: {}", lost.text());
    }
    for act in ["acceptance", "application"] {
        assert_eq!(cleo.post(&format!("{path}/{act}"), &[("seen", &all)]).status, 409, "{act}");
    }
    assert_eq!(apply(&app, CLEO, &path).status, 303);
    assert_eq!(titles(&app, ADA), ["Steel is early"]);
}

#[test]
fn an_item_is_changed_once_in_a_diff() {
    let app = App::own();
    let item = remember(&app, CLEO, &[]);
    let path = propose(&app, CLEO, &[("act", "update"), ("target", &item), ("title", "Steel is early")]);
    let diff = path.rsplit('/').next().unwrap();
    let second = [("act", "update"), ("target", item.as_str()), ("title", "Steel is here"), ("diff", diff)];
    let refused = try_to_propose(&app, CLEO, &second);
    assert!(refused.status == 422 && refused.has("one would undo the other"), "{}", refused.text());
    // As it could be made before.
    app.sql(
        "insert into memory_changes (id, diff_id, position, act, target_id, title, item_type, confidence, importance, seen, decision)
         select gen_random_uuid(), diff_id, 2, act, target_id, 'Steel is here', item_type, confidence, importance, seen, decision
         from memory_changes",
    );
    assert_eq!(accept_all(&app, CLEO, &path).status, 303);
    assert_eq!(apply(&app, CLEO, &path).status, 409, "the second would undo the first");
    assert_eq!(titles(&app, CLEO), ["Steel is late"]);
}

#[test]
fn what_one_night_proposes_does_not_get_into_its_own_way() {
    let app = App::own();
    for title in ["Passengers read eight words", "Passengers read eight words.", "Passengers read eight words!"] {
        remember(&app, CLEO, &[("title", title)]);
    }
    night(&app);
    let path = format!("/diffs/{}", asked(&app, "select id::text from memory_diffs"));
    assert_eq!(changes(&app).len(), 2, "three pairs, of which two suffice");
    assert_eq!(accept_all(&app, CLEO, &path).status, 303);
    assert_eq!(apply(&app, CLEO, &path).status, 303);
    assert_eq!(titles(&app, CLEO), ["Passengers read eight words"]);
}

#[test]
fn nothing_is_archived_for_one_that_changed_or_no_longer_counts() {
    let app = App::own();
    let day = (start() + chrono::Duration::days(3)).date_naive().to_string();
    remember(&app, CLEO, &[("title", "Passengers read eight words"), ("valid_until", &day), ("importance", "4")]);
    remember(&app, CLEO, &[("title", "Passengers read eight words.")]);
    night(&app);
    let path = format!("/diffs/{}", asked(&app, "select id::text from memory_diffs"));
    assert_eq!(accept_all(&app, CLEO, &path).status, 303);
    let edit = [("field", "title"), ("value", "Passengers read nine words")];
    assert_eq!(app.as_(CLEO).post("/memory/MEM-1/fields", &edit).status, 303);
    assert_eq!(apply(&app, CLEO, &path).status, 409);
    let id = changes(&app).remove(0);
    assert_eq!(decide(&app, CLEO, &path, &id, "open").status, 303);
    assert_eq!(decide(&app, CLEO, &path, &id, "accepted").status, 303);
    app.advance(chrono::Duration::days(4));
    let gone = apply(&app, CLEO, &path);
    assert!(gone.status == 422 && gone.has("no longer counts"), "{}", gone.text());
}

#[test]
fn an_item_that_moved_away_is_not_changed_from_where_it_was() {
    let app = App::new();
    let item = remember(&app, CLEO, &[("place", "project:ATL")]);
    let path = propose(&app, CLEO, &[("act", "supersede"), ("target", &item), ("title", "Steel is early")]);
    let id = changes(&app).remove(0);
    assert_eq!(decide(&app, CLEO, &path, &id, "accepted").status, 303);
    let moved = app.as_(CLEO).post(&format!("/memory/{item}/place"), &[("place", "private")]);
    assert_eq!(moved.status, 303);
    assert_eq!(apply(&app, CLEO, &path).status, 409);
    let again = decide(&app, CLEO, &path, &id, "accepted");
    assert!(again.status == 422 && again.has("belongs to a different place"), "{}", again.text());
    assert_eq!(titles(&app, CLEO), ["Steel is late"]);
}

#[test]
fn a_reviewer_sees_what_becomes_of_the_weights_and_days() {
    let app = App::new();
    let item = remember(&app, CLEO, &[("valid_until", "2031-01-01")]);
    let weaker = [("act", "update"), ("target", item.as_str()), ("confidence", "35"), ("type", "assumption")];
    let shown = app.as_(DOV).get(&propose(&app, CLEO, &weaker));
    let told = ["<del>80 %</del> <ins>35 %</ins>", "<del>Fact</del> <ins>Assumption</ins>", "<del>2031-01-01</del>"];
    assert!(told.iter().all(|words| shown.has(words)), "{}", shown.text());
    assert!(!shown.has("<del>3</del>"), "what stays is no change");
}

#[test]
fn who_cannot_write_in_a_place_cannot_decide_there_and_outsiders_do_not_see_it() {
    let app = App::new();
    let path = propose(&app, CLEO, &[("act", "add"), ("place", "project:ATL")]);
    let id = changes(&app).remove(0);
    assert_eq!(app.as_(DOV).get(&path).status, 404);
    let shown = app.as_(VERA).get(&path);
    assert!(shown.status == 200 && !shown.has("value=\"accepted\""), "{}", shown.text());
    let decision = [("decision", "accepted"), ("seen", "")];
    assert_eq!(app.as_(VERA).post(&format!("{path}/changes/{id}/decision"), &decision).status, 403);
    assert_eq!(app.as_(VERA).post("/diffs", &fields(&FACT, &[("act", "add"), ("place", "project:ATL")])).status, 403);
}

#[test]
fn a_proposer_who_may_decide_can_apply_at_once() {
    let app = App::new();
    propose(&app, CLEO, &[("act", "add"), ("at_once", "on")]);
    assert_eq!(status(&app), "auto_applied");
    assert_eq!(titles(&app, ADA), ["Steel is late"]);
    let newer = [("act", "supersede"), ("target", "mem-1"), ("title", "Steel is on time"), ("at_once", "on")];
    propose(&app, CLEO, &newer);
    assert_eq!(titles(&app, ADA), ["Steel is on time"]);
    assert!(app.as_(ADA).get("/memory/MEM-1").has("This was replaced by"));
}

#[test]
fn at_night_the_rules_propose_what_is_stale_doubted_doubled_or_contradicts_and_only_once() {
    let app = App::own();
    let yesterday = (start() - chrono::Duration::days(1)).date_naive().to_string();
    remember(&app, ADA, &[("title", "The pier is closed"), ("valid_until", &yesterday)]);
    remember(&app, ADA, &[("title", "Crews are ten")]);
    app.as_(ADA).post("/memory/MEM-2/fields", &[("field", "needs_review"), ("value", "yes")]);
    remember(&app, ADA, &[("title", "Passengers read the first eight words"), ("importance", "4")]);
    remember(&app, CLEO, &[("title", "Passengers read the first eight words.")]);
    remember(&app, ADA, &[("title", "We plan freight on the islands")]);
    remember(&app, CLEO, &[("title", "We do not plan freight on the islands")]);
    night(&app);
    let found = "select string_agg(d.origin || ' ' || t.display_id || coalesce(' ' || o.display_id, ''), ', ' order by d.origin)
        from memory_diffs d join memory_changes c on c.diff_id = d.id join records t on t.id = c.target_id
        left join records o on o.id = c.other_id";
    let wanted = "contradiction MEM-5 MEM-6, doubt MEM-2, duplicate MEM-4 MEM-3, stale MEM-1";
    assert_eq!(asked(&app, found), wanted);
    night(&app);
    assert_eq!(asked(&app, found), wanted, "a second night finds nothing new");
    let list = app.as_(ADA).get("/diffs");
    assert!(list.has("Said twice") && list.has("Past its date"), "{}", list.text());
    for (origin, answer) in
        [("duplicate", "refused"), ("contradiction", "accepted"), ("stale", "accepted"), ("doubt", "accepted")]
    {
        let path =
            format!("/diffs/{}", asked(&app, &format!("select id::text from memory_diffs where origin = '{origin}'")));
        let change = asked(
            &app,
            &format!(
                "select c.id::text from memory_changes c join memory_diffs d on d.id = c.diff_id where d.origin = '{origin}'"
            ),
        );
        assert_eq!(decide(&app, ADA, &path, &change, answer).status, 303, "{origin}");
        if answer == "accepted" {
            assert_eq!(apply(&app, ADA, &path).status, 303, "{origin}");
        }
    }
    assert_eq!(app.count("select count(*) from memory_items where needs_review"), 0);
    assert_eq!(
        titles(&app, ADA),
        [
            "Crews are ten",
            "Passengers read the first eight words",
            "Passengers read the first eight words.",
            "We do not plan freight on the islands"
        ]
    );
    app.advance(chrono::Duration::days(30));
    night(&app);
    assert_eq!(app.count("select count(*) from memory_diffs"), 4, "not a duplicate is remembered");
}

#[test]
fn the_rules_compare_only_within_a_place_and_tell_nobody_else() {
    let app = App::own();
    remember(&app, CLEO, &[("title", "We plan freight on the islands")]);
    remember(&app, CLEO, &[("title", "We do not plan freight on the islands"), ("place", "private")]);
    remember(&app, CLEO, &[("title", "We plan freight on the islands"), ("place", "project:ATL")]);
    remember(&app, CLEO, &[("title", "We never plan freight on the islands"), ("place", "private")]);
    night(&app);
    assert_eq!(app.count("select count(*) from memory_diffs"), 1);
    assert!(lists_a_diff(&app, CLEO));
    for who in [ADA, BEN, EDDA, DOV] {
        assert!(!lists_a_diff(&app, who), "{}", who.name);
    }
}

#[test]
fn an_item_whose_source_is_read_by_fewer_people_since_is_found_and_each_further_source_anew() {
    let app = App::own();
    remember(&app, CLEO, &[("source", DOOR)]);
    assert_eq!(app.as_(CLEO).post("/memory/MEM-1/sources", &[("source", SUPPLIERS)]).status, 303);
    night(&app);
    assert_eq!(app.count("select count(*) from memory_diffs"), 0);
    app.sql(&format!("update projects set visibility = 'restricted' where id = '{}'", BEACON.0));
    night(&app);
    night(&app);
    assert_eq!(asked(&app, "select string_agg(origin, ' ') from memory_diffs"), "narrowed");
    app.sql(&format!("update records set scope = 'user', owner_id = '{}' where display_id = '{SUPPLIERS}'", CLEO.id));
    night(&app);
    assert_eq!(asked(&app, "select string_agg(origin, ' ') from memory_diffs"), "narrowed narrowed");
}

#[test]
fn the_rules_leave_archived_projects_alone_and_sign_for_nobody() {
    let app = App::own();
    let yesterday = (start() - chrono::Duration::days(1)).date_naive().to_string();
    remember(&app, CLEO, &[("valid_until", &yesterday), ("place", "project:ATL")]);
    remember(&app, CLEO, &[("valid_until", &yesterday), ("place", "private")]);
    app.sql(&format!("update projects set archived_at = now() where id = '{}'", ATLAS.0));
    night(&app);
    assert_eq!(asked(&app, "select string_agg(scope || coalesce(author_id::text, ''), ' ') from memory_diffs"), "user");
    let refused = app.tx(|tx| {
        let me = tow::access::Actor::of_scope(tx, Place::Project(ATLAS))?;
        Ok(tow::diffs::review_place(tx, &me, Place::Project(ATLAS)).is_err())
    });
    assert!(refused, "a job that was under way finds a project that sleeps");
}

#[test]
fn two_lines_that_differ_only_in_capitals_are_one_statement() {
    let app = App::new();
    let doc = page(&app, CLEO, "organisation", "We must sail.\n\nWe MUST sail.");
    assert_eq!(app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]).status, 303);
    assert_eq!(changes(&app).len(), 1);
}

#[test]
fn bounds_are_those_of_the_constants() {
    let app = App::new();
    let long = "x".repeat(MAX_REASON_CHARS + 1);
    assert_eq!(app.as_(CLEO).post("/diffs", &fields(&FACT, &[("act", "add"), ("reason", &long)])).status, 422);
    let body: String = (0..MAX_CHANGES + 5).map(|number| format!("We must count to {number}.\n")).collect();
    assert_eq!(read_statements(&body).len(), MAX_CHANGES + 5);
    let doc = page(&app, CLEO, "organisation", &body);
    app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]);
    assert_eq!(changes(&app).len(), MAX_CHANGES);
    app.as_(CLEO).post("/diffs/reading", &[("doc", &doc)]);
    assert_eq!(changes(&app).len(), 5, "the rest comes with the next reading");
    let path = propose(&app, CLEO, &[("act", "add")]);
    let diff = path.rsplit('/').next().unwrap().to_owned();
    app.sql(&format!(
        "insert into memory_changes (id, diff_id, position, act, decision, title, item_type, confidence, importance)
         select gen_random_uuid(), '{diff}', n, 'add', 'open', 'x', 'fact', 1, 1 from generate_series(2, {MAX_CHANGES}) n"
    ));
    let full = app.as_(CLEO).post("/diffs", &fields(&FACT, &[("act", "add"), ("diff", &diff)]));
    assert!(full.status == 422 && full.has(&format!("at most {MAX_CHANGES} changes")), "{}", full.text());
}

#[test]
fn a_diff_asks_a_fixed_number_of_queries_however_many_changes_it_has() {
    let app = App::new();
    let one = page(&app, CLEO, "organisation", "We must sail.");
    let many: String = (0..30).map(|number| format!("We must row {number} times.\n")).collect();
    let many = page(&app, CLEO, "organisation", &many);
    let queries = |doc: &str| {
        let path = app.as_(CLEO).post("/diffs/reading", &[("doc", doc)]).location();
        app.as_(CLEO).get(&path).queries
    };
    assert_eq!(queries(&one), queries(&many));
}
