//! How it stands, for the page of whoever manages AI.

use super::sets::Number;
use super::{Set, SetState};
use crate::ai::closed_places;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use diesel::QueryableByName;
use diesel::sql_types::BigInt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, QueryableByName)]
pub struct Tally {
    #[diesel(sql_type = BigInt)]
    pub passages: i64,
    /// On their way to a vector.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// Of places whose texts may not leave.
    #[diesel(sql_type = BigInt)]
    pub kept: i64,
    /// Of places that a budget or a policy holds back for now.
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    /// The provider does not take them.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
}

pub fn tally(tx: &mut Tx) -> Result<Tally> {
    let mut sql = Sql::named("vectors::tally", "with closed as materialized (");
    sql.append(&closed_places()).push(
        "), held as materialized (select place_id from vector_holds), stands as (
           select p.is_waiting, p.fault, case when p.place_id in (select id from closed) then 'kept' when p.place_id in (select place_id from held) then 'held' else 'open' end as stand from passages p)
         select count(*) as passages, count(*) filter (where is_waiting and stand = 'open') as waiting, count(*) filter (where is_waiting and stand = 'kept') as kept,
           count(*) filter (where is_waiting and stand = 'held') as held, count(*) filter (where fault is not null) as failed from stands",
    );
    Ok(sql.load(tx.conn())?.into_iter().next().unwrap_or_default())
}

/// A set with its vectors counted.
#[derive(Debug, Clone)]
pub struct Standing {
    pub set: Set,
    pub vectors: i64,
}

pub fn standing(tx: &mut Tx, state: SetState) -> Result<Option<Standing>> {
    let Some(set) = Set::find(tx, state)? else { return Ok(None) };
    let vectors = set.count(tx)?;
    Ok(Some(Standing { set, vectors }))
}

/// Passages in all, for a bar of progress.
pub fn passages_in_all(tx: &mut Tx) -> Result<i64> {
    let sql = Sql::named("vectors::passages", "select count(*) as number from passages");
    Ok(sql.load::<Number>(tx.conn())?.first().map(|row| row.number).unwrap_or_default())
}
