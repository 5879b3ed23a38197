//! Another parent, another order, another place. The pages below move along.

use super::{Doc, DocId, MAX_DEPTH, Node, check_parent, lock_tree, nodes, rank_at_end, rank_at_start};
use crate::access::{Actor, Kind, Permit, Place, Thing, Verb, may, may_each};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::PersonId;
use crate::records::{rank_between, set_place_of};
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Nullable, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

text_enum!(
    /// At which end of its new neighbours a page comes to stand.
    End { First = "first", Last = "last" }
);

text_enum!(
    /// One place up or down among its neighbours: the keyboard's way of dragging.
    Step { Up = "up", Down = "down" }
);

/// Where a page goes.
#[derive(Debug, Clone, Copy)]
pub struct Destination {
    pub place: Place,
    /// None: to the top of the place.
    pub parent: Option<DocId>,
    pub end: End,
}

/// A page and those below it, as far as moving and removing ask.
#[derive(Debug, Clone, QueryableByName)]
pub(in crate::docs) struct Below {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub author_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub archived_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub removed_at: Option<DateTime<Utc>>,
    /// 0 for the page itself.
    #[diesel(sql_type = Int4)]
    pub depth: i32,
}

impl Doc {
    /// Moves the page with everything below it. A circle or too deep a tree is refused. Another place needs Share for each page
    /// that moves: else one could put a colleague's page below one's own and take both away.
    pub fn move_to(tx: &mut Tx, me: &Actor, display_id: &str, to: Destination) -> Result<Doc> {
        lock_tree(tx)?;
        let doc = Doc::find_locked(tx, me, display_id)?;
        let below = doc.below(tx)?;
        let permit = doc.ask_to_move(tx, me, to.place, &below)?;
        doc.check_alive()?;
        if let Some(parent) = to.parent {
            if below.iter().any(|row| row.id == parent.0) {
                return Err(Error::invalid("parent", "problem-doc-circle"));
            }
            let levels = below.iter().map(|row| row.depth).max().unwrap_or_default();
            check_parent(tx, parent, to.place, usize::try_from(levels).unwrap_or(MAX_DEPTH) + 1)?;
        }
        doc.put(tx, to, &below)?;
        let act = Act::new(ActKind::Moved).on(doc.record.id).change("scope", doc.record.scope, to.place.scope());
        let act = act.note("parent", to.parent).note("pages", below.len());
        audit::record(tx, permit, act)?;
        Doc::find(tx, me, display_id)
    }

    fn ask_to_move(&self, tx: &mut Tx, me: &Actor, place: Place, below: &[Below]) -> Result<Permit> {
        if self.record.place() == place {
            return may(tx, me, Verb::Edit, &self.record.thing());
        }
        let leave = self.may_with_below(tx, me, Verb::Share, below)?;
        let enter = may(
            tx,
            me,
            Verb::Add,
            &Thing::Record { id: self.record.id.0, kind: Kind::Doc, place, author: self.record.author_id },
        )?;
        enter.unused(tx);
        Ok(leave)
    }

    /// One permit for the page and all below it. What stands in the way below is said in other words than what is wrong here.
    pub(super) fn may_with_below(&self, tx: &mut Tx, me: &Actor, verb: Verb, below: &[Below]) -> Result<Permit> {
        let place = self.record.place();
        let thing = |row: &Below| Thing::Record { id: row.id, kind: Kind::Doc, place, author: row.author_id };
        crate::access::check(me, verb, &self.record.thing())?;
        let things: Vec<Thing> = below.iter().map(thing).collect();
        may_each(tx, me, verb, &things).map_err(|error| match error {
            Error::Forbidden(_) => Error::forbidden("refused-doc-below"),
            other => other,
        })
    }

    fn put(&self, tx: &mut Tx, to: Destination, below: &[Below]) -> Result<()> {
        if self.record.place() != to.place {
            // The key that binds a child to its parent's place holds at every moment: let go, move all at once, take hold again.
            self.set_parent(tx, None)?;
            set_place_of(tx, below.iter().map(|row| row.id).collect(), to.place)?;
        }
        let rank = match to.end {
            End::First => rank_at_start(tx, to.place, to.parent)?,
            End::Last => rank_at_end(tx, to.place, to.parent)?,
        };
        self.set_parent(tx, to.parent)?;
        self.set_rank(tx, &rank)?;
        self.record.touch(tx)
    }

    pub(super) fn set_parent(&self, tx: &mut Tx, parent: Option<DocId>) -> Result<()> {
        let mut sql = Sql::named("docs::set_parent", "update docs set parent_id = ");
        sql.bind(parent.map(|id| id.0)).push(" where id = ").bind(self.id());
        sql.execute(tx.conn())?;
        Ok(())
    }

    fn set_rank(&self, tx: &mut Tx, rank: &str) -> Result<()> {
        let mut sql = Sql::named("docs::set_rank", "update docs set rank = ");
        sql.bind(rank).push(" where id = ").bind(self.id());
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// One place up or down; at the end nothing happens.
    pub fn step(tx: &mut Tx, me: &Actor, display_id: &str, step: Step) -> Result<Doc> {
        lock_tree(tx)?;
        let doc = Doc::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Edit, &doc.record.thing())?;
        doc.check_alive()?;
        let row = doc.neighbours(tx, me)?;
        let Some(rank) = rank_after_step(&row, doc.id(), step) else {
            permit.unused(tx);
            return Ok(doc);
        };
        doc.set_rank(tx, &rank)?;
        audit::record(tx, permit, Act::new(ActKind::Moved).on(doc.record.id).note("order", step))?;
        Doc::find(tx, me, display_id)
    }

    /// The page and its neighbours in order, with their ranks.
    fn neighbours(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<(DocId, String)>> {
        let mut sql = Sql::named(
            "docs::neighbours",
            "select d.id, d.rank as text from docs d join records r on r.id = d.id where d.place_id = ",
        );
        sql.bind(self.record.place().id())
            .push(" and d.parent_id is not distinct from ")
            .bind(self.parent_id.map(|id| id.0));
        sql.push(" and d.removed_at is null and r.archived_at is null and ")
            .append(&crate::access::visible::records(me));
        sql.push(" order by d.rank, d.id");
        Ok(sql.load::<Ranked>(tx.conn())?.into_iter().map(|row| (row.id, row.text)).collect())
    }

    /// The page (first) and everything below it.
    pub(in crate::docs) fn below(&self, tx: &mut Tx) -> Result<Vec<Below>> {
        let mut sql =
            Sql::named("docs::below", "with recursive below(id, depth) as (select d.id, 0 from docs d where d.id = ");
        sql.bind(self.id()).push(
            " union all select d.id, b.depth + 1 from docs d join below b on d.parent_id = b.id where b.depth < 100)
             select b.id, r.author_id, r.archived_at, d.removed_at, b.depth
             from below b join docs d on d.id = b.id join records r on r.id = b.id order by b.depth",
        );
        Ok(sql.load(tx.conn())?)
    }

    /// How many pages stand below this one, outside the bin.
    pub fn count_below(&self, tx: &mut Tx) -> Result<usize> {
        Ok(self.below(tx)?.iter().filter(|row| row.depth > 0 && row.removed_at == self.removed_at).count())
    }
}

#[derive(QueryableByName)]
struct Ranked {
    #[diesel(sql_type = SqlUuid)]
    id: DocId,
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

fn rank_after_step(row: &[(DocId, String)], own: DocId, step: Step) -> Option<String> {
    let at = row.iter().position(|(id, _)| *id == own)?;
    let rank = |index: usize| row.get(index).map(|(_, rank)| rank.as_str());
    match step {
        Step::Up => {
            let above = at.checked_sub(1)?;
            Some(rank_between(above.checked_sub(1).and_then(rank), rank(above)))
        }
        Step::Down => {
            rank(at + 1)?;
            Some(rank_between(rank(at + 1), rank(at + 2)))
        }
    }
}

/// Pages offered as a new parent: those of the place, in the order of the tree.
pub fn parents_offered(tx: &mut Tx, me: &Actor, place: Place) -> Result<Vec<Node>> {
    nodes(tx, me, place, Vec::new())
}

/// A parent as typed: a display ID, or nothing for the top of the place.
pub fn parse_parent(tx: &mut Tx, me: &Actor, text: &str) -> Result<Option<Doc>> {
    let text = text.trim();
    // What the field offers is "DOC-12 Title"; the ID is enough.
    let id = text.split_whitespace().next().unwrap_or_default().to_uppercase();
    if id.is_empty() {
        return Ok(None);
    }
    match Doc::find(tx, me, &id) {
        Ok(doc) if !doc.is_removed() => Ok(Some(doc)),
        Ok(_) | Err(Error::NotFound) => Err(Error::invalid("parent", Msg::new("problem-doc-parent-unknown"))),
        Err(other) => Err(other),
    }
}
