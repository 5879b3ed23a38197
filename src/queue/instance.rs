//! This process among those that run on the same database, and how it says that it is there.

use crate::clock::Clock;
use crate::db::{self, Chore};
use crate::error::{Error, Result};
use crate::queue::{Watch, beat, forget_silent, free, leave, set_patience};
use crate::secret::Secret;
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::{Connection, PgConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How often each says that it is there.
pub const BEAT_SECONDS: i64 = 5;
/// Where Linux keeps the name of the machine.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";
/// A stop does not wait longer for the last word.
const LAST_WORD: Duration = Duration::from_secs(5);
/// How often the stop looks whether the last word is said.
const LOOK_EVERY: Duration = Duration::from_millis(20);

text_enum!(
    /// Pages, background work, or both.
    Role { All = "all", Web = "web", Worker = "worker" }
);

/// One running `tow serve`. Its id stands in the leases of its jobs.
#[derive(Debug, Clone)]
pub struct Instance {
    pub id: Uuid,
    pub host: String,
    pub version: &'static str,
    pub role: Role,
    pub started_at: DateTime<Utc>,
    pub load: Arc<Load>,
}

impl Instance {
    pub fn here(role: Role, now: DateTime<Utc>) -> Instance {
        let host = std::fs::read_to_string(HOST_NAME).unwrap_or_default().trim().to_owned();
        let version = env!("CARGO_PKG_VERSION");
        Instance { id: db::new_id(now), host, version, role, started_at: now, load: Arc::default() }
    }
}

/// What an instance has in hand at this moment.
#[derive(Debug, Default)]
pub struct Load {
    requests: AtomicI32,
    jobs: AtomicI32,
    leads: AtomicBool,
}

impl Load {
    /// Counts a request until what comes back is dropped, also when nobody waits for the answer any more.
    pub fn request(&self) -> InHand<'_> {
        InHand::new(&self.requests)
    }

    pub fn job(&self) -> InHand<'_> {
        InHand::new(&self.jobs)
    }

    /// Whether this instance runs the schedule.
    pub fn lead(&self, leads: bool) {
        self.leads.store(leads, Ordering::Relaxed);
    }

    pub fn leads(&self) -> bool {
        self.leads.load(Ordering::Relaxed)
    }

    /// Requests, then jobs.
    pub fn in_hand(&self) -> (i32, i32) {
        (self.requests.load(Ordering::Relaxed), self.jobs.load(Ordering::Relaxed))
    }
}

/// One thing under way.
pub struct InHand<'l>(&'l AtomicI32);

impl<'l> InHand<'l> {
    fn new(count: &'l AtomicI32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        InHand(count)
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The thread that says it, and looks whether the others still do.
pub struct Presence {
    /// Closed to end it.
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Presence {
    /// A database that is away now is waited for.
    pub fn begin(url: &Secret, clock: Clock, instance: Instance) -> std::io::Result<Presence> {
        let (stop, stopped) = channel();
        let pulse = Pulse { url: url.clone(), clock, instance };
        let thread = std::thread::Builder::new().name("presence".to_owned()).spawn(move || pulse.run(&stopped))?;
        Ok(Presence { stop, thread })
    }

    /// Takes the instance off the list and gives back what it still held.
    pub fn end(self) {
        drop(self.stop);
        let until = Instant::now() + LAST_WORD;
        while Instant::now() < until && !self.thread.is_finished() {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

struct Pulse {
    url: Secret,
    clock: Clock,
    instance: Instance,
}

impl Pulse {
    fn run(&self, stopped: &Receiver<()>) {
        let mut conn = None;
        loop {
            if let Err(error) = self.beat_on(&mut conn, stopped) {
                conn = None;
                tracing::warn!(name = "instances.away", %error, "this instance could not say that it is there; it will say so again");
            } else if let Some(conn) = &mut conn {
                return self.leave(conn);
            }
            if is_over(stopped, Duration::from_secs(1)) {
                return;
            }
        }
    }

    /// Until the stop, on one connection; an error when that breaks. What was seen before counts for nothing then: while the database
    /// was away, nobody could be heard.
    fn beat_on(&self, kept: &mut Option<PgConnection>, stopped: &Receiver<()>) -> Result<()> {
        let conn = PgConnection::establish(self.url.reveal()).map_err(|error| Error::Away(error.to_string()))?;
        let conn = kept.insert(conn);
        set_patience(conn)?;
        let mut watch = Watch::default();
        loop {
            self.beat(conn, &mut watch)?;
            if is_over(stopped, Duration::from_secs(BEAT_SECONDS.unsigned_abs())) {
                return Ok(());
            }
        }
    }

    fn beat(&self, conn: &mut PgConnection, watch: &mut Watch) -> Result<()> {
        let (now, id) = (self.clock.now(), self.instance.id);
        let beats = db::touch(conn, now, id, Chore::Presence, |tx| beat(tx, &self.instance))?;
        let silent = watch.silent(&beats, Instant::now());
        let freed = match silent.is_empty() {
            true => 0,
            false => db::touch(conn, now, id, Chore::Lease, |tx| free(tx, &silent))?,
        };
        if freed > 0 {
            tracing::warn!(
                name = "instances.taken_over",
                freed,
                "an instance is silent; what it had in hand is given to others"
            );
        }
        db::touch(conn, now, id, Chore::Presence, forget_silent)?;
        Ok(())
    }

    fn leave(&self, conn: &mut PgConnection) {
        let id = self.instance.id;
        if let Err(error) = db::touch(conn, self.clock.now(), id, Chore::Presence, |tx| leave(tx, id)) {
            tracing::warn!(name = "instances.away", %error, "this instance could not take itself off the list; it will be shown as silent");
        }
    }
}

/// Waits so long, or until the other end is closed.
fn is_over(stopped: &Receiver<()>, at_most: Duration) -> bool {
    matches!(stopped.recv_timeout(at_most), Ok(()) | Err(RecvTimeoutError::Disconnected))
}
