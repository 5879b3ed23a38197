//! What a job is. Its policy stands in constants on its type; its body is one call on the thing it is about.

use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::queue::Work;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How it ended. "Try again" and "never" are different words, so that a missing row does not loop for a day and a network hiccup
/// is not final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Not now: again after a pause, until `MAX_ATTEMPTS`.
    Later(String),
    /// Nothing will help; kept for people to read.
    Never(String),
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound | Error::Forbidden(_) | Error::Invalid(_) | Error::SignIn | Error::Confirm => {
                Outcome::Never(error.to_string())
            }
            Error::Conflict(_) | Error::Slow(_) | Error::Away(_) | Error::Broken(_) => {
                Outcome::Later(error.to_string())
            }
        }
    }
}

pub trait Job: Serialize + DeserializeOwned + 'static {
    /// `room.verb`; stands in the table, so it never changes.
    const KIND: &'static str;
    const MAX_ATTEMPTS: i32 = 8;
    /// Higher runs first.
    const PRIORITY: i16 = 0;
    /// A second one with the same content, while the first still waits, is the same.
    const DEDUPLICATED: bool = false;

    /// An error is `Later` or `Never` by its kind.
    fn run(self, work: &mut Work) -> Result<Outcome>;
}

/// A kind of job as the runner knows it; the edge lists all.
#[derive(Clone, Copy)]
pub struct JobKind {
    pub name: &'static str,
    run: fn(Value, &mut Work) -> Result<Outcome>,
}

impl JobKind {
    pub const fn of<J: Job>() -> Self {
        JobKind { name: J::KIND, run: run::<J> }
    }

    pub(in crate::queue) fn run(&self, payload: Value, work: &mut Work) -> Outcome {
        (self.run)(payload, work).unwrap_or_else(Outcome::from)
    }
}

fn run<J: Job>(payload: Value, work: &mut Work) -> Result<Outcome> {
    match serde_json::from_value::<J>(payload) {
        Ok(job) => job.run(work),
        Err(error) => Ok(Outcome::Never(format!("the job cannot be read: {error}"))),
    }
}

/// Whom a job is done for: a person's id, or nobody's (the system's).
pub type For = Option<Uuid>;

/// Puts it on the caller's transaction: rolled back with it, seen by the workers when it commits.
pub fn enqueue<J: Job>(tx: &mut Tx, whom: For, job: &J) -> Result<()> {
    let now = tx.now;
    enqueue_at(tx, whom, job, now)
}

/// As `enqueue`, not before `run_at`.
pub fn enqueue_at<J: Job>(tx: &mut Tx, whom: For, job: &J, run_at: chrono::DateTime<chrono::Utc>) -> Result<()> {
    let payload = serde_json::to_value(job).map_err(Error::broken)?;
    let key = J::DEDUPLICATED.then(|| dedup_key(J::KIND, whom, &payload));
    let mut sql = Sql::named(
        "queue::enqueue",
        "insert into jobs as j (id, kind, payload, person_id, priority, dedup_key, run_at, max_attempts, created_at) values (",
    );
    sql.bind(tx.new_id()).push(", ").bind(J::KIND).push(", ").bind(payload).push(", ").bind(whom).push(", ");
    sql.bind(i32::from(J::PRIORITY)).push(", ");
    match key {
        Some(key) => sql.bind(key),
        None => sql.push("null"),
    };
    sql.push(", ").bind(run_at).push(", ").bind(J::MAX_ATTEMPTS).push(", ").bind(Bind::Time(tx.now)).push(")");
    // The update locks the waiting row until this transaction ends, so that no worker runs it before our change can be read.
    sql.push(
        " on conflict (dedup_key) where finished_at is null and failed_at is null and leased_by is null
          do update set run_at = least(j.run_at, excluded.run_at)",
    );
    sql.execute(tx.conn())?;
    Ok(())
}

fn dedup_key(kind: &str, whom: For, payload: &Value) -> String {
    let digest = Sha256::digest(format!("{whom:?} {payload}").as_bytes());
    let short: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}:{short}")
}
