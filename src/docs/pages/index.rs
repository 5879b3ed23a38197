//! The list of pages, and the bin.

use super::Pane;
use crate::access::{Actor, Kind, Place, Verb, can};
use crate::db::paging::{Cursor, Page};
use crate::docs::{BIN_DAYS, Binned, Filter, Row, SORTS, STARTERS, Starter};
use crate::error::Error;
use crate::records::Record;
use crate::related::parse_place;
use crate::ui::{Choice, Shell, Tab, filters, text};
use crate::web::{Ctx, Principal};
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
    pub query: ListQuery,
    pub sorts: Vec<Choice>,
    pub places: Vec<Choice>,
    pub place_name: Option<String>,
    pub next: Option<String>,
    pub starters: [Starter; 4],
}

/// The list's address, taken apart.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub q: String,
    pub tag: String,
    pub place: String,
    pub project: String,
    pub show: String,
    pub sort: String,
    pub after: Option<Cursor>,
}

impl ListQuery {
    /// `Invalid` for a damaged cursor; unknown words are as good as none.
    pub fn of<P: Principal>(ctx: &Ctx<P>) -> Result<Self, Error> {
        let text = |name| ctx.query(name).unwrap_or_default();
        Ok(ListQuery {
            q: text("q"),
            tag: text("tag"),
            place: text("place"),
            project: text("project"),
            show: text("show"),
            sort: text("sort"),
            after: ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?,
        })
    }

    /// The place asked for; `NotFound` for one that is not there for this person.
    pub fn place(&self, me: &Actor) -> Result<Option<Place>, Error> {
        match (self.project.as_str(), self.place.as_str()) {
            ("", "") => Ok(None),
            ("", place) => match parse_place(me, place) {
                Err(Error::Invalid(_)) => Err(Error::NotFound),
                parsed => parsed.map(Some),
            },
            (key, _) => Ok(Some(Place::Project(me.project(key).ok_or(Error::NotFound)?.id))),
        }
    }

    pub fn filter(&self, me: &Actor) -> Result<Filter, Error> {
        let clean = |text: &str| Some(text.trim().replace('\0', "")).filter(|text| !text.is_empty());
        Ok(Filter {
            words: clean(&self.q),
            tag: clean(&self.tag),
            place: self.place(me)?,
            archived: self.show == "archived",
        })
    }

    /// The query part of this list's address without paging; empty values left out.
    pub fn address(&self) -> String {
        let pairs = [
            ("q", &self.q),
            ("tag", &self.tag),
            ("place", &self.place),
            ("project", &self.project),
            ("show", &self.show),
            ("sort", &self.sort),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }

    pub fn is_narrowed(&self) -> bool {
        !self.q.is_empty() || !self.tag.is_empty()
    }

    /// This page again, one cursor on.
    pub fn next(&self, cursor: &Cursor) -> String {
        let query = self.address();
        let and = if query.is_empty() { "" } else { "&" };
        format!("/docs?{query}{and}after={}", cursor.encode())
    }

    /// The query that keeps only the place.
    fn within(&self) -> ListQuery {
        ListQuery { place: self.place.clone(), project: self.project.clone(), ..ListQuery::default() }
    }

    /// The same place without any filter.
    pub fn cleared(&self) -> String {
        format!("/docs?{}", self.within().address())
    }
}

/// The fixed tabs before saved views.
pub fn tabs(query: &ListQuery) -> Vec<Tab> {
    let tab = |label: &str, show: &str| {
        let to = ListQuery { show: show.to_owned(), ..query.within() };
        let is_current = query.show == show;
        Tab { href: format!("/docs?{}", to.address()), label: text(label), is_current, is_shared: false, remove: None }
    };
    vec![tab("docs-tab-active", ""), tab("tab-archived", "archived")]
}

pub fn sort_choices(chosen: &str) -> Vec<Choice> {
    SORTS.iter().map(|sort| Choice::new(sort.key, text(&format!("sort-{}", sort.key)), sort.key == chosen)).collect()
}

impl Index {
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
        let query = ListQuery::default();
        Index {
            shell: Shell::sample("docs"),
            pane: Pane::default(),
            page: Page { rows: vec![row], next: None },
            count: "1".to_owned(),
            tabs: tabs(&query),
            saved: Vec::new(),
            sorts: sort_choices("updated"),
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
