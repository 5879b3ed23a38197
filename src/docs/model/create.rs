//! Making pages: new ones, and copies.

use super::{Doc, DocId, ICONS, MAX_DEPTH, TextRow, depth_of, lock_tree, me_id};
use crate::access::{Actor, Kind, Place};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::records::{NewRecord, Record, rank_between, rank_of_new};
use crate::text::value::{Body, MAX_TITLE_CHARS, Title};

/// A page about to be made, every field checked.
#[derive(Debug, Clone)]
pub struct NewDoc {
    /// Of its parent, when it has one.
    pub place: Place,
    pub parent: Option<DocId>,
    pub title: Title,
    pub body: Body,
    pub icon: &'static str,
}

impl NewDoc {
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<Doc> {
        lock_tree(tx)?;
        if let Some(parent) = self.parent {
            check_parent(tx, parent, self.place, 1)?;
        }
        let (record, permit) =
            NewRecord { kind: Kind::Doc, place: self.place, title: self.title.clone() }.insert(tx, me)?;
        self.insert(tx, me, &record)?;
        let mentioned = record.refer(tx, me, "body", self.body.as_str())?;
        for person in me.person_id().into_iter().chain(mentioned) {
            record.add_watcher(tx, person)?;
        }
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        Doc::find(tx, me, &record.display_id)
    }

    fn insert(&self, tx: &mut Tx, me: &Actor, record: &Record) -> Result<()> {
        let rank = rank_at_end(tx, self.place, self.parent)?;
        let mut sql =
            Sql::named("docs::insert", "insert into docs (id, place_id, parent_id, rank, icon, body) values (");
        sql.bind(record.id).push(", ").bind(self.place.id()).push(", ").bind(self.parent.map(|id| id.0)).push(", ");
        sql.bind(rank).push(", ").bind(self.icon).push(", ").bind(self.body.as_str()).push(")");
        sql.execute(tx.conn())?;
        let mut first = Sql::named(
            "docs::first_revision",
            "insert into doc_revisions (id, doc_id, number, title, body, author_id, created_at) values (",
        );
        first.bind(tx.new_id()).push(", ").bind(record.id).push(", 1, ").bind(self.title.as_str()).push(", ");
        first.bind(self.body.as_str()).push(", ").bind(me_id(me)).push(", ").bind(tx.now).push(")");
        first.execute(tx.conn())?;
        Ok(())
    }
}

impl Doc {
    /// A copy beside the page, with its tags and without the pages below it. `title` names it.
    pub fn duplicate(tx: &mut Tx, me: &Actor, display_id: &str, title: &str) -> Result<Doc> {
        let doc = Doc::find(tx, me, display_id)?;
        doc.check_alive()?;
        let cut: String = title.chars().take(MAX_TITLE_CHARS).collect();
        let copy = NewDoc {
            place: doc.record.place(),
            parent: doc.parent_id,
            title: Title::parse(&cut).map_err(|msg| Error::invalid("title", msg))?,
            body: Body::parse(&doc.body).map_err(|msg| Error::invalid("body", msg))?,
            icon: parse_icon(&doc.icon).unwrap_or_default(),
        };
        let copy = copy.create(tx, me)?;
        let tags = doc.record.tags(tx)?;
        if !tags.is_empty() {
            copy.record.write_tags(tx, &tags)?;
        }
        Ok(copy)
    }
}

/// One of `ICONS`; None for another word.
pub fn parse_icon(word: &str) -> Option<&'static str> {
    ICONS.into_iter().find(|icon| *icon == word)
}

/// The parent must live in this place, outside the bin, and leave room for `levels` below it.
pub(in crate::docs) fn check_parent(tx: &mut Tx, parent: DocId, place: Place, levels: usize) -> Result<()> {
    let mut sql =
        Sql::named("docs::check_parent", "select 1 as one from docs d where d.removed_at is null and d.id = ");
    sql.bind(parent).push(" and d.place_id = ").bind(place.id());
    if sql.execute(tx.conn())? == 0 {
        return Err(Error::invalid("parent", "problem-doc-parent-unknown"));
    }
    if depth_of(tx, parent)? + levels > MAX_DEPTH {
        return Err(Error::invalid("parent", Msg::new("problem-doc-depth").with("max", MAX_DEPTH)));
    }
    Ok(())
}

/// After the last page below a parent (None: at the top of the place). The time makes ranks that stay short however many pages are
/// added; only where something already stands later is one made from its neighbour.
pub(in crate::docs) fn rank_at_end(tx: &mut Tx, place: Place, parent: Option<DocId>) -> Result<String> {
    let last = rank_at(tx, place, parent, "max")?;
    let by_time = rank_of_new(tx.now);
    let is_later = last.as_ref().is_none_or(|last| *last < by_time);
    Ok(if is_later { by_time } else { rank_between(last.as_deref(), None) })
}

/// Before the first page below a parent.
pub(in crate::docs) fn rank_at_start(tx: &mut Tx, place: Place, parent: Option<DocId>) -> Result<String> {
    rank_at(tx, place, parent, "min").map(|first| rank_between(None, first.as_deref()))
}

fn rank_at(tx: &mut Tx, place: Place, parent: Option<DocId>, end: &'static str) -> Result<Option<String>> {
    let mut sql = Sql::named("docs::rank_at", &format!("select {end}(d.rank) as text from docs d where d.place_id = "));
    sql.bind(place.id()).push(" and d.parent_id is not distinct from ").bind(parent.map(|id| id.0));
    sql.push(&format!(" having {end}(d.rank) is not null"));
    Ok(sql.load::<TextRow>(tx.conn())?.into_iter().next().map(|row| row.text))
}
