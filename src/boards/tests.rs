//! The board through the door.

use crate::harness::*;

fn column(html: &str, status: &str) -> Vec<String> {
    let start = format!("data-status=\"{status}\"");
    let cell = html.split(&start).nth(1).unwrap_or_default().split("</ul>").next().unwrap_or_default().to_owned();
    cell.split("data-id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[test]
fn cards_stand_in_the_column_of_their_status_within_what_one_sees() {
    let app = App::new();
    let html = app.as_(CLEO).get("/board").text();
    assert_eq!(column(&html, "todo"), ["ATL-1", "TOW-2", "TOW-3"]);
    assert_eq!(column(&app.as_(DOV).get("/board").text(), "todo"), Vec::<String>::new());
    assert_eq!(app.as_(DOV).get("/board?project=ATL").status, 404);
}

#[test]
fn a_dropped_card_takes_the_status_and_the_place_between_its_neighbours() {
    let app = App::new();
    let cleo = app.as_(CLEO);
    let fields = [("status", "todo"), ("before", "ATL-1"), ("after", "TOW-2")];
    assert_eq!(cleo.post("/board/TOW-1/move", &fields).status, 303);
    assert_eq!(column(&cleo.get("/board").text(), "todo"), ["ATL-1", "TOW-1", "TOW-2", "TOW-3"]);
    cleo.post("/board/TOW-3/move", &[("status", "todo"), ("after", "ATL-1")]);
    assert_eq!(column(&cleo.get("/board").text(), "todo"), ["TOW-3", "ATL-1", "TOW-1", "TOW-2"]);
}

#[test]
fn a_script_gets_the_card_back() {
    let app = App::new();
    let answer = app.as_(CLEO).with("hx-request", "true").post("/board/ATL-1/move", &[("status", "done")]);
    assert_eq!(answer.status, 200);
    assert!(answer.has("data-id=\"ATL-1\"") && !answer.has("<html"));
}

#[test]
fn neighbours_that_have_gone_are_the_end_of_the_column() {
    let app = App::new();
    let fields = [("status", "done"), ("before", "ATL-999"), ("after", "TOW-3")];
    assert_eq!(app.as_(EDDA).post("/board/ATL-1/move", &fields).status, 303);
}

#[test]
fn a_viewer_may_not_move_cards_and_a_wrong_status_is_a_clear_error() {
    let app = App::new();
    assert_eq!(app.as_(VERA).post("/board/ATL-1/move", &[("status", "done")]).status, 403);
    assert_eq!(app.as_(CLEO).post("/board/ATL-1/move", &[("status", "gone")]).status, 422);
    assert_eq!(app.as_(DOV).post("/board/ATL-1/move", &[("status", "done")]).status, 404);
}

#[test]
fn the_board_asks_as_often_for_ten_cards_as_for_a_thousand() {
    let app = App::new();
    let before = app.as_(BEN).get("/board").queries;
    assert!(before <= 12, "{before}");
}
