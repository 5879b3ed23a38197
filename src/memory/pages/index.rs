//! `/memory`.

use super::{importance_choices, type_choices};
use crate::access::{Actor, Kind};
use crate::db::paging::Page;
use crate::error::Result;
use crate::memory::model::*;
use crate::records::Record;
use crate::related::{Address, sort_choices};
use crate::ui::{Choice, Shell, Tab, filters, list_count, text};
use askama::Template;
use chrono::NaiveDate;

#[derive(Template)]
#[template(path = "memory/index.html")]
pub struct Index {
    pub shell: Shell,
    pub lines: Vec<Line>,
    pub count: String,
    /// Past their date, of those the reader may read; they count no more.
    pub expired: i64,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: Address,
    pub types: Vec<Choice>,
    pub importances: Vec<Choice>,
    pub sorts: Vec<Choice>,
    pub next: Option<String>,
}

/// A row and what its item is worth today.
#[derive(Debug, Clone)]
pub struct Line {
    pub item: Item,
    pub source: Option<String>,
    pub standing: Standing,
    pub tone: &'static str,
}

impl Line {
    pub fn of(row: Row, today: NaiveDate) -> Self {
        let (standing, tone) = (row.item.standing(today), super::confidence_tone(row.item.confidence));
        Line { standing, tone, source: row.source, item: row.item }
    }
}

/// The words of this list's address.
pub const WORDS: [&str; 7] = ["q", "type", "importance", "tag", "show", "sort", "project"];

/// `NotFound` for a project that one cannot see.
pub fn filter(query: &Address, me: &Actor) -> Result<Filter> {
    let standing = match query.get("show") {
        "" => Some(Standing::Counts),
        word => Standing::parse(word),
    };
    Ok(Filter {
        words: query.given("q"),
        kind: Type::parse(query.get("type")),
        standing,
        needs_review: query.get("show") == "review",
        importance: parse_importance(query.get("importance")),
        tag: query.given("tag"),
        project: query.project(me)?,
    })
}

/// The fixed tabs before saved views.
pub fn tabs(query: &Address) -> Vec<Tab> {
    let tab = |key: &str, show: &str| query.tab(text(key), show);
    vec![
        tab("memory-tab-counts", ""),
        tab("memory-tab-review", "show=review"),
        tab("memory-tab-expired", "show=expired"),
        tab("memory-tab-superseded", "show=superseded"),
        tab("tab-all", "show=all"),
        tab("tab-archived", "show=archived"),
    ]
}

impl Index {
    /// "3", or "1,000+".
    pub fn expired_label(&self) -> String {
        list_count(self.expired)
    }

    pub fn new(shell: Shell, query: Address, page: Page<Row>, today: NaiveDate) -> Self {
        Index {
            shell,
            next: page.next.as_ref().map(|cursor| query.next(cursor)),
            lines: page.rows.into_iter().map(|row| Line::of(row, today)).collect(),
            count: String::new(),
            expired: 0,
            tabs: tabs(&query),
            saved: Vec::new(),
            types: type_choices(query.get("type")),
            importances: importance_choices(query.get("importance")),
            sorts: sort_choices(&SORTS, query.get("sort")),
            query,
        }
    }

    pub fn sample() -> Self {
        let row = |id: &str, title: &str, kind| Row {
            item: sample_item(id, title, kind),
            source: Some("DOC-118".to_owned()),
            sort_value: None,
        };
        let rows = vec![
            row("MEM-501", "The margin over the bar is half a metre", Type::Constraint),
            row("MEM-502", "We do not plan freight", Type::NonGoal),
        ];
        let page = Page { rows, next: None };
        let view = Index::new(Shell::sample("memory"), Address::plain("/memory"), page, sample_day());
        Index { count: "2".to_owned(), expired: 3, ..view }
    }

    pub fn empty_sample() -> Self {
        let page = Page { rows: Vec::new(), next: None };
        Index::new(Shell::sample("memory"), Address::plain("/memory"), page, sample_day())
    }
}

pub fn sample_day() -> NaiveDate {
    chrono::DateTime::UNIX_EPOCH.date_naive() + chrono::Duration::days(20_000)
}

pub fn sample_item(id: &str, title: &str, kind: Type) -> Item {
    Item {
        record: Record::sample(Kind::Memory, id, title),
        kind,
        status: Status::Active,
        body: "Measured at low water, by every vessel.".to_owned(),
        confidence: 96,
        importance: 4,
        valid_from: None,
        valid_until: Some(sample_day() + chrono::Duration::days(90)),
        needs_review: true,
    }
}
