//! The cluster on disk: made once, then started or adopted, with the application's role and database inside.

use super::account::Account;
use super::error::EmbeddedError;
use super::postmaster::{self, PidFile, Postmaster, State};
use super::programs::Installation;
use super::{extensions, folder, log_file, settings};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

pub const FOLDER: &str = "postgres";
const LOG: &str = "postgres.log";
/// Owner of the database and of all in it, but no superuser: an injected statement gets no further than the data.
const ROLE: &str = "tow";
const DATABASE: &str = "tow";
const ADMIN: &str = "postgres";
/// Replaying the log after a crash may take minutes.
const ANSWER_LIMIT: Duration = Duration::from_secs(300);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// The first version with its own C.UTF-8, which no change of the system's library can reorder.
const BUILTIN_LOCALE_SINCE: u32 = 17;

#[derive(Debug, Clone)]
pub struct Cluster {
    pub folder: PathBuf,
    pub socket: PathBuf,
    pub log: PathBuf,
    pub account: Account,
    pub programs: Installation,
}

/// The version that made the cluster in this data folder, if there is one.
pub fn major_of(data_dir: &Path) -> Option<u32> {
    fs::read_to_string(data_dir.join(FOLDER).join("PG_VERSION")).ok()?.trim().parse().ok()
}

impl Cluster {
    /// Makes what is missing: the cluster, its settings, the socket's folder.
    pub fn open(data_dir: &Path, account: Account, programs: Installation) -> Result<Cluster, EmbeddedError> {
        let (folder, socket) = (data_dir.join(FOLDER), folder::socket_folder(data_dir));
        let cluster = Cluster { folder, socket, log: data_dir.join(LOG), account, programs };
        if !cluster.folder.join("PG_VERSION").exists() {
            cluster.make(&data_dir.join(format!("{FOLDER}.new")))?;
        }
        settings::write_ours(&cluster.folder, &cluster.account)?;
        folder::open_socket_folder(&cluster.socket, &cluster.account)?;
        Ok(cluster)
    }

    /// Beside its place and then renamed, so that a half-made cluster is never taken for a whole one.
    fn make(&self, fresh: &Path) -> Result<(), EmbeddedError> {
        if fresh.exists() {
            fs::remove_dir_all(fresh).map_err(EmbeddedError::file("remove the unfinished", fresh))?;
        }
        fs::create_dir(fresh).map_err(EmbeddedError::file("create", fresh))?;
        self.account.give(fresh)?;
        let output = self.initdb(fresh).output().map_err(EmbeddedError::file("start initdb for", fresh))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(EmbeddedError::Failed { program: "initdb", said });
        }
        settings::write_all(fresh, &self.account)?;
        fs::rename(fresh, &self.folder).map_err(EmbeddedError::file("create", &self.folder))
    }

    fn initdb(&self, fresh: &Path) -> Command {
        let mut command = self.account.command(&self.programs.bin.join("initdb"));
        command.current_dir(fresh).arg("-D").arg(fresh);
        command
            .args(["--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--username"])
            .arg(ADMIN);
        if self.programs.major >= BUILTIN_LOCALE_SINCE {
            command.args(["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
        }
        command
    }

    /// The cluster that still runs here, or a new start; true when it was adopted.
    pub fn adopt_or_launch(&self) -> Result<(Postmaster, bool), EmbeddedError> {
        match self.find_running()? {
            Some(found) => {
                tracing::info!(pid = found.pid, "adopted the PostgreSQL that still ran in the data folder");
                Ok((found, true))
            }
            None => Ok((Postmaster::launch(self, &|| false)?, false)),
        }
    }

    /// Waits for one that starts or stops; stops one that cannot be reached.
    fn find_running(&self) -> Result<Option<Postmaster>, EmbeddedError> {
        let deadline = Instant::now() + ANSWER_LIMIT;
        while let Some(found) = PidFile::of_running(&self.folder) {
            let mut running = Postmaster::adopted(found.pid, self);
            match found.state {
                State::Ready if found.socket == self.socket && self.connect(&self.admin_url()).is_ok() => {
                    return Ok(Some(running));
                }
                State::Ready | State::Stopping => running.retire(),
                State::Starting => std::thread::sleep(LOOK_AGAIN),
            }
            if Instant::now() > deadline {
                return Err(EmbeddedError::Silent { folder: self.folder.clone(), pid: found.pid });
            }
        }
        Ok(None)
    }

    /// The server's command line; TCP and the socket's place are not for files to change.
    pub fn server(&self) -> Result<Command, EmbeddedError> {
        log_file::bound(&self.log);
        let log = log_file::open(&self.log)?;
        let also = log.try_clone().map_err(EmbeddedError::file("open", &self.log))?;
        let mut command = self.account.command(&self.programs.bin.join("postgres"));
        command.current_dir(&self.folder).arg("-D").arg(&self.folder).arg("-k").arg(&self.socket);
        command.args(["-c", "listen_addresses=", "-c", "port=5432"]).stdout(log).stderr(also);
        Ok(command)
    }

    /// Idempotent: each start checks the role, the database and its extensions.
    pub fn make_database(&self) -> Result<(), EmbeddedError> {
        let mut admin = self.connect(&self.admin_url())?;
        if !exists(&mut admin, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS found", ROLE)? {
            run(&mut admin, &format!("CREATE ROLE {ROLE} LOGIN"))?;
        }
        if !exists(&mut admin, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS found", DATABASE)? {
            run(&mut admin, &format!("CREATE DATABASE {DATABASE} OWNER {ROLE} TEMPLATE template0"))?;
        }
        extensions::check_extensions(&mut self.connect(&self.address(DATABASE, ADMIN))?)
    }

    pub fn url(&self) -> String {
        self.address(DATABASE, ROLE)
    }

    pub fn admin_url(&self) -> String {
        self.address("postgres", ADMIN)
    }

    fn address(&self, database: &str, role: &str) -> String {
        address(&self.socket, database, role)
    }

    fn connect(&self, url: &str) -> Result<PgConnection, EmbeddedError> {
        let with_limit = format!("{url}&connect_timeout=10");
        PgConnection::establish(&with_limit).map_err(|why| EmbeddedError::Database(why.to_string()))
    }

    /// True while no postmaster runs but processes of a killed one do.
    pub fn has_orphans(&self) -> bool {
        postmaster::running_in(&self.folder).is_none() && !postmaster::processes_in(&self.folder).is_empty()
    }
}

/// As `Cluster::url`, for who only knows the socket's folder.
pub fn url_at(socket: &Path) -> String {
    address(socket, DATABASE, ROLE)
}

fn address(socket: &Path, database: &str, role: &str) -> String {
    format!("postgresql:///{database}?host={}&user={role}", socket.display())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    found: bool,
}

fn exists(conn: &mut PgConnection, question: &str, name: &str) -> Result<bool, EmbeddedError> {
    let row = diesel::sql_query(question).bind::<Text, _>(name).get_result::<Found>(conn);
    row.map(|row| row.found).map_err(|why| EmbeddedError::Database(why.to_string()))
}

fn run(conn: &mut PgConnection, statement: &str) -> Result<(), EmbeddedError> {
    diesel::sql_query(statement).execute(conn).map_err(|why| EmbeddedError::Database(why.to_string()))?;
    Ok(())
}
