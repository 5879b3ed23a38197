//! Why the embedded database did not start, told to the person at the terminal: what happened and what to do.

use super::extensions::{OLDEST_SERVER, OLDEST_VECTOR};
use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub enum EmbeddedError {
    /// A program of PostgreSQL is not on this machine.
    MissingProgram { program: &'static str, looked_in: Vec<PathBuf> },
    /// Only versions older than `OLDEST_SERVER` are there.
    TooOld { found: u32 },
    /// The cluster was made by another major version than the ones installed.
    OtherVersion { cluster: u32, installed: Vec<u32> },
    /// An extension's files are not installed, or (`control` is `None`) the server refused to create it.
    MissingExtension { name: &'static str, major: u32, control: Option<PathBuf>, said: Option<String> },
    /// pgvector older than `OLDEST_VECTOR`.
    OldVector { found: String, major: u32 },
    /// No `pg_dump` and `pg_restore` of that version or a newer one.
    NoClients { least: u32, installed: Vec<u32> },
    /// Started as root, but there is no user to run PostgreSQL as.
    NoAccount,
    /// The user who runs PostgreSQL cannot enter this folder.
    Unreachable { folder: PathBuf, user: String },
    /// The cluster belongs to somebody else.
    Foreign { folder: PathBuf, owner: u32, user: String },
    /// Another process holds the lock on the data folder.
    Running { folder: PathBuf, pid: Option<u32> },
    /// PostgreSQL runs there but neither answers nor stops.
    Silent { folder: PathBuf, pid: u32 },
    /// A program ended with an error; `said` is the end of what it wrote.
    Failed { program: &'static str, said: String },
    /// A file operation failed.
    File { doing: &'static str, path: PathBuf, why: String },
    /// The database refused a statement.
    Database(String),
}

impl EmbeddedError {
    /// For `map_err`: which file, and what was being done to it.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |why| EmbeddedError::File { doing, path: path.to_owned(), why: why.to_string() }
    }
}

impl std::error::Error for EmbeddedError {}

impl fmt::Display for EmbeddedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use EmbeddedError as E;
        match self {
            E::MissingProgram { program, looked_in } => missing_program(f, program, looked_in),
            E::TooOld { found } => write!(
                f,
                "PostgreSQL {found} is too old: version {OLDEST_SERVER} or newer is needed. Install a newer server \
                 package ({PACKAGES})."
            ),
            E::OtherVersion { cluster, installed } => other_version(f, *cluster, installed),
            E::MissingExtension { name, major, control, said } => {
                missing_extension(f, name, *major, control.as_deref(), said.as_deref())
            }
            E::OldVector { found, major } => old_vector(f, found, *major),
            E::NoClients { least, installed } => no_clients(f, *least, installed),
            E::NoAccount => f.write_str(
                "Started as root, but PostgreSQL refuses to run as root and this machine has no user `postgres`. \
                 Install the package `postgresql`, which creates that user, or start as a normal user.",
            ),
            E::Unreachable { folder, user } => unreachable_folder(f, folder, user),
            E::Foreign { folder, owner, user } => write!(
                f,
                "{} belongs to the user with number {owner}, but PostgreSQL would run as `{user}`. Start as the user \
                 who owns it, or give the folder with everything in it to `{user}` (chown -R).",
                folder.display()
            ),
            E::Running { folder, pid } => running(f, folder, *pid),
            E::Silent { folder, pid } => write!(
                f,
                "A PostgreSQL (pid {pid}) still runs in {} but neither answers nor stops. Look at postgres.log beside \
                 that folder, end it with `kill -QUIT {pid}` and start again.",
                folder.display()
            ),
            E::Failed { program, said } => write!(f, "`{program}` did not succeed. It said:\n{}", said.trim_end()),
            E::File { doing, path, why } => write!(f, "Could not {doing} {}: {why}", path.display()),
            E::Database(said) => write!(f, "The embedded database answered with an error: {said}"),
        }
    }
}

const PACKAGES: &str = "Debian 12: postgresql-15, Debian 13: postgresql-17, Ubuntu 24.04: postgresql-16";

fn missing_program(f: &mut fmt::Formatter<'_>, program: &str, looked_in: &[PathBuf]) -> fmt::Result {
    let folders: Vec<_> = looked_in.iter().map(|folder| folder.display().to_string()).collect();
    write!(
        f,
        "PostgreSQL's program `{program}` was not found (looked in PATH and {}). Without DATABASE_URL a private \
         PostgreSQL is started, which needs it. Install the server package ({PACKAGES}), or set DATABASE_URL to a \
         PostgreSQL server.",
        folders.join(", ")
    )
}

fn no_clients(f: &mut fmt::Formatter<'_>, least: u32, installed: &[u32]) -> fmt::Result {
    let installed: Vec<_> = installed.iter().map(u32::to_string).collect();
    let here = match installed.as_slice() {
        [] => "none is installed".to_owned(),
        versions => format!("installed is {}", versions.join(", ")),
    };
    write!(
        f,
        "A backup of PostgreSQL {least} needs its programs `pg_dump` and `pg_restore` in version {least} or newer, and {here}. \
         Install the package postgresql-client-{least} on this machine."
    )
}

fn other_version(f: &mut fmt::Formatter<'_>, cluster: u32, installed: &[u32]) -> fmt::Result {
    let installed: Vec<_> = installed.iter().map(u32::to_string).collect();
    write!(
        f,
        "The database in the data folder was made by PostgreSQL {cluster}, but this machine has version {}. Install \
         postgresql-{cluster} beside it; to move to a newer version, make a backup, start on an empty data folder and \
         restore.",
        installed.join(", ")
    )
}

fn missing_extension(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    major: u32,
    control: Option<&Path>,
    said: Option<&str>,
) -> fmt::Result {
    write!(f, "PostgreSQL's extension `{name}` is missing")?;
    if let Some(control) = control {
        write!(f, " ({} does not exist)", control.display())?;
    }
    if let Some(said) = said {
        write!(f, " and could not be created: {said}")?;
    }
    match name {
        "vector" => write!(
            f,
            ". Install the package postgresql-{major}-pgvector on the database's machine (Debian 13: \
             postgresql-17-pgvector, Ubuntu 24.04: postgresql-16-pgvector; on Debian 12 bin/setup builds it)."
        )?,
        _ => write!(f, ". Install the package postgresql-{major}, or postgresql-contrib, on the database's machine.")?,
    }
    write!(
        f,
        " On a server of its own (DATABASE_URL) the administrator then runs once, in this database: CREATE EXTENSION {name};"
    )
}

fn old_vector(f: &mut fmt::Formatter<'_>, found: &str, major: u32) -> fmt::Result {
    let (first, second) = OLDEST_VECTOR;
    write!(
        f,
        "PostgreSQL's extension `vector` (pgvector) is version {found} in this database, and {first}.{second} or newer is needed: \
         search by meaning walks its index on until it has met enough that its reader may see, which older ones cannot. \
         Install a newer package postgresql-{major}-pgvector on the database's machine (Debian 13 has one, on Debian 12 \
         bin/setup builds it, elsewhere take that of the PostgreSQL project). Its administrator then runs once, in this \
         database: ALTER EXTENSION vector UPDATE;"
    )
}

fn unreachable_folder(f: &mut fmt::Formatter<'_>, folder: &Path, user: &str) -> fmt::Result {
    let folder = folder.display();
    write!(
        f,
        "Started as root, PostgreSQL runs as user `{user}`, and this user may not enter {folder}. Let it in with \
         `chgrp {user} {folder} && chmod g+x {folder}`, or choose a data folder it can reach, such as \
         /var/lib/tow, or start as a normal user."
    )
}

fn running(f: &mut fmt::Formatter<'_>, folder: &Path, pid: Option<u32>) -> fmt::Result {
    let pid = pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
    write!(
        f,
        "Another tow serve is running on this folder{pid}: {}. Stop that one first, or use another data folder; \
         several instances together need one PostgreSQL server, named in DATABASE_URL.",
        folder.display()
    )
}
