//! A diff's changes as one reader may see them: what is derived from something that the reader may not read has no words here.

use super::{ChangeAct, ChangeId, Decision, Diff};
use crate::access::{Actor, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::memory::{Item, State, Type};
use crate::records::{RECORD_COLUMNS, Record, seen};
use crate::text::value::{Body, Title};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Date, Int4, Nullable, SmallInt, Text, Uuid as SqlUuid};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(Debug, Clone, QueryableByName)]
pub struct Change {
    #[diesel(sql_type = SqlUuid)]
    pub id: ChangeId,
    #[diesel(sql_type = Int4)]
    pub position: i32,
    #[diesel(sql_type = Text)]
    pub act: ChangeAct,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub target_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub other_id: Option<Uuid>,
    /// None for archiving, and when another item takes the place; as the next six.
    #[diesel(sql_type = Nullable<Text>)]
    pub title: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub item_type: Option<Type>,
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub confidence: Option<i16>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub importance: Option<i16>,
    #[diesel(sql_type = Nullable<Date>)]
    pub valid_from: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    pub valid_until: Option<NaiveDate>,
    /// The target's words when it was proposed, or last decided.
    #[diesel(sql_type = Nullable<Text>)]
    pub base_title: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub base_body: Option<String>,
    /// Fingerprint of the items it is about then.
    #[diesel(sql_type = Text)]
    pub seen: String,
    #[diesel(sql_type = Text)]
    pub decision: Decision,
    #[diesel(sql_type = Nullable<Text>)]
    pub decided_by: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub result_id: Option<Uuid>,
}

/// Why a change is proposed.
#[derive(Debug, Clone, QueryableByName)]
pub struct Evidence {
    #[diesel(sql_type = SqlUuid)]
    change_id: Uuid,
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub passage: String,
}

#[derive(QueryableByName)]
struct Hidden {
    #[diesel(sql_type = SqlUuid)]
    change_id: Uuid,
    #[diesel(sql_type = BigInt)]
    hidden_count: i64,
    #[diesel(sql_type = Bool)]
    is_closed: bool,
    #[diesel(sql_type = Bool)]
    is_lost: bool,
}

/// A change with what it is about, as one reader sees it.
#[derive(Debug, Clone)]
pub struct Proposed {
    pub change: Change,
    pub target: Option<Item>,
    /// Takes the target's place, or is kept instead of it.
    pub other: Option<Item>,
    pub result: Option<Item>,
    pub evidence: Vec<Evidence>,
    /// Evidence that the reader may not read.
    pub hidden: i64,
    /// It comes from, or is about, what the reader may not read: its words are taken out.
    pub is_hidden: bool,
    /// What it comes from was deleted for good, so nobody can read it any more: it can only be refused.
    pub is_lost: bool,
}

/// Of the items that a change is about: what is changed, and what takes its place or is kept. Empty when something is added.
pub(super) fn about(target: Option<&Item>, other: Option<&Item>) -> String {
    match (target, other) {
        (Some(target), Some(other)) => seen(&format!("{}\n{}", target.fingerprint(), other.fingerprint())),
        (target, _) => target.map(Item::fingerprint).unwrap_or_default(),
    }
}

/// What a decision about all of them at once says it saw: none of them changed, and none came or went.
pub fn seen_all(all: &[Proposed]) -> String {
    seen(&all.iter().map(Proposed::seen_now).collect::<Vec<_>>().join("\n"))
}

impl Proposed {
    /// An item that it is about is no longer as the proposer (or who decided) saw it.
    pub fn is_outdated(&self) -> bool {
        self.change.decision != Decision::Applied && !self.is_hidden && self.about_now() != self.change.seen
    }

    /// The fingerprint of what it is about, as that is now.
    pub(super) fn about_now(&self) -> String {
        about(self.target.as_ref(), self.other.as_ref())
    }

    /// What a decision says it saw: the proposed words, what was decided about them so far, and the items they are about.
    pub fn seen_now(&self) -> String {
        let change = &self.change;
        let words = (&change.title, change.item_type, &change.body, change.confidence, change.importance);
        let days = (change.valid_from, change.valid_until);
        seen(&format!("{}\n{}\n{}\n{words:?}\n{days:?}", change.id, change.decision, self.about_now()))
    }

    /// None when no words are proposed.
    pub fn state(&self) -> Option<State> {
        let change = &self.change;
        Some(State {
            kind: change.item_type?,
            title: Title::parse(change.title.as_deref()?).ok()?,
            body: Body::parse(change.body.as_deref().unwrap_or_default()).ok()?,
            confidence: change.confidence?,
            importance: change.importance?,
            valid_from: change.valid_from,
            valid_until: change.valid_until,
        })
    }

    fn hide(&mut self) {
        self.is_hidden = true;
        self.evidence.clear();
        (self.target, self.other, self.result) = (None, None, None);
        let change = &mut self.change;
        (change.title, change.body, change.base_title, change.base_body) = (None, None, None, None);
    }
}

const CHANGE: &str =
    "select c.id, c.position, c.act, c.target_id, c.other_id, c.title, c.item_type, c.body, c.confidence, c.importance,
    c.valid_from, c.valid_until, c.base_title, c.base_body, c.seen, c.decision, p.name as decided_by, c.result_id
    from memory_changes c left join people p on p.id = c.decided_by_id where c.diff_id = ";

impl Diff {
    /// In their order, in at most four queries.
    pub fn changes(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Proposed>> {
        let mut sql = Sql::named("diffs::changes", CHANGE);
        sql.bind(self.id).push(" order by c.position, c.id");
        let changes: Vec<Change> = sql.load(tx.conn())?;
        let named = changes.iter().flat_map(|change| [change.target_id, change.other_id, change.result_id]);
        let items = Item::find_ids(tx, me, named.flatten().collect())?;
        let items: HashMap<Uuid, Item> = items.into_iter().map(|item| (item.record.id.0, item)).collect();
        let mut evidence = self.evidence(tx, me)?;
        let closed = self.closed(tx, me)?;
        let about = |id: Option<Uuid>| id.and_then(|id| items.get(&id)).cloned();
        let proposed = changes.into_iter().map(|change| {
            let own: Vec<Evidence> = evidence.extract_if(.., |piece| piece.change_id == change.id.0).collect();
            let hidden = closed.get(&change.id.0);
            let lacks = |id: Option<Uuid>| id.is_some_and(|id| !items.contains_key(&id));
            let is_hidden =
                hidden.is_some_and(|hidden| hidden.is_closed) || lacks(change.target_id) || lacks(change.other_id);
            let mut proposed = Proposed {
                target: about(change.target_id),
                other: about(change.other_id),
                result: about(change.result_id),
                hidden: hidden.map_or(0, |hidden| hidden.hidden_count),
                evidence: own,
                is_hidden: false,
                is_lost: hidden.is_some_and(|hidden| hidden.is_lost),
                change,
            };
            if is_hidden {
                proposed.hide();
            }
            proposed
        });
        Ok(proposed.collect())
    }

    fn evidence(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Evidence>> {
        let mut sql = Sql::named(
            "diffs::evidence",
            &format!(
                "select e.change_id, e.passage, {RECORD_COLUMNS} from memory_evidence e join records r on r.id = e.record_id
                 join memory_changes c on c.id = e.change_id where c.diff_id = "
            ),
        );
        sql.bind(self.id).push(" and ").append(&visible::records(me)).push(" order by e.id");
        Ok(sql.load(tx.conn())?)
    }

    /// Of each change with evidence that `me` may not read: how many, and whether one of them was never opened to more readers. What
    /// was deleted for good is read by nobody any more: the change stays as closed as it was.
    fn closed(&self, tx: &mut Tx, me: &Actor) -> Result<HashMap<Uuid, Hidden>> {
        let mut sql = Sql::named(
            "diffs::closed",
            "select e.change_id, count(*) as hidden_count, bool_or(e.widened_at is null) as is_closed,
               bool_or(e.widened_at is null and r.id is null) as is_lost
             from memory_evidence e left join records r on r.id = e.record_id join memory_changes c on c.id = e.change_id
             where c.diff_id = ",
        );
        sql.bind(self.id)
            .push(" and (r.id is null or not ")
            .append(&visible::records(me))
            .push(") group by e.change_id");
        let rows: Vec<Hidden> = sql.load(tx.conn())?;
        Ok(rows.into_iter().map(|row| (row.change_id, row)).collect())
    }
}
