//! `/api/v1/tickets`: the same verbs as the pages.

use super::model::*;
use super::pages::TicketForm;
use crate::access::{Actor, Api, Kind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::records::Record;
use crate::related::{
    Names, RecordShape, begin_change, edit_each, person_asked, person_sent, project_asked, sort_of, tags_sent,
    words_asked,
};
use crate::web::{Listed, Operation, Query, Reply, Routes, parse_date, sent};
use actix_web::http::Method;
use actix_web::web::Path;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const READ: &str = "tickets:read";
const WRITE: &str = "tickets:write";

pub fn routes() -> Routes {
    let statuses: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
    let kinds: Vec<&str> = TicketKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let list = Operation::lists::<Listed<TicketShape>>("List tickets, without their texts")
        .takes("project", "Key of a project.", &[])
        .takes("status", "", &statuses)
        .takes("kind", "", &kinds)
        .takes("priority", "1 is the most urgent.", &["1", "2", "3", "4", "5"])
        .takes("assignee", "A handle, or `none`.", &[])
        .takes("tag", "", &[])
        .takes("q", "Words in the title.", &[])
        .takes("due_before", "A day: 2027-01-31.", &[])
        .takes("archived", "The archived instead of the others.", &["true", "false"])
        .takes("sort", "", &SORTS.map(|sort| sort.key));
    let shown = Operation::shows::<TicketShape>;
    Routes::new()
        .api(Method::GET, "/api/v1/tickets", READ, list, index)
        .api(
            Method::POST,
            "/api/v1/tickets",
            WRITE,
            Operation::makes::<NewTicketBody, TicketShape>("Make a ticket"),
            create,
        )
        .api(Method::GET, "/api/v1/tickets/{id}", READ, shown("Show a ticket"), show)
        .api(
            Method::PATCH,
            "/api/v1/tickets/{id}",
            WRITE,
            Operation::changes::<TicketChanges, TicketShape>("Change fields of a ticket"),
            update,
        )
        .api(Method::POST, "/api/v1/tickets/{id}/archiving", WRITE, shown("Archive a ticket"), archiving::create)
        .api(Method::DELETE, "/api/v1/tickets/{id}/archiving", WRITE, shown("Bring a ticket back"), archiving::destroy)
}

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
    pub title: Option<String>,
    pub body: Option<String>,
    pub kind: Option<String>,
    pub status: Option<String>,
    pub priority: Option<i16>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    pub assignee: Option<Option<String>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    pub parent: Option<Option<String>>,
    pub tags: Option<Vec<String>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>, format = Date)]
    pub start_on: Option<Option<String>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Option<String>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<i32>)]
    pub estimate: Option<Option<i32>>,
}

async fn index(api: Api) -> Result<Reply> {
    let query = api.query().await?;
    let listed = api
        .read(move |tx, me| {
            let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
            let page = filter(tx, me, &query)?.tickets(tx, me, sort, query.after.clone(), query.limit)?;
            let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
            Ok(Listed::of(page, |ticket| TicketShape::of(me, &names, ticket, false)))
        })
        .await?;
    Ok(Reply::json(&listed))
}

fn filter(tx: &mut Tx, me: &Actor, query: &Query) -> Result<Filter> {
    let due_before = query.get("due_before").map(parse_date).transpose();
    Ok(Filter {
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
    })
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

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let ticket = Ticket::find(tx, me, id)?;
        let names = names(tx, me, &[&ticket])?;
        Ok(TicketShape::of(me, &names, ticket, true))
    }
}

async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let ticket = api.read(move |tx, me| TicketShape::find(tx, me, &id)).await?;
    api.show(&ticket)
}

async fn create(api: Api) -> Result<Reply> {
    let body: NewTicketBody = api.json().await?;
    api.create(move |tx, me| {
        let ticket = body.form(tx)?.check(me)?.create(tx, me)?;
        let id = &ticket.record.display_id;
        Ok((format!("/api/v1/tickets/{id}"), TicketShape::find(tx, me, id)?))
    })
    .await
}

impl NewTicketBody {
    fn form(self, tx: &mut Tx) -> Result<TicketForm> {
        let number = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
        Ok(TicketForm {
            assignee: person_sent(tx, "assignee", self.assignee.as_deref())?,
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
        })
    }
}

async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let (changes, seen) = (api.json::<TicketChanges>().await?, api.seen());
    let ticket = api
        .write(move |tx, me| {
            let record = Record::find(tx, me, Kind::Ticket, &id)?;
            begin_change(tx, me, &record, &seen, |tx| TicketShape::find(tx, me, &id))?;
            let edits = changes.edits(tx)?;
            edit_each(edits, |edit| Ticket::edit(tx, me, &id, edit).map(drop))?;
            TicketShape::find(tx, me, &id)
        })
        .await?;
    api.show(&ticket)
}

impl TicketChanges {
    /// The type first, because it decides which parent fits.
    fn edits(self, tx: &mut Tx) -> Result<Vec<(Field, String)>> {
        let assignee = self.assignee.map(|handle| person_sent(tx, "assignee", handle.as_deref())).transpose()?;
        let tags = self.tags.map(|tags| tags_sent(&tags)).transpose()?;
        let number = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
        let all = [
            (Field::Kind, self.kind),
            (Field::Title, self.title),
            (Field::Body, self.body),
            (Field::Status, self.status),
            (Field::Priority, self.priority.map(|priority| priority.to_string())),
            (Field::Assignee, assignee),
            (Field::Parent, self.parent.map(Option::unwrap_or_default)),
            (Field::Labels, tags),
            (Field::Start, self.start_on.map(Option::unwrap_or_default)),
            (Field::Due, self.due_on.map(Option::unwrap_or_default)),
            (Field::Estimate, self.estimate.map(number)),
        ];
        Ok(all.into_iter().filter_map(|(field, value)| Some((field, value?))).collect())
    }
}

mod archiving {
    use super::*;

    pub async fn create(api: Api, id: Path<String>) -> Result<Reply> {
        change(api, id.into_inner(), Record::archive).await
    }

    pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
        change(api, id.into_inner(), Record::restore).await
    }

    async fn change(api: Api, id: String, verb: fn(&Record, &mut Tx, &Actor) -> Result<()>) -> Result<Reply> {
        let ticket = api
            .write(move |tx, me| {
                verb(&Record::find(tx, me, Kind::Ticket, &id)?, tx, me)?;
                TicketShape::find(tx, me, &id)
            })
            .await?;
        api.show(&ticket)
    }
}
