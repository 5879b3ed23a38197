//! `/snapshots`.

use super::type_choices;
use crate::access::{Actor, Kind};
use crate::db::paging::Page;
use crate::error::Result;
use crate::records::Record;
use crate::related::{Address, sort_choices};
use crate::snapshots::model::*;
use crate::ui::{Choice, Shell, Tab, filters, text};
use askama::Template;

#[derive(Template)]
#[template(path = "snapshots/index.html")]
pub struct Index {
    pub shell: Shell,
    pub page: Page<Row>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: Address,
    pub types: Vec<Choice>,
    pub sorts: Vec<Choice>,
    pub next: Option<String>,
}

/// The words of this list's address.
pub const WORDS: [&str; 6] = ["q", "type", "status", "show", "sort", "project"];

/// `NotFound` for a project that one cannot see.
pub fn filter(query: &Address, me: &Actor) -> Result<Filter> {
    Ok(Filter {
        words: query.given("q"),
        kind: Type::parse(query.get("type")),
        status: Status::parse(query.get("status")),
        project: query.project(me)?,
        archived: query.is_archived(),
    })
}

/// The fixed tabs before saved views.
pub fn tabs(query: &Address) -> Vec<Tab> {
    let status = |status: Status| query.tab(text(&status.label()), &format!("status={status}"));
    vec![
        query.tab(text("tab-all"), ""),
        status(Status::Active),
        status(Status::Pending),
        status(Status::Superseded),
        query.tab(text("tab-archived"), "show=archived"),
    ]
}

impl Index {
    pub fn new(shell: Shell, query: Address, page: Page<Row>) -> Self {
        Index {
            shell,
            next: page.next.as_ref().map(|cursor| query.next(cursor)),
            page,
            count: String::new(),
            tabs: tabs(&query),
            saved: Vec::new(),
            types: type_choices(query.get("type")),
            sorts: sort_choices(&SORTS, query.get("sort")),
            query,
        }
    }

    pub fn sample() -> Self {
        let row = |id: &str, title: &str, kind, status| Row {
            record: Record::sample(Kind::Snapshot, id, title),
            kind,
            status,
            sort_value: None,
        };
        let rows = vec![
            row("SNAP-9", "Weekly review, 20 Nov 2026", Type::Weekly, Status::Pending),
            row("SNAP-8", "Company state, 1 Nov 2026", Type::Company, Status::Active),
        ];
        let view = Index::new(Shell::sample("snapshots"), Address::plain("/snapshots"), Page { rows, next: None });
        Index { count: "2".to_owned(), ..view }
    }

    pub fn empty_sample() -> Self {
        let page = Page { rows: Vec::new(), next: None };
        Index::new(Shell::sample("snapshots"), Address::plain("/snapshots"), page)
    }
}
