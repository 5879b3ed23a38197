//! A run under way: taken by one worker at a time, alive while it says so, ended once.

use super::{Ended, RUN, Run, RunId, RunState};
use crate::agents::jobs::RunAgent;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use crate::queue::Job;
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool};
use uuid::Uuid;

/// A run that gave no sign of life for so long holds no place among those at work.
pub const ALIVE_SECONDS: i64 = 60;
/// And after so long its server is taken for gone, unless a job takes it up again before.
pub const LOST_AFTER_SECONDS: i64 = 600;
/// Held while a worker takes a run, so that two cannot both be the last.
const TAKE_LOCK: i64 = 0x746f_775f_7275_6e73;

/// What a worker gets.
#[derive(Debug)]
pub enum Taken {
    Mine(Box<Run>),
    /// As many as may are at work.
    Full,
    /// It ended, or is not there.
    Over,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Yield {
    pub result: String,
    pub records: Vec<Uuid>,
    pub model: String,
    pub diff: Option<Uuid>,
    pub snapshot: Option<Uuid>,
}

/// Takes it, also from a worker that died with it: the queue gives a job to one at a time.
pub fn take(tx: &mut Tx, id: RunId, most: u32) -> Result<Taken> {
    let mut sql = Sql::named("agents::take_lock", "select pg_advisory_xact_lock(");
    sql.bind(TAKE_LOCK).push(")");
    sql.execute(tx.conn())?;
    let Some(run) = find(tx, id)?.filter(|run| !run.has_ended()) else { return Ok(Taken::Over) };
    if run.is_stopping {
        end(tx, &run, RunState::Cancelled, None)?;
        return Ok(Taken::Over);
    }
    if at_work(tx, id)? >= i64::from(most) {
        return Ok(Taken::Full);
    }
    let mut sql =
        Sql::named("agents::take", "update agent_runs set state = 'running', attempts = attempts + 1, alive_at = ");
    sql.bind(tx.now).push(" where id = ").bind(id);
    sql.execute(tx.conn())?;
    Ok(find(tx, id)?.map_or(Taken::Over, |run| Taken::Mine(Box::new(run))))
}

fn find(tx: &mut Tx, id: RunId) -> Result<Option<Run>> {
    let mut sql = Sql::named("agents::run_of_job", RUN);
    sql.push("x.id = ").bind(id).push(" for update of x");
    Ok(sql.load(tx.conn())?.into_iter().next())
}

/// Others, over all instances.
fn at_work(tx: &mut Tx, but: RunId) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let mut sql = Sql::named(
        "agents::at_work",
        "select count(*) as count from agent_runs where state = 'running' and alive_at > ",
    );
    sql.bind(tx.now - Duration::seconds(ALIVE_SECONDS)).push(" and id <> ").bind(but);
    Ok(sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
}

/// Says that this attempt still works; false when it shall stop, or another worker has the run now.
pub fn beat(tx: &mut Tx, id: RunId, attempt: i32) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        is_stopping: bool,
    }
    let mut sql = Sql::named("agents::beat", "update agent_runs set alive_at = ");
    sql.bind(tx.now).push(" where state = 'running' and id = ").bind(id).push(" and attempts = ").bind(attempt);
    sql.push(" returning is_stopping");
    Ok(sql.load::<Row>(tx.conn())?.first().is_some_and(|row| !row.is_stopping))
}

/// Tokens count as they are spent, whatever comes of the run.
pub fn spend(tx: &mut Tx, id: RunId, (tokens_in, tokens_out): (i64, i64)) -> Result<()> {
    let mut sql = Sql::named("agents::spend", "update agent_runs set tokens_in = tokens_in + ");
    sql.bind(tokens_in).push(", tokens_out = tokens_out + ").bind(tokens_out).push(" where id = ").bind(id);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Held until the transaction ends: whether this attempt may still end the run. Only one ever does.
pub fn hold(tx: &mut Tx, id: RunId, attempt: i32) -> Result<bool> {
    let mut sql = Sql::named(
        "agents::hold",
        "select 1 as one from agent_runs where state = 'running' and not is_stopping and id = ",
    );
    sql.bind(id).push(" and attempts = ").bind(attempt).push(" for update");
    Ok(sql.execute(tx.conn())? > 0)
}

/// After `hold`.
pub fn complete(tx: &mut Tx, id: RunId, done: &Yield) -> Result<()> {
    let mut sql = Sql::named("agents::complete", "update agent_runs set state = 'completed', finished_at = ");
    sql.bind(tx.now).push(", result = ").bind(done.result.as_str()).push(", records = ");
    sql.bind(Bind::Uuids(done.records.clone())).push(", model = ");
    sql.bind(done.model.as_str()).push(", diff_id = ").bind(done.diff).push(", snapshot_id = ").bind(done.snapshot);
    sql.push(" where id = ").bind(id);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Unless it ended already, or another attempt has it.
pub fn end(tx: &mut Tx, run: &Run, state: RunState, why: Option<(&str, &str)>) -> Result<()> {
    let mut sql = Sql::named("agents::end", "update agent_runs set state = ");
    sql.bind(state).push(", finished_at = ").bind(tx.now);
    if let Some((reason, about)) = why {
        sql.push(", reason = ").bind(reason).push(", about = ").bind(about);
    }
    sql.push(" where state in ('queued', 'running') and id = ")
        .bind(run.id)
        .push(" and attempts = ")
        .bind(run.attempts);
    sql.execute(tx.conn())?;
    Ok(())
}

/// It waits again, for its job's next attempt.
pub fn put_back(tx: &mut Tx, run: &Run) -> Result<()> {
    let mut sql =
        Sql::named("agents::put_back", "update agent_runs set state = 'queued' where state = 'running' and id = ");
    sql.bind(run.id).push(" and attempts = ").bind(run.attempts);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Runs whose worker died each time, or whose job is not there (any more): their pages must say so. How many.
pub fn close_lost(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named(
        "agents::lost",
        "update agent_runs set state = case when is_stopping then 'cancelled' else 'failed' end, reason = case when is_stopping then null else ",
    );
    sql.bind(Ended::Lost).push(" end, finished_at = ").bind(tx.now).push(" where state = 'running' and alive_at < ");
    let since = tx.now - Duration::seconds(LOST_AFTER_SECONDS);
    sql.bind(since).push(" or state = 'queued' and queued_at < ").bind(since);
    sql.push(" and not exists (select from jobs j where j.kind = ").bind(RunAgent::KIND);
    sql.push(" and j.finished_at is null and j.failed_at is null and j.payload ->> 'run' = agent_runs.id::text)");
    Ok(sql.execute(tx.conn())?)
}
