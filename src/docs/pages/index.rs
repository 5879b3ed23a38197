//! The list of pages, and the bin.

use super::Pane;
use crate::access::{Actor, Kind, Place, Verb, can};
use crate::db::paging::Page;
use crate::docs::{BIN_DAYS, Binned, Filter, Row, SORTS, STARTERS, Starter};
use crate::error::{Error, Result};
use crate::records::Record;
use crate::related::{Address, parse_place, sort_choices};
use crate::ui::{Choice, Shell, Tab, filters, text};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

/// `/docs`.
#[derive(Template)]
#[template(path = "docs/index.html")]
pub struct Index {
    pub shell: Shell,
    pub pane: Pane,
    pub page: Page<Row>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: Address,
    pub sorts: Vec<Choice>,
    pub places: Vec<Choice>,
    pub place_name: Option<String>,
    pub next: Option<String>,
    pub starters: [Starter; 4],
}

/// The words of this list's address.
pub const WORDS: [&str; 6] = ["q", "tag", "place", "project", "show", "sort"];

/// The place asked for; `NotFound` for one that is not there for this person.
pub fn place(query: &Address, me: &Actor) -> Result<Option<Place>> {
    match (query.project(me)?, query.get("place")) {
        (Some(project), _) => Ok(Some(Place::Project(project))),
        (None, "") => Ok(None),
        (None, place) => match parse_place(me, place) {
            Err(Error::Invalid(_)) => Err(Error::NotFound),
            parsed => parsed.map(Some),
        },
    }
}

pub fn filter(query: &Address, me: &Actor) -> Result<Filter> {
    Ok(Filter {
        words: query.given("q"),
        tag: query.given("tag"),
        place: place(query, me)?,
        archived: query.is_archived(),
    })
}

/// All of the same place that is `show`.
fn within(query: &Address, show: &str) -> String {
    query.with(&[("q", ""), ("tag", ""), ("sort", ""), ("show", show)])
}

/// The fixed tabs before saved views.
pub fn tabs(query: &Address) -> Vec<Tab> {
    let tab = |label: &str, show: &str| {
        let (href, is_current) = (within(query, show), query.get("show") == show);
        Tab { href, label: text(label), is_current, is_shared: false, remove: None }
    };
    vec![tab("docs-tab-active", ""), tab("tab-archived", "archived")]
}

impl Index {
    /// Whether words or a tag leave pages out; a place does not.
    pub fn is_narrowed(&self) -> bool {
        self.query.given("q").is_some() || self.query.given("tag").is_some() || self.query.after.is_some()
    }

    pub fn cleared(&self) -> String {
        within(&self.query, "")
    }

    pub fn sample() -> Self {
        let row = Row {
            record: Record::sample(Kind::Doc, "DOC-118", "Tide windows, explained"),
            revision: 14,
            icon: String::new(),
            parent: Some("Planning".to_owned()),
            editor: Some("Vera Novak".to_owned()),
            tags: vec!["tides".to_owned()],
            sort_value: None,
        };
        let query = Address::plain("/docs");
        Index {
            shell: Shell::sample("docs"),
            pane: Pane::default(),
            page: Page { rows: vec![row], next: None },
            count: "1".to_owned(),
            tabs: tabs(&query),
            saved: Vec::new(),
            sorts: sort_choices(&SORTS, ""),
            places: Vec::new(),
            place_name: None,
            next: None,
            starters: STARTERS,
            query,
        }
    }
}

/// `/docs/bin`.
#[derive(Template)]
#[template(path = "docs/bin.html")]
pub struct Bin {
    pub shell: Shell,
    pub rows: Vec<BinRow>,
    pub days: i64,
}

pub struct BinRow {
    pub binned: Binned,
    /// When nothing brings it back any more.
    pub gone_at: DateTime<Utc>,
    pub gone_on: NaiveDate,
    pub can_return: bool,
}

impl BinRow {
    fn new(binned: Binned, can_return: bool) -> Self {
        let gone_at = binned.gone_at();
        BinRow { gone_at, gone_on: gone_at.date_naive(), can_return, binned }
    }
}

impl Bin {
    pub fn new(shell: Shell, me: &Actor, rows: Vec<Binned>) -> Self {
        let row = |binned: Binned| {
            let can_return = can(me, Verb::Remove, &binned.doc.record.thing());
            BinRow::new(binned, can_return)
        };
        Bin { shell, rows: rows.into_iter().map(row).collect(), days: BIN_DAYS }
    }

    pub fn sample() -> Self {
        let binned = Binned { doc: super::sample_doc(), remover: Some("Ben Osei".to_owned()), others: 3 };
        Bin { shell: Shell::sample("docs"), rows: vec![BinRow::new(binned, true)], days: BIN_DAYS }
    }
}
