//! Places whose passages a budget or a policy holds back. It is theirs alone: the others go on, and they are asked about again after a
//! while, because whoever holds them may change their mind any time.

use super::Set;
use crate::ai::Reason;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

/// Then the place is asked about again.
pub const HELD_SECONDS: i64 = 60;

/// Leaves this place alone for a while.
pub fn hold(tx: &mut Tx, place: Uuid, reason: Reason) -> Result<()> {
    let mut sql = Sql::named("vectors::hold", "insert into vector_holds (place_id, reason, held_until) values (");
    sql.bind(place).push(", ").bind(reason).push(", ").bind(tx.now + Duration::seconds(HELD_SECONDS));
    sql.push(") on conflict (place_id) do update set reason = excluded.reason, held_until = excluded.held_until");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Those whose time is over wait like everybody else.
pub fn release(tx: &mut Tx) -> Result<()> {
    let mut sql = Sql::named("vectors::release", "delete from vector_holds where held_until <= ");
    sql.bind(tx.now);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Why something is held back now, each reason once.
pub fn held_reasons(tx: &mut Tx) -> Result<Vec<Reason>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        reason: Reason,
    }
    let sql = Sql::named("vectors::holds", "select distinct reason from vector_holds order by reason");
    Ok(sql.load::<Row>(tx.conn())?.into_iter().map(|row| row.reason).collect())
}

/// What a set lacks of one place.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Gap {
    #[diesel(sql_type = SqlUuid)]
    pub place_id: Uuid,
    /// Of the organisation, project or group; empty for a person.
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    pub passages: i64,
}

/// What this set lacks of these places.
pub fn gaps(tx: &mut Tx, set: &Set, places: Vec<Uuid>) -> Result<Vec<Gap>> {
    let mut sql = Sql::named(
        "vectors::gaps",
        "select p.place_id, coalesce(o.name, j.name, g.name, '') as name, count(*) as passages from passages p
           left join organisations o on o.id = p.place_id left join projects j on j.id = p.place_id left join groups g on g.id = p.place_id
           where p.place_id = any(",
    );
    sql.bind(Bind::Uuids(places))
        .push(") and p.fault is null and not exists (select from vectors v where v.passage_id = p.id and v.set_id = ");
    sql.bind(set.id).push(") group by 1, 2 order by 2, 1");
    Ok(sql.load(tx.conn())?)
}
