//! The queue as people see it: how much waits, what is under way, what was given up. Never what a job holds: that may be private.

use crate::db::Tx;
use crate::db::paging::{Cursor, PAGE_SIZE, Page};
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// More of what is under way is not listed.
pub const MAX_UNDER_WAY: i64 = 50;
const SORT: &str = "failed";

/// A kind of job, and how many of it stand where.
#[derive(Debug, Clone, QueryableByName)]
pub struct KindTally {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = BigInt)]
    pub due: i64,
    /// Not before a time to come: after a failure, or as was asked.
    #[diesel(sql_type = BigInt)]
    pub later: i64,
    #[diesel(sql_type = BigInt)]
    pub under_way: i64,
    #[diesel(sql_type = BigInt)]
    pub given_up: i64,
    /// Since when the longest-waiting due one is due.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest_at: Option<DateTime<Utc>>,
}

/// Kinds of which nothing stands anywhere are not listed.
pub fn kinds_tally(tx: &mut Tx) -> Result<Vec<KindTally>> {
    let mut sql = Sql::named(
        "queue::kinds_tally",
        "select kind, count(*) filter (where state = 'due') as due, count(*) filter (where state = 'later') as later,
           count(*) filter (where state = 'under_way') as under_way, count(*) filter (where state = 'given_up') as given_up,
           min(run_at) filter (where state = 'due') as oldest_at
         from (select kind, run_at, case when leased_until > ",
    );
    sql.bind(tx.now).push(" then 'under_way' when run_at <= ").bind(tx.now);
    sql.push(
        " then 'due' else 'later' end as state from jobs where finished_at is null and failed_at is null
          union all select kind, run_at, 'given_up' from jobs where failed_at is not null) j group by kind order by kind",
    );
    Ok(sql.load(tx.conn())?)
}

/// A job in somebody's hands.
#[derive(Debug, Clone, QueryableByName)]
pub struct UnderWay {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The instance's machine; None when it is on the list no more.
    #[diesel(sql_type = Nullable<Text>)]
    pub host: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub leased_until: DateTime<Utc>,
    #[diesel(sql_type = Int4)]
    pub attempts: i32,
    #[diesel(sql_type = Int4)]
    pub max_attempts: i32,
}

/// At most `MAX_UNDER_WAY`.
pub fn under_way(tx: &mut Tx) -> Result<Vec<UnderWay>> {
    let mut sql = Sql::named(
        "queue::under_way",
        "select j.id, j.kind, i.host, j.leased_until, j.attempts, j.max_attempts from jobs j left join instances i on i.id = j.leased_by
         where j.finished_at is null and j.failed_at is null and j.leased_until > ",
    );
    sql.bind(tx.now).push(" order by j.leased_until, j.id limit ").number(MAX_UNDER_WAY);
    Ok(sql.load(tx.conn())?)
}

/// A job that nobody will try again by themselves.
#[derive(Debug, Clone, QueryableByName)]
pub struct GivenUp {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Timestamptz)]
    pub failed_at: DateTime<Utc>,
    #[diesel(sql_type = Int4)]
    pub attempts: i32,
    #[diesel(sql_type = Text)]
    pub error: String,
}

const GIVEN_UP: &str =
    "select id, kind, failed_at, attempts, coalesce(error, '') as error from jobs where failed_at is not null and ";

impl GivenUp {
    /// Newest first. `Invalid` for a cursor of another list.
    pub fn list(tx: &mut Tx, after: Option<&Cursor>) -> Result<Page<GivenUp>> {
        let mut sql = Sql::named("queue::given_up", GIVEN_UP);
        match after {
            None => drop(sql.push("true")),
            Some(cursor) => {
                let at = cursor.value.as_deref().filter(|_| cursor.sort == SORT);
                let at = at.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
                let at = at.ok_or_else(|| Error::invalid("after", "problem-cursor"))?;
                sql.push("(failed_at, id) < (").bind(at.with_timezone(&Utc)).push(", ").bind(cursor.id).push(")");
            }
        }
        sql.push(" order by failed_at desc, id desc limit ").number(PAGE_SIZE + 1);
        Ok(Page::cut(sql.load(tx.conn())?, PAGE_SIZE, GivenUp::cursor))
    }

    /// None when it was tried again or dropped meanwhile. Nobody else decides about it until this transaction ends.
    pub fn find(tx: &mut Tx, id: Uuid) -> Result<Option<GivenUp>> {
        let mut sql = Sql::named("queue::find_given_up", GIVEN_UP);
        sql.push("id = ").bind(id).push(" for update");
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    fn cursor(&self) -> Cursor {
        let at = self.failed_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Cursor { sort: SORT.to_owned(), value: Some(at), id: self.id }
    }

    /// Into the queue with all its attempts. Where an equal one waits already, that one does it.
    pub fn again(&self, tx: &mut Tx) -> Result<()> {
        let mut twin = Sql::named("queue::again_twin", "delete from jobs j where j.id = ");
        twin.bind(self.id).push(
            " and exists (select 1 from jobs o where o.dedup_key = j.dedup_key and o.finished_at is null and o.failed_at is null and o.leased_by is null)",
        );
        if twin.execute(tx.conn())? > 0 {
            return Ok(());
        }
        let mut sql = Sql::named(
            "queue::again",
            "update jobs set failed_at = null, leased_by = null, leased_until = null, attempts = 0, run_at = ",
        );
        sql.bind(tx.now).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Sql::named("queue::again_notify", "select pg_notify('jobs', '')").execute(tx.conn())?;
        Ok(())
    }

    pub fn forget(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("queue::drop_given_up", "delete from jobs where id = ");
        sql.bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

/// When an entry of the schedule last ran, and how that went.
#[derive(Debug, Clone, QueryableByName)]
pub struct EntryRun {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Timestamptz)]
    pub last_run_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub took_ms: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub error: Option<String>,
}

/// Of what runs every few seconds, at least once a minute and each change between failing and not.
pub fn entry_runs(tx: &mut Tx) -> Result<Vec<EntryRun>> {
    Ok(Sql::named("queue::entry_runs", "select name, last_run_at, took_ms, error from schedule_runs")
        .load(tx.conn())?)
}
