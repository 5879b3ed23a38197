//! The embedded database: a private PostgreSQL cluster inside the data folder, for who wants one program and no
//! database server. It is started as a child, watched, restarted when it dies, and stopped with this process; one that
//! outlived its parent is adopted. Reached through a Unix socket in a folder which only its own user may enter.

mod account;
mod cluster;
mod error;
mod extensions;
mod folder;
mod log_file;
mod postmaster;
mod programs;
mod settings;
mod watch;

use std::path::{Path, PathBuf};

pub use error::EmbeddedError;
pub use extensions::{OLDEST_SERVER, check_extensions, check_vector};
pub use log_file::LOG_LIMIT_BYTES;
pub use programs::{Clients, Search};

use cluster::Cluster;
use folder::DataLock;
use watch::Watch;

/// Address of the cluster that runs in this data folder under another process, without touching it; None while none answers.
pub fn running_url(data_dir: &Path) -> Option<String> {
    let data_dir = data_dir.canonicalize().ok()?;
    let found = postmaster::PidFile::of_running(&data_dir.join(cluster::FOLDER))?;
    let is_ours = found.state == postmaster::State::Ready && found.socket == folder::socket_folder(&data_dir);
    is_ours.then(|| cluster::url_at(&found.socket))
}

/// A running private cluster. Dropping it stops PostgreSQL, as `stop` does.
pub struct Embedded {
    url: String,
    admin_url: String,
    is_adopted: bool,
    cluster: Cluster,
    watch: Watch,
    // Last, so that it is freed only after PostgreSQL has stopped.
    _lock: DataLock,
}

impl Embedded {
    /// Makes the cluster at first, then starts it (or adopts the one that still runs); blocks until it answers.
    pub fn start(data_dir: &Path) -> Result<Embedded, EmbeddedError> {
        Self::start_with(data_dir, &Search::default())
    }

    /// As `start`, looking for PostgreSQL's programs elsewhere.
    pub fn start_with(data_dir: &Path, search: &Search) -> Result<Embedded, EmbeddedError> {
        let account = account::Account::choose(&data_dir.join(cluster::FOLDER))?;
        let programs = search.installation(cluster::major_of(data_dir))?;
        let data_dir = folder::open(data_dir, &account)?;
        let lock = DataLock::take(&data_dir)?;
        account.check_reach(&data_dir, &programs.bin)?;
        let cluster = Cluster::open(&data_dir, account, programs)?;
        let (postmaster, is_adopted) = cluster.adopt_or_launch()?;
        let (url, admin_url) = (cluster.url(), cluster.admin_url());
        let watch = Watch::over(cluster.clone(), postmaster)?;
        // From here on an early return drops `watch`, which stops PostgreSQL.
        cluster.make_database()?;
        Ok(Embedded { url, admin_url, is_adopted, cluster, watch, _lock: lock })
    }

    /// Address of the application's database, for a role that owns it but is no superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Address of the maintenance database as superuser: for restores and for tests that make databases.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// True when a PostgreSQL already ran here because its parent had been killed.
    pub fn is_adopted(&self) -> bool {
        self.is_adopted
    }

    /// Process number of the postmaster; `None` while it is down.
    pub fn pid(&self) -> Option<u32> {
        postmaster::running_in(&self.cluster.folder)
    }

    /// Where the installation's programs (`pg_dump`, `pg_restore`, `psql`) are.
    pub fn programs(&self) -> PathBuf {
        self.cluster.programs.bin.clone()
    }

    /// Ends all connections and stops PostgreSQL; waits at most `watch::STOP_LIMIT`, then cuts it off (it recovers).
    pub fn stop(mut self) {
        self.watch.stop();
    }

    /// Lets go without stopping: PostgreSQL runs on and is adopted by the next start on this folder.
    pub fn leave_running(mut self) {
        self.watch.leave();
    }
}
