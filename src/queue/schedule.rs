//! One table of the clock: every periodic thing, one line each. Among all instances one connection, the holder of a lock, runs it.

use crate::db::Chore;
use crate::error::Result;
use crate::queue::{Work, last_run, lead, listen, note_run, set_patience};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The advisory lock of the one clock.
const CLOCK_LOCK: i64 = 0x746f_775f_636c_6f63;
/// Rarer entries are written down, so that a restart neither repeats nor forgets them.
const WRITTEN_FROM: Duration = Duration::from_secs(600);
/// More frequent ones are written down this often, and when they begin or cease to fail: for people.
const WRITTEN_EVERY_SECONDS: i64 = 60;

/// One periodic thing. It must be short: what takes long enqueues a job.
#[derive(Clone, Copy)]
pub struct Entry {
    pub name: &'static str,
    pub every: Duration,
    /// Also when this channel is notified.
    pub wakes_on: Option<&'static str>,
    pub run: fn(&mut Work) -> Result<()>,
}

/// The clock of one connection.
pub struct Schedule {
    entries: Vec<Entry>,
    last: HashMap<&'static str, DateTime<Utc>>,
    /// When each was last written down, and whether it failed then.
    written: HashMap<&'static str, (DateTime<Utc>, bool)>,
    is_leader: bool,
}

impl Schedule {
    pub fn new(entries: Vec<Entry>) -> Self {
        Schedule { entries, last: HashMap::new(), written: HashMap::new(), is_leader: false }
    }

    /// Whether this connection holds the lock.
    pub fn leads(&self) -> bool {
        self.is_leader
    }

    /// After a reconnect: the lock went with the old connection. Another instance may have led meanwhile, so what ran when is read again.
    pub fn greet(&mut self, conn: &mut PgConnection) -> Result<()> {
        self.is_leader = false;
        self.last.clear();
        set_patience(conn)?;
        for channel in self.entries.iter().filter_map(|entry| entry.wakes_on) {
            listen(conn, channel)?;
        }
        Ok(())
    }

    /// Runs what is due, when this is the leader. A failing entry is logged and does not hold up the others.
    pub fn tick(&mut self, work: &mut Work, is_woken: bool) -> Result<()> {
        if !self.is_leader {
            self.is_leader = work.touch(Chore::Lease, |tx| lead(tx, CLOCK_LOCK))?;
        }
        if !self.is_leader {
            return Ok(());
        }
        for entry in self.entries.clone() {
            let woken = is_woken && entry.wakes_on.is_some();
            if woken || self.is_due(work, &entry)? {
                self.run(work, &entry)?;
            }
        }
        Ok(())
    }

    fn is_due(&mut self, work: &mut Work, entry: &Entry) -> Result<bool> {
        let last = match self.last.get(entry.name) {
            Some(last) => Some(*last),
            None if entry.every >= WRITTEN_FROM => work.read(|tx| last_run(tx, entry.name))?,
            None => None,
        };
        if let Some(last) = last {
            self.last.insert(entry.name, last);
        }
        let every = chrono::Duration::from_std(entry.every).unwrap_or(chrono::Duration::MAX);
        // Or so long in the future: a clock that was wrong wrote it, and without this it would hold the entry up until then.
        Ok(last.is_none_or(|last| (work.now() - last).abs() >= every))
    }

    fn run(&mut self, work: &mut Work, entry: &Entry) -> Result<()> {
        self.last.insert(entry.name, work.now());
        let began = Instant::now();
        let ran = (entry.run)(work);
        let took_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        if let Err(error) = &ran {
            tracing::error!(name = "schedule.failed", entry = entry.name, %error, "a periodic task failed; it will be tried at its next time");
        }
        let error = ran.err().map(|error| error.to_string());
        if self.is_worth_writing(entry, work.now(), error.is_some()) {
            work.touch(Chore::Lease, |tx| note_run(tx, entry.name, took_ms, error.as_deref()))?;
        }
        Ok(())
    }

    fn is_worth_writing(&mut self, entry: &Entry, now: DateTime<Utc>, failed: bool) -> bool {
        let recent = self.written.get(entry.name).is_some_and(|(at, did_fail)| {
            *did_fail == failed && (now - *at).abs() < chrono::Duration::seconds(WRITTEN_EVERY_SECONDS)
        });
        let is_worth = entry.every >= WRITTEN_FROM || !recent;
        if is_worth {
            self.written.insert(entry.name, (now, failed));
        }
        is_worth
    }
}
