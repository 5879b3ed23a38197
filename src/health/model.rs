//! What the database says of the state of work, for who watches this server. Numbers only: no name, no text, no address.

use crate::backups;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::queue::{KindTally, kinds_tally};
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};

/// Events of this long are counted; a rate would need counters that no restart forgets.
const WINDOW_HOURS: i64 = 1;

/// Calls to the model provider that ended, or stand, in one way.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Calls {
    #[diesel(sql_type = Text)]
    pub outcome: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// Of the whole database, whichever instance is asked.
#[derive(Debug, Clone)]
pub struct Sample {
    pub jobs: Vec<KindTally>,
    pub oldest_job_seconds: i64,
    pub ai_calls: Vec<Calls>,
    pub sign_in_failures: i64,
    pub failing_streams: i64,
    pub seal_lag_seconds: i64,
    /// None when none was ever made.
    pub backup_age_seconds: Option<i64>,
}

#[derive(QueryableByName)]
struct Numbers {
    #[diesel(sql_type = BigInt)]
    sign_in_failures: i64,
    #[diesel(sql_type = BigInt)]
    failing_streams: i64,
    #[diesel(sql_type = BigInt)]
    seal_lag_seconds: i64,
}

pub fn sample(tx: &mut Tx) -> Result<Sample> {
    let since = tx.now - Duration::hours(WINDOW_HOURS);
    let jobs = kinds_tally(tx)?;
    let oldest_at = jobs.iter().filter_map(|kind| kind.oldest_at).min();
    let mut calls = Sql::named(
        "health::ai_calls",
        "select outcome, count(*) as count from ai_calls
         where organisation_id = any(array(select id from organisations)) and at > ",
    );
    calls.bind(since).push(" group by outcome order by outcome");
    let mut numbers = Sql::named(
        "health::numbers",
        "select (select count(*) from audit_events where action = 'sign_in.failed' and at > ",
    );
    numbers
        .bind(since)
        .push(") as sign_in_failures, (select count(*) from audit_streams where failures > 0) as failing_streams, ");
    numbers.push("coalesce((select extract(epoch from ").bind(tx.now);
    numbers.push(" - min(at)) from audit_events where sequence is null), 0)::bigint as seal_lag_seconds");
    let numbers: Option<Numbers> = numbers.load(tx.conn())?.into_iter().next();
    let numbers = numbers.unwrap_or(Numbers { sign_in_failures: 0, failing_streams: 0, seal_lag_seconds: 0 });
    Ok(Sample {
        jobs,
        oldest_job_seconds: oldest_at.map_or(0, |at| (tx.now - at).num_seconds()),
        ai_calls: calls.load(tx.conn())?,
        sign_in_failures: numbers.sign_in_failures,
        failing_streams: numbers.failing_streams,
        seal_lag_seconds: numbers.seal_lag_seconds.max(0),
        backup_age_seconds: backups::last(tx)?.map(|last| (tx.now - last.made_at).num_seconds()),
    })
}
