//! The threads: workers that lease jobs, an attendant that hears notices and keeps leases alive, and the clock. Each survives a
//! restart of the database by asking again.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Chore, Pool};
use crate::error::{Error, Result};
use crate::queue::{Entry, Instance, JobKind, LEASE_SECONDS, Schedule, Work, extend, has_notices, listen, run_next};
use crate::secret::Secret;
use diesel::{Connection, PgConnection};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Workers look this often even when nobody notified them: for retries, and for notices that were lost.
const SLOW_POLL: Duration = Duration::from_secs(5);
/// How often notices are looked for; that asks the socket, not the database.
const LISTEN_EVERY: Duration = Duration::from_millis(50);
/// How often the clock looks at its table.
const CLOCK_EVERY: Duration = Duration::from_secs(1);
/// After the database was away.
const RECONNECT_EVERY: Duration = Duration::from_secs(1);
/// More threads than this only wait for each other on a machine of ours.
pub const MOST_WORKERS: u32 = 16;
/// A job's statement may take longer than a page's.
const STATEMENT_TIMEOUT_MS: u64 = 60_000;
/// Running jobs may finish this long after a stop; then their lease is left to expire.
pub const STOP_SECONDS: u64 = 30;

/// What the threads share.
struct Desk {
    pool: Pool,
    url: Secret,
    clock: Clock,
    config: Config,
    kinds: Vec<JobKind>,
    /// Its id stands in leases.
    instance: Instance,
    stopping: AtomicBool,
    /// Counts wake-ups, so that one between looking and waiting is not missed.
    wakes: Mutex<u64>,
    woken: Condvar,
    running: Mutex<HashSet<Uuid>>,
}

/// What a runner runs.
pub struct Duties {
    pub kinds: Vec<JobKind>,
    pub entries: Vec<Entry>,
}

pub struct Runner {
    desk: Arc<Desk>,
    threads: Vec<JoinHandle<()>>,
}

impl Runner {
    /// Starts the threads. A database that is away now is waited for.
    pub fn start(
        url: &Secret,
        clock: Clock,
        config: Config,
        instance: Instance,
        duties: Duties,
    ) -> std::io::Result<Runner> {
        let workers = config.database.worker_pool_size.clamp(1, MOST_WORKERS);
        let wait = Duration::from_secs(config.database.pool_timeout_seconds.into());
        let pool = db::pool(url.reveal(), workers, wait, STATEMENT_TIMEOUT_MS);
        let desk = Arc::new(Desk {
            pool,
            url: url.clone(),
            instance,
            clock,
            config,
            kinds: duties.kinds,
            stopping: AtomicBool::new(false),
            wakes: Mutex::new(0),
            woken: Condvar::new(),
            running: Mutex::default(),
        });
        let mut runner = Runner { desk, threads: Vec::new() };
        for number in 1..=workers {
            runner.spawn(format!("worker-{number}"), |desk| desk.work())?;
        }
        runner.spawn("attendant".to_owned(), |desk| desk.reconnecting(Desk::attend))?;
        runner.spawn("clock".to_owned(), move |desk| {
            let mut schedule = Schedule::new(duties.entries);
            desk.reconnecting(|desk, conn| desk.tick(conn, &mut schedule));
            desk.instance.load.lead(false);
        })?;
        Ok(runner)
    }

    fn spawn(&mut self, name: String, run: impl FnOnce(&Desk) + Send + 'static) -> std::io::Result<()> {
        let desk = self.desk.clone();
        self.threads.push(std::thread::Builder::new().name(name).spawn(move || run(&desk))?);
        Ok(())
    }

    /// Takes no new jobs and waits for the running ones, at most `STOP_SECONDS`.
    pub fn stop(self) {
        self.desk.stopping.store(true, Ordering::Relaxed);
        self.desk.wake();
        let until = Instant::now() + Duration::from_secs(STOP_SECONDS);
        while Instant::now() < until && self.threads.iter().any(|thread| !thread.is_finished()) {
            std::thread::sleep(LISTEN_EVERY);
        }
        if self.threads.iter().any(|thread| !thread.is_finished()) {
            tracing::warn!(name = "queue.cut_short", "jobs were still running at the stop; they will be run again");
        }
    }
}

impl Desk {
    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn wake(&self) {
        *lock(&self.wakes) += 1;
        self.woken.notify_all();
    }

    /// One worker: job after job, then asleep until woken.
    fn work(&self) {
        while !self.is_stopping() {
            let seen = *lock(&self.wakes);
            match self.run_one() {
                Ok(true) => {}
                Ok(false) => self.rest(seen, SLOW_POLL),
                Err(error) => {
                    tracing::warn!(name = "queue.away", %error, "a worker could not ask for jobs; it will ask again");
                    self.rest(seen, RECONNECT_EVERY);
                }
            }
        }
    }

    fn rest(&self, seen: u64, at_most: Duration) {
        let wakes = lock(&self.wakes);
        let waited = self.woken.wait_timeout_while(wakes, at_most, |wakes| *wakes == seen && !self.is_stopping());
        drop(waited);
    }

    fn run_one(&self) -> Result<bool> {
        let mut conn = self.pool.get().map_err(|error| Error::Away(error.to_string()))?;
        let (mut current, mut in_hand) = (None, None);
        let ran = run_next(&mut conn, &self.clock, &self.config, self.instance.id, &self.kinds, |job| {
            lock(&self.running).insert(job);
            current = Some(job);
            in_hand = Some(self.instance.load.job());
        });
        if let Some(job) = current {
            lock(&self.running).remove(&job);
        }
        drop(in_hand);
        Ok(ran?.is_some())
    }

    /// Keeps a connection of its own for `f`, until the stop.
    fn reconnecting(&self, mut f: impl FnMut(&Desk, &mut PgConnection) -> Result<()>) {
        while !self.is_stopping() {
            let ended = PgConnection::establish(self.url.reveal()).map_err(|error| Error::Away(error.to_string()));
            if let Err(error) = ended.and_then(|mut conn| f(self, &mut conn)) {
                tracing::warn!(name = "queue.away", %error, "the connection for background work is gone; a new one will be made");
                std::thread::sleep(RECONNECT_EVERY);
            }
        }
    }

    /// Hears notices for the workers, and says of running jobs that they still run.
    fn attend(&self, conn: &mut PgConnection) -> Result<()> {
        listen(conn, "jobs")?;
        let mut extended = Instant::now();
        // Something may have been enqueued while nobody listened.
        self.wake();
        // Also while stopping, as long as a job runs.
        while !self.is_stopping() || !lock(&self.running).is_empty() {
            if has_notices(conn)? {
                self.wake();
            }
            if extended.elapsed() > Duration::from_secs(LEASE_SECONDS.unsigned_abs() / 4) {
                extended = Instant::now();
                let jobs: Vec<Uuid> = lock(&self.running).iter().copied().collect();
                let id = self.instance.id;
                db::touch(conn, self.clock.now(), id, Chore::Lease, |tx| extend(tx, id, jobs))?;
            }
            std::thread::sleep(LISTEN_EVERY);
        }
        Ok(())
    }

    fn tick(&self, conn: &mut PgConnection, schedule: &mut Schedule) -> Result<()> {
        // The lock went with the connection before.
        self.instance.load.lead(false);
        schedule.greet(conn)?;
        let mut ticked: Option<Instant> = None;
        while !self.is_stopping() {
            let is_woken = has_notices(conn)?;
            if is_woken || ticked.is_none_or(|at| at.elapsed() >= CLOCK_EVERY) {
                ticked = Some(Instant::now());
                schedule.tick(&mut Work::new(conn, &self.clock, &self.config), is_woken)?;
                self.instance.load.lead(schedule.leads());
            }
            std::thread::sleep(LISTEN_EVERY);
        }
        Ok(())
    }
}

/// A panic of another holder leaves numbers and ids that are still true.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
