//! Making tickets.

use super::{Status, Ticket, TicketId, TicketKind, rank_of_new};
use crate::access::{Actor, Kind, Place};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{Face, PersonId};
use crate::records::NewRecord;
use crate::text::value::{Body, Tag, Title};
use chrono::NaiveDate;

/// A ticket about to be made, every field checked.
#[derive(Debug, Clone)]
pub struct NewTicket {
    pub place: Place,
    pub kind: TicketKind,
    pub title: Title,
    pub body: Body,
    pub status: Status,
    pub priority: i16,
    pub assignee: Option<PersonId>,
    /// Display ID.
    pub parent: Option<String>,
    pub labels: Vec<Tag>,
    pub start_on: Option<NaiveDate>,
    pub due_on: Option<NaiveDate>,
    pub estimate: Option<i32>,
}

impl NewTicket {
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<Ticket> {
        let (record, permit) =
            NewRecord { kind: Kind::Ticket, place: self.place, title: self.title.clone() }.insert(tx, me)?;
        let id = TicketId(record.id.0);
        let parent = match &self.parent {
            Some(parent) => Some(check_parent(tx, me, parent, self.kind, Some(id))?),
            None => None,
        };
        if let Some(assignee) = self.assignee {
            Face::active(tx, "assignee", assignee)?;
        }
        self.insert(tx, me, id, parent)?;
        let tags: Vec<String> = self.labels.iter().map(|tag| tag.as_str().to_owned()).collect();
        if !tags.is_empty() {
            record.write_tags(tx, &tags)?;
        }
        let mentioned = record.refer(tx, me, "body", self.body.as_str())?;
        for person in me.person_id().into_iter().chain(self.assignee).chain(mentioned) {
            record.add_watcher(tx, person)?;
        }
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        Ticket::find(tx, me, &record.display_id)
    }

    fn insert(&self, tx: &mut Tx, me: &Actor, id: TicketId, parent: Option<TicketId>) -> Result<()> {
        let mut sql = Sql::named(
            "tickets::insert",
            "insert into tickets (id, place_id, kind, status, priority, body, assignee_id, reporter_id, parent_id, start_on, due_on, estimate, rank, resolved_at) values (",
        );
        sql.bind(id)
            .push(", ")
            .bind(self.place.id())
            .push(", ")
            .bind(self.kind)
            .push(", ")
            .bind(self.status)
            .push(", ");
        sql.bind(i32::from(self.priority))
            .push(", ")
            .bind(self.body.as_str())
            .push(", ")
            .bind(self.assignee.map(|id| id.0));
        sql.push(", ")
            .bind(me.person_id().map(|id| id.0))
            .push(", ")
            .bind(parent.map(|id| id.0))
            .push(", ")
            .bind(self.start_on);
        sql.push(", ").bind(self.due_on).push(", ");
        match self.estimate {
            Some(estimate) => sql.bind(estimate),
            None => sql.push("null"),
        };
        sql.push(", ").bind(rank_of_new(tx.now)).push(", ");
        match self.status.is_done() {
            true => sql.bind(tx.now),
            false => sql.push("null"),
        };
        sql.push(")");
        sql.execute(tx.conn())?;
        Ok(())
    }
}

/// The parent's id: visible, of a kind that may hold the child, and not below the child itself.
pub(in crate::tickets) fn check_parent(
    tx: &mut Tx,
    me: &Actor,
    display_id: &str,
    child: TicketKind,
    own: Option<TicketId>,
) -> Result<TicketId> {
    let parent = match Ticket::find(tx, me, &display_id.trim().to_uppercase()) {
        Err(Error::NotFound) => return Err(Error::invalid("parent", "problem-parent-unknown")),
        found => found?,
    };
    // A subtask has no children and an epic no parent, so that types alone forbid circles; the id check is for the ticket itself.
    if Some(parent.id()) == own || !parent.ticket_kind.may_hold(child) {
        return Err(Error::invalid("parent", "problem-parent-kind"));
    }
    Ok(parent.id())
}
