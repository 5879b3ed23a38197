//! Whose turn it is: how many calls may be under way, and a provider that failed is left alone for a while.

use super::{Asking, LEASE_SECONDS};
use crate::ai::{Fault, Reason};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Timestamptz};

/// Calls under way at a time, over all instances.
pub const MAX_OPEN: i64 = 32;
/// Of one person.
pub const MAX_OPEN_PER_PERSON: i64 = 4;
/// So many failures in a row, within the window, and the provider is left alone.
pub const OUTAGE_AFTER: i64 = 5;
pub const OUTAGE_WINDOW_SECONDS: i64 = 300;
/// Then a single call tries again, and the others wait for what comes of it.
pub const OUTAGE_SECONDS: i64 = 30;

#[derive(QueryableByName)]
struct Outage {
    #[diesel(sql_type = BigInt)]
    failed: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last: Option<DateTime<Utc>>,
}

/// Whether the provider failed so often in a row that it is left alone, and for how long.
pub fn outage(tx: &mut Tx, host: &str) -> Result<Option<Fault>> {
    let words: Vec<String> =
        Reason::ALL.iter().filter(|reason| Fault::is_outage(**reason)).map(|reason| reason.to_string()).collect();
    let mut sql = Sql::named("ai::outage", "select count(*) filter (where x.reason = any(");
    sql.bind(Bind::Texts(words)).push(")) as failed, max(x.finished_at) as last from (");
    sql.push("select reason, finished_at from ai_calls where outcome in ('done', 'failed', 'cut') and host = ");
    sql.bind(host).push(" and finished_at > ").bind(tx.now - Duration::seconds(OUTAGE_WINDOW_SECONDS));
    sql.push(" order by finished_at desc limit ").number(OUTAGE_AFTER).push(") x");
    let rows: Vec<Outage> = sql.load(tx.conn())?;
    let Some(Outage { failed, last: Some(last) }) = rows.into_iter().next() else { return Ok(None) };
    if failed < OUTAGE_AFTER {
        return Ok(None);
    }
    let left = last + Duration::seconds(OUTAGE_SECONDS) - tx.now;
    if left > Duration::zero() {
        return Ok(Some(Fault::new(Reason::Resting).after(left.to_std().ok())));
    }
    let is_tried = is_tried(tx, host, last)?;
    Ok(is_tried.then(|| Fault::new(Reason::Resting).after(Some(std::time::Duration::from_secs(1)))))
}

/// Whether a call that began after the pause still finds out how the provider is.
fn is_tried(tx: &mut Tx, host: &str, last: DateTime<Utc>) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        open: i64,
    }
    let mut sql = Sql::named("ai::trial", "select count(*) as open from ai_calls where outcome = 'open' and host = ");
    sql.bind(host).push(" and at > ").bind(last).push(" and coalesce(alive_at, at) > ");
    sql.bind(tx.now - Duration::seconds(LEASE_SECONDS));
    Ok(sql.load::<Row>(tx.conn())?.first().is_some_and(|row| row.open > 0))
}

/// Whether too many are under way, of all or of this person.
pub(super) fn crowd(tx: &mut Tx, asking: &Asking) -> Result<Option<Fault>> {
    #[derive(QueryableByName)]
    struct Crowd {
        #[diesel(sql_type = BigInt)]
        all: i64,
        #[diesel(sql_type = BigInt)]
        own: i64,
    }
    let mut sql = Sql::named("ai::crowd", "select count(*) as all, count(*) filter (where person_id = ");
    sql.bind(asking.person.map(|id| id.0))
        .push(") as own from ai_calls where outcome = 'open' and coalesce(alive_at, at) > ");
    sql.bind(tx.now - Duration::seconds(LEASE_SECONDS));
    let rows: Vec<Crowd> = sql.load(tx.conn())?;
    let is_full = rows.first().is_some_and(|crowd| crowd.all >= MAX_OPEN || crowd.own >= MAX_OPEN_PER_PERSON);
    Ok(is_full.then(|| Fault::new(Reason::Busy)))
}
