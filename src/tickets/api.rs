//! `/api/v1/tickets`: the same verbs as the pages.

use super::model::*;
use super::pages::TicketForm;
use crate::access::{Actor, Kind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::Face;
use crate::records::Record;
use crate::related::{Names, RecordShape, edit_each, person_asked, project_asked, sort_of, tags_sent, words_asked};
use crate::site;
use crate::web::{Deeds, Listed, Operation, Query, Resource, Routes, Sent, Site, parse_date, resource};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub fn routes() -> Routes {
    resource::<Actor, TicketShape>()
}

const DEEDS: Deeds = Deeds {
    list: "List tickets, without their texts",
    make: "Make a ticket",
    show: "Show a ticket",
    change: "Change fields of a ticket",
    archive: "Archive a ticket",
    restore: "Bring a ticket back",
};

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketShape {
    #[serde(flatten)]
    pub record: RecordShape,
    #[schema(inline)]
    pub kind: TicketKind,
    #[schema(inline)]
    pub status: Status,
    /// 1 is the most urgent, 5 the least.
    pub priority: i16,
    /// Markdown; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Handles.
    pub assignee: Option<String>,
    pub reporter: Option<String>,
    /// Display ID of the ticket above.
    pub parent: Option<String>,
    pub start_on: Option<NaiveDate>,
    pub due_on: Option<NaiveDate>,
    /// Points.
    pub estimate: Option<i32>,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// A ticket to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicketBody {
    pub title: String,
    /// `organisation`, `private`, `project:KEY` or `group:ID`.
    pub place: String,
    /// Markdown.
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub status: String,
    pub priority: Option<i16>,
    /// A handle.
    pub assignee: Option<String>,
    /// Display ID of the ticket above.
    pub parent: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[schema(format = Date)]
    pub start_on: Option<String>,
    #[schema(format = Date)]
    pub due_on: Option<String>,
    pub estimate: Option<i32>,
}

/// Fields of a ticket to change; what is left out stays, null empties.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketChanges {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub body: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub kind: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub status: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<i16>)]
    pub priority: Sent<i16>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub assignee: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub parent: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Sent<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub start_on: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    pub estimate: Sent<i32>,
}

fn filter(tx: &mut Tx, me: &Actor, query: &Query) -> Result<Filter> {
    let due_before = query.get("due_before").map(parse_date).transpose();
    let filter = Filter {
        words: words_asked(query),
        statuses: query.get("status").and_then(Status::parse).into_iter().collect(),
        kinds: query.get("kind").and_then(TicketKind::parse).into_iter().collect(),
        priorities: query.get("priority").and_then(parse_priority).into_iter().collect(),
        assignee: person_asked(tx, query, "assignee")?,
        tag: query.get("tag").map(str::to_owned),
        open_only: false,
        due_before: due_before.map_err(|msg| Error::invalid("due_before", msg))?,
        project: project_asked(me, query)?,
        archived: query.get("archived") == Some("true"),
        plan: None,
    };
    match query.get("tql") {
        None | Some("") => Ok(filter),
        Some(text) => filter.asked_or_invalid(tx, me, text),
    }
}

fn names(tx: &mut Tx, me: &Actor, tickets: &[&Ticket]) -> Result<Names> {
    let records: Vec<&Record> = tickets.iter().map(|ticket| &ticket.record).collect();
    let people = tickets.iter().flat_map(|ticket| [ticket.assignee_id, ticket.reporter_id]);
    let parents = tickets.iter().map(|ticket| ticket.parent_id.map(|id| id.0));
    Names::of(tx, me, &records, people, parents)
}

impl TicketShape {
    fn of(me: &Actor, names: &Names, ticket: Ticket, with_text: bool) -> Self {
        TicketShape {
            record: names.shape(me, &ticket.record),
            kind: ticket.ticket_kind,
            status: ticket.status,
            priority: ticket.priority,
            body: with_text.then_some(ticket.body),
            assignee: names.person(ticket.assignee_id),
            reporter: names.person(ticket.reporter_id),
            parent: names.record(ticket.parent_id.map(|id| id.0)),
            start_on: ticket.start_on,
            due_on: ticket.due_on,
            estimate: ticket.estimate,
            resolved_at: ticket.resolved_at,
        }
    }
}

impl Resource<Actor> for TicketShape {
    type New = NewTicketBody;
    type Changes = TicketChanges;
    const SITE: Site = site!("tickets", "{id}", DEEDS);

    fn asked(list: Operation) -> Operation {
        let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        let kinds: Vec<&str> = TicketKind::ALL.iter().map(|kind| kind.as_str()).collect();
        list.takes("project", "Key of a project.", &[])
            .takes("status", "", &statuses)
            .takes("kind", "", &kinds)
            .takes("priority", "1 is the most urgent.", &["1", "2", "3", "4", "5"])
            .takes("assignee", "A handle, or `none`.", &[])
            .takes("tag", "", &[])
            .takes("q", "Words in the title.", &[])
            .takes("due_before", "A day: 2027-01-31.", &[])
            .takes("archived", "The archived instead of the others.", &["true", "false"])
            .takes("tql", "A query in TQL: it narrows on, and its order and its archived tickets stand before `sort` and `archived`.", &[])
            .takes("sort", "", &SORTS.map(|sort| sort.key))
    }

    fn list(tx: &mut Tx, me: &Actor, query: &Query) -> Result<Listed<Self>> {
        let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
        let page = match filter(tx, me, query)?.tickets(tx, me, sort, query.after.clone(), query.limit) {
            Err(error) if error.is_too_slow() && query.get("tql").is_some() => {
                return Err(Error::invalid("tql", "tql-too-slow"));
            }
            page => page?,
        };
        let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
        Ok(Listed::of(page, |ticket| TicketShape::of(me, &names, ticket, false)))
    }

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let ticket = Ticket::find(tx, me, id)?;
        let names = names(tx, me, &[&ticket])?;
        Ok(TicketShape::of(me, &names, ticket, true))
    }

    fn make(tx: &mut Tx, me: &Actor, new: NewTicketBody) -> Result<(String, Self)> {
        let id = new.form(tx)?.check(tx, me)?.create(tx, me)?.record.display_id;
        let made = TicketShape::find(tx, me, &id)?;
        Ok((id, made))
    }

    fn hold(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Ticket, id)?.lock(tx).map(drop)
    }

    fn change(tx: &mut Tx, me: &Actor, id: &str, changes: TicketChanges) -> Result<()> {
        let record = Record::find(tx, me, Kind::Ticket, id)?;
        let edits = changes.edits(tx)?;
        edit_each(tx, me, &record, edits, |tx, edit| Ticket::edit(tx, me, id, edit).map(drop))
    }

    fn archive(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Ticket, id)?.archive(tx, me)
    }

    fn restore(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Ticket, id)?.restore(tx, me)
    }
}

impl NewTicketBody {
    fn form(self, tx: &mut Tx) -> Result<TicketForm> {
        let number = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
        Ok(TicketForm {
            assignee: Face::sent(tx, "assignee", self.assignee.as_deref())?,
            tags: tags_sent(&self.tags)?,
            title: self.title,
            body: self.body,
            place: self.place,
            kind: self.kind,
            status: self.status,
            priority: number(self.priority.map(i32::from)),
            parent: self.parent.unwrap_or_default(),
            start_on: self.start_on.unwrap_or_default(),
            due_on: self.due_on.unwrap_or_default(),
            estimate: number(self.estimate),
            is_another: false,
        })
    }
}

impl TicketChanges {
    /// The type first, because it decides which parent fits.
    fn edits(self, tx: &mut Tx) -> Result<Vec<(Field, String)>> {
        let assignee =
            self.assignee.or_stays().map(|handle| Face::sent(tx, "assignee", handle.as_deref())).transpose()?;
        let tags = self.tags.or_stays().map(|tags| tags_sent(&tags.unwrap_or_default())).transpose()?;
        let all = [
            (Field::Kind, self.kind.text()),
            (Field::Title, self.title.text()),
            (Field::Body, self.body.text()),
            (Field::Status, self.status.text()),
            (Field::Priority, self.priority.text()),
            (Field::Assignee, assignee),
            (Field::Parent, self.parent.text()),
            (Field::Labels, tags),
            (Field::Start, self.start_on.text()),
            (Field::Due, self.due_on.text()),
            (Field::Estimate, self.estimate.text()),
        ];
        Ok(all.into_iter().filter_map(|(field, value)| Some((field, value?))).collect())
    }
}
