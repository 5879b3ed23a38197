//! `/risks`: the list and its heat map.

use super::Heat;
use crate::access::{Actor, Kind};
use crate::db::paging::Page;
use crate::error::Result;
use crate::people::Offered;
use crate::records::Record;
use crate::related::{Address, Whom, sort_choices};
use crate::risks::model::*;
use crate::ui::{Choice, Chooser, Shell, Tab, filters, text};
use askama::Template;

#[derive(Template)]
#[template(path = "risks/index.html")]
pub struct Index {
    pub shell: Shell,
    pub page: Page<Row>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: Address,
    pub statuses: Vec<Choice>,
    pub categories: Vec<Choice>,
    pub people: Chooser,
    pub sorts: Vec<Choice>,
    pub heat: Heat,
    /// Of the chosen cell.
    pub cell: Option<String>,
    pub next: Option<String>,
}

/// The words of this list's address.
pub const WORDS: [&str; 10] =
    ["q", "status", "category", "owner", "tag", "likelihood", "impact", "show", "sort", "project"];

/// `NotFound` for a project that one cannot see.
pub fn filter(query: &Address, me: &Actor, whom: &Whom) -> Result<Filter> {
    Ok(Filter {
        words: query.given("q"),
        status: Status::parse(query.get("status")),
        category: query.given("category"),
        owner: whom.person(),
        tag: query.given("tag"),
        likelihood: parse_weight(query.get("likelihood")),
        impact: parse_weight(query.get("impact")),
        open_only: query.get("show").is_empty(),
        project: query.project(me)?,
        archived: query.is_archived(),
    })
}

/// The fixed tabs before saved views.
pub fn tabs(query: &Address) -> Vec<Tab> {
    let status = |status: Status| query.tab(text(&status.label()), &format!("status={status}"));
    vec![
        query.tab(text("tab-active"), ""),
        query.tab(text("tab-mine"), "owner=me"),
        status(Status::Mitigating),
        status(Status::Accepted),
        status(Status::Closed),
        query.tab(text("tab-all"), "show=all"),
        query.tab(text("tab-archived"), "show=archived"),
    ]
}

pub fn status_filter(query: &Address) -> Vec<Choice> {
    let chosen = query.get("status");
    Status::ALL.iter().map(|status| super::status_choice(*status, status.as_str() == chosen)).collect()
}

pub fn category_filter(query: &Address, categories: &[String]) -> Vec<Choice> {
    let chosen = query.get("category");
    categories.iter().map(|category| Choice::new(category, category, category == chosen)).collect()
}

impl Index {
    pub fn sample() -> Self {
        let query = Address::plain("/risks");
        let row = Row {
            record: Record::sample(Kind::Risk, "RISK-3", "Predictions change after departure"),
            status: Status::Mitigating,
            score: 12,
            review_on: None,
            owner: Some("Ada Lindqvist".to_owned()),
            sort_value: None,
        };
        Index {
            shell: Shell::sample("risks"),
            page: Page { rows: vec![row], next: None },
            count: "1".to_owned(),
            tabs: tabs(&query),
            saved: Vec::new(),
            statuses: status_filter(&query),
            categories: Vec::new(),
            people: Whom::anybody().chooser(&Offered::none()),
            sorts: sort_choices(&SORTS, ""),
            heat: Heat::new(&[Tally { likelihood: 3, impact: 4, count: 1 }], &query),
            cell: None,
            next: None,
            query,
        }
    }
}
