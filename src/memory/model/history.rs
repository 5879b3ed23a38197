//! Every state an item had, and who left it so.

use super::{Item, Status, Type};
use crate::access::Actor;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Date, Int4, Nullable, SmallInt, Text, Timestamptz};

/// States that the page shows; older ones are kept and leave with an export.
pub const MAX_REVISIONS: i32 = 200;

/// One state.
#[derive(Debug, Clone, QueryableByName)]
pub struct Revision {
    #[diesel(sql_type = Int4)]
    pub number: i32,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Text, column_name = item_type)]
    pub kind: Type,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Text)]
    pub body: String,
    /// Percent.
    #[diesel(sql_type = SmallInt)]
    pub confidence: i16,
    #[diesel(sql_type = SmallInt)]
    pub importance: i16,
    #[diesel(sql_type = Nullable<Date>)]
    pub valid_from: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    pub valid_until: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    pub needs_review: bool,
    /// None for a program of the organisation.
    #[diesel(sql_type = Nullable<Text>)]
    pub author: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

impl Item {
    /// Writes down the state that the item is in now. For verbs that hold the permit and the lock.
    pub(super) fn remember(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let mut sql = Sql::named(
            "memory::remember",
            "insert into memory_revisions (memory_id, number, title, item_type, status, body, confidence, importance, valid_from,
               valid_until, needs_review, author_id, at)
             select m.id, 1 + coalesce((select max(v.number) from memory_revisions v where v.memory_id = m.id), 0), r.title, m.item_type,
               m.status, m.body, m.confidence, m.importance, m.valid_from, m.valid_until, m.needs_review, ",
        );
        sql.bind(me.person_id().map(|id| id.0)).push("::uuid, ").bind(tx.now);
        sql.push("::timestamptz from memory_items m join records r on r.id = m.id where m.id = ").bind(self.record.id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Newest first, at most `MAX_REVISIONS`.
    pub fn revisions(&self, tx: &mut Tx) -> Result<Vec<Revision>> {
        let mut sql = Sql::named(
            "memory::revisions",
            "select v.number, v.title, v.item_type, v.status, v.body, v.confidence, v.importance, v.valid_from, v.valid_until,
               v.needs_review, p.name as author, v.at
             from memory_revisions v left join people p on p.id = v.author_id where v.memory_id = ",
        );
        sql.bind(self.record.id).push(" order by v.number desc limit ").number(MAX_REVISIONS);
        Ok(sql.load(tx.conn())?)
    }
}
