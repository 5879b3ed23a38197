//! One thread that looks after the server: starts it again when it dies, bounds its log, and stops it when told to.

use super::cluster::Cluster;
use super::error::EmbeddedError;
use super::log_file;
use super::postmaster::Postmaster;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(200);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A server that lived this long starts the pauses anew.
const STEADY: Duration = Duration::from_secs(60);

const RUN: u8 = 0;
const STOP: u8 = 1;
const LEAVE: u8 = 2;

pub struct Watch {
    order: Arc<AtomicU8>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub fn over(cluster: Cluster, mut postmaster: Postmaster) -> Result<Watch, EmbeddedError> {
        let order = Arc::new(AtomicU8::new(RUN));
        let (told, folder) = (order.clone(), cluster.folder.clone());
        let thread = thread::Builder::new().name("postgres-watch".into()).spawn(move || {
            Watcher { cluster, told, pause: FIRST_PAUSE, since: Instant::now() }.watch(&mut postmaster);
        });
        let thread = thread.map_err(EmbeddedError::file("watch over", &folder))?;
        Ok(Watch { order, thread: Some(thread) })
    }

    /// Returns when PostgreSQL has stopped.
    pub fn stop(&mut self) {
        self.end(STOP);
    }

    /// Returns when nobody looks after it any more.
    pub fn leave(&mut self) {
        self.end(LEAVE);
    }

    fn end(&mut self, order: u8) {
        let Some(thread) = self.thread.take() else { return };
        self.order.store(order, Ordering::SeqCst);
        thread.thread().unpark();
        if thread.join().is_err() {
            tracing::error!("the thread that looked after PostgreSQL had panicked");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Watcher {
    cluster: Cluster,
    told: Arc<AtomicU8>,
    pause: Duration,
    /// When the server last became ready.
    since: Instant,
}

impl Watcher {
    fn watch(&mut self, postmaster: &mut Postmaster) {
        while !self.is_ordered_off() {
            thread::park_timeout(POLL);
            log_file::bound(&self.cluster.log);
            if !postmaster.is_alive() && !self.is_ordered_off() {
                tracing::error!(pid = postmaster.pid, "PostgreSQL died; starting it again");
                match self.revive() {
                    Some(revived) => *postmaster = revived,
                    None => return,
                }
            } else if postmaster.is_stopping() || is_cut_off(&self.cluster.socket) {
                tracing::error!(pid = postmaster.pid, "PostgreSQL takes no more connections; restarting it");
                postmaster.retire();
            }
        }
        if self.told.load(Ordering::SeqCst) == STOP {
            postmaster.retire();
            // Empty after a clean stop; anything else stays for the next start.
            let _ = std::fs::remove_dir(&self.cluster.socket);
        }
    }

    /// Tries until it runs; None when told to end.
    fn revive(&mut self) -> Option<Postmaster> {
        if self.since.elapsed() > STEADY {
            self.pause = FIRST_PAUSE;
        }
        while self.rest() {
            match self.launch() {
                Ok(postmaster) => {
                    tracing::info!(pid = postmaster.pid, "PostgreSQL runs again");
                    self.since = Instant::now();
                    return Some(postmaster);
                }
                Err(why) => tracing::error!(%why, next_try = ?self.pause, "PostgreSQL could not be started again"),
            }
        }
        None
    }

    fn launch(&self) -> Result<Postmaster, EmbeddedError> {
        super::folder::open_socket_folder(&self.cluster.socket, &self.cluster.account)?;
        Postmaster::launch(&self.cluster, &|| self.is_ordered_off())
    }

    /// Waits before the next try, each time longer; false when told to end.
    fn rest(&mut self) -> bool {
        let until = Instant::now() + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        while !self.is_ordered_off() && Instant::now() < until {
            thread::park_timeout(until - Instant::now());
        }
        !self.is_ordered_off()
    }

    fn is_ordered_off(&self) -> bool {
        self.told.load(Ordering::SeqCst) != RUN
    }
}

/// Something swept the socket away (a cleaner of /tmp): the server runs, but nobody can reach it.
fn is_cut_off(socket: &Path) -> bool {
    !socket.join(".s.PGSQL.5432").exists()
}
