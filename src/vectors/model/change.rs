//! One set in the place of another. The change itself is two words in two rows, so that no search waits for it; what follows from it is
//! done bit by bit, by whoever comes by: the clock, or the command that made the change.

use super::sets::Number;
use super::{Set, SetState};
use crate::db::sql::Sql;
use crate::db::{Chore, Tx};
use crate::error::{Error, Result};
use crate::queue::Work;
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Uuid as SqlUuid};
use uuid::Uuid;

/// Vectors of a retired set that go in one transaction.
pub const SWEPT_AT_ONCE: i32 = 5_000;
/// Passages looked at in one transaction after a set took over.
pub const SETTLED_AT_ONCE: i32 = 5_000;
/// Vectors from before there were bits that get theirs in one transaction.
pub const FILLED_AT_ONCE: i32 = 5_000;
/// How long the removal of an index may wait for the table, and with it every search that comes after: then it is left for later.
/// (`drop index concurrently` waits for nobody, but cannot run in a transaction, and what stops it leaves a broken index.)
pub const DROP_PATIENCE_MS: u32 = 200;

impl Set {
    /// Nobody asks it any more; its index and rows go bit by bit, see `sweep`.
    pub fn retire(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("vectors::retire", "update vector_sets set state = 'retired' where id = ");
        sql.bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Puts this one in the place of the one that serves. Which passages it lacks is found out afterwards, see `settle`.
    pub fn take_over(&self, tx: &mut Tx) -> Result<()> {
        lock_sets(tx)?;
        if let Some(old) = Set::find(tx, SetState::Serving)? {
            old.retire(tx)?;
        }
        let mut sql = Sql::named("vectors::serve", "update vector_sets set state = 'serving', served_at = ");
        sql.bind(tx.now).push(", settled_to = ").bind(Uuid::nil());
        sql.push(" where state = 'building' and id = ").bind(self.id);
        match sql.execute(tx.conn())? {
            0 => Err(Error::broken("the set was given up meanwhile")),
            _ => Ok(()),
        }
    }

    fn has_index(&self, tx: &mut Tx) -> Result<bool> {
        let mut sql = Sql::named("vectors::has_index", "select 1::bigint as number where to_regclass(");
        sql.bind(self.index_name()).push(") is not null");
        Ok(!sql.load::<Number>(tx.conn())?.is_empty())
    }

    fn drop_index(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("vectors::drop_patience", "select set_config('lock_timeout', ");
        sql.bind(DROP_PATIENCE_MS.to_string()).push(", true)");
        sql.execute(tx.conn())?;
        Sql::named("vectors::drop_index", &format!("drop index if exists {}", self.index_name())).execute(tx.conn())?;
        Ok(())
    }
}

/// Whoever changes which set serves, or begins another, takes turns.
pub fn lock_sets(tx: &mut Tx) -> Result<()> {
    Sql::named("vectors::lock_sets", "select id from vector_sets for update").execute(tx.conn())?;
    Ok(())
}

/// So many steps of what a change left to do; fewer when less is left, or when the table is in use.
pub fn tidy(work: &mut Work, steps: usize) -> Result<()> {
    for _ in 0..steps {
        let done = work.touch(Chore::Vectors, |tx| Ok(settle(tx)? || fill_bits(tx)? || sweep(tx)?));
        match done {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(Error::Away(why)) => {
                tracing::debug!(name = "vectors.tidied_later", why, "what a set left is removed later");
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A set with something to do, and the id behind which it goes on.
#[derive(QueryableByName)]
struct Unfinished {
    #[diesel(sql_type = Int4)]
    id: i32,
    #[diesel(sql_type = SqlUuid)]
    after: Uuid,
}

/// Says of some passages whether the set that serves since lately has them; whether there was anything to look at.
pub fn settle(tx: &mut Tx) -> Result<bool> {
    let sql = Sql::named(
        "vectors::unsettled",
        "select id, settled_to as after from vector_sets where state = 'serving' and settled_to is not null for update",
    );
    let Some(set) = sql.load::<Unfinished>(tx.conn())?.into_iter().next() else { return Ok(false) };
    let mut sql = Sql::named("vectors::settle", "with part as materialized (select id from passages where id > ");
    sql.bind(set.after).push(" order by id limit ").number(SETTLED_AT_ONCE);
    sql.push(
        "), changed as (update passages p set is_waiting = not p.is_waiting from part where p.id = part.id and p.fault is null
           and p.is_waiting = exists (select from vectors v where v.passage_id = p.id and v.set_id = ",
    );
    sql.bind(set.id)
        .push(")) update vector_sets set settled_to = (select id from part order by id desc limit 1) where id = ");
    sql.bind(set.id);
    sql.execute(tx.conn())?;
    Ok(true)
}

/// Writes the bits of some vectors that were there before the table of bits; those that came later have theirs from a trigger. Whether there
/// was anything to look at.
pub fn fill_bits(tx: &mut Tx) -> Result<bool> {
    let sql = Sql::named(
        "vectors::unfilled",
        "select id, bits_to as after from vector_sets where bits_to is not null and state <> 'retired'
           order by state = 'serving' desc, id limit 1 for no key update",
    );
    let Some(set) = sql.load::<Unfinished>(tx.conn())?.into_iter().next() else { return Ok(false) };
    let mut sql = Sql::named(
        "vectors::fill_bits",
        "with part as materialized (select set_id, place_id, passage_id, coalesce(binary_quantize(whole), binary_quantize(half)) as bits
           from vectors where set_id = ",
    );
    sql.bind(set.id).push(" and passage_id > ").bind(set.after);
    // Locked, so that none is removed or moved meanwhile and leaves bits behind.
    sql.push(" order by passage_id limit ").number(FILLED_AT_ONCE).push(
        " for share), written as (insert into vector_bits (set_id, place_id, passage_id, bits)
           select set_id, place_id, passage_id, bits from part on conflict do nothing)
         update vector_sets set bits_to = (select passage_id from part order by passage_id desc limit 1) where id = ",
    );
    sql.bind(set.id);
    sql.execute(tx.conn())?;
    Ok(true)
}

/// Some of what a retired set left, its index first; whether there was anything.
pub fn sweep(tx: &mut Tx) -> Result<bool> {
    let Some(set) = Set::find(tx, SetState::Retired)? else { return Ok(false) };
    if set.has_index(tx)? {
        return set.drop_index(tx).map(|()| true);
    }
    let mut sql = Sql::named(
        "vectors::sweep",
        "delete from vectors where (set_id, passage_id) in (select set_id, passage_id from vectors where set_id = ",
    );
    sql.bind(set.id).push(" limit ").number(SWEPT_AT_ONCE).push(")");
    if sql.execute(tx.conn())? == 0 {
        let mut sql = Sql::named("vectors::forget_set", "delete from vector_sets where id = ");
        sql.bind(set.id);
        sql.execute(tx.conn())?;
    }
    Ok(true)
}
