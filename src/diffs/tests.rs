//! Diffs: reading, likeness, review, rules, through the doors.

use crate::harness::*;
use tow::diffs::{Likeness, MAX_CHANGES, MAX_REASON_CHARS, enqueue_reviews, likeness, read_statements};
use tow::memory::{self, MAX_CONTEXT, Type};

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
    let answer = app.as_(who).post("/diffs", &fields(&FACT, more));
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location()
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

/// What the page says it shows of a change's target.
fn seen(page: &Answer, change: &str) -> String {
    let text = page.text();
    let Some(form) = text.find(&format!("changes/{change}/decision")) else { return String::new() };
    let rest = &text[form..];
    let Some(at) = rest.find("name=\"seen\" value=\"") else { return String::new() };
    rest[at + 19..].split('"').next().unwrap().to_owned()
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
    let edited = fields(&FACT, &[("title", "Crews eat at noon"), ("type", "commitment")]);
    assert_eq!(app.as_(DOV).post(&format!("{path}/changes/{}", ids[2]), &edited).status, 303);
    assert!(titles(&app, ADA).is_empty(), "accepted is not yet applied");
    assert_eq!(app.as_(DOV).post(&format!("{path}/application"), &[]).status, 303);
    assert_eq!(titles(&app, ADA), ["Crews eat at noon", "We must sail."]);
    assert_eq!(status(&app), "pending", "one is undecided");
    let sources = "select count(*) from memory_sources s join records r on r.id = s.record_id where r.kind = 'doc'";
    assert_eq!(app.count(sources), 2);
    assert_eq!(decide(&app, DOV, &path, &ids[3], "refused").status, 303);
    assert_eq!(status(&app), "partially_applied");
    assert_eq!(decide(&app, DOV, &path, &ids[3], "accepted").status, 422, "what is closed stays closed");
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
    app.as_(CLEO).post(&format!("{path}/acceptance"), &[]);
    assert_eq!(app.as_(CLEO).post(&format!("{path}/application"), &[]).status, 303);
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
    assert_eq!(app.as_(ADA).post(&format!("{path}/application"), &[]).status, 403);
    assert_eq!(decide(&app, ADA, &path, &ids[0], "refused").status, 404);
    let own = app.as_(CLEO).post(&format!("{path}/application"), &[]);
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
    app.as_(DOV).post(&format!("{path}/acceptance"), &[]);
    assert_eq!(app.as_(DOV).post(&format!("{path}/application"), &[]).status, 303);
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
    let lost = app.as_(CLEO).post(&format!("{path}/application"), &[]);
    assert_eq!(lost.status, 409);
    assert!(lost.has("Ten beams") && lost.has("Eleven beams") && lost.has("nothing was applied"), "{}", lost.text());
    assert_eq!(titles(&app, ADA), ["Eleven beams"]);
    app.as_(CLEO).post(&format!("{path}/changes/{id}/decision"), &[("decision", "open")]);
    let old = app.as_(CLEO).post(
        &format!("{path}/changes/{id}/decision"),
        &[("decision", "accepted"), ("seen", "what stood there yesterday")],
    );
    assert_eq!(old.status, 409);
    assert_eq!(decide(&app, CLEO, &path, &id, "accepted").status, 303);
    assert_eq!(app.as_(CLEO).post(&format!("{path}/application"), &[]).status, 303);
    assert_eq!(titles(&app, ADA), ["Twelve beams"]);
    assert!(app.as_(ADA).get(&format!("/memory/{one}/history")).has("<ins>Twelve</ins>"));
}

#[test]
fn if_one_accepted_change_cannot_be_applied_none_is() {
    let app = App::new();
    let ada = remember(&app, ADA, &[("title", "Ada wrote this")]);
    let path = propose(&app, CLEO, &[("act", "update"), ("target", &ada), ("title", "Cleo rewrote this")]);
    let diff = path.rsplit('/').next().unwrap();
    propose(&app, CLEO, &[("act", "archive"), ("target", &ada), ("diff", diff)]);
    assert_eq!(app.as_(CLEO).post(&format!("{path}/acceptance"), &[]).status, 303);
    // Archiving what another wrote for the organisation takes a curator; the first change alone would have gone through.
    assert!([403, 409].contains(&app.as_(CLEO).post(&format!("{path}/application"), &[]).status));
    assert_eq!(titles(&app, ADA), ["Ada wrote this"]);
    assert_eq!(app.count("select count(*) from memory_changes where decision = 'applied'"), 0);
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
            assert_eq!(app.as_(ADA).post(&format!("{path}/application"), &[]).status, 303, "{origin}");
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
fn an_item_whose_source_is_read_by_fewer_people_since_is_found() {
    let app = App::own();
    remember(&app, CLEO, &[("source", DOOR)]);
    night(&app);
    assert_eq!(app.count("select count(*) from memory_diffs"), 0);
    app.sql(&format!("update projects set visibility = 'restricted' where id = '{}'", BEACON.0));
    night(&app);
    assert_eq!(asked(&app, "select origin from memory_diffs"), "narrowed");
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
