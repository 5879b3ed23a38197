//! Pages of boards.

use crate::access::{Actor, Verb, can};
use crate::db::paging::Page;
use crate::records::Record;
use crate::related::Address;
use crate::tickets::{COLUMN_COUNT_LIMIT, Row, Status};
use crate::ui::{Choice, Chooser, QueryBox, Sample, Shell, count_up_to, filters, sample, text};
use askama::Template;

/// `/board`.
#[derive(Template)]
#[template(path = "boards/show.html")]
pub struct Show {
    pub shell: Shell,
    pub columns: Vec<Column>,
    pub people: Chooser,
    pub tql: QueryBox,
    pub query: Address,
    pub is_empty: bool,
}

/// More cards of one column.
#[derive(Template)]
#[template(path = "boards/cards.html")]
pub struct More {
    pub shell: Shell,
    pub column: Column,
}

/// One card, after a move.
#[derive(Template)]
#[template(path = "boards/card.html")]
pub struct OneCard {
    pub shell: Shell,
    pub card: Card,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub status: Status,
    pub count: String,
    pub cards: Vec<Card>,
    /// Address of the cards that follow.
    pub more: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Card {
    pub row: Row,
    pub can_move: bool,
    pub statuses: Vec<Choice>,
}

impl Card {
    pub fn of(row: Row, me: &Actor) -> Self {
        let status = row.status;
        let choice = |other: &Status| {
            Choice::new(other, text(&other.label()), *other == status).icon(other.icon(), other.tone())
        };
        Card {
            can_move: can(me, Verb::Edit, &row.record.thing()),
            statuses: Status::ALL.iter().map(choice).collect(),
            row,
        }
    }
}

impl Column {
    /// `address` is the board's own query, to which the cursor is added.
    pub fn new(status: Status, count: i64, page: Page<Row>, me: &Actor, address: &str) -> Self {
        let more = page.next.map(|cursor| format!("/board/cards?{address}&status={status}&after={}", cursor.encode()));
        let cards = page.rows.into_iter().map(|row| Card::of(row, me)).collect();
        Column { status, count: count_up_to(count, COLUMN_COUNT_LIMIT), cards, more }
    }
}

impl Show {
    pub fn sample() -> Self {
        let row = Row {
            record: Record::sample(
                crate::access::Kind::Ticket,
                "ATL-138",
                "Weather hold: suggest the next three feasible departures",
            ),
            ticket_kind: crate::tickets::TicketKind::Story,
            status: Status::Todo,
            priority: 2,
            due_on: None,
            assignee: Some("Ada Lindqvist".to_owned()),
            tags: vec!["tides".to_owned()],
            children: 0,
            children_done: 0,
            sort_value: None,
        };
        let card = Card { row, can_move: true, statuses: vec![Choice::new("todo", text("status-todo"), true)] };
        let column = |status: &Status| Column {
            status: *status,
            count: "1".to_owned(),
            cards: if *status == Status::Todo { vec![card.clone()] } else { Vec::new() },
            more: None,
        };
        Show {
            shell: Shell::sample("board"),
            columns: Status::ALL.iter().map(column).collect(),
            people: Chooser::default(),
            tql: QueryBox { from_simple: "/board?tql=archived+%3D+false".to_owned(), ..QueryBox::default() },
            query: Address::plain("/board"),
            is_empty: false,
        }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let tql = QueryBox::asked("type = bug AND priority <= 2", "/board".to_owned());
    let in_tql = Show { tql: tql.clone(), ..Show::sample() };
    let wrong = Show { tql: tql.wrong("tql-too-slow".into(), 0, 0), columns: Vec::new(), ..Show::sample() };
    let many = Show { people: Chooser::many(), ..Show::sample() };
    vec![
        sample("boards/show", &Show::sample()),
        sample("boards/show many people", &many),
        sample("boards/show in TQL", &in_tql),
        sample("boards/show too slow", &wrong),
    ]
}
