//! Applying what was accepted: all of it in one transaction, by the verbs of memory, with the rights of who applies.

use super::decide::check_all_seen;
use super::{ChangeAct, Decision, Diff, DiffId, Proposed};
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::memory::{Carried, Item, NewItem, today};
use crate::records::LinkKind;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Piece {
    #[diesel(sql_type = SqlUuid)]
    record_id: Uuid,
    #[diesel(sql_type = Text)]
    passage: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    widened_by_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    widened_at: Option<DateTime<Utc>>,
}

impl Diff {
    /// `Conflict` when anything is not as the page showed it (`seen`, as `accept_all`), or an item changed since it was decided; then
    /// nothing is applied.
    pub fn apply(tx: &mut Tx, me: &Actor, id: DiffId, seen: Option<&str>) -> Result<Diff> {
        let diff = Diff::find_locked(tx, me, id)?;
        let permit = may(tx, me, Verb::Decide, &diff.thing())?;
        if !diff.is_pending() {
            return Err(Error::invalid("", "problem-diff-decided"));
        }
        diff.hold_targets(tx)?;
        let is_accepted =
            |proposed: &Proposed| matches!(proposed.change.decision, Decision::Accepted | Decision::Edited);
        let all = diff.changes(tx, me)?;
        check_all_seen(&all, seen)?;
        let accepted: Vec<Proposed> = all.into_iter().filter(is_accepted).collect();
        if accepted.is_empty() {
            return Err(Error::invalid("", "problem-diff-nothing-accepted"));
        }
        let (count, day) = (accepted.len(), today(tx, me));
        for proposed in accepted {
            if proposed.is_hidden {
                return Err(Error::forbidden("refused-diff-hidden"));
            }
            let proposed = proposed.anew(tx, me)?;
            if proposed.is_outdated() {
                return Err(proposed.conflict());
            }
            proposed.check_possible(&diff, day)?;
            let result = diff.apply_one(tx, me, &proposed)?;
            proposed.done(tx, result)?;
        }
        // Who made it just now, and applied it, waited for nobody.
        diff.close(tx, me, seen.is_none())?;
        let act = Act::new(ActKind::DiffApplied).target("memory_diff", diff.id).note("changes", count);
        audit::record(tx, permit, act)?;
        Diff::find(tx, me, id)
    }

    /// Nobody edits what it is about between the look and the change; in one order, so that two who apply do not wait for each other.
    fn hold_targets(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named(
            "diffs::hold_targets",
            "select 1 as one from records where id in (select unnest(array[target_id, other_id]) from memory_changes where diff_id = ",
        );
        sql.bind(self.id).push(") order by id for no key update");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// The item that stands for it afterwards.
    fn apply_one(&self, tx: &mut Tx, me: &Actor, proposed: &Proposed) -> Result<Uuid> {
        let carried = proposed.carried(tx)?;
        let lost = || Error::invalid("", "problem-diff-no-words");
        let item = match (proposed.change.act, &proposed.target) {
            (ChangeAct::Add, _) => self.new_item(proposed, None).ok_or_else(lost)?.create(tx, me)?,
            (ChangeAct::Update, Some(target)) => {
                Item::rewrite(tx, me, &target.record.display_id, &proposed.state().ok_or_else(lost)?)?
            }
            (ChangeAct::Supersede, Some(target)) => match &proposed.other {
                Some(other) => {
                    other.supersede(tx, me, &target.record.display_id)?;
                    return Ok(other.record.id.0);
                }
                None => self.new_item(proposed, Some(target)).ok_or_else(lost)?.create(tx, me)?,
            },
            (ChangeAct::Archive, Some(target)) => {
                if let Some(kept) = &proposed.other {
                    target.record.link(tx, me, LinkKind::Duplicates, &kept.record)?;
                }
                target.record.archive(tx, me)?;
                return Ok(target.record.id.0);
            }
            _ => return Err(lost()),
        };
        item.carry(tx, me, &carried)?;
        Ok(item.record.id.0)
    }

    fn new_item(&self, proposed: &Proposed, old: Option<&Item>) -> Option<NewItem> {
        let supersedes = old.map(|old| old.record.display_id.clone());
        Some(NewItem { supersedes, ..NewItem::of_state(self.place(), proposed.state()?) })
    }
}

impl Proposed {
    /// With its items as an earlier change of the same diff left them.
    fn anew(self, tx: &mut Tx, me: &Actor) -> Result<Proposed> {
        let named = [self.change.target_id, self.change.other_id];
        let items = Item::find_ids(tx, me, named.into_iter().flatten().collect())?;
        let find = |id: Option<Uuid>| items.iter().find(|item| Some(item.record.id.0) == id).cloned();
        Ok(Proposed { target: find(self.change.target_id), other: find(self.change.other_id), ..self })
    }

    /// All of its evidence, also what who applies may not read: where it comes from must not get lost.
    fn carried(&self, tx: &mut Tx) -> Result<Vec<Carried>> {
        let mut sql = Sql::named(
            "diffs::carried",
            "select record_id, passage, widened_by_id, widened_at from memory_evidence where record_id is not null and change_id = ",
        );
        sql.bind(self.change.id).push(" order by id");
        let pieces: Vec<Piece> = sql.load(tx.conn())?;
        let carried = pieces.into_iter().map(|piece| Carried {
            record: piece.record_id,
            passage: piece.passage,
            widened: piece.widened_by_id.zip(piece.widened_at),
        });
        Ok(carried.collect())
    }

    fn done(&self, tx: &mut Tx, result: Uuid) -> Result<()> {
        let mut sql = Sql::named("diffs::done", "update memory_changes set decision = ");
        sql.bind(Decision::Applied).push(", result_id = ").bind(result).push(" where id = ").bind(self.change.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}
