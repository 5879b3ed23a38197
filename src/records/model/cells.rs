//! Cells: one column of one record's row in its kind's own table, edited in place. What every kind's fields do alike stands here;
//! asking permission and writing the act stay with the kind's verb.

use super::{Edit, MAX_TAGS, Record, check_seen, seen};
use crate::access::{Actor, Permit};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Conflict, Error, Msg, Result};
use crate::people::{Face, PersonId};
use crate::text::value::{Body, Tag, Title};
use crate::web::parse_date;
use chrono::NaiveDate;
use std::fmt::Display;

/// Table, field and column are words of ours, never a person's. Every change answers its act, or None when nothing changed.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'r> {
    record: &'r Record,
    table: &'static str,
    field: &'static str,
    column: &'static str,
}

impl<'r> Cell<'r> {
    /// `field` is its word in forms, problems and activity; and its column, unless `stored_as` names another.
    pub fn of(record: &'r Record, table: &'static str, field: &'static str) -> Self {
        Cell { record, table, field, column: field }
    }

    pub fn stored_as(self, column: &'static str) -> Self {
        Cell { column, ..self }
    }

    fn changed(&self) -> Act {
        Act::new(ActKind::Changed).on(self.record.id)
    }

    fn wrong(&self, msg: impl Into<Msg>) -> Error {
        Error::invalid(self.field, msg)
    }

    fn write(&self, tx: &mut Tx, value: Bind) -> Result<()> {
        let mut sql = Sql::named("records::cell", &format!("update {} set {} = ", self.table, self.column));
        sql.bind(value).push(" where id = ").bind(self.record.id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// A value whose words before and after fit into the activity.
    pub fn set(&self, tx: &mut Tx, value: Bind, old: &str, new: &str) -> Result<Option<Act>> {
        if old == new {
            return Ok(None);
        }
        self.write(tx, value)?;
        Ok(Some(self.changed().change(self.field, old, new)))
    }

    /// One word of a closed list; None is a word that is not on it.
    pub fn choose<T: Copy + Display + Into<Bind>>(&self, tx: &mut Tx, old: T, new: Option<T>) -> Result<Option<Act>> {
        let new = new.ok_or_else(|| self.wrong("problem-choice"))?;
        self.set(tx, new.into(), &old.to_string(), &new.to_string())
    }

    /// Empty for no day.
    pub fn date(&self, tx: &mut Tx, old: Option<NaiveDate>, typed: &str) -> Result<Option<Act>> {
        let new = match typed.trim() {
            "" => None,
            text => Some(parse_date(text).map_err(|msg| self.wrong(msg))?),
        };
        let shown = |on: Option<NaiveDate>| on.map(|on| on.to_string()).unwrap_or_default();
        self.set(tx, new.into(), &shown(old), &shown(new))
    }

    /// A long text: its references are kept, whom it mentions watches, its words stay out of the activity.
    pub fn text(&self, tx: &mut Tx, me: &Actor, old: &str, typed: &str) -> Result<Option<Act>> {
        let body = Body::parse(typed).map_err(|msg| self.wrong(msg))?;
        if body.as_str() == old {
            return Ok(None);
        }
        self.write(tx, body.as_str().into())?;
        self.record.mention(tx, me, self.field, &body)?;
        Ok(Some(self.changed().text_change(self.field)))
    }

    /// Empty for nobody; who has left may stay. Who is named watches; the activity has the names.
    pub fn person(&self, tx: &mut Tx, old: Option<PersonId>, typed: &str) -> Result<Option<Act>> {
        let new = Face::optional(tx, self.field, typed, old)?;
        if old == new.as_ref().map(|face| face.id) {
            return Ok(None);
        }
        self.write(tx, Bind::MaybeUuid(new.as_ref().map(|face| face.id.0)))?;
        if let Some(face) = &new {
            self.record.add_watcher(tx, face.id)?;
        }
        let was = Face::of(tx, old.into_iter().map(|id| id.0).collect())?.into_iter().next();
        Ok(Some(self.changed().change(self.field, was.map(|face| face.name), new.map(|face| face.name))))
    }
}

impl<F> Edit<F> {
    /// As `check_seen`, when the person had seen anything.
    pub fn check(&self, field: &'static str, now: &str) -> Result<()> {
        match &self.was {
            Some(was) => check_seen(field, was, now, &self.value),
            None => Ok(()),
        }
    }

    /// As `check`, of a person: it is whom the words name that is compared, and whoever is there now is said by name.
    pub fn check_person(&self, tx: &mut Tx, field: &'static str, now: Option<PersonId>) -> Result<()> {
        let value = now.map(|id| id.to_string()).unwrap_or_default();
        if self.was.as_ref().is_none_or(|was| *was == seen(&value)) {
            return Ok(());
        }
        let mine = Face::optional(tx, field, &self.value, now)?;
        if mine.as_ref().map(|face| face.id) == now {
            return Ok(());
        }
        let label = |face: Option<Face>| face.as_ref().map(Face::label).unwrap_or_default();
        let theirs = label(Face::of(tx, now.into_iter().map(|id| id.0).collect())?.into_iter().next());
        Err(Error::Conflict(Box::new(Conflict { field, theirs, yours: label(mine), seen: seen(&value) })))
    }
}

impl Record {
    /// The title as typed; None when it is the same.
    pub fn retitle(&self, tx: &mut Tx, typed: &str) -> Result<Option<Act>> {
        let title = Title::parse(typed).map_err(|msg| Error::invalid("title", msg))?;
        if title.as_str() == self.title {
            return Ok(None);
        }
        self.rename(tx, &title)?;
        Ok(Some(Act::new(ActKind::Changed).on(self.id).change("title", &self.title, title.as_str())))
    }

    /// The tags as typed, with commas between. Asks by itself.
    pub fn retag(&self, tx: &mut Tx, me: &Actor, typed: &str) -> Result<()> {
        let tags = Tag::parse_list(typed).map_err(|msg| Error::invalid("tags", msg))?;
        self.set_tags(tx, me, &tags)
    }

    /// The last beat of an edit: winds the change clock and writes the act, or gives the permit back unused.
    pub fn settle(&self, tx: &mut Tx, permit: Permit, act: Option<Act>) -> Result<()> {
        let Some(act) = act else {
            permit.unused(tx);
            return Ok(());
        };
        self.touch(tx)?;
        audit::record(tx, permit, act)
    }

    /// What hangs on a new record: its tags (`Invalid` above `MAX_TAGS`), what its texts refer to, and its author watching. For
    /// verbs that hold the permit.
    pub fn furnish(&self, tx: &mut Tx, me: &Actor, tags: &[Tag], texts: &[(&str, &Body)]) -> Result<()> {
        if tags.len() > MAX_TAGS {
            return Err(Error::invalid("tags", Msg::new("problem-too-many-tags").with("max", MAX_TAGS)));
        }
        if !tags.is_empty() {
            self.write_tags(tx, &tags.iter().map(|tag| tag.as_str().to_owned()).collect::<Vec<_>>())?;
        }
        for (source, text) in texts {
            self.mention(tx, me, source, text)?;
        }
        me.person_id().map_or(Ok(()), |person| self.add_watcher(tx, person))
    }

    /// Keeps what one text refers to; whom it mentions watches. For verbs that hold the permit.
    pub fn mention(&self, tx: &mut Tx, me: &Actor, source: &str, text: &Body) -> Result<()> {
        for person in self.refer(tx, me, source, text.as_str())? {
            self.add_watcher(tx, person)?;
        }
        Ok(())
    }
}
