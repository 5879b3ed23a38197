//! The rows of the instances: each writes its own, and frees what a silent one held.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::queue::{BEAT_SECONDS, Instance, Role};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Int4, Text, Timestamptz, Uuid as SqlUuid};
use std::collections::HashMap;
use std::time::Instant;
use uuid::Uuid;

/// Who does not beat for so long is taken for dead, and its jobs are free. A live one that is only slow loses nothing but the job: its
/// late word about that does not count.
pub const SILENT_SECONDS: i64 = 20;
/// Then a silent one is not shown any more.
pub const FORGET_SILENT_HOURS: i64 = 24;
/// More are not listed.
pub const MAX_INSTANCES: i64 = 200;

/// An instance and how often it beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Beats {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = BigInt)]
    pub beats: i64,
}

/// What one instance remembers of the others. Time is that of its own machine since it started, so that neither a wrong clock here
/// nor one over there makes anybody dead.
#[derive(Debug, Default)]
pub struct Watch {
    seen: HashMap<Uuid, (i64, Instant)>,
    looked: Option<Instant>,
}

impl Watch {
    /// Who has not beaten for `SILENT_SECONDS`. Who looks after a long pause of its own begins anew: it was itself asleep.
    pub fn silent(&mut self, beats: &[Beats], at: Instant) -> Vec<Uuid> {
        let patience = std::time::Duration::from_secs(SILENT_SECONDS.unsigned_abs());
        let nap = std::time::Duration::from_secs(BEAT_SECONDS.unsigned_abs() * 2);
        if self.looked.is_some_and(|looked| at.duration_since(looked) > nap) {
            self.seen.clear();
        }
        self.looked = Some(at);
        self.seen.retain(|id, _| beats.iter().any(|row| row.id == *id));
        let mut silent = Vec::new();
        for row in beats {
            let seen = self.seen.entry(row.id).or_insert((row.beats, at));
            if seen.0 != row.beats {
                *seen = (row.beats, at);
            }
            if at.duration_since(seen.1) >= patience {
                silent.push(row.id);
            }
        }
        silent
    }
}

/// Says that it is there and what it has in hand; answers with everybody's beats.
pub fn beat(tx: &mut Tx, instance: &Instance) -> Result<Vec<Beats>> {
    let (requests, jobs) = instance.load.in_hand();
    let mut sql = Sql::named(
        "queue::beat",
        "insert into instances as i (id, host, version, role, started_at, heard_at, leads, requests, jobs) values (",
    );
    sql.bind(instance.id).push(", ").bind(instance.host.as_str()).push(", ").bind(instance.version).push(", ");
    sql.bind(instance.role).push(", ").bind(instance.started_at).push(", ").bind(tx.now).push(", ");
    sql.bind(instance.load.leads()).push(", ").bind(requests).push(", ").bind(jobs);
    sql.push(
        ") on conflict (id) do update set heard_at = excluded.heard_at, beats = i.beats + 1, leads = excluded.leads,
           requests = excluded.requests, jobs = excluded.jobs",
    );
    sql.execute(tx.conn())?;
    Ok(Sql::named("queue::beats", "select id, beats from instances").load(tx.conn())?)
}

/// The jobs of these instances may be leased by others from now on; how many there were.
pub fn free(tx: &mut Tx, silent: &[Uuid]) -> Result<usize> {
    if silent.is_empty() {
        return Ok(0);
    }
    // The holder stays named: an equal job may wait meanwhile, and of those that nobody holds there is only one.
    let mut sql = Sql::named("queue::free", "update jobs set leased_until = null where leased_by = any(");
    sql.bind(silent.to_vec()).push(") and leased_until is not null and finished_at is null and failed_at is null");
    let freed = sql.execute(tx.conn())?;
    if freed > 0 {
        Sql::named("queue::free_notify", "select pg_notify('jobs', '')").execute(tx.conn())?;
    }
    Ok(freed)
}

/// Off the list, and nothing in hand any more.
pub fn leave(tx: &mut Tx, id: Uuid) -> Result<()> {
    free(tx, &[id])?;
    let mut sql = Sql::named("queue::leave", "delete from instances where id = ");
    sql.bind(id);
    sql.execute(tx.conn())?;
    Ok(())
}

pub fn forget_silent(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("queue::forget_silent", "delete from instances where heard_at < ");
    sql.bind(tx.now - Duration::hours(FORGET_SILENT_HOURS));
    Ok(sql.execute(tx.conn())?)
}

/// An instance as people see it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Sighting {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub host: String,
    #[diesel(sql_type = Text)]
    pub version: String,
    #[diesel(sql_type = Text)]
    pub role: Role,
    #[diesel(sql_type = Timestamptz)]
    pub started_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub heard_at: DateTime<Utc>,
    /// It said so with its last beat.
    #[diesel(sql_type = Bool)]
    pub leads: bool,
    #[diesel(sql_type = Int4)]
    pub requests: i32,
    #[diesel(sql_type = Int4)]
    pub jobs: i32,
    /// Jobs that nobody else may take now.
    #[diesel(sql_type = BigInt)]
    pub leases: i64,
}

impl Sighting {
    pub fn is_silent(&self, now: DateTime<Utc>) -> bool {
        now - self.heard_at >= Duration::seconds(SILENT_SECONDS)
    }
}

/// The longest-running first; of more than `MAX_INSTANCES` those that were heard of last.
pub fn instances(tx: &mut Tx) -> Result<Vec<Sighting>> {
    let mut sql = Sql::named(
        "queue::instances",
        "select i.id, i.host, i.version, i.role, i.started_at, i.heard_at, i.leads, i.requests, i.jobs, coalesce(l.leases, 0) as leases
         from instances i left join (select leased_by, count(*) as leases from jobs where finished_at is null and failed_at is null and leased_until > ",
    );
    sql.bind(tx.now).push(" group by leased_by) l on l.leased_by = i.id order by i.heard_at desc, i.id limit ");
    sql.bind(MAX_INSTANCES);
    let mut found: Vec<Sighting> = sql.load(tx.conn())?;
    found.sort_by_key(|instance| (instance.started_at, instance.id));
    Ok(found)
}
