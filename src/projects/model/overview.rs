//! What a project's first page shows: how much of each kind there is, and what moved last.

use super::Project;
use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::paging::COUNT_LIMIT;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{RECORD_COLUMNS, Record};
use diesel::QueryableByName;
use diesel::sql_types::{Int8, Nullable, Text};

/// Records under "Recently changed".
pub const RECENT_SHOWN: i32 = 10;

/// How many records of a kind; up to `COUNT_LIMIT` + 1.
#[derive(Debug, Clone, QueryableByName)]
pub struct Count {
    #[diesel(sql_type = Text)]
    pub kind: Kind,
    #[diesel(sql_type = Int8)]
    pub count: i64,
}

/// A record and who changed it last.
#[derive(Debug, Clone, QueryableByName)]
pub struct Recent {
    #[diesel(embed)]
    pub record: Record,
    /// None when it was the system.
    #[diesel(sql_type = Nullable<Text>)]
    pub changed_by: Option<String>,
}

impl Project {
    /// Each kind, also those of which there are none, in the order of `Kind`.
    pub fn counts(&self, tx: &mut Tx) -> Result<Vec<Count>> {
        let kinds: Vec<String> = Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
        let mut sql = Sql::named(
            "projects::counts",
            "select k.kind, (select count(*) from (select 1 from records r where r.archived_at is null and r.kind = k.kind and r.place_id = ",
        );
        sql.bind(self.id).push(" limit ").bind(COUNT_LIMIT + 1).push(") capped) as count from unnest(").bind(kinds);
        sql.push("::text[]) with ordinality as k(kind, place) order by k.place");
        Ok(sql.load(tx.conn())?)
    }

    /// The records that changed last, newest first.
    pub fn recent(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Recent>> {
        let mut sql = Sql::named(
            "projects::recent",
            &format!(
                "select {RECORD_COLUMNS}, w.name as changed_by from (select * from records r where r.archived_at is null and r.place_id = "
            ),
        );
        sql.bind(self.id)
            .push(" and ")
            .append(&visible::records(me))
            .push(" order by r.updated_at desc, r.id desc limit ");
        sql.bind(RECENT_SHOWN).push(
            ") r left join lateral (select p.name from activity a join people p on p.id = a.actor_id
               where a.record_id = r.id order by a.at desc, a.id desc limit 1) w on true order by r.updated_at desc, r.id desc",
        );
        Ok(sql.load(tx.conn())?)
    }
}
