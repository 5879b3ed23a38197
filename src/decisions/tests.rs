//! Decisions through the door.

use crate::harness::*;
use tow::decisions::{Decision, Status};
use tow::records::seen;

const NEW: [(&str, &str); 4] =
    [("title", "Paint in spring"), ("place", "organisation"), ("status", "proposed"), ("context", "It rains.")];

fn edit(app: &App, who: Who, id: &str, field: &str, was: &str, value: &str) -> Answer {
    app.as_(who).post(&format!("/decisions/{id}/fields"), &[("field", field), ("was", &seen(was)), ("value", value)])
}

fn status(app: &App, id: &str) -> Status {
    app.read(ADA, |tx, me| Decision::find(tx, me, id)).unwrap().status
}

#[test]
fn a_decision_is_written_down_and_shown() {
    let app = App::new();
    let page = app.as_(DOV).post("/decisions", &NEW).follow();
    assert!(page.has("Paint in spring") && page.has("It rains.") && page.has("Proposed"));
}

#[test]
fn superseding_shows_on_both_sides_and_is_done_once() {
    let app = App::new();
    let ada = app.as_(ADA);
    let new = ada.post("/decisions", &[&NEW[..], &[("supersedes", SUPPLIERS)]].concat());
    assert_eq!(status(&app, SUPPLIERS), Status::Superseded);
    assert!(new.follow().has("Supersedes") && ada.get("/decisions/DEC-1").has("This was replaced by"));
    let again = ada.post(&format!("{}/supersession", new.location()), &[("old", SUPPLIERS)]);
    assert!(again.follow().has("Both decisions show it"));
    let back = ada.post("/decisions/DEC-1/supersession", &[("old", new.location().trim_start_matches("/decisions/"))]);
    assert!(back.follow().has("already replaces this one"));
}

#[test]
fn what_one_cannot_see_cannot_be_superseded() {
    let app = App::new();
    let answer = app.as_(DOV).post("/decisions", &[&NEW[..], &[("supersedes", PILES)]].concat());
    assert_eq!(answer.status, 422);
    assert!(answer.has("no decision with that ID"));
    assert_eq!(app.count("select count(*) from records where title = 'Paint in spring'"), 0, "nothing is half-written");
}

#[test]
fn each_field_is_edited_in_place() {
    let app = App::new();
    for (field, was, value) in [
        ("context", "", "Two yards burnt."),
        ("status", "active", "rejected"),
        ("review_on", "", "2027-03-01"),
        ("tags", "", "steel"),
    ] {
        assert_eq!(edit(&app, BEN, SUPPLIERS, field, was, value).status, 303, "{field}");
    }
    let page = app.as_(CLEO).get("/decisions/DEC-1");
    assert!(page.has("Two yards burnt.") && page.has("Rejected") && page.has("steel"));
}

#[test]
fn a_lost_race_shows_both_texts() {
    let app = App::new();
    edit(&app, BEN, SUPPLIERS, "decision", "", "Ben's words");
    let answer = edit(&app, ADA, SUPPLIERS, "decision", "", "Ada's words");
    assert_eq!(answer.status, 409);
    assert!(answer.has("Ben") && answer.has("Ada"));
}

#[test]
fn a_decision_moves_to_a_wider_place_after_saying_who_will_see_it() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let asked = cleo.get("/records/DEC-4/place?place=organisation");
    assert!(asked.has("1 people can read it now") || asked.has("can read it now"));
    assert_eq!(cleo.post("/records/DEC-4/place", &[("place", "organisation")]).location(), "/decisions/DEC-4");
    assert_eq!(app.as_(DOV).get("/decisions/DEC-4").status, 200);
    assert_eq!(
        app.as_(DOV).post("/records/DEC-4/place", &[("place", "private")]).status,
        403,
        "only its author takes it back"
    );
}

#[test]
fn the_list_has_a_tab_per_status_and_says_what_belongs_here_when_empty() {
    let app = App::new();
    assert!(app.as_(DOV).get("/decisions?status=active").has("Two suppliers for steel"));
    assert!(app.as_(DOV).get("/decisions?status=superseded").has("Nothing fits this filter"));
}

#[test]
fn what_replaces_another_is_offered_where_that_is() {
    let app = App::new();
    let page = app.as_(CLEO).get(&format!("/decisions/new?supersedes={PILES}"));
    assert!(page.has("value=\"project:ATL\" selected"), "{}", page.text());
}

#[test]
fn of_two_decisions_that_replace_each_other_at_once_one_is_refused() {
    let app = App::own();
    let ada = app.as_(ADA);
    let other = ada.post("/decisions", &NEW).location();
    let id = other.trim_start_matches("/decisions/");
    let requests = vec![
        ada.posting(&format!("/decisions/{SUPPLIERS}/supersession"), &[("old", id)]),
        ada.posting(&format!("{other}/supersession"), &[("old", SUPPLIERS)]),
    ];
    for answer in app.at_once(requests) {
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    assert_eq!(app.count("select count(*) from record_links where kind = 'supersedes'"), 1);
}
