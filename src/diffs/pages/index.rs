//! `/diffs`.

use crate::access::Actor;
use crate::db::paging::Page;
use crate::diffs::model::*;
use crate::error::Result;
use crate::people::OrganisationId;
use crate::related::Address;
use crate::ui::{Choice, Shell, Tab, filters, say_with, text};
use askama::Template;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "diffs/index.html")]
pub struct Index {
    pub shell: Shell,
    pub page: Page<Diff>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub origins: Vec<Choice>,
    pub query: Address,
    pub next: Option<String>,
}

/// The words of this list's address.
pub const WORDS: [&str; 3] = ["show", "origin", "project"];

/// `NotFound` for a project that one cannot see.
pub fn filter(query: &Address, me: &Actor) -> Result<Filter> {
    let is_pending = match query.get("show") {
        "" => Some(true),
        "decided" => Some(false),
        _ => None,
    };
    Ok(Filter { is_pending, origin: Origin::parse(query.get("origin")), project: query.project(me)? })
}

impl Index {
    pub fn new(shell: Shell, query: Address, page: Page<Diff>, count: String) -> Self {
        let chosen = query.get("origin");
        let origin = |origin: &Origin| Choice::new(origin, text(&origin.label()), origin.as_str() == chosen);
        let tab = |key: &str, show: &str| query.tab(text(key), show);
        Index {
            shell,
            next: page.next.as_ref().map(|cursor| query.next(cursor)),
            page,
            count,
            tabs: vec![
                tab("diff-tab-pending", ""),
                tab("diff-tab-decided", "show=decided"),
                tab("tab-all", "show=all"),
            ],
            origins: Origin::ALL.iter().map(origin).collect(),
            query,
        }
    }

    pub fn sample() -> Self {
        let page = Page { rows: vec![sample_diff()], next: None };
        Index::new(Shell::sample("diffs"), Address::plain("/diffs"), page, "1".to_owned())
    }

    pub fn empty_sample() -> Self {
        let page = Page { rows: Vec::new(), next: None };
        Index::new(Shell::sample("diffs"), Address::plain("/diffs"), page, "0".to_owned())
    }
}

impl Diff {
    /// "3 changes, 1 undecided".
    pub fn tally(&self) -> String {
        let (total, undecided) = (self.total.to_string(), self.undecided.to_string());
        say_with("diff-tally", [("total", total.as_str()), ("undecided", &undecided)])
    }
}

pub fn sample_diff() -> Diff {
    let at = chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
    Diff {
        id: DiffId(Uuid::nil()),
        organisation_id: OrganisationId(Uuid::nil()),
        project_id: None,
        group_id: None,
        owner_id: None,
        origin: Origin::Page,
        status: DiffStatus::Pending,
        reason: "The new tide tables say so.".to_owned(),
        author_id: None,
        author: Some("Dov Peretz".to_owned()),
        created_at: at,
        decided_by: None,
        decided_at: None,
        total: 4,
        undecided: 3,
    }
}
