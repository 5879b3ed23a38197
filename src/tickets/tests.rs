//! Tickets through the door.

use crate::harness::*;
use proptest::prelude::*;
use tow::records::Sort;
use tow::records::{rank_between, rank_of_new, seen};
use tow::text::value::MAX_BODY_BYTES;
use tow::tickets::{Filter, SORTS, Status, Ticket, TicketKind};

const NEW: [(&str, &str); 5] =
    [("title", "Paint the hull"), ("place", "project:ATL"), ("kind", "task"), ("status", "todo"), ("priority", "3")];

/// The form with one field changed or added.
fn with<'a>(field: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<_> = NEW.into_iter().filter(|(name, _)| *name != field).collect();
    form.push((field, value));
    form
}

fn edit(app: &App, who: Who, id: &str, field: &str, was: &str, value: &str) -> Answer {
    app.as_(who).post(&format!("/tickets/{id}/fields"), &[("field", field), ("was", &seen(was)), ("value", value)])
}

fn ticket(app: &App, id: &str) -> Ticket {
    app.read(ADA, |tx, me| Ticket::find(tx, me, id)).unwrap()
}

#[test]
fn a_new_ticket_gets_the_next_key_of_its_project_and_its_author_watches_it() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    assert_eq!(cleo.post("/tickets", &NEW).location(), "/tickets/ATL-3");
    let page = cleo.get("/tickets/ATL-3");
    assert!(page.has("Paint the hull") && page.has("created this"));
    assert!(page.has("/records/ATL-3/watching/removal"), "she watches, so the button stops it");
}

#[test]
fn a_ticket_outside_a_project_is_numbered_by_the_organisation() {
    let app = App::new();
    assert_eq!(app.as_(DOV).post("/tickets", &with("place", "organisation")).location(), "/tickets/TOW-4");
    assert_eq!(app.as_(DOV).post("/tickets", &with("place", "private")).location(), "/tickets/TOW-5");
    assert_eq!(app.as_(ADA).get("/tickets/TOW-5").status, 404, "not even an owner sees what is private");
}

#[test]
fn keys_never_collide_when_many_are_made_at_once() {
    let app = App::own();
    let people: Vec<Client> = (0..4).map(|_| app.as_(CLEO)).collect();
    let requests = (0..12).map(|n| people[n % 4].posting("/tickets", &NEW)).collect();
    let mut keys: Vec<String> = app.at_once(requests).iter().map(Answer::location).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 12, "{keys:?}");
}

#[test]
fn a_form_sent_twice_makes_one_ticket_and_leads_to_it_twice() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let form = with("_once", "6f1c1f0e-9df4-4b0e-8a57-6f0e5b8d1c11");
    assert_eq!(cleo.post("/tickets", &form).location(), "/tickets/ATL-3");
    assert_eq!(cleo.post("/tickets", &form).location(), "/tickets/ATL-3");
    assert_eq!(app.count("select count(*) from records where title = 'Paint the hull'"), 1);
}

#[test]
fn bad_fields_come_back_with_what_was_typed_and_nothing_is_made() {
    let app = App::new();
    let long = "x".repeat(256);
    let bad = [
        ("title", "", "Write a title"),
        ("title", "  \t ", "Write a title"),
        ("title", long.as_str(), "255"),
        ("title", "a\0b", ""),
        ("place", "project:NOPE", "Choose one of the offered places"),
        ("kind", "saga", "Choose one of the offered values"),
        ("status", "sleeping", "Choose one of the offered values"),
        ("priority", "9", "Choose one of the offered values"),
        ("assignee", "not-an-id", "has the name or handle “not-an-id”"),
        ("assignee", "00000000-0000-0000-0000-0000000001ff", "no active member"),
        ("parent", "ATL-999", "no ticket with that ID"),
        ("parent", "TOW-3", "no ticket with that ID"),
        ("parent", "BCN-1", "cannot hold this type"),
        ("due_on", "tomorrow", "year-month-day"),
        ("due_on", "9999-01-01", "between 1900 and 2200"),
        ("estimate", "-1", "whole number"),
        ("estimate", "99999999999", "whole number"),
    ];
    for (field, value, words) in bad {
        let mut form = with(field, value);
        form.push(("body", "Words worth keeping"));
        let answer = app.as_(DOV).post("/tickets", &swap(form, "project:ATL", "project:BCN"));
        assert_eq!(answer.status, 422, "{field} = {value:?}");
        assert!(answer.has(words), "{field} = {value:?} says {words}");
        assert!(answer.has("Words worth keeping"), "{field} = {value:?} keeps the rest");
    }
    assert_eq!(
        app.count(
            "select count(*) from records where number > 1 and project_id = '00000000-0000-0000-0000-000000000012'"
        ),
        0
    );
}

fn swap<'a>(form: Vec<(&'a str, &'a str)>, from: &str, to: &'a str) -> Vec<(&'a str, &'a str)> {
    form.into_iter().map(|(name, value)| if value == from { (name, to) } else { (name, value) }).collect()
}

#[test]
fn ten_megabytes_of_text_come_back_with_a_sentence_beside_the_field() {
    let app = App::new();
    let text = "Words. ".repeat(10 * 1024 * 1024 / 7);
    let answer = app.as_(CLEO).post("/tickets", &with("body", &text));
    assert_eq!(answer.status, 422);
    assert!(answer.has(&format!("{}", MAX_BODY_BYTES / 1024)) && answer.text().len() > text.len());
}

#[test]
fn script_in_every_field_is_shown_as_text() {
    let app = App::new();
    let evil = "<script>alert(1)</script>";
    let form = [
        ("title", evil),
        ("body", evil),
        ("place", "project:ATL"),
        ("tags", "<img src=x onerror=alert(1)>"),
        ("kind", "task"),
        ("status", "todo"),
        ("priority", "3"),
    ];
    let page = app.as_(CLEO).post("/tickets", &form).follow();
    assert_eq!(page.status, 200);
    let html = page.text();
    assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{html}");
    assert!(html.contains("&lt;script&gt;") || html.contains("&#60;script&#62;"));
}

#[test]
fn marks_that_turn_text_round_are_taken_out_of_a_title() {
    let app = App::new();
    app.as_(CLEO).post("/tickets", &with("title", "invoice\u{202E}gpj.exe"));
    assert_eq!(ticket(&app, "ATL-3").record.title, "invoicegpj.exe");
}

#[test]
fn each_field_is_edited_in_place_and_remembered() {
    let app = App::new();
    let cases = [
        ("title", "Order steel for the north pier", "Order steel"),
        ("status", "todo", "in_progress"),
        ("priority", "3", "1"),
        ("due_on", "", "2026-12-24"),
        ("estimate", "", "8"),
        ("body", "", "Ask **three** yards."),
        ("tags", "", "steel, pier"),
    ];
    for (field, was, value) in cases {
        assert_eq!(edit(&app, CLEO, STEEL, field, was, value).status, 303, "{field}");
    }
    let page = app.as_(CLEO).get("/tickets/ATL-1");
    for words in ["Order steel", "In progress", "Urgent", "8 points", "<strong>three</strong>", "pier"] {
        assert!(page.has(words), "{words}");
    }
    assert_eq!(app.count("select count(*) from activity where act = 'changed'"), 7);
}

#[test]
fn an_edit_that_changes_nothing_leaves_no_trace() {
    let app = App::new();
    assert_eq!(edit(&app, CLEO, STEEL, "status", "todo", "todo").status, 303);
    assert_eq!(app.count("select count(*) from activity where act = 'changed'"), 0);
}

#[test]
fn a_lost_race_shows_both_values_and_loses_neither() {
    let app = App::new();
    edit(&app, EDDA, STEEL, "body", "", "Edda's words");
    let answer = edit(&app, CLEO, STEEL, "body", "", "Cleo's words");
    assert_eq!(answer.status, 409);
    assert!(answer.has("Edda") && answer.has("Cleo") && answer.has("Keep mine"));
    assert_eq!(ticket(&app, STEEL).body, "Edda's words");
}

#[test]
fn changes_of_two_people_to_two_fields_are_no_race() {
    let app = App::new();
    edit(&app, EDDA, STEEL, "priority", "3", "1");
    assert_eq!(edit(&app, CLEO, STEEL, "status", "todo", "done").status, 303);
    assert_eq!((ticket(&app, STEEL).priority, ticket(&app, STEEL).status), (1, Status::Done));
}

#[test]
fn two_who_write_the_same_agree() {
    let app = App::new();
    edit(&app, EDDA, STEEL, "status", "todo", "done");
    assert_eq!(edit(&app, CLEO, STEEL, "status", "todo", "done").status, 303);
}

#[test]
fn a_viewer_reads_and_may_not_change_and_the_refusal_is_kept() {
    let app = App::own();
    let answer = edit(&app, VERA, STEEL, "status", "todo", "done");
    assert_eq!(answer.status, 403);
    assert!(answer.has("member") && answer.has("Atlas"));
    assert_eq!(app.count("select count(*) from audit_events where action = 'refused' and outcome = 'denied'"), 1);
    assert!(!app.as_(VERA).get("/tickets/ATL-1").has("data-edit-form"), "no form that would be refused");
}

#[test]
fn done_is_resolved_and_open_again_is_not() {
    let app = App::new();
    edit(&app, CLEO, STEEL, "status", "todo", "done");
    assert!(ticket(&app, STEEL).resolved_at.is_some());
    edit(&app, CLEO, STEEL, "status", "done", "todo");
    assert!(ticket(&app, STEEL).resolved_at.is_none());
}

#[test]
fn an_epic_holds_stories_and_counts_those_that_are_done() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    cleo.post("/tickets", &with("kind", "epic"));
    for status in ["todo", "done"] {
        let mut form = swap(with("kind", "story"), "todo", status);
        form.push(("parent", "ATL-3"));
        assert_eq!(cleo.post("/tickets", &form).status, 303);
    }
    assert!(cleo.get("/tickets/ATL-3").has("1 of 2 done"));
    let refused = edit(&app, CLEO, "ATL-3", "kind", "epic", "task");
    assert!(refused.status == 422 && refused.has("do not fit that type"));
}

#[test]
fn kinds_that_may_hold_each_other_make_no_circle() {
    for parent in TicketKind::ALL {
        for child in TicketKind::ALL {
            assert!(!(parent.may_hold(*child) && child.may_hold(*parent)), "{parent} {child}");
        }
    }
}

#[test]
fn a_bulk_act_is_done_to_all_or_none() {
    let app = App::new();
    let back = ("back", "/tickets");
    let done = app.as_(CLEO).post("/tickets/bulk", &[("id", STEEL), ("id", DOOR), ("set", "priority=1"), back]);
    assert_eq!(done.location(), "/tickets");
    assert_eq!((ticket(&app, STEEL).priority, ticket(&app, DOOR).priority), (1, 1));
    let refused = app.as_(VERA).post("/tickets/bulk", &[("id", DOOR), ("id", STEEL), ("set", "priority=5"), back]);
    assert_eq!(refused.status, 403);
    assert_eq!(ticket(&app, DOOR).priority, 1, "the one she could change is as it was");
    let hidden = app.as_(DOV).post("/tickets/bulk", &[("id", DOOR), ("id", STEEL), ("act", "archive"), back]);
    assert_eq!(hidden.status, 404);
}

#[test]
fn a_bulk_change_is_taken_back_to_what_each_was_unless_one_was_changed_since() {
    let app = App::new();
    app.sql("update tickets set priority = 4 where id = (select id from records where display_id = 'ATL-1')");
    let cleo = app.as_(CLEO);
    let priorities = || (ticket(&app, STEEL).priority, ticket(&app, DOOR).priority);
    let set = [("id", STEEL), ("id", DOOR), ("set", "priority=1"), ("back", "/tickets")];
    let page = cleo.post("/tickets/bulk", &set).follow().text();
    assert_eq!(priorities(), (1, 1));
    let old: Vec<&str> = page.split("name=\"old\" value=\"").skip(1).map(|rest| &rest[..1]).collect();
    assert_eq!(old, ["4", "3"]);
    let undo = [&set[..], &[("old", old[0]), ("old", old[1])]].concat();
    assert!(!cleo.post("/tickets/bulk", &undo).follow().has("name=\"old\""));
    assert_eq!(priorities(), (4, 3));
    cleo.post("/tickets/bulk", &set);
    cleo.post("/tickets/bulk", &[("id", DOOR), ("set", "priority=2")]);
    assert!(cleo.post("/tickets/bulk", &undo).follow().has("changed since"));
    assert_eq!(priorities(), (1, 2), "all of it or nothing");
    cleo.post("/tickets/bulk", &undo[..5]);
    assert_eq!(priorities(), (1, 2), "a value too few");
}

#[test]
fn a_bulk_act_on_nothing_says_so() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    assert!(
        cleo.post("/tickets/bulk", &[("act", "archive"), ("back", "/tickets")])
            .follow()
            .has("Select at least one row first")
    );
}

#[test]
fn the_list_narrows_sorts_and_hides_what_is_done_or_archived() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let list = cleo.get("/tickets");
    assert!(list.has("Order steel") && list.has("Ask about the night shift") && !list.has("Crane hire"));
    assert!(cleo.get("/tickets?show=all").has("Crane hire"));
    assert!(!cleo.get("/tickets?project=ATL").has("Repaint the lighthouse"));
    assert!(cleo.get("/tickets?assignee=me").has("Order steel") && !cleo.get("/tickets?assignee=me").has("Repaint"));
    assert!(cleo.get("/tickets?q=STEEL").has("Order steel"), "case does not matter");
    assert!(cleo.get("/tickets?q=%25").has("Nothing fits this filter"), "a percent sign is a percent sign");
    let ben = app.as_(BEN);
    ben.post("/records/BCN-1/archiving", &[]);
    assert!(
        !ben.get("/tickets?project=BCN").has("id=\"row-BCN-1\"")
            && ben.get("/tickets?show=archived").has("id=\"row-BCN-1\"")
    );
}

#[test]
fn pages_of_a_list_follow_each_other_without_gap_or_repetition() {
    for sort in ["updated", "priority", "due", "created", "title"] {
        let app = App::new();
        let sql = "with made as (insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, created_at, updated_at)
            select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'ticket', n, 'BCN-' || n, 'project',
              '00000000-0000-0000-0000-000000000012', 'Row ' || lpad((n % 7)::text, 3, '0'), now(), now() - (n % 5) * interval '1 hour'
            from generate_series(100, 229) n returning id, number, place_id)
            insert into tickets (id, place_id, kind, status, priority, rank, due_on)
            select id, place_id, 'task', 'todo', 1 + number % 5, 'i' || number, case when number % 3 = 0 then date '2027-01-01' + number % 4 end from made";
        app.sql(sql);
        let mut seen: Vec<String> = Vec::new();
        let mut next = Some(format!("/tickets?project=BCN&show=all&sort={sort}"));
        while let Some(path) = next {
            let html = app.as_(BEN).get(&path).text();
            seen.extend(html.split("id=\"row-").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
            next = html
                .split("rel=\"next\" href=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .map(|href| href.replace("&#38;", "&").replace("&amp;", "&"));
        }
        let total = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((total, seen.len()), (131, 131), "sorted by {sort}");
    }
}

#[test]
fn whose_a_ticket_is_stands_with_its_record_whoever_writes_it() {
    const APART: &str = "select count(*) from tickets t join records r on r.id = t.id
        where (t.assignee_id, t.reporter_id) is distinct from (r.assignee_id, r.reporter_id)";
    let app = App::new();
    let of_cleo = format!("select count(*) from records where assignee_id = '{}'", CLEO.id);
    assert_eq!(app.count(APART), 0);
    let before = app.count(&of_cleo);
    let cleo = app.as_(CLEO);
    let made = cleo.post("/tickets", &with("assignee", "cleo")).location();
    let id = made.rsplit('/').next().unwrap();
    assert_eq!((app.count(&of_cleo), app.count(APART)), (before + 1, 0));
    let mine = |app: &App| app.as_(CLEO).get("/tickets?assignee=me&show=all").has(&format!("id=\"row-{id}\""));
    assert!(mine(&app));
    assert_eq!(edit(&app, CLEO, id, "assignee", &CLEO.id.to_string(), "").status, 303);
    assert_eq!((app.count(&of_cleo), app.count(APART), mine(&app)), (before, 0, false));
    app.sql(&format!("update tickets set assignee_id = '{}'", CLEO.id));
    assert_eq!((app.count(APART), mine(&app)), (0, true));
    app.sql(&format!("update tickets set assignee_id = null, reporter_id = '{}'", CLEO.id));
    assert_eq!((app.count(&of_cleo), app.count(APART)), (0, 0));
}

#[test]
fn somebodys_own_are_read_in_the_order_of_change_and_by_priority_where_that_has_an_index() {
    let app = App::new();
    let asked = |filter: &Filter, sort: Sort| {
        app.read(CLEO, |_, me| filter.list(sort, None).statement(me).map(|sql| sql.text())).unwrap()
    };
    let mine = Filter { assignee: Some(Some(CLEO.id)), ..Filter::default() };
    let [updated, priority, due, created, title] = SORTS;
    for (filter, sort, column) in [
        (&mine, updated, "r.assignee_id = "),
        (&mine, created, "r.assignee_id = "),
        (&mine, title, "r.assignee_id = "),
        (&mine, priority, "t.assignee_id = "),
        (&mine, due, "t.assignee_id = "),
        (&Filter { priorities: vec![1], ..mine.clone() }, updated, "t.assignee_id = "),
        (&Filter { due_before: "2027-01-01".parse().ok(), ..mine.clone() }, updated, "t.assignee_id = "),
        (&Filter { assignee: Some(None), ..Filter::default() }, updated, "t.assignee_id is null"),
    ] {
        let sql = asked(filter, sort);
        assert!(sql.contains(column), "{}: {sql}", sort.key);
    }
}

#[test]
fn a_damaged_cursor_is_a_clear_error() {
    let app = App::new();
    for after in
        ["x", "eyJzb3J0IjoidXBkYXRlZCIsInZhbHVlIjoieCIsImlkIjoiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIn0"]
    {
        let answer = app.as_(CLEO).get(&format!("/tickets?after={after}"));
        assert_eq!(answer.status, 422, "{after}");
        assert!(answer.has("link to a further page is damaged"));
    }
}

#[test]
fn the_list_asks_at_most_six_times() {
    let app = App::new();
    assert!(app.as_(CLEO).get("/tickets").queries <= 6);
    assert!(app.as_(CLEO).get("/tickets/ATL-1").queries <= 20);
}

#[test]
fn odd_ids_in_the_address_are_not_found() {
    let app = App::new();
    for id in ["ATL-0", "atl-1", "ATL-99999999999", "%00", "..%2f..%2fetc", "DEC-1", "%F0%9F%92%A9", "ATL-1%27--"] {
        assert_eq!(app.as_(ADA).get(&format!("/tickets/{id}")).status, 404, "{id}");
    }
}

proptest! {
    #[test]
    fn between_any_two_ranks_fits_a_third(mut ranks in proptest::collection::vec("[0-9a-z]{0,6}[1-9a-z]", 2..6), cut in 0_usize..5) {
        ranks.sort();
        ranks.dedup();
        let cut = cut.min(ranks.len() - 1);
        let low = cut.checked_sub(1).map(|at| ranks[at].clone());
        let high = ranks.get(cut).cloned();
        let rank = rank_between(low.as_deref(), high.as_deref());
        prop_assert!(low.is_none_or(|low| low < rank) && high.is_none_or(|high| rank < high), "{}", rank);
    }
}

#[test]
fn a_card_dropped_a_thousand_times_in_one_place_keeps_a_short_rank() {
    let (first, last) = (rank_of_new(start()), rank_of_new(start() + chrono::Duration::seconds(1)));
    let (mut low, mut rank) = (first.clone(), last.clone());
    for turn in 0..1000 {
        rank = rank_between(Some(&low), Some(&rank));
        assert!(low < rank);
        if turn % 2 == 0 {
            low = first.clone();
        }
    }
    assert!(rank.len() < 400, "{}", rank.len());
}

#[test]
fn the_next_of_several_begins_in_the_same_place_with_the_same_type_labels_and_tick() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let form = [
        ("title", "One of several"),
        ("place", "private"),
        ("kind", "bug"),
        ("status", "backlog"),
        ("priority", "2"),
        ("tags", "steel, pier & quay"),
        ("another", "on"),
    ];
    let to = cleo.post("/tickets?project=BCN", &form).location();
    let page = cleo.get(&to);
    for chosen in ["private", "bug", "backlog", "2"] {
        assert!(page.has(&format!("value=\"{chosen}\" selected")), "{chosen}: {to}");
    }
    assert!(
        page.has("value=\"steel, pier &amp; quay\"") || page.has("value=\"steel, pier &#38; quay\""),
        "{}",
        page.text()
    );
    assert!(page.has("name=\"another\" checked") && !page.has("One of several\""), "{}", page.text());
    // A place that one may not make anything in is not offered, so it is not chosen.
    let dov = app.as_(DOV).get("/tickets/new?place=project:ATL");
    assert!(dov.status == 200 && !dov.has("value=\"project:ATL\""), "{}", dov.text());
}
