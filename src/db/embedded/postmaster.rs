//! The running server: our child, or one that outlived the process that started it. Which process belongs to a cluster is
//! asked of the kernel (every process of PostgreSQL works in its cluster's folder), because a number in a file may by now
//! be somebody else's.

use super::cluster::Cluster;
use super::error::EmbeddedError;
use super::log_file;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

/// How long a start may replay the log of a crash.
const START_LIMIT: Duration = Duration::from_secs(300);
/// How long a stop may take before it is cut short.
pub const STOP_LIMIT: Duration = Duration::from_secs(30);
const CUT_LIMIT: Duration = Duration::from_secs(5);
/// How long the processes of a killed server may finish by themselves.
const ORPHAN_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub struct Postmaster {
    pub pid: u32,
    folder: PathBuf,
    /// None when adopted.
    child: Option<Child>,
}

impl Postmaster {
    pub fn adopted(pid: u32, cluster: &Cluster) -> Postmaster {
        Postmaster { pid, folder: cluster.folder.clone(), child: None }
    }

    /// Starts the server and waits until it takes connections, or until `is_ordered_off` says to give up.
    pub fn launch(cluster: &Cluster, is_ordered_off: &dyn Fn() -> bool) -> Result<Postmaster, EmbeddedError> {
        evict_orphans(cluster);
        clear_stale_files(cluster);
        let mut command = cluster.server()?;
        let log_start = log_file::length(&cluster.log);
        // Its own process group: Ctrl-C in the terminal is for us, who finish our requests before we stop it.
        let spawned = command.process_group(0).spawn();
        let child = spawned.map_err(EmbeddedError::file("start PostgreSQL in", &cluster.folder))?;
        let mut started = Postmaster { pid: child.id(), folder: cluster.folder.clone(), child: Some(child) };
        let deadline = Instant::now() + START_LIMIT;
        while !started.is_ready() {
            if !started.is_alive() {
                return Err(EmbeddedError::Failed {
                    program: "postgres",
                    said: log_file::tail(&cluster.log, log_start),
                });
            }
            if is_ordered_off() || Instant::now() > deadline {
                started.retire();
                return Err(EmbeddedError::Silent { folder: cluster.folder.clone(), pid: started.pid });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(started)
    }

    fn is_ready(&self) -> bool {
        PidFile::read(&self.folder).is_some_and(|file| file.pid == self.pid && file.state == State::Ready)
    }

    /// Somebody else told it to stop: it would linger half-closed as long as our own connections are open.
    pub fn is_stopping(&self) -> bool {
        PidFile::read(&self.folder).is_some_and(|file| file.pid == self.pid && file.state == State::Stopping)
    }

    /// Also takes note of the end of a child, so that it leaves no zombie.
    pub fn is_alive(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => works_in(self.pid, &self.folder),
        }
    }

    /// Fast shutdown: ends connections, writes everything out. After `STOP_LIMIT` an immediate one, from which the next
    /// start recovers.
    pub fn retire(&mut self) {
        self.signal(Signal::INT);
        if self.is_gone_within(STOP_LIMIT) {
            return;
        }
        tracing::warn!(pid = self.pid, "PostgreSQL did not stop in time and is cut off; it recovers at the next start");
        self.signal(Signal::QUIT);
        if !self.is_gone_within(CUT_LIMIT) {
            tracing::error!(pid = self.pid, "PostgreSQL still runs");
        }
    }

    fn signal(&mut self, signal: Signal) {
        if self.is_alive() {
            send(self.pid, signal);
        }
    }

    fn is_gone_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_alive() {
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        true
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Replays what a crash left, or is about to be ready.
    Starting,
    /// Takes connections.
    Ready,
    /// Takes no new connections; may wait for open ones for ever (SIGTERM asks for that).
    Stopping,
}

/// What a server writes about itself into its folder.
#[derive(Debug)]
pub struct PidFile {
    pub pid: u32,
    pub socket: PathBuf,
    pub state: State,
}

impl PidFile {
    const NAME: &str = "postmaster.pid";

    fn read(folder: &Path) -> Option<PidFile> {
        let text = fs::read_to_string(folder.join(Self::NAME)).ok()?;
        let line = |number: usize| text.lines().nth(number).map(str::trim).unwrap_or_default();
        let state = match line(7) {
            "ready" => State::Ready,
            "stopping" => State::Stopping,
            _ => State::Starting,
        };
        Some(PidFile { pid: line(0).parse().ok()?, socket: PathBuf::from(line(4)), state })
    }

    /// None when the file is absent or left over.
    pub fn of_running(folder: &Path) -> Option<PidFile> {
        Self::read(folder).filter(|file| works_in(file.pid, folder))
    }
}

/// Process number of the server that runs in this cluster.
pub fn running_in(folder: &Path) -> Option<u32> {
    PidFile::of_running(folder).map(|file| file.pid)
}

/// Every process whose working folder is this cluster.
pub fn processes_in(folder: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| works_in(*pid, folder)).collect()
}

fn works_in(pid: u32, folder: &Path) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let Ok(ours) = fs::metadata(folder) else { return false };
    match fs::metadata(process.join("cwd")) {
        Ok(theirs) => (theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()),
        // A container's root may not ask this of another user's process. Better to take a stranger's PostgreSQL for
        // ours, and wait, than to take ours for gone.
        Err(why) if why.kind() == ErrorKind::PermissionDenied => is_postgres_of(&process, ours.uid()),
        Err(_) => false,
    }
}

fn is_postgres_of(process: &Path, uid: u32) -> bool {
    let is_theirs = fs::metadata(process).is_ok_and(|found| found.uid() == uid);
    is_theirs && fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres")
}

fn send(pid: u32, signal: Signal) {
    let sent = i32::try_from(pid).ok().and_then(Pid::from_raw).map(|pid| kill_process(pid, signal));
    if let Some(Err(why)) = sent {
        tracing::warn!(pid, %why, "PostgreSQL could not be signalled");
    }
}

/// Processes of a killed server end by themselves once they notice; a long query notices late and is ended.
fn evict_orphans(cluster: &Cluster) {
    let deadline = Instant::now() + ORPHAN_LIMIT;
    while cluster.has_orphans() && Instant::now() < deadline {
        std::thread::sleep(LOOK_AGAIN);
    }
    if cluster.has_orphans() {
        processes_in(&cluster.folder).into_iter().for_each(|pid| send(pid, Signal::QUIT));
        std::thread::sleep(CUT_LIMIT);
    }
}

/// A killed server's files name its number. When another process has that number by now, PostgreSQL would refuse to
/// start; they go only when no process at all works in the cluster.
fn clear_stale_files(cluster: &Cluster) {
    if !processes_in(&cluster.folder).is_empty() {
        return;
    }
    let left = [cluster.folder.join(PidFile::NAME), cluster.socket.join(".s.PGSQL.5432.lock")];
    for file in left {
        match fs::remove_file(&file) {
            Ok(()) => tracing::info!(file = %file.display(), "removed what a killed PostgreSQL had left"),
            Err(why) if why.kind() == ErrorKind::NotFound => {}
            Err(why) => tracing::warn!(%why, file = %file.display(), "a left-over file could not be removed"),
        }
    }
}
