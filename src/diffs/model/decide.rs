//! Deciding about one change: accept, edit, refuse, or take that back.

use super::{ChangeId, Decision, Diff, DiffId, DiffStatus, Proposed, seen_all};
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Conflict, Error, Result};
use crate::memory::{Item, Standing, State, check_days, today};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::BigInt;

#[derive(QueryableByName)]
struct Tally {
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    applied: i64,
    #[diesel(sql_type = BigInt)]
    refused: i64,
}

impl Diff {
    /// `seen` is what the page showed (`Proposed::seen_now`): `Conflict` when the words, the decision or the items changed since.
    pub fn decide(
        tx: &mut Tx,
        me: &Actor,
        (id, change): (DiffId, ChangeId),
        decision: Decision,
        seen: &str,
    ) -> Result<Diff> {
        let diff = Diff::find_locked(tx, me, id)?;
        let permit = may(tx, me, Verb::Decide, &diff.thing())?;
        let proposed = diff.open_change(tx, me, change, decision)?;
        proposed.check_seen(seen)?;
        if decision == Decision::Accepted {
            proposed.check_possible(&diff, today(tx, me))?;
        }
        proposed.mark(tx, me, decision)?;
        diff.close(tx, me, false)?;
        audit::record(tx, permit, decided(&diff, decision))?;
        Diff::find(tx, me, id)
    }

    /// Other words than the proposed ones, and accepted with them.
    pub fn edit_change(
        tx: &mut Tx,
        me: &Actor,
        (id, change): (DiffId, ChangeId),
        state: &State,
        seen: &str,
    ) -> Result<Diff> {
        let diff = Diff::find_locked(tx, me, id)?;
        let permit = may(tx, me, Verb::Decide, &diff.thing())?;
        let proposed = diff.open_change(tx, me, change, Decision::Edited)?;
        if proposed.change.title.is_none() {
            return Err(Error::invalid("", "problem-diff-no-words"));
        }
        check_days(state.valid_from, state.valid_until)?;
        proposed.check_seen(seen)?;
        proposed.check_possible(&diff, today(tx, me))?;
        let mut sql = Sql::named("diffs::edit_change", "update memory_changes set");
        let values: [Bind; 7] = [
            state.kind.into(),
            state.title.as_str().into(),
            state.body.as_str().into(),
            Bind::Int(state.confidence.into()),
            Bind::Int(state.importance.into()),
            state.valid_from.into(),
            state.valid_until.into(),
        ];
        sql.add(
            " item_type = ?, title = ?, body = ?, confidence = ?, importance = ?, valid_from = ?, valid_until = ? where id = ",
            values,
        );
        sql.bind(change);
        sql.execute(tx.conn())?;
        proposed.mark(tx, me, Decision::Edited)?;
        diff.close(tx, me, false)?;
        audit::record(tx, permit, decided(&diff, Decision::Edited))?;
        Diff::find(tx, me, id)
    }

    /// Accepts every undecided change that the reader may read, that is still possible and whose items nobody changed since. `seen`
    /// is what the page showed (`seen_all`), None for who made all of it just now: `Conflict` when anything changed since.
    pub fn accept_all(tx: &mut Tx, me: &Actor, id: DiffId, seen: Option<&str>) -> Result<Diff> {
        let diff = Diff::find_locked(tx, me, id)?;
        let permit = may(tx, me, Verb::Decide, &diff.thing())?;
        if !diff.is_pending() {
            permit.unused(tx);
            return Ok(diff);
        }
        let all = diff.changes(tx, me)?;
        check_all_seen(&all, seen)?;
        let day = today(tx, me);
        for proposed in all {
            let is_open = proposed.change.decision == Decision::Open && !proposed.is_hidden && !proposed.is_outdated();
            if is_open && proposed.check_possible(&diff, day).is_ok() {
                proposed.mark(tx, me, Decision::Accepted)?;
            }
        }
        audit::record(tx, permit, decided(&diff, Decision::Accepted))?;
        Diff::find(tx, me, id)
    }

    /// `NotFound` for one that is not in this diff or that `me` may not read; `Invalid` when it is past deciding.
    fn open_change(&self, tx: &mut Tx, me: &Actor, change: ChangeId, decision: Decision) -> Result<Proposed> {
        // What nobody can read any more must not wait for ever.
        let is_seen = |proposed: &Proposed| !proposed.is_hidden || proposed.is_lost && decision == Decision::Refused;
        let all = self.changes(tx, me)?;
        let proposed = all.into_iter().find(|proposed| proposed.change.id == change && is_seen(proposed));
        let proposed = proposed.ok_or(Error::NotFound)?;
        if !self.is_open() || proposed.change.decision == Decision::Applied {
            return Err(Error::invalid("", "problem-diff-decided"));
        }
        Ok(proposed)
    }

    /// Sets the status that follows from its changes; one with changes that wait is pending.
    pub(super) fn close(&self, tx: &mut Tx, me: &Actor, at_once: bool) -> Result<()> {
        let mut sql = Sql::named(
            "diffs::tally",
            "select count(*) filter (where decision in ('open', 'accepted', 'edited')) as waiting,
               count(*) filter (where decision = 'applied') as applied, count(*) filter (where decision = 'refused') as refused
             from memory_changes where diff_id = ",
        );
        sql.bind(self.id);
        let tally = sql.load::<Tally>(tx.conn())?.into_iter().next().ok_or_else(|| Error::broken("no tally"))?;
        let status = match tally {
            Tally { waiting: 1.., .. } => DiffStatus::Pending,
            Tally { applied: 0, .. } => DiffStatus::Rejected,
            Tally { refused: 1.., .. } => DiffStatus::PartiallyApplied,
            _ if at_once => DiffStatus::AutoApplied,
            _ => DiffStatus::Approved,
        };
        let mut sql = Sql::named("diffs::close", "update memory_diffs set status = ");
        sql.bind(status);
        match status {
            DiffStatus::Pending => sql.push(", decided_at = null, decided_by_id = null"),
            _ => {
                sql.push(", decided_at = ").bind(tx.now).push(", decided_by_id = ").bind(me.person_id().map(|id| id.0))
            }
        };
        sql.push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

fn decided(diff: &Diff, decision: Decision) -> Act {
    Act::new(ActKind::DiffDecided).target("memory_diff", diff.id).note("decision", decision)
}

/// `Conflict` when anything in a diff is not as it was shown.
pub(super) fn check_all_seen(all: &[Proposed], seen: Option<&str>) -> Result<()> {
    let now = seen_all(all);
    match seen {
        Some(seen) if seen != now => {
            let (theirs, yours) = (String::new(), String::new());
            Err(Error::Conflict(Box::new(Conflict { field: "change", theirs, yours, seen: now })))
        }
        _ => Ok(()),
    }
}

impl Proposed {
    /// `Conflict` when the change is not as it was shown.
    fn check_seen(&self, seen: &str) -> Result<()> {
        if self.seen_now() == seen { Ok(()) } else { Err(self.conflict()) }
    }

    /// With the target's words now and those proposed.
    pub(super) fn conflict(&self) -> Error {
        Error::Conflict(Box::new(Conflict {
            field: "change",
            theirs: self.target.as_ref().map(|target| target.record.title.clone()).unwrap_or_default(),
            yours: self.change.title.clone().unwrap_or_default(),
            seen: self.seen_now(),
        }))
    }

    /// `Invalid` when what it is about lives elsewhere by now, or what is to be kept instead no longer counts.
    pub(super) fn check_possible(&self, diff: &Diff, today: NaiveDate) -> Result<()> {
        let is_elsewhere = |item: &Item| item.record.place() != diff.place();
        if [&self.target, &self.other].into_iter().flatten().any(is_elsewhere) {
            return Err(Error::invalid("", "problem-diff-other-place"));
        }
        match &self.other {
            Some(kept) if kept.standing(today) != Standing::Counts => Err(Error::invalid("", "problem-diff-kept")),
            _ => Ok(()),
        }
    }

    /// Writes the decision; what was decided about the target as it is now counts for that.
    pub(super) fn mark(&self, tx: &mut Tx, me: &Actor, decision: Decision) -> Result<()> {
        let mut sql = Sql::named("diffs::mark", "update memory_changes set decision = ");
        sql.bind(decision);
        if decision == Decision::Open {
            sql.push(", decided_by_id = null, decided_at = null");
        } else {
            sql.push(", decided_by_id = ").bind(me.person_id().map(|id| id.0)).push(", decided_at = ").bind(tx.now);
        }
        if let Some(target) = self.target.as_ref().filter(|_| decision != Decision::Open) {
            sql.push(", seen = ").bind(self.about_now()).push(", base_title = ").bind(target.record.title.as_str());
            sql.push(", base_body = ").bind(target.body.as_str());
        }
        sql.push(" where id = ").bind(self.change.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}
