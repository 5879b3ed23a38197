//! The table's rows: leased, finished, put off, given up.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::sql::Sql;
use crate::db::{self, Chore, Tx};
use crate::error::Result;
use crate::queue::{JobKind, Outcome, Work};
use crate::telemetry::{Ended, What};
use chrono::{DateTime, Duration, Utc};
use diesel::sql_types::{BigInt, Int4, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel::{PgConnection, QueryableByName};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;
use uuid::Uuid;

/// A worker that has not been heard of for this long is taken for dead, and its job is given to another.
pub const LEASE_SECONDS: i64 = 60;
/// The pause after the first failure; it doubles with each.
pub const FIRST_PAUSE_SECONDS: i64 = 5;
pub const LONGEST_PAUSE_SECONDS: i64 = 3600;
/// Finished jobs are kept this long, for looking back; failed ones until somebody decides.
pub const KEEP_FINISHED_DAYS: i64 = 7;
/// Longer reasons are cut.
const MAX_ERROR: usize = 2000;
/// In tests: more than this in one go is a loop.
const MOST_AT_ONCE: usize = 10_000;

/// A job in the hands of a worker.
#[derive(QueryableByName)]
pub struct Leased {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Jsonb)]
    payload: Value,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person_id: Option<Uuid>,
    #[diesel(sql_type = Int4)]
    attempts: i32,
    #[diesel(sql_type = Int4)]
    max_attempts: i32,
}

/// Takes the next due job of a known kind, so that an older instance leaves alone what only a newer one understands.
pub fn lease(tx: &mut Tx, worker: Uuid, kinds: &[JobKind]) -> Result<Option<Leased>> {
    let names: Vec<String> = kinds.iter().map(|kind| kind.name.to_owned()).collect();
    let mut sql = Sql::named("queue::lease", "update jobs set leased_by = ");
    sql.bind(worker).push(", leased_until = ").bind(tx.now + Duration::seconds(LEASE_SECONDS));
    sql.push(", attempts = attempts + 1 where id = (select id from jobs where finished_at is null and failed_at is null and run_at <= ");
    sql.bind(tx.now)
        .push(" and (leased_until is null or leased_until < ")
        .bind(tx.now)
        .push(") and kind = any(")
        .bind(names);
    sql.push(") order by priority desc, run_at, id limit 1 for update skip locked) returning id, kind, payload, person_id, attempts, max_attempts");
    Ok(sql.load(tx.conn())?.into_iter().next())
}

/// Says that these jobs are still being worked on.
pub fn extend(tx: &mut Tx, worker: Uuid, jobs: Vec<Uuid>) -> Result<()> {
    let mut sql = Sql::named("queue::extend", "update jobs set leased_until = ");
    sql.bind(tx.now + Duration::seconds(LEASE_SECONDS))
        .push(" where leased_by = ")
        .bind(worker)
        .push(" and id = any(")
        .bind(jobs)
        .push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Writes down how it ended. Nothing happens when the lease was lost meanwhile: the job is another worker's then.
pub fn settle(tx: &mut Tx, worker: Uuid, job: &Leased, outcome: &Outcome) -> Result<()> {
    match outcome {
        Outcome::Done => end(tx, worker, job, "finished_at", None),
        Outcome::Never(why) => end(tx, worker, job, "failed_at", Some(why)),
        Outcome::Later(why) if job.attempts >= job.max_attempts => end(tx, worker, job, "failed_at", Some(why)),
        Outcome::Later(why) => put_off(tx, worker, job, why),
    }
}

fn end(tx: &mut Tx, worker: Uuid, job: &Leased, column: &'static str, why: Option<&str>) -> Result<()> {
    let mut sql = Sql::named("queue::end", &format!("update jobs set {column} = "));
    sql.bind(tx.now).push(", leased_until = null, error = ");
    match why {
        Some(why) => sql.bind(cut(why)),
        None => sql.push("null"),
    };
    sql.push(" where id = ").bind(job.id).push(" and leased_by = ").bind(worker);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Back into the queue, unless an equal one waits there already: then that one does it.
fn put_off(tx: &mut Tx, worker: Uuid, job: &Leased, why: &str) -> Result<()> {
    let mut twin = Sql::named("queue::put_off_twin", "update jobs j set finished_at = ");
    twin.bind(tx.now).push(", leased_until = null, error = 'left to an equal job' where j.id = ").bind(job.id);
    twin.push(" and j.leased_by = ").bind(worker).push(
        " and exists (select 1 from jobs o where o.dedup_key = j.dedup_key and o.finished_at is null and o.failed_at is null and o.leased_by is null)",
    );
    if twin.execute(tx.conn())? > 0 {
        return Ok(());
    }
    let mut sql = Sql::named("queue::put_off", "update jobs set leased_by = null, leased_until = null, error = ");
    sql.bind(cut(why)).push(", run_at = ").bind(tx.now + pause(job.attempts)).push(" where id = ").bind(job.id);
    sql.push(" and leased_by = ").bind(worker);
    sql.execute(tx.conn())?;
    Ok(())
}

/// How long to wait after so many attempts: doubling, with up to a quarter more by chance, so that many do not come back at once.
pub fn pause(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default().min(20);
    let seconds = FIRST_PAUSE_SECONDS.saturating_mul(1_i64 << doublings).min(LONGEST_PAUSE_SECONDS);
    let chance = i64::from(rand::random::<u8>());
    Duration::milliseconds(seconds * 1000 + seconds * chance)
}

fn cut(why: &str) -> String {
    why.chars().filter(|c| *c != '\0').take(MAX_ERROR).collect()
}

/// Leases one job and runs it; None when nothing is due. `running` hears of it before it begins.
pub(in crate::queue) fn run_next(
    conn: &mut PgConnection,
    clock: &Clock,
    config: &Config,
    worker: Uuid,
    kinds: &[JobKind],
    running: impl FnOnce(Uuid),
) -> Result<Option<(String, Outcome)>> {
    let leased = db::touch(conn, clock.now(), worker, Chore::Lease, |tx| lease(tx, worker, kinds))?;
    let Some(job) = leased else { return Ok(None) };
    running(job.id);
    let began = (clock.now(), Instant::now());
    let outcome = run_leased(conn, clock, config, kinds, &job);
    report(&job, &outcome);
    trace(config, &job, &outcome, began);
    db::touch(conn, clock.now(), worker, Chore::Lease, |tx| settle(tx, worker, &job, &outcome))?;
    Ok(Some((job.kind, outcome)))
}

fn run_leased(conn: &mut PgConnection, clock: &Clock, config: &Config, kinds: &[JobKind], job: &Leased) -> Outcome {
    // Its worker died each time, maybe because of it.
    if job.attempts > job.max_attempts {
        return Outcome::Never("its worker stopped at each attempt".to_owned());
    }
    let Some(kind) = kinds.iter().find(|kind| kind.name == job.kind) else {
        return Outcome::Later("no worker knows this kind of job".to_owned());
    };
    let mut work = Work::new(conn, clock, config);
    (work.whom, work.id, work.attempt) = (job.person_id, job.id, job.attempts);
    let ran = catch_unwind(AssertUnwindSafe(|| kind.run(job.payload.clone(), &mut work)));
    ran.unwrap_or_else(|_| Outcome::Later("it panicked; the log says where".to_owned()))
}

fn report(job: &Leased, outcome: &Outcome) {
    let (job_id, kind, attempt) = (job.id, job.kind.as_str(), job.attempts);
    match outcome {
        Outcome::Done => tracing::debug!(name = "job.done", %job_id, kind, attempt, "a job is done"),
        Outcome::Later(why) if job.attempts < job.max_attempts => {
            tracing::warn!(name = "job.put_off", %job_id, kind, attempt, why, "a job will be tried again");
        }
        Outcome::Later(why) | Outcome::Never(why) => {
            tracing::error!(name = "job.given_up", %job_id, kind, attempt, why, "a job was given up");
        }
    }
}

/// For a collector of spans, where there is one; without why it failed, which may hold words of somebody.
fn trace(config: &Config, job: &Leased, outcome: &Outcome, (began_at, began): (DateTime<Utc>, Instant)) {
    let Some(spans) = &config.log.spans else { return };
    let outcome = match outcome {
        Outcome::Done => "done",
        Outcome::Later(_) => "later",
        Outcome::Never(_) => "never",
    };
    let what = What::Job { kind: &job.kind, attempt: job.attempts, outcome, id: job.id };
    spans.say(&Ended { began_at, took: began.elapsed(), is_failure: outcome == "never", what });
}

/// Runs what is due, and what that enqueues, until nothing is; in the caller's connection. For tests and commands.
pub fn run_all_due(
    conn: &mut PgConnection,
    clock: &Clock,
    config: &Config,
    kinds: &[JobKind],
) -> Result<Vec<(String, Outcome)>> {
    let worker = Uuid::nil();
    let mut ran = Vec::new();
    while ran.len() < MOST_AT_ONCE
        && let Some(done) = run_next(conn, clock, config, worker, kinds, |_| {})?
    {
        ran.push(done);
    }
    Ok(ran)
}

/// Forgets finished jobs.
pub fn forget_finished(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("queue::forget_finished", "delete from jobs where finished_at < ");
    sql.bind(tx.now - Duration::days(KEEP_FINISHED_DAYS));
    Ok(sql.execute(tx.conn())?)
}

/// How the queue stands, for health checks and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Tally {
    /// Due or not yet due.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    #[diesel(sql_type = BigInt)]
    pub running: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    /// Seconds that the longest-waiting due job has waited.
    #[diesel(sql_type = BigInt)]
    pub oldest_seconds: i64,
}

pub fn tally(tx: &mut Tx) -> Result<Tally> {
    let mut sql = Sql::named(
        "queue::tally",
        "select count(*) filter (where failed_at is null and leased_until is null) as waiting,
           count(*) filter (where failed_at is null and leased_until is not null) as running, count(*) filter (where failed_at is not null) as failed,
           coalesce(extract(epoch from ",
    );
    sql.bind(tx.now)
        .push(" - min(run_at) filter (where failed_at is null and leased_until is null and run_at <= ")
        .bind(tx.now);
    sql.push("))::bigint, 0) as oldest_seconds from jobs where finished_at is null");
    let rows: Vec<Tally> = sql.load(tx.conn())?;
    Ok(rows.into_iter().next().unwrap_or(Tally { waiting: 0, running: 0, failed: 0, oldest_seconds: 0 }))
}

/// Whether the table of the schedule says that this entry is due; see `schedule.rs`.
pub(in crate::queue) fn last_run(tx: &mut Tx, name: &str) -> Result<Option<DateTime<Utc>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Timestamptz)]
        last_run_at: DateTime<Utc>,
    }
    let mut sql = Sql::named("queue::last_run", "select last_run_at from schedule_runs where name = ");
    sql.bind(name);
    Ok(sql.load::<Row>(tx.conn())?.first().map(|row| row.last_run_at))
}

pub(in crate::queue) fn note_run(tx: &mut Tx, name: &str, took_ms: i64, error: Option<&str>) -> Result<()> {
    let mut sql =
        Sql::named("queue::note_run", "insert into schedule_runs (name, last_run_at, took_ms, error) values (");
    sql.bind(name).push(", ").bind(tx.now).push(", ").bind(took_ms).push(", nullif(");
    sql.bind(error.map(cut).unwrap_or_default());
    sql.push(
        ", '')) on conflict (name) do update
           set last_run_at = excluded.last_run_at, took_ms = excluded.took_ms, error = excluded.error",
    );
    sql.execute(tx.conn())?;
    Ok(())
}

/// One clock among all instances: true for the connection that holds it, until it closes.
pub(in crate::queue) fn lead(tx: &mut Tx, lock: i64) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        taken: bool,
    }
    let mut sql = Sql::named("queue::lead", "select pg_try_advisory_lock(");
    sql.bind(lock).push(") as taken");
    Ok(sql.load::<Row>(tx.conn())?.first().is_some_and(|row| row.taken))
}

/// A statement of the schedule may take this long.
pub(in crate::queue) fn set_patience(conn: &mut PgConnection) -> Result<()> {
    Sql::new("set statement_timeout = 60000").execute(conn)?;
    Sql::new("set application_name = 'tow'").execute(conn)?;
    Ok(())
}

/// Hears of notices on this channel from now on. `channel` is ours.
pub(in crate::queue) fn listen(conn: &mut PgConnection, channel: &'static str) -> Result<()> {
    Sql::new(&format!("listen {channel}")).execute(conn)?;
    Ok(())
}

/// Whether notices came since the last question; an error when the database went away. Asks nobody, so it may be called often.
pub(in crate::queue) fn has_notices(conn: &mut PgConnection) -> Result<bool> {
    let mut some = false;
    for notice in conn.notifications_iter() {
        notice?;
        some = true;
    }
    Ok(some)
}
