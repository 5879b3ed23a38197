//! Proposing: by hand, out of a page, or by a rule; all through `NewDiff::create`.

use super::view::about;
use super::{ChangeAct, Decision, Diff, DiffId, DiffStatus, MAX_CHANGES, MAX_REASON_CHARS, Origin};
use crate::access::{Actor, Kind, Place, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::diffs::reading::{Found, read_statements};
use crate::docs::Doc;
use crate::error::{Error, Msg, Result};
use crate::memory::{Item, NewSource, State, USUAL_CONFIDENCE, USUAL_IMPORTANCE, covers};
use crate::records::seen;
use crate::text::value::Body;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use std::collections::HashSet;
use uuid::Uuid;

/// One change about to be proposed.
#[derive(Debug, Clone)]
pub struct NewChange {
    pub act: ChangeAct,
    /// None when something is added.
    pub target: Option<Item>,
    /// Takes the target's place, or is kept instead of it.
    pub other: Option<Item>,
    /// None for archiving, and when `other` takes the place.
    pub state: Option<State>,
    pub evidence: Vec<NewEvidence>,
    /// What a rule found; proposed once.
    pub finding: Option<String>,
}

#[derive(Debug, Clone)]
pub struct NewEvidence {
    pub record: Uuid,
    pub passage: String,
    /// Its proposer saw that more people may read the change than this, and meant it.
    pub is_widened: bool,
}

impl NewEvidence {
    /// A record that `me` may read. `Invalid` under `widen` when fewer people may read it than `place`, and `agreed` does not name it.
    pub fn find(tx: &mut Tx, me: &Actor, new: &NewSource, place: Place, agreed: &[String]) -> Result<NewEvidence> {
        let (record, passage) = new.found(tx, me)?;
        let is_narrow = !covers(me, record.place(), place);
        if is_narrow && !agreed.contains(&record.display_id) {
            return Err(Error::invalid("widen", "problem-memory-wider"));
        }
        Ok(NewEvidence { record: record.id.0, passage, is_widened: is_narrow })
    }
}

/// A diff about to be made.
#[derive(Debug, Clone)]
pub struct NewDiff {
    pub place: Place,
    pub origin: Origin,
    pub reason: String,
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Text)]
    finding: String,
}

/// Those findings that were proposed before, whatever came of them.
pub(super) fn known(tx: &mut Tx, findings: Vec<String>) -> Result<HashSet<String>> {
    let mut sql = Sql::named("diffs::known", "select finding from memory_changes where finding = any(");
    sql.bind(findings).push(")");
    Ok(sql.load::<Known>(tx.conn())?.into_iter().map(|row| row.finding).collect())
}

/// At most `MAX_REASON_CHARS`.
pub fn parse_reason(typed: &str) -> Result<String, Msg> {
    let reason = Body::parse(typed.trim())?.into_string();
    match reason.chars().count() {
        ..=MAX_REASON_CHARS => Ok(reason),
        _ => Err(Msg::new("problem-too-long").with("max", MAX_REASON_CHARS)),
    }
}

/// What the changes of one diff are about so far.
#[derive(Default)]
struct Taken {
    targets: HashSet<Uuid>,
    kept: HashSet<Uuid>,
}

impl Taken {
    /// False when an earlier one changes the same item, or one that this keeps, or keeps what this changes.
    fn take(&mut self, change: &NewChange) -> bool {
        let id = |item: &Option<Item>| item.as_ref().map(|item| item.record.id.0);
        let (target, other) = (id(&change.target), id(&change.other));
        let is_taken = target.is_some_and(|id| self.targets.contains(&id) || self.kept.contains(&id))
            || other.is_some_and(|id| self.targets.contains(&id));
        if !is_taken {
            self.targets.extend(target);
            self.kept.extend(other);
        }
        !is_taken
    }
}

impl NewDiff {
    /// None, and nothing written, when every change was found before. At most `MAX_CHANGES` are taken, and of those that get into each
    /// other's way the first: the others are found again once it is decided.
    pub fn create(self, tx: &mut Tx, me: &Actor, changes: Vec<NewChange>) -> Result<Option<Diff>> {
        let id = DiffId(tx.new_id());
        let permit = may(
            tx,
            me,
            Verb::Add,
            &Thing::Record { id: id.0, kind: Kind::Memory, place: self.place, author: me.person_id() },
        )?;
        let known = known(tx, changes.iter().filter_map(|change| change.finding.clone()).collect())?;
        let is_new = |change: &NewChange| change.finding.as_ref().is_none_or(|finding| !known.contains(finding));
        let mut taken = Taken::default();
        let fresh: Vec<NewChange> =
            changes.into_iter().filter(is_new).filter(|change| taken.take(change)).take(MAX_CHANGES).collect();
        if fresh.is_empty() {
            permit.unused(tx);
            return Ok(None);
        }
        self.insert(tx, me, id)?;
        for (position, change) in (1..).zip(&fresh) {
            change.insert(tx, me, id, position)?;
        }
        let act = Act::new(ActKind::DiffProposed).target("memory_diff", id).note("changes", fresh.len());
        audit::record(tx, permit, act)?;
        Diff::find(tx, me, id).map(Some)
    }

    fn insert(&self, tx: &mut Tx, me: &Actor, id: DiffId) -> Result<()> {
        let organisation = me.organisation_id().ok_or_else(|| Error::broken("a diff needs an organisation"))?;
        let column = |scope: &str| (self.place.scope() == scope).then(|| self.place.id());
        let mut sql = Sql::named(
            "diffs::insert",
            "insert into memory_diffs (id, organisation_id, scope, project_id, group_id, owner_id, origin, status, reason, author_id, created_at)",
        );
        let values: [Bind; 11] = [
            id.into(),
            organisation.into(),
            self.place.scope().into(),
            column("project").into(),
            column("group").into(),
            column("user").into(),
            self.origin.into(),
            DiffStatus::Pending.into(),
            self.reason.as_str().into(),
            // What a rule finds in somebody's own place was not proposed by them.
            me.person_id().map(|id| id.0).filter(|_| matches!(self.origin, Origin::Person | Origin::Page)).into(),
            tx.now.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

impl NewChange {
    fn insert(&self, tx: &mut Tx, me: &Actor, diff: DiffId, position: i32) -> Result<()> {
        let (id, state, target) = (tx.new_id(), self.state.as_ref(), self.target.as_ref());
        let mut sql = Sql::named(
            "diffs::insert_change",
            "insert into memory_changes (id, diff_id, position, act, target_id, other_id, valid_from, valid_until, seen, decision,
               title, item_type, body, base_title, base_body, finding, confidence, importance)",
        );
        let values: [Bind; 10] = [
            id.into(),
            diff.into(),
            position.into(),
            self.act.into(),
            target.map(|item| item.record.id.0).into(),
            self.other.as_ref().map(|item| item.record.id.0).into(),
            state.and_then(|state| state.valid_from).into(),
            state.and_then(|state| state.valid_until).into(),
            about(target, self.other.as_ref()).into(),
            Decision::Open.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?", values);
        let texts = [
            state.map(|state| state.title.as_str()),
            state.map(|state| state.kind.as_str()),
            state.map(|state| state.body.as_str()),
            target.map(|item| item.record.title.as_str()),
            target.map(|item| item.body.as_str()),
            self.finding.as_deref(),
        ];
        for text in texts {
            match text {
                Some(text) => sql.push(", ").bind(text),
                None => sql.push(", null"),
            };
        }
        for weight in [state.map(|state| state.confidence), state.map(|state| state.importance)] {
            sql.push(", ").bind(Bind::MaybeInt(weight.map(i32::from)));
        }
        sql.push(")");
        sql.execute(tx.conn())?;
        self.evidence.iter().try_for_each(|piece| piece.insert(tx, me, id))
    }
}

impl NewEvidence {
    fn insert(&self, tx: &mut Tx, me: &Actor, change: Uuid) -> Result<()> {
        let mut sql = Sql::named(
            "diffs::insert_evidence",
            "insert into memory_evidence (id, change_id, record_id, passage, widened_by_id, widened_at) values (",
        );
        let by = me.person_id().map(|id| id.0).filter(|_| self.is_widened);
        sql.bind(tx.new_id())
            .push(", ")
            .bind(change)
            .push(", ")
            .bind(self.record)
            .push(", ")
            .bind(self.passage.as_str());
        sql.push(", ").bind(by).push(", ");
        match self.is_widened {
            true => sql.bind(tx.now),
            false => sql.push("null"),
        };
        sql.push(")");
        sql.execute(tx.conn())?;
        Ok(())
    }
}

impl Diff {
    /// One more change, by hand. `Invalid` when the diff is decided or full, or the change is about another place, or about an item
    /// that another change here is about: the second would undo the first.
    pub fn add(tx: &mut Tx, me: &Actor, id: DiffId, change: &NewChange) -> Result<Diff> {
        let diff = Diff::find_locked(tx, me, id)?;
        let permit = may(tx, me, Verb::Add, &diff.thing())?;
        if !diff.is_pending() {
            return Err(Error::invalid("", "problem-diff-decided"));
        }
        if change.target.as_ref().is_some_and(|target| target.record.place() != diff.place()) {
            return Err(Error::invalid("target", "problem-diff-other-place"));
        }
        if let Some(target) = &change.target
            && diff.waits_for(tx, target)?
        {
            return Err(Error::invalid("target", "problem-diff-same-target"));
        }
        if diff.total >= i64::try_from(MAX_CHANGES).unwrap_or(i64::MAX) {
            return Err(Error::invalid("", Msg::new("problem-diff-full").with("max", MAX_CHANGES)));
        }
        let position = i32::try_from(diff.total + 1).unwrap_or(i32::MAX);
        change.insert(tx, me, diff.id, position)?;
        let act = Act::new(ActKind::DiffProposed).target("memory_diff", diff.id).note("changes", 1);
        audit::record(tx, permit, act)?;
        Diff::find(tx, me, id)
    }

    /// Whether a change that is not applied is about this item.
    fn waits_for(&self, tx: &mut Tx, item: &Item) -> Result<bool> {
        let mut sql = Sql::named("diffs::waits_for", "select 1 as one from memory_changes where decision <> ");
        sql.bind(Decision::Applied).push(" and diff_id = ").bind(self.id).push(" and (target_id = ");
        sql.bind(item.record.id).push(" or other_id = ").bind(item.record.id).push(")");
        Ok(sql.execute(tx.conn())? > 0)
    }

    /// Reads a page by rules and proposes what it says, where the page lives. None when it says nothing new.
    pub fn extract(tx: &mut Tx, me: &Actor, doc: &str) -> Result<Option<Diff>> {
        let doc = Doc::find_locked(tx, me, doc)?;
        doc.check_alive()?;
        let found = read_statements(&doc.body);
        Diff::of_page(tx, me, &doc, (Origin::Page, found))
    }

    /// Proposes what was read in a page, where the page lives, each statement once whoever read it. None when nothing of it is new.
    pub fn of_page(tx: &mut Tx, me: &Actor, doc: &Doc, (origin, found): (Origin, Vec<Found>)) -> Result<Option<Diff>> {
        let place = doc.record.place();
        let known = Item::titles(tx, me, place)?;
        let found = found.into_iter();
        let changes =
            found.filter(|statement| !known.contains(&statement.title.as_str().to_lowercase())).map(|statement| {
                let passage = statement.passage;
                NewChange {
                    act: ChangeAct::Add,
                    target: None,
                    other: None,
                    finding: Some(format!("page:{}:{}", doc.record.id, seen(&statement.title.as_str().to_lowercase()))),
                    state: Some(State {
                        kind: statement.kind,
                        title: statement.title,
                        body: Body::default(),
                        confidence: USUAL_CONFIDENCE,
                        importance: USUAL_IMPORTANCE,
                        valid_from: None,
                        valid_until: None,
                    }),
                    evidence: vec![NewEvidence { record: doc.record.id.0, passage, is_widened: false }],
                }
            });
        let changes = changes.collect();
        NewDiff { place, origin, reason: String::new() }.create(tx, me, changes)
    }
}
