//! What a run reads: within its place, by whoever its readers are.

use crate::access::{Actor, Kind, Place, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::memory::today;
use diesel::QueryableByName;
use diesel::sql_types::{Date, Text, Uuid as SqlUuid};
use uuid::Uuid;

/// Records that an own agent reads, those changed last.
pub const MAX_READ: i64 = 40;
/// Decisions in one reminder, the longest due first.
pub const MAX_DECISIONS: i64 = 50;

/// A decision whose review is due.
#[derive(Debug, Clone, QueryableByName)]
pub struct DueDecision {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub display_id: String,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Date)]
    pub review_on: chrono::NaiveDate,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Of the place itself; of the organisation and of a person whatever they read.
fn within(sql: &mut Sql, place: Place) {
    if let Place::Project(_) | Place::Group(_) = place {
        sql.push(" and r.place_id = ").bind(place.id());
    }
}

/// Those changed last.
pub fn newest(tx: &mut Tx, reader: &Actor, place: Place, kinds: &[Kind]) -> Result<Vec<Uuid>> {
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.to_string()).collect();
    let mut sql =
        Sql::named("agents::read", "select r.id from records r where r.archived_at is null and r.kind = any(");
    sql.bind(kinds).push(") and ").append(&visible::records(reader));
    within(&mut sql, place);
    sql.push(" order by r.updated_at desc, r.id desc limit ").bind(MAX_READ);
    Ok(sql.load::<Id>(tx.conn())?.into_iter().map(|row| row.id).collect())
}

/// In force, and to be looked at again by today.
pub fn due_decisions(tx: &mut Tx, reader: &Actor, place: Place) -> Result<Vec<DueDecision>> {
    let mut sql = Sql::named(
        "agents::decisions",
        "select r.id, r.display_id, r.title, d.review_on from records r join decisions d on d.id = r.id
         where r.archived_at is null and d.status = 'active' and d.review_on <= ",
    );
    let day = today(tx, reader);
    sql.bind(day).push(" and r.kind = ").bind(Kind::Decision).push(" and ").append(&visible::records(reader));
    within(&mut sql, place);
    sql.push(" order by d.review_on, r.id limit ").bind(MAX_DECISIONS);
    Ok(sql.load(tx.conn())?)
}
