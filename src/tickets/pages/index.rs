//! `/tickets`.

use super::{priority_choices, status_choices};
use crate::access::{Actor, Kind};
use crate::db::paging::Page;
use crate::error::{Msg, Result};
use crate::people::{Offered, PersonId};
use crate::records::Record;
use crate::related::{Address, Whom, sort_choices};
use crate::tickets::model::*;
use crate::ui::{Choice, Chooser, QueryBox, Shell, Tab, filters, text};
use askama::Template;

#[derive(Template)]
#[template(path = "tickets/index.html")]
pub struct Index {
    pub shell: Shell,
    pub page: Page<Row>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: Address,
    pub statuses: Vec<Choice>,
    pub priorities: Vec<Choice>,
    pub people: Chooser,
    /// Whom selected tickets can be given to.
    pub assignees: Chooser,
    /// Whom the field beside them offers: people and nothing else.
    pub colleagues: Chooser,
    pub sorts: Vec<Choice>,
    pub next: Option<String>,
    pub tql: QueryBox,
}

/// The words of this list's address.
pub const WORDS: [&str; 9] = ["q", "status", "priority", "assignee", "tag", "show", "sort", "project", "tql"];

/// `NotFound` for a project that one cannot see.
pub fn filter(query: &Address, me: &Actor, whom: &Whom) -> Result<Filter> {
    Ok(Filter {
        words: query.given("q"),
        statuses: Status::parse(query.get("status")).into_iter().collect(),
        kinds: Vec::new(),
        priorities: parse_priority(query.get("priority")).into_iter().collect(),
        assignee: whom.person(),
        tag: query.given("tag"),
        open_only: !matches!(query.get("show"), "all" | "archived"),
        due_before: None,
        project: query.project(me)?,
        archived: query.is_archived(),
        plan: None,
    })
}

/// The fixed tabs before saved views.
pub fn tabs(query: &Address) -> Vec<Tab> {
    vec![
        query.tab(text("tab-active"), ""),
        query.tab(text("tab-mine"), "assignee=me"),
        query.tab(text("tab-blocked"), "status=blocked"),
        query.tab(text("tab-all"), "show=all"),
        query.tab(text("tab-archived"), "show=archived"),
    ]
}

/// Nobody, and whom the page offers; above `MAX_OFFERED` only oneself, beside the field to type in.
pub fn assignees(offered: &Offered, me: Option<PersonId>) -> Chooser {
    let nobody = ("", text("nobody"));
    if offered.is_all {
        return offered.chooser(&[nobody], "");
    }
    let me = me.map(|me| Choice::new(me, text("assigned-to-me"), false));
    let choices = me.into_iter().chain([Choice::new("", nobody.1, false)]).collect();
    Chooser { choices, typed: Some(String::new()), problem: None }
}

impl Index {
    pub fn sample() -> Self {
        let row = Row {
            record: Record::sample(Kind::Ticket, "ATL-142", "Recalculate crossings when the tide window moves"),
            ticket_kind: TicketKind::Story,
            status: Status::InProgress,
            priority: 1,
            due_on: None,
            assignee: Some("Ada Lindqvist".to_owned()),
            tags: vec!["tides".to_owned()],
            children: 5,
            children_done: 2,
            sort_value: None,
        };
        let (query, offered) = (Address::plain("/tickets"), Offered::none());
        Index {
            shell: Shell::sample("tickets"),
            page: Page { rows: vec![row], next: None },
            count: "1".to_owned(),
            tabs: tabs(&query),
            saved: Vec::new(),
            statuses: status_choices(""),
            priorities: priority_choices(""),
            people: Whom::anybody().chooser(&offered),
            assignees: assignees(&offered, None),
            colleagues: offered.chooser(&[], ""),
            sorts: sort_choices(&SORTS, ""),
            next: None,
            tql: QueryBox { from_simple: "/tickets?tql=ORDER+BY+updated+DESC".to_owned(), ..QueryBox::default() },
            query,
        }
    }

    pub fn sample_of_tql() -> Self {
        let text = "status_category != done AND assignee = currentUser() ORDER BY due";
        Index { tql: QueryBox::asked(text, "/tickets".to_owned()), ..Index::sample() }
    }

    pub fn sample_of_wrong_tql() -> Self {
        let text = "asignee = ada AND due < 7d";
        let problem = Msg::new("tql-field-near").with("word", "asignee").with("near", "assignee").with("at", 1);
        let tql = QueryBox::asked(text, "/tickets".to_owned()).wrong(problem, 0, 7);
        Index { tql, page: Page { rows: Vec::new(), next: None }, count: String::new(), ..Index::sample() }
    }
}
