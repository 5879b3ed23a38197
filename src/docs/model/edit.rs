//! Saving a page. Every save that changes something is a revision; a save that began from an older one is refused with both texts.

use super::{Doc, Revision, me_id};
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Result};
use crate::records::seen;
use crate::text::value::{Body, Title};

/// What a person wants a page to be.
#[derive(Debug, Clone)]
pub struct Save {
    pub title: Title,
    pub body: Body,
    pub icon: &'static str,
    /// The revision that the person began from.
    pub base: i32,
    pub note: String,
}

impl Doc {
    /// `Conflict` when somebody saved since `base`, unless they saved the very same.
    pub fn save(tx: &mut Tx, me: &Actor, display_id: &str, save: &Save) -> Result<Doc> {
        let doc = Doc::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Edit, &doc.record.thing())?;
        doc.check_alive()?;
        let is_same = doc.record.title == save.title.as_str() && doc.body == save.body.as_str();
        if is_same && doc.icon == save.icon {
            permit.unused(tx);
            return Ok(doc);
        }
        if save.base != doc.revision && !is_same {
            return Err(doc.lost_race(save));
        }
        let act = doc.apply(tx, me, save, None)?;
        audit::record(tx, permit, act)?;
        Doc::find(tx, me, display_id)
    }

    fn lost_race(&self, save: &Save) -> Error {
        let (theirs, yours) = (self.body.clone(), save.body.as_str().to_owned());
        Error::Conflict(Box::new(Conflict { field: "body", seen: seen(&theirs), theirs, yours }))
    }

    /// Writes what differs; a revision when words do. `restored` is the number of the revision that comes back.
    pub(super) fn apply(&self, tx: &mut Tx, me: &Actor, save: &Save, restored: Option<i32>) -> Result<Act> {
        let kind = if restored.is_some() { ActKind::RevisionRestored } else { ActKind::Changed };
        let mut act = Act::new(kind).on(self.record.id);
        let has_title = self.record.title != save.title.as_str();
        let has_body = self.body != save.body.as_str();
        if has_title {
            self.record.rename(tx, &save.title)?;
            act = act.change("title", &self.record.title, save.title.as_str());
        }
        if has_body {
            act = act.text_change("body");
        }
        let number = self.revision + i32::from(has_title || has_body || restored.is_some());
        if number != self.revision {
            act = act.note("revision", number);
            Revision::insert(tx, me, self, number, save, restored)?;
        }
        let mut sql = Sql::named("docs::save", "update docs set body = ");
        sql.bind(save.body.as_str()).push(", icon = ").bind(save.icon).push(", revision = ").bind(number);
        sql.push(" where id = ").bind(self.id());
        sql.execute(tx.conn())?;
        if has_body {
            for person in self.record.refer(tx, me, "body", save.body.as_str())? {
                self.record.add_watcher(tx, person)?;
            }
        }
        self.watch_own(tx, me)?;
        self.record.touch(tx)?;
        Ok(act)
    }

    /// Whoever changes a page hears of its further changes.
    fn watch_own(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        match me.person_id() {
            Some(person) => self.record.add_watcher(tx, person),
            None => Ok(()),
        }
    }
}

/// A note is one line as a title is, but may be missing.
pub fn parse_note(text: &str) -> Result<String> {
    let note = text.trim();
    if note.is_empty() {
        return Ok(String::new());
    }
    Title::parse(note).map(Title::into_string).map_err(|msg| Error::invalid("note", msg))
}

impl Revision {
    pub(super) fn insert(
        tx: &mut Tx,
        me: &Actor,
        doc: &Doc,
        number: i32,
        save: &Save,
        restored: Option<i32>,
    ) -> Result<()> {
        let mut sql = Sql::named(
            "docs::insert_revision",
            "insert into doc_revisions (id, doc_id, number, title, body, note, restored_number, author_id, created_at) values (",
        );
        sql.bind(tx.new_id())
            .push(", ")
            .bind(doc.id())
            .push(", ")
            .bind(number)
            .push(", ")
            .bind(save.title.as_str())
            .push(", ");
        sql.bind(save.body.as_str())
            .push(", ")
            .bind(save.note.as_str())
            .push(", ")
            .bind(restored)
            .push(", ")
            .bind(me_id(me));
        sql.push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
        Ok(())
    }
}
