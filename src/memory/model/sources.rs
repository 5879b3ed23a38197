//! Where an item comes from. What is derived is never visible wider than its sources, unless a person says so with them in view.

use super::{Carried, Item, Row};
use crate::access::{Actor, Place, Verb, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::paging::Page;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Msg, Result};
use crate::records::{RECORD_COLUMNS, Record};
use crate::typed_id;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text, Uuid as SqlUuid};
use std::collections::HashMap;
use uuid::Uuid;

typed_id!(SourceId);

/// Of one item.
pub const MAX_SOURCES: usize = 50;
pub const MAX_PASSAGE_CHARS: usize = 2_000;

/// A record as a person names it, with the words that matter there.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// Display ID.
    pub record: String,
    /// As it stands there; may be empty.
    pub passage: String,
}

/// A source that the reader may read.
#[derive(Debug, Clone, QueryableByName)]
pub struct Source {
    #[diesel(sql_type = SqlUuid)]
    pub source_id: SourceId,
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub passage: String,
    /// A person said that the item may be read by more people than this.
    #[diesel(sql_type = Bool)]
    pub is_widened: bool,
}

/// What a reader sees of an item's sources.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    pub seen: Vec<Source>,
    /// Those that the reader may not read: counted, never named.
    pub hidden: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl NewSource {
    /// The record, which `me` must see, and the passage without blanks around.
    pub fn found(&self, tx: &mut Tx, me: &Actor) -> Result<(Record, String)> {
        let record = match Record::find_any(tx, me, &self.record.trim().to_uppercase()) {
            Err(Error::NotFound) => return Err(Error::invalid("source", "problem-link-unknown")),
            found => found?,
        };
        let passage = parse_passage(&self.passage).map_err(|msg| Error::invalid("passage", msg))?;
        Ok((record, passage))
    }
}

/// At most `MAX_PASSAGE_CHARS`.
pub fn parse_passage(typed: &str) -> Result<String, Msg> {
    let passage = typed.replace('\r', "").trim().to_owned();
    if passage.contains('\0') {
        return Err(Msg::new("problem-nul"));
    }
    match passage.chars().count() {
        ..=MAX_PASSAGE_CHARS => Ok(passage),
        _ => Err(Msg::new("problem-too-long").with("max", MAX_PASSAGE_CHARS)),
    }
}

/// Whether everybody who reads `place` may also read a record that lies in `source`: by the places, not by who is in them today.
pub fn covers(me: &Actor, source: Place, place: Place) -> bool {
    match (source, place) {
        _ if source == place => true,
        (Place::Organisation(_), _) => true,
        // One's own place has one reader, who found the source.
        (_, Place::Person(_)) => true,
        (Place::Project(id), _) => me.project_by_id(id).is_some_and(|project| !project.is_restricted),
        _ => false,
    }
}

impl Item {
    pub fn sources(&self, tx: &mut Tx, me: &Actor) -> Result<Sources> {
        let mut sql = Sql::named(
            "memory::sources",
            &format!(
                "select s.id as source_id, s.passage, s.widened_at is not null as is_widened, {RECORD_COLUMNS}
                 from memory_sources s join records r on r.id = s.record_id where s.memory_id = "
            ),
        );
        sql.bind(self.record.id).push(" and ").append(&visible::records(me)).push(" order by s.created_at, s.id");
        let seen: Vec<Source> = sql.load(tx.conn())?;
        let all = self.count_sources(tx)?;
        Ok(Sources { hidden: all - i64::try_from(seen.len()).unwrap_or_default(), seen })
    }

    fn count_sources(&self, tx: &mut Tx) -> Result<i64> {
        let mut sql =
            Sql::named("memory::count_sources", "select count(*) as count from memory_sources where memory_id = ");
        sql.bind(self.record.id);
        Ok(sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
    }

    /// `Invalid` under `widen` for one that is narrower than the item and not named in `widen`. The same words a second time change
    /// nothing.
    pub fn add_source(tx: &mut Tx, me: &Actor, display_id: &str, new: &NewSource, widen: &[String]) -> Result<()> {
        let item = Item::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Edit, &item.record.thing())?;
        let (source, passage) = new.found(tx, me)?;
        if source.id == item.record.id {
            return Err(Error::invalid("source", "problem-link-self"));
        }
        let is_new = item.insert_source(tx, me, &Carried::of(&source, passage))?;
        let act = Act::new(ActKind::SourceAdded).on(item.record.id).note("other", source.id);
        item.record.settle(tx, permit, is_new.then_some(act))?;
        // Another source that fewer people may read since is no matter of this one.
        let narrower = item.narrower(tx, me, item.record.place())?.into_iter();
        item.agree(tx, me, narrower.filter(|narrow| narrow.record.id == source.id).collect(), widen)
    }

    /// False when it is there already with the same words. For verbs that hold the lock.
    pub(super) fn insert_source(&self, tx: &mut Tx, me: &Actor, source: &Carried) -> Result<bool> {
        let mut sql = Sql::named(
            "memory::insert_source",
            "insert into memory_sources (id, memory_id, record_id, passage, author_id, created_at, widened_by_id, widened_at)",
        );
        let values: [Bind; 7] = [
            tx.new_id().into(),
            self.record.id.into(),
            source.record.into(),
            source.passage.as_str().into(),
            me.person_id().map(|id| id.0).into(),
            tx.now.into(),
            source.widened.map(|(by, _)| by).into(),
        ];
        sql.add(" select ?::uuid, ?::uuid, ?::uuid, ?::text, ?::uuid, ?::timestamptz, ?::uuid, ", values);
        match source.widened {
            Some((_, at)) => sql.bind(at).push("::timestamptz"),
            None => sql.push("null::timestamptz"),
        };
        sql.push(" where not exists (select 1 from memory_sources s where s.memory_id = ").bind(self.record.id);
        sql.push(" and s.record_id = ").bind(source.record).push(" and s.passage = ").bind(source.passage.as_str());
        sql.push(")");
        let is_new = sql.execute(tx.conn())? > 0;
        if is_new && self.count_sources(tx)? > i64::try_from(MAX_SOURCES).unwrap_or(i64::MAX) {
            return Err(Error::invalid("source", Msg::new("problem-memory-sources").with("max", MAX_SOURCES)));
        }
        Ok(is_new)
    }

    /// Only a source that one may read: `NotFound` else.
    pub fn remove_source(tx: &mut Tx, me: &Actor, display_id: &str, id: SourceId) -> Result<()> {
        let item = Item::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Edit, &item.record.thing())?;
        let source = item.sources(tx, me)?.seen.into_iter().find(|source| source.source_id == id);
        let source = source.ok_or(Error::NotFound)?;
        let mut sql = Sql::named("memory::remove_source", "delete from memory_sources where id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::SourceRemoved).on(item.record.id).note("other", source.record.id);
        item.record.settle(tx, permit, Some(act))
    }

    /// The sources that not everybody in `place` may read and nobody has agreed to; `Forbidden` when `me` may not read one of them
    /// either, because then nobody has it in view.
    pub fn narrower(&self, tx: &mut Tx, me: &Actor, place: Place) -> Result<Vec<Source>> {
        let is_moved = place != self.record.place();
        // Where nobody new begins to read, nothing is widened.
        if is_moved && covers(me, self.record.place(), place) {
            return Ok(Vec::new());
        }
        let sources = self.sources(tx, me)?;
        if is_moved && sources.hidden > 0 {
            return Err(Error::forbidden("refused-memory-hidden-source"));
        }
        let is_open = |source: &Source| !covers(me, source.record.place(), place) && (is_moved || !source.is_widened);
        Ok(sources.seen.into_iter().filter(is_open).collect())
    }

    /// `Invalid` when a source that is narrower than `place` is not in `agreed`, which holds the display IDs that the person had in
    /// view.
    pub(super) fn widen_to(&self, tx: &mut Tx, me: &Actor, place: Place, agreed: &[String]) -> Result<()> {
        let narrower = self.narrower(tx, me, place)?;
        self.agree(tx, me, narrower, agreed)
    }

    /// Marks narrower sources as agreed to.
    fn agree(&self, tx: &mut Tx, me: &Actor, narrower: Vec<Source>, agreed: &[String]) -> Result<()> {
        if narrower.is_empty() {
            return Ok(());
        }
        if !narrower.iter().all(|source| agreed.contains(&source.record.display_id)) {
            return Err(Error::invalid("widen", "problem-memory-wider"));
        }
        let ids: Vec<Uuid> = narrower.iter().map(|source| source.source_id.0).collect();
        let records = narrower.iter().map(|source| source.record.id.0).collect();
        self.share_sources(tx, me, records, |tx| {
            let mut sql = Sql::named("memory::widen", "update memory_sources set widened_by_id = ");
            sql.bind(me.person_id().map(|id| id.0)).push(", widened_at = ").bind(tx.now);
            sql.push(" where id = any(").bind(ids).push(")");
            sql.execute(tx.conn())?;
            Ok(())
        })
    }

    /// Lets more people read what comes from these records than may read them: a person's act of sharing, kept in the audit trail,
    /// whichever way it comes about. `write` writes it down.
    pub(super) fn share_sources(
        &self,
        tx: &mut Tx,
        me: &Actor,
        records: Vec<Uuid>,
        write: impl FnOnce(&mut Tx) -> Result<()>,
    ) -> Result<()> {
        let permit = may(tx, me, Verb::Share, &self.record.thing())?;
        write(tx)?;
        audit::record(tx, permit, Act::new(ActKind::MemoryWidened).on(self.record.id).note("sources", records))
    }
}

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = SqlUuid)]
    memory_id: Uuid,
    #[diesel(sql_type = Text)]
    display_id: String,
}

/// Fills in the first source of each row that `me` may read, in one query.
pub(super) fn with_first_sources(tx: &mut Tx, me: &Actor, mut page: Page<Row>) -> Result<Page<Row>> {
    let ids: Vec<Uuid> = page.rows.iter().map(|row| row.item.record.id.0).collect();
    let mut sql = Sql::named(
        "memory::first_sources",
        "select distinct on (s.memory_id) s.memory_id, r.display_id
         from memory_sources s join records r on r.id = s.record_id where s.memory_id = any(",
    );
    sql.bind(ids).push(") and ").append(&visible::records(me)).push(" order by s.memory_id, s.created_at, s.id");
    let mut first: HashMap<Uuid, String> =
        sql.load::<First>(tx.conn())?.into_iter().map(|row| (row.memory_id, row.display_id)).collect();
    for row in &mut page.rows {
        row.source = first.remove(&row.item.record.id.0);
    }
    Ok(page)
}
