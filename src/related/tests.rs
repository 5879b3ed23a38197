//! What every record's page can do.

use crate::harness::*;

#[test]
fn archiving_takes_a_record_out_of_lists_and_undo_brings_it_back() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let page = cleo.post("/records/ATL-1/archiving", &[]).follow();
    assert!(page.has("This is archived") && page.has("/records/ATL-1/archiving/removal"));
    assert!(!cleo.get("/tickets").has("Order steel"));
    cleo.post("/records/ATL-1/archiving/removal", &[]);
    assert!(cleo.get("/tickets").has("Order steel"));
}

#[test]
fn who_may_write_but_is_not_the_author_may_not_archive() {
    let app = App::new();
    assert_eq!(app.as_(CLEO).post("/records/ATL-2/archiving", &[]).status, 403);
    assert_eq!(app.as_(EDDA).post("/records/ATL-1/archiving", &[]).status, 303, "a lead may");
    assert_eq!(app.as_(VERA).post("/records/ATL-1/archiving", &[]).status, 403);
    assert_eq!(app.as_(DOV).post("/records/ATL-1/archiving", &[]).status, 404);
}

#[test]
fn whoever_sees_a_record_may_watch_it_and_stop() {
    let app = App::new();
    let vera = app.as_(VERA);
    assert!(vera.post("/records/ATL-1/watching", &[]).follow().has("watching/removal"));
    assert!(!vera.post("/records/ATL-1/watching/removal", &[]).follow().has("watching/removal"));
    assert_eq!(app.as_(DOV).post("/records/ATL-1/watching", &[]).status, 404);
}

#[test]
fn a_link_shows_on_both_sides_and_is_removed_from_either() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    assert!(cleo.post("/records/ATL-1/links", &[("kind", "blocks"), ("other", "bcn-1")]).follow().has("Blocks"));
    let other = cleo.get("/tickets/BCN-1");
    assert!(other.has("Blocked by") && other.has("ATL-1"));
    assert!(!app.as_(DOV).get("/tickets/BCN-1").has("ATL-1"), "who cannot see the other end sees no link");
    let path = other
        .text()
        .split("action=\"")
        .find(|part| part.contains("/links/"))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert!(!cleo.post(&path, &[]).follow().has("/records/BCN-1/links/"));
    assert!(!cleo.get("/tickets/ATL-1").has("/records/ATL-1/links/"));
}

#[test]
fn a_circle_of_blocks_is_refused_with_its_path() {
    let app = App::new();
    let ada = app.as_(ADA);
    ada.post("/records/ATL-1/links", &[("kind", "blocks"), ("other", "ATL-2")]);
    ada.post("/records/ATL-2/links", &[("kind", "blocks"), ("other", "BCN-1")]);
    let page = ada.post("/records/BCN-1/links", &[("kind", "blocks"), ("other", "ATL-1")]).follow();
    assert!(page.has("BCN-1 → ATL-1 → ATL-2 → BCN-1"));
    let inverse = ada.post("/records/ATL-1/links", &[("kind", "blocks-inverse"), ("other", "BCN-1")]).follow();
    assert!(inverse.has("would close a circle"));
}

#[test]
fn links_to_what_one_cannot_see_or_to_itself_are_refused() {
    let app = App::new();
    let dov = app.as_(DOV);
    assert!(
        dov.post("/records/BCN-1/links", &[("kind", "relates_to"), ("other", "ATL-1")])
            .follow()
            .has("no record with that ID")
    );
    assert!(
        dov.post("/records/BCN-1/links", &[("kind", "relates_to"), ("other", "BCN-1")])
            .follow()
            .has("cannot be linked to itself")
    );
    assert!(
        dov.post("/records/BCN-1/links", &[("kind", "eats"), ("other", "TOW-1")])
            .follow()
            .has("Choose one of the offered values")
    );
}

#[test]
fn naming_a_record_in_a_text_makes_a_backlink_for_those_who_may_see_it() {
    let app = App::new();
    let form = [
        ("title", "Ask the yard"),
        ("body", "As in BCN-1 and [[nothing]]."),
        ("place", "project:ATL"),
        ("kind", "task"),
        ("status", "todo"),
        ("priority", "3"),
    ];
    app.as_(CLEO).post("/tickets", &form);
    assert!(app.as_(CLEO).get("/tickets/BCN-1").has("Ask the yard"));
    assert!(!app.as_(DOV).get("/tickets/BCN-1").has("Ask the yard"));
}

#[test]
fn a_view_is_saved_as_a_tab_shared_when_asked_and_removed_by_its_owner() {
    let app = App::new();
    let form = [("kind", "ticket"), ("name", "Steel"), ("query", "q=steel"), ("shared", "on"), ("back", "/tickets")];
    assert!(app.as_(CLEO).post("/views", &form).follow().has("/tickets?q=steel"));
    assert!(app.as_(DOV).get("/tickets").has("/tickets?q=steel"));
    let id = app.read(CLEO, |tx, me| tow::records::SavedView::list(tx, me, tow::access::Kind::Ticket)).unwrap()[0].id;
    assert_eq!(app.as_(DOV).post(&format!("/views/{id}/removal"), &[]).status, 404);
    assert_eq!(app.as_(CLEO).post(&format!("/views/{id}/removal"), &[]).status, 303);
}

#[test]
fn a_view_that_others_see_is_not_replaced_by_one_that_they_do_not_nor_the_other_way_round() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let save = |query: &str, shared: &[(&'static str, &'static str)]| {
        let form = [&[("kind", "ticket"), ("name", "Steel"), ("query", query), ("back", "/tickets")], shared].concat();
        cleo.post("/views", &form).follow()
    };
    let is_shared = [("shared", "on")];
    assert!(save("q=steel", &is_shared).has("View saved"));
    assert!(save("q=mine", &[]).has("You share a view of this name with everybody"));
    assert!(app.as_(DOV).get("/tickets").has("/tickets?q=steel"));
    assert!(save("q=beams", &is_shared).has("/tickets?q=beams"), "one's own of the same sort is");
    app.sql("update saved_views set shared = false");
    assert!(save("q=steel", &is_shared).has("You have a view of this name that only you see"));
    assert!(!app.as_(DOV).get("/tickets").has("/tickets?q=steel"));
}

#[test]
fn the_view_of_a_project_is_no_tab_in_another_one() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    for (name, query) in [("Of Atlas", "project=ATL&q=steel"), ("Of all", "q=beams")] {
        cleo.post("/views", &[("kind", "ticket"), ("name", name), ("query", query), ("back", "/tickets")]);
    }
    let form = [("kind", "ticket"), ("name", "Of Atlas"), ("query", "project=BCN"), ("back", "/tickets?project=BCN")];
    assert!(cleo.post("/views", &form).follow().has("a view of this name in another project"));
    for (path, of_atlas) in [("/tickets", true), ("/tickets?project=ATL", true), ("/tickets?project=BCN", false)] {
        let page = cleo.get(path);
        assert_eq!((page.has("Of Atlas"), page.has("Of all")), (of_atlas, true), "{path}");
    }
}

#[test]
fn a_bad_view_is_refused_in_words() {
    let app = App::new();
    let long = "q=".to_owned() + &"x".repeat(3000);
    let cleo = app.as_(CLEO);
    let post = |name: &str, query: &str| {
        cleo.post("/views", &[("kind", "ticket"), ("name", name), ("query", query), ("back", "/tickets")]).follow()
    };
    assert!(post("Long", &long).has("too long to be saved"));
    assert!(post("", "q=x").has("name"));
    assert_eq!(cleo.post("/views", &[("kind", "nonsense"), ("name", "x"), ("query", "")]).status, 422);
}

#[test]
fn no_redirect_leaves_this_server() {
    let app = App::new();
    for back in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let answer = app
            .as_(CLEO)
            .post("/records/archiving", &[("kind", "ticket"), ("id", "ATL-1"), ("act", "archive"), ("back", back)]);
        assert_eq!(answer.location(), "/", "{back}");
    }
}
