//! `/tickets`.

use super::{people_choices, priority_choices, sort_choices, status_choices};
use crate::access::{Actor, Kind};
use crate::db::paging::{Cursor, Page};
use crate::error::Error;
use crate::people::PersonId;
use crate::records::Record;
use crate::tickets::model::*;
use crate::ui::{Choice, Shell, Tab, filters, text};
use crate::web::{Ctx, Principal};
use askama::Template;

#[derive(Template)]
#[template(path = "tickets/index.html")]
pub struct Index {
    pub shell: Shell,
    pub page: Page<Row>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: ListQuery,
    pub statuses: Vec<Choice>,
    pub priorities: Vec<Choice>,
    pub people: Vec<Choice>,
    pub sorts: Vec<Choice>,
    pub next: Option<String>,
}

/// The list's address, taken apart.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub q: String,
    pub status: String,
    pub priority: String,
    pub assignee: String,
    pub tag: String,
    pub show: String,
    pub sort: String,
    pub project: String,
    pub after: Option<Cursor>,
}

impl ListQuery {
    /// `Invalid` for a damaged cursor; unknown words are as good as none.
    pub fn of<P: Principal>(ctx: &Ctx<P>) -> Result<Self, Error> {
        let text = |name| ctx.query(name).unwrap_or_default();
        Ok(ListQuery {
            q: text("q"),
            status: text("status"),
            priority: text("priority"),
            assignee: text("assignee"),
            tag: text("tag"),
            show: text("show"),
            sort: text("sort"),
            project: text("project"),
            after: ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?,
        })
    }

    /// `NotFound` for a project that one cannot see.
    pub fn filter(&self, me: &Actor) -> Result<Filter, Error> {
        let project = match self.project.as_str() {
            "" => None,
            key => Some(me.project(key).ok_or(Error::NotFound)?.id),
        };
        let assignee = match self.assignee.as_str() {
            "" => None,
            "me" => me.person_id().map(Some),
            "none" => Some(None),
            id => id.parse().ok().map(|id| Some(PersonId(id))),
        };
        Ok(Filter {
            words: Some(self.q.trim().replace('\0', "")).filter(|words| !words.is_empty()),
            statuses: Status::parse(&self.status).into_iter().collect(),
            kinds: Vec::new(),
            priorities: parse_priority(&self.priority).into_iter().collect(),
            assignee,
            tag: Some(self.tag.replace('\0', "")).filter(|tag| !tag.is_empty()),
            open_only: !matches!(self.show.as_str(), "all" | "archived"),
            due_before: None,
            project,
            archived: self.show == "archived",
        })
    }

    /// The query part of this list's address without paging; empty values left out.
    pub fn address(&self) -> String {
        let pairs = [
            ("q", &self.q),
            ("status", &self.status),
            ("priority", &self.priority),
            ("assignee", &self.assignee),
            ("tag", &self.tag),
            ("show", &self.show),
            ("sort", &self.sort),
            ("project", &self.project),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }

    pub fn is_narrowed(&self) -> bool {
        [&self.q, &self.status, &self.priority, &self.assignee, &self.tag].iter().any(|value| !value.is_empty())
    }

    /// This page again, one cursor on.
    pub fn next(&self, cursor: &Cursor) -> String {
        let query = self.address();
        let and = if query.is_empty() { "" } else { "&" };
        format!("/tickets?{query}{and}after={}", cursor.encode())
    }
}

/// The fixed tabs before saved views.
pub fn tabs(query: &ListQuery) -> Vec<Tab> {
    let here = query.address();
    let project = if query.project.is_empty() { String::new() } else { format!("project={}", query.project) };
    let tab = |label: &str, query: &str| {
        let query = [query, project.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        Tab {
            is_current: query == here,
            href: format!("/tickets?{query}"),
            label: text(label),
            is_shared: false,
            remove: None,
        }
    };
    vec![
        tab("tab-active", ""),
        tab("tab-mine", "assignee=me"),
        tab("tab-blocked", "status=blocked"),
        tab("tab-all", "show=all"),
        tab("tab-archived", "show=archived"),
    ]
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
        let query = ListQuery::default();
        Index {
            shell: Shell::sample("tickets"),
            page: Page { rows: vec![row], next: None },
            count: "1".to_owned(),
            tabs: tabs(&query),
            saved: Vec::new(),
            statuses: status_choices(""),
            priorities: priority_choices(""),
            people: people_choices(&[], "", "anybody"),
            sorts: sort_choices("updated"),
            next: None,
            query,
        }
    }
}
