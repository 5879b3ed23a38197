//! The board through the door.

use crate::harness::*;
use tow::db::paging::COLUMN_SIZE;
use tow::tickets::COLUMN_COUNT_LIMIT;

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

/// Blocked tickets of Beacon, from and to these numbers.
fn block(app: &App, from: i64, to: i64) {
    app.sql(&format!(
        "with r as (insert into records (id, organisation_id, kind, number, display_id, scope, project_id, title, created_at, updated_at)
           select gen_random_uuid(), p.organisation_id, 'ticket', 1000 + n, 'BCN-' || 1000 + n, 'project', p.id, 'Rope', '2026-01-01', '2026-01-01'
           from projects p, generate_series({from}, {to}) n where p.key = 'BCN' returning id, place_id)
         insert into tickets (id, place_id, kind, status, priority, rank) select id, place_id, 'task', 'blocked', 3, 'b' from r"
    ));
}

#[test]
fn a_column_counts_its_cards_up_to_a_hundred_and_the_board_asks_as_often_for_ten_as_for_more() {
    let app = App::new();
    let board = |address: &str| app.as_(BEN).get(address);
    let count = |answer: &Answer| {
        let head = answer.text().split("Blocked</h2>").nth(1).unwrap().split("</span>").next().unwrap().to_owned();
        head.rsplit('>').next().unwrap().to_owned()
    };
    block(&app, 1, 10);
    let few = board("/board?project=BCN");
    assert_eq!(count(&few), "10");
    block(&app, 11, COLUMN_COUNT_LIMIT);
    app.sql("update records set archived_at = '2026-01-02' where display_id = 'BCN-1001'");
    let most = board("/board?project=BCN");
    assert_eq!((count(&most).as_str(), column(&most.text(), "blocked").len()), ("99", COLUMN_SIZE));
    block(&app, COLUMN_COUNT_LIMIT + 1, COLUMN_COUNT_LIMIT + 2);
    for address in ["/board?project=BCN", "/board", "/board?project=BCN&q=rope"] {
        assert_eq!(count(&board(address)), "100+", "{address}");
    }
    assert_eq!(board("/board?project=BCN").queries, few.queries);
    assert!(board("/board").queries <= 12);
}
