//! What a decided proposal does to an item: all of it at once, so that the history has one step.

use super::{COLUMNS, Field, Item, Type, check_days, percent};
use crate::access::{Actor, Verb, may, visible};
use crate::audit::{Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::records::{RECORD_COLUMNS, Record, seen};
use crate::text::value::{Body, Title};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use uuid::Uuid;

/// An item's own words and weights, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub kind: Type,
    pub title: Title,
    pub body: Body,
    /// Percent.
    pub confidence: i16,
    pub importance: i16,
    pub valid_from: Option<NaiveDate>,
    pub valid_until: Option<NaiveDate>,
}

/// A source that a proposal hands on, whether or not who decides may read it; and the leave somebody gave, if anybody did.
#[derive(Debug, Clone)]
pub struct Carried {
    pub record: Uuid,
    pub passage: String,
    pub widened: Option<(Uuid, DateTime<Utc>)>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// True for a source `s` of the item `r` whose record `o` fewer people may read, though nobody agreed to that. As `covers`.
pub const IS_NARROW: &str =
    "s.widened_at is null and r.scope <> 'user' and o.place_id <> r.place_id and o.scope <> 'organisation'
    and not exists (select 1 from projects j where j.id = o.project_id and j.visibility = 'open')";

impl Carried {
    /// One that nobody was asked about yet.
    pub(super) fn of(record: &Record, passage: String) -> Self {
        Carried { record: record.id.0, passage, widened: None }
    }
}

impl Item {
    /// Those of the ids that `me` may see, in no order.
    pub fn find_ids(tx: &mut Tx, me: &Actor, ids: Vec<Uuid>) -> Result<Vec<Item>> {
        let mut sql = Sql::named(
            "memory::find_ids",
            &format!(
                "select {RECORD_COLUMNS}{COLUMNS} from records r join memory_items m on m.id = r.id where r.id = any("
            ),
        );
        sql.bind(ids).push(") and ").append(&visible::records(me));
        Ok(sql.load(tx.conn())?)
    }

    /// Of everything that a decision about it looks at; also of where it is, for that says who may read it.
    pub fn fingerprint(&self) -> String {
        let fields = [
            Field::Title,
            Field::Body,
            Field::Kind,
            Field::Status,
            Field::Confidence,
            Field::Importance,
            Field::From,
            Field::Until,
            Field::Review,
        ];
        let values: Vec<String> = fields.into_iter().map(|field| self.value(field, &[])).collect();
        seen(&format!("{}\n{}\n{}", values.join("\n"), self.record.is_archived(), self.record.place().id()))
    }

    /// Everything at once; a doubt is settled by it.
    pub fn rewrite(tx: &mut Tx, me: &Actor, display_id: &str, state: &State) -> Result<Item> {
        let item = Item::find_locked(tx, me, display_id)?;
        check_days(state.valid_from, state.valid_until)?;
        let permit = may(tx, me, Verb::Edit, &item.record.thing())?;
        let act = item.difference(state);
        if act.is_some() {
            item.write(tx, me, state)?;
        }
        let is_changed = act.is_some();
        item.record.settle(tx, permit, act)?;
        let item = Item::find(tx, me, display_id)?;
        if is_changed {
            item.remember(tx, me)?;
        }
        Ok(item)
    }

    fn write(&self, tx: &mut Tx, me: &Actor, state: &State) -> Result<()> {
        let mut sql = Sql::named("memory::rewrite", "update memory_items set");
        let values: [Bind; 7] = [
            state.kind.into(),
            state.body.as_str().into(),
            Bind::Int(state.confidence.into()),
            Bind::Int(state.importance.into()),
            state.valid_from.into(),
            state.valid_until.into(),
            self.record.id.into(),
        ];
        sql.add(
            " item_type = ?, body = ?, confidence = ?, importance = ?, valid_from = ?, valid_until = ?, needs_review = false where id = ?",
            values,
        );
        sql.execute(tx.conn())?;
        self.record.rename(tx, &state.title)?;
        self.record.mention(tx, me, "body", &state.body)
    }

    /// What a proposed state would change besides the text, as the history will say it: field, before, after.
    pub fn differences(&self, state: &State) -> Vec<(&'static str, String, String)> {
        let day = |on: Option<NaiveDate>| on.map(|on| on.to_string()).unwrap_or_default();
        let pairs = [
            ("title", self.record.title.clone(), state.title.as_str().to_owned()),
            ("type", self.kind.to_string(), state.kind.to_string()),
            ("confidence", percent(self.confidence), percent(state.confidence)),
            ("importance", self.importance.to_string(), state.importance.to_string()),
            ("valid_from", day(self.valid_from), day(state.valid_from)),
            ("valid_until", day(self.valid_until), day(state.valid_until)),
            ("needs_review", self.value(Field::Review, &[]), "no".to_owned()),
        ];
        pairs.into_iter().filter(|(_, old, new)| old != new).collect()
    }

    /// None when nothing differs.
    fn difference(&self, state: &State) -> Option<Act> {
        let mut act = None;
        for (field, old, new) in self.differences(state) {
            act = Some(act.unwrap_or_else(|| Act::new(ActKind::Changed).on(self.record.id)).change(field, old, new));
        }
        if self.body != state.body.as_str() {
            act = Some(act.unwrap_or_else(|| Act::new(ActKind::Changed).on(self.record.id)).text_change("body"));
        }
        act
    }

    /// Hands sources on to this item, each once. For verbs that just made or changed it. `Invalid` when one of them is narrower than
    /// the item and nobody agreed to that: then the proposal waits for somebody who looks at it. What its proposer agreed to is
    /// agreed to by `me` as well, who must be allowed to share the item.
    pub fn carry(&self, tx: &mut Tx, me: &Actor, sources: &[Carried]) -> Result<()> {
        let widened: Vec<Uuid> =
            sources.iter().filter(|source| source.widened.is_some()).map(|source| source.record).collect();
        let insert = |tx: &mut Tx| sources.iter().try_for_each(|source| self.carry_one(tx, me, source));
        match widened.is_empty() {
            true => insert(tx)?,
            false => self.share_sources(tx, me, widened, insert)?,
        }
        self.refuse_narrow(tx, sources)
    }

    fn carry_one(&self, tx: &mut Tx, me: &Actor, source: &Carried) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &self.record.thing())?;
        // A proposal has no field of its own for a source.
        let is_new = self.insert_source(tx, me, source).map_err(|error| match error {
            Error::Invalid(problems) => Error::invalid("", problems.first()),
            other => other,
        })?;
        let act = Act::new(ActKind::SourceAdded).on(self.record.id).note("other", source.record);
        self.record.settle(tx, permit, is_new.then_some(act))
    }

    /// Of these sources alone: what else became narrower is a matter of its own.
    fn refuse_narrow(&self, tx: &mut Tx, sources: &[Carried]) -> Result<()> {
        if sources.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::named(
            "memory::narrow_sources",
            &format!(
                "select count(*) as count from memory_sources s join records r on r.id = s.memory_id
                 join records o on o.id = s.record_id where {IS_NARROW} and s.memory_id = "
            ),
        );
        sql.bind(self.record.id).push(" and s.record_id = any(");
        sql.bind(sources.iter().map(|source| source.record).collect::<Vec<_>>()).push(")");
        match sql.load::<Count>(tx.conn())?.first().map(|row| row.count) {
            Some(1..) => Err(Error::invalid("", "problem-memory-narrow")),
            _ => Ok(()),
        }
    }
}
