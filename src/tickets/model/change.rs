//! Editing one field. Four beats: may, change, remember, return.

use super::create::check_parent;
use super::{Row, Status, Ticket, TicketKind, parse_priority, rank_between};
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Msg, Result};
use crate::people::{Face, PersonId};
use crate::records::Edit;
use crate::text::value::{Body, Tag, Title};
use crate::text_enum;
use crate::web::parse_date;

text_enum!(
    /// What can be edited in place; its word is the form field's and the activity's.
    Field {
        Title = "title", Body = "body", Kind = "kind", Status = "status", Priority = "priority", Assignee = "assignee",
        Parent = "parent", Labels = "tags", Start = "start_on", Due = "due_on", Estimate = "estimate",
    }
);

/// More points say that nobody knows.
pub const MAX_ESTIMATE: i32 = 10_000;

impl Ticket {
    /// The field as a form sends it; what `seen` is made from.
    pub fn value(&self, field: Field, tags: &[String]) -> String {
        let date = |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        match field {
            Field::Title => self.record.title.clone(),
            Field::Body => self.body.clone(),
            Field::Kind => self.ticket_kind.to_string(),
            Field::Status => self.status.to_string(),
            Field::Priority => self.priority.to_string(),
            Field::Assignee => self.assignee_id.map(|id| id.to_string()).unwrap_or_default(),
            Field::Parent => self.parent_id.map(|id| id.to_string()).unwrap_or_default(),
            Field::Labels => tags.join(", "),
            Field::Start => date(self.start_on),
            Field::Due => date(self.due_on),
            Field::Estimate => self.estimate.map(|estimate| estimate.to_string()).unwrap_or_default(),
        }
    }

    /// `Conflict` with both values when somebody else changed the same field since it was read.
    pub fn edit(tx: &mut Tx, me: &Actor, display_id: &str, edit: &Edit<Field>) -> Result<Ticket> {
        Ticket::replace(tx, me, display_id, edit)?;
        Ticket::find(tx, me, display_id)
    }

    /// As `edit`; answers what the field was.
    pub(in crate::tickets) fn replace(tx: &mut Tx, me: &Actor, display_id: &str, edit: &Edit<Field>) -> Result<String> {
        let ticket = Ticket::find_locked(tx, me, display_id)?;
        let tags = if edit.field == Field::Labels { ticket.record.tags(tx)? } else { Vec::new() };
        let now = ticket.value(edit.field, &tags);
        match edit.field {
            Field::Assignee => edit.check_person(tx, edit.field.as_str(), ticket.assignee_id)?,
            _ => edit.check(edit.field.as_str(), &now)?,
        }
        match edit.field {
            Field::Labels => {
                let tags = Tag::parse_list(&edit.value).map_err(|msg| Error::invalid("tags", msg))?;
                ticket.record.set_tags(tx, me, &tags)?;
            }
            _ => ticket.change(tx, me, edit)?,
        }
        Ok(now)
    }

    fn change(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &self.record.thing())?;
        let act = Act::new(ActKind::Changed).on(self.record.id);
        let Some(act) = self.apply(tx, me, edit, act)? else {
            permit.unused(tx);
            return Ok(());
        };
        self.record.touch(tx)?;
        audit::record(tx, permit, act)
    }

    /// None when nothing changed.
    fn apply(&self, tx: &mut Tx, me: &Actor, edit: &Edit<Field>, act: Act) -> Result<Option<Act>> {
        let problem = |msg: Msg| Error::invalid(edit.field.as_str(), msg);
        let text = edit.value.trim();
        let choice = || problem("problem-choice".into());
        match edit.field {
            Field::Title => {
                let title = Title::parse(text).map_err(problem)?;
                if title.as_str() == self.record.title {
                    return Ok(None);
                }
                self.record.rename(tx, &title)?;
                Ok(Some(act.change("title", &self.record.title, title.as_str())))
            }
            Field::Body => self.change_body(tx, me, &Body::parse(&edit.value).map_err(problem)?, act),
            Field::Status => self.change_status(tx, Status::parse(text).ok_or_else(choice)?, act),
            Field::Kind => self.change_kind(tx, me, TicketKind::parse(text).ok_or_else(choice)?, act),
            Field::Priority => {
                let priority = parse_priority(text).ok_or_else(choice)?;
                self.set(
                    tx,
                    "priority",
                    Bind::Int(priority.into()),
                    self.priority.to_string(),
                    priority.to_string(),
                    act,
                )
            }
            Field::Assignee => self.change_assignee(tx, text, act),
            Field::Parent => self.change_parent(tx, me, text, act),
            Field::Start => {
                let on = optional(text, parse_date).map_err(problem)?;
                self.set(tx, "start_on", on.into(), shown(self.start_on), shown(on), act)
            }
            Field::Due => {
                let on = optional(text, parse_date).map_err(problem)?;
                self.set(tx, "due_on", on.into(), shown(self.due_on), shown(on), act)
            }
            Field::Estimate => {
                let estimate = optional(text, parse_estimate).map_err(problem)?;
                let value = estimate.map_or(Bind::MaybeInt(None), |estimate| Bind::MaybeInt(Some(estimate)));
                self.set(tx, "estimate", value, shown(self.estimate), shown(estimate), act)
            }
            Field::Labels => Ok(None),
        }
    }

    /// One column of ours (never a person's word); None when it already has the value.
    fn set(
        &self,
        tx: &mut Tx,
        column: &'static str,
        value: Bind,
        old: String,
        new: String,
        act: Act,
    ) -> Result<Option<Act>> {
        if old == new {
            return Ok(None);
        }
        let mut sql = Sql::named("tickets::set", &format!("update tickets set {column} = "));
        sql.bind(value).push(" where id = ").bind(self.id());
        sql.execute(tx.conn())?;
        Ok(Some(act.change(column, old, new)))
    }

    fn change_body(&self, tx: &mut Tx, me: &Actor, body: &Body, act: Act) -> Result<Option<Act>> {
        if body.as_str() == self.body {
            return Ok(None);
        }
        self.set(tx, "body", body.as_str().into(), String::new(), "…".to_owned(), act.clone())?;
        for person in self.record.refer(tx, me, "body", body.as_str())? {
            self.record.add_watcher(tx, person)?;
        }
        Ok(Some(act.text_change("body")))
    }

    fn change_status(&self, tx: &mut Tx, status: Status, act: Act) -> Result<Option<Act>> {
        if status == self.status {
            return Ok(None);
        }
        let mut sql = Sql::named("tickets::set_status", "update tickets set status = ");
        sql.bind(status).push(", resolved_at = ");
        match status.is_done() {
            true => sql.push("coalesce(resolved_at, ").bind(tx.now).push(")"),
            false => sql.push("null"),
        };
        sql.push(" where id = ").bind(self.id());
        sql.execute(tx.conn())?;
        Ok(Some(act.change("status", self.status, status)))
    }

    /// Refused while a parent or children forbid the new type.
    fn change_kind(&self, tx: &mut Tx, me: &Actor, kind: TicketKind, act: Act) -> Result<Option<Act>> {
        if kind == self.ticket_kind {
            return Ok(None);
        }
        let parent = match self.parent(tx, me)? {
            Some(parent) => Some(Ticket::find(tx, me, &parent.display_id)?),
            None => None,
        };
        let parent_fits = parent.is_none_or(|parent| parent.ticket_kind.may_hold(kind));
        if !parent_fits || self.children(tx, me)?.iter().any(|child| !kind.may_hold(child.ticket_kind)) {
            return Err(Error::invalid("kind", "problem-kind-family"));
        }
        self.set(tx, "kind", kind.into(), self.ticket_kind.to_string(), kind.to_string(), act)
    }

    fn change_assignee(&self, tx: &mut Tx, text: &str, act: Act) -> Result<Option<Act>> {
        let face = Face::optional(tx, "assignee", text, self.assignee_id)?;
        let assignee = face.map(|face| face.id);
        if assignee == self.assignee_id {
            return Ok(None);
        }
        if let Some(assignee) = assignee {
            self.record.add_watcher(tx, assignee)?;
        }
        let ids: Vec<_> = self.assignee_id.into_iter().chain(assignee).map(|id| id.0).collect();
        let faces = Face::of(tx, ids)?;
        let name = |id: Option<PersonId>| faces.iter().find(|face| Some(face.id) == id).map(|face| face.name.clone());
        let mut sql = Sql::named("tickets::assign", "update tickets set assignee_id = ");
        sql.bind(assignee.map(|id| id.0)).push(" where id = ").bind(self.id());
        sql.execute(tx.conn())?;
        Ok(Some(act.change_of_people(
            "assignee",
            (name(self.assignee_id), self.assignee_id),
            (name(assignee), assignee),
        )))
    }

    fn change_parent(&self, tx: &mut Tx, me: &Actor, text: &str, act: Act) -> Result<Option<Act>> {
        let parent = match text.is_empty() {
            true => None,
            false => Some(check_parent(tx, me, text, self.ticket_kind, Some(self.id()))?),
        };
        let old = self.parent(tx, me)?.map(|record| record.display_id).unwrap_or_default();
        let value = Bind::MaybeUuid(parent.map(|id| id.0));
        self.set(tx, "parent_id", value, old, text.to_uppercase(), act)
    }

    /// Drops a card: a status, and a place between two neighbours of that column (display IDs; None at an end). A neighbour that has
    /// gone meanwhile counts as the column's end.
    pub fn drop_card(
        tx: &mut Tx,
        me: &Actor,
        display_id: &str,
        status: Status,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<Row> {
        let ticket = Ticket::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Edit, &ticket.record.thing())?;
        let above = rank_in_column(tx, me, before, status)?;
        let below = rank_in_column(tx, me, after, status)?;
        let mut sql = Sql::named("tickets::rank", "update tickets set rank = ");
        sql.bind(rank_between(above.as_deref(), below.as_deref())).push(" where id = ").bind(ticket.id());
        sql.execute(tx.conn())?;
        match ticket.change_status(tx, status, Act::new(ActKind::Changed).on(ticket.record.id))? {
            Some(act) => {
                ticket.record.touch(tx)?;
                audit::record(tx, permit, act)?;
            }
            None => permit.unused(tx),
        }
        Row::find(tx, me, display_id)
    }
}

fn rank_in_column(tx: &mut Tx, me: &Actor, display_id: Option<&str>, status: Status) -> Result<Option<String>> {
    let Some(id) = display_id else { return Ok(None) };
    match Ticket::find(tx, me, id) {
        Ok(ticket) => Ok(Some(ticket.rank).filter(|_| ticket.status == status)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

fn optional<T>(text: &str, parse: impl Fn(&str) -> Result<T, Msg>) -> Result<Option<T>, Msg> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// Whole points from 0 to `MAX_ESTIMATE`.
pub fn parse_estimate(text: &str) -> Result<i32, Msg> {
    let estimate = text.trim().parse::<i32>().ok().filter(|estimate| (0..=MAX_ESTIMATE).contains(estimate));
    estimate.ok_or_else(|| Msg::new("problem-estimate").with("max", MAX_ESTIMATE))
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
