//! Out of sight and back: archiving, and the bin, where a page waits for 30 days. Both take along what is below, and bring back
//! exactly what they took: it carries the same instant.

use super::{DOC_COLUMNS, Doc, lock_tree, me_id, moving::Below, rank_at_end};
use crate::access::{Actor, Kind, Verb, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{RECORD_COLUMNS, set_archived_of};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use uuid::Uuid;

/// Days a page stays in the bin.
pub const BIN_DAYS: i64 = 30;
/// Pages the bin shows.
pub const BIN_SHOWN: i64 = 200;

impl Doc {
    /// Takes the page and all below it out of lists and tree.
    pub fn archive(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Doc> {
        let now = tx.now;
        Doc::sweep(
            tx,
            me,
            display_id,
            ActKind::Archived,
            |doc| doc.record.is_archived(),
            |_, row| row.archived_at.is_none(),
            |tx, _, ids| set_archived_of(tx, ids, Some(now)),
        )
    }

    /// Undoes `archive`, for all that went with it.
    pub fn restore(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Doc> {
        let with = |doc: &Doc, row: &Below| row.archived_at == doc.record.archived_at && row.removed_at.is_none();
        let is_done = |doc: &Doc| !doc.record.is_archived() || doc.is_removed();
        Doc::sweep(tx, me, display_id, ActKind::Restored, is_done, with, |tx, _, ids| set_archived_of(tx, ids, None))
    }

    /// Puts the page and all below it into the bin.
    pub fn remove(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Doc> {
        let (now, remover) = (tx.now, me_id(me));
        Doc::sweep(
            tx,
            me,
            display_id,
            ActKind::Deleted,
            Doc::is_removed,
            |_, row| row.removed_at.is_none(),
            |tx, below, ids| {
                set_removed(tx, &ids, Some(now), remover)?;
                let active = below.iter().filter(|row| row.archived_at.is_none() && ids.contains(&row.id));
                set_archived_of(tx, active.map(|row| row.id).collect(), Some(now))
            },
        )
    }

    /// Undoes `remove`. When its parent is still in the bin (or archived), it comes back at the top of its place.
    pub fn put_back(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Doc> {
        let with = |doc: &Doc, row: &Below| row.removed_at == doc.removed_at;
        let doc = Doc::sweep(
            tx,
            me,
            display_id,
            ActKind::Restored,
            |doc| !doc.is_removed(),
            with,
            |tx, below, ids| {
                set_removed(tx, &ids, None, None)?;
                // What was archived before stays so; what the bin archived carries the bin's own instant.
                let by_bin = below.iter().filter(|row| row.archived_at == row.removed_at && ids.contains(&row.id));
                set_archived_of(tx, by_bin.map(|row| row.id).collect(), None)
            },
        )?;
        if doc.parent_is_gone(tx)? {
            let rank = rank_at_end(tx, doc.record.place(), None)?;
            let mut sql = Sql::named("docs::to_top", "update docs set parent_id = null, rank = ");
            sql.bind(rank).push(" where id = ").bind(doc.id());
            sql.execute(tx.conn())?;
        }
        Ok(doc)
    }

    /// The common way of all four: ask for the page and all that goes along, change, one entry on each.
    fn sweep(
        tx: &mut Tx,
        me: &Actor,
        display_id: &str,
        kind: ActKind,
        is_done: impl Fn(&Doc) -> bool,
        goes_along: impl Fn(&Doc, &Below) -> bool,
        change: impl FnOnce(&mut Tx, &[Below], Vec<Uuid>) -> Result<()>,
    ) -> Result<Doc> {
        lock_tree(tx)?;
        let doc = Doc::find_locked(tx, me, display_id)?;
        let below: Vec<Below> = doc.below(tx)?.into_iter().filter(|row| goes_along(&doc, row)).collect();
        let permit = doc.may_with_below(tx, me, Verb::Remove, &below)?;
        if is_done(&doc) {
            permit.unused(tx);
            return Ok(doc);
        }
        let ids: Vec<Uuid> = below.iter().map(|row| row.id).collect();
        let acts = ids.iter().map(|id| Act::new(kind).on(*id)).collect();
        change(tx, &below, ids)?;
        audit::record_each(tx, permit, acts)?;
        Doc::find(tx, me, display_id)
    }

    fn parent_is_gone(&self, tx: &mut Tx) -> Result<bool> {
        let Some(parent) = self.parent_id else { return Ok(false) };
        let mut sql = Sql::named(
            "docs::parent_is_gone",
            "select 1 as one from docs d where d.removed_at is not null and d.id = ",
        );
        sql.bind(parent);
        Ok(sql.execute(tx.conn())? > 0)
    }
}

fn set_removed(tx: &mut Tx, ids: &[Uuid], at: Option<DateTime<Utc>>, remover: Option<Uuid>) -> Result<()> {
    let mut sql = Sql::named("docs::set_removed", "update docs set removed_at = ");
    match at {
        Some(at) => sql.bind(at),
        None => sql.push("null"),
    };
    sql.push(", remover_id = ").bind(remover).push(" where id = any(").bind(ids.to_vec()).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// A page in the bin, with what went along.
#[derive(Debug, Clone, QueryableByName)]
pub struct Binned {
    #[diesel(embed)]
    pub doc: Doc,
    #[diesel(sql_type = Nullable<Text>)]
    pub remover: Option<String>,
    /// Pages that went along.
    #[diesel(sql_type = BigInt)]
    pub others: i64,
}

impl Binned {
    /// When nothing brings it back any more.
    pub fn gone_at(&self) -> DateTime<Utc> {
        self.doc.removed_at.unwrap_or_default() + Duration::days(BIN_DAYS)
    }

    /// What was put into the bin in the last 30 days, newest first; what went along is counted, not listed.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Binned>> {
        let mut sql = Sql::named(
            "docs::bin",
            &format!(
                "select {RECORD_COLUMNS}{DOC_COLUMNS}, p.name as remover,
                 (select count(*) - 1 from docs o where o.removed_at = d.removed_at and o.place_id = d.place_id) as others
                 from docs d join records r on r.id = d.id left join people p on p.id = d.remover_id
                 left join docs up on up.id = d.parent_id where up.removed_at is distinct from d.removed_at and d.removed_at > "
            ),
        );
        sql.bind(tx.now - Duration::days(BIN_DAYS)).push(" and r.kind = ").bind(Kind::Doc).push(" and ");
        sql.append(&visible::records(me)).push(" order by d.removed_at desc, d.id limit ").bind(BIN_SHOWN);
        Ok(sql.load(tx.conn())?)
    }
}

/// Deletes for good what has been in the bin for 30 days; answers how many pages. For the nightly clean-up (`Chore::Expiry`).
pub fn empty_bin(tx: &mut Tx) -> Result<usize> {
    let cutoff = tx.now - Duration::days(BIN_DAYS);
    let mut sql = Sql::named("docs::expired", "select d.id from docs d where d.removed_at <= ");
    sql.bind(cutoff);
    let ids: Vec<Uuid> = sql.load::<super::IdRow>(tx.conn())?.into_iter().map(|row| row.id).collect();
    crate::records::delete_for_good(tx, ids)
}
