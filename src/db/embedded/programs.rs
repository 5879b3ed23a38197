//! Where PostgreSQL's programs are on this machine, and whether the extensions are installed beside them.

use super::error::EmbeddedError;
use super::extensions::{EXTENSIONS, OLDEST_SERVER};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NEEDED: [&str; 2] = ["postgres", "initdb"];

/// Where to look; tests look elsewhere.
#[derive(Debug, Clone)]
pub struct Search {
    /// Also ask the shell for `postgres` and `pg_config`, which follow PATH.
    pub follows_path: bool,
    /// Folders with one `<version>/bin` for each installed version, as Debian has them.
    pub roots: Vec<PathBuf>,
}

impl Default for Search {
    fn default() -> Self {
        Search { follows_path: true, roots: vec![PathBuf::from("/usr/lib/postgresql")] }
    }
}

/// One installed PostgreSQL.
#[derive(Debug, Clone)]
pub struct Installation {
    pub bin: PathBuf,
    pub major: u32,
}

/// The programs that a backup needs, which are there without a server too.
#[derive(Debug, Clone)]
pub struct Clients {
    pub bin: PathBuf,
    pub major: u32,
}

const CLIENTS: [&str; 2] = ["pg_dump", "pg_restore"];

impl Search {
    /// `pg_dump` and `pg_restore` of this major version, or the next newer one that is there.
    pub fn clients(&self, least: u32) -> Result<Clients, EmbeddedError> {
        let mut bins: Vec<PathBuf> = self.roots.iter().flat_map(|root| version_bins(root)).collect();
        if self.follows_path {
            bins.extend(client_bins());
        }
        let mut found: Vec<Clients> = bins.into_iter().filter_map(Clients::at).collect();
        // Of one version the folder of its own comes first: what PATH leads to may be a wrapper.
        found.sort_by_key(|one| one.major);
        let installed = found.iter().map(|one| one.major).collect();
        let fitting = found.into_iter().find(|one| one.major >= least);
        fitting.ok_or(EmbeddedError::NoClients { least, installed })
    }

    /// The one to use: of the cluster's version when there is a cluster, else the newest that has all extensions.
    pub fn installation(&self, cluster: Option<u32>) -> Result<Installation, EmbeddedError> {
        // A start beside a cluster that runs should be quick: its version's own folder spares asking every installed program.
        let usual = cluster.and_then(|major| self.roots.iter().find_map(|root| Installation::of(root, major)));
        if let Some(usual) = usual {
            return usual.check().map(|()| usual);
        }
        let found = self.found();
        let Some(newest) = found.first() else {
            return Err(EmbeddedError::MissingProgram { program: "postgres", looked_in: self.roots.clone() });
        };
        let chosen = match cluster {
            Some(major) => found.iter().find(|one| one.major == major).ok_or_else(|| EmbeddedError::OtherVersion {
                cluster: major,
                installed: found.iter().map(|one| one.major).collect(),
            })?,
            None => found.iter().find(|one| one.check().is_ok()).unwrap_or(newest),
        };
        chosen.check()?;
        Ok(chosen.clone())
    }

    /// Newest first.
    fn found(&self) -> Vec<Installation> {
        let mut bins: Vec<PathBuf> = Vec::new();
        if self.follows_path {
            bins.extend(path_bins());
        }
        bins.extend(self.roots.iter().flat_map(|root| version_bins(root)));
        bins.sort();
        bins.dedup();
        let mut found: Vec<_> = bins.into_iter().filter_map(Installation::at).collect();
        found.sort_by_key(|one| std::cmp::Reverse(one.major));
        found
    }
}

/// Through the shell, because the environment is read in config/ only.
fn path_bins() -> Vec<PathBuf> {
    let program = output(Command::new("/bin/sh").args(["-c", "command -v postgres"]));
    let program = program.and_then(|found| Path::new(&found).canonicalize().ok());
    let beside = program.and_then(|found| found.parent().map(Path::to_owned));
    let told = output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from);
    beside.into_iter().chain(told).collect()
}

fn client_bins() -> Vec<PathBuf> {
    let program = output(Command::new("/bin/sh").args(["-c", "command -v pg_dump"])).map(PathBuf::from);
    let beside = program.and_then(|found| found.parent().map(Path::to_owned));
    beside.into_iter().chain(output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from)).collect()
}

impl Clients {
    fn at(bin: PathBuf) -> Option<Clients> {
        let is_whole = CLIENTS.iter().all(|program| bin.join(program).exists());
        let major = major(&output(Command::new(bin.join("pg_dump")).arg("--version"))?)?;
        is_whole.then_some(Clients { bin, major })
    }
}

fn version_bins(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
    entries.filter_map(Result::ok).map(|entry| entry.path().join("bin")).collect()
}

impl Installation {
    /// The one in `<root>/<major>/bin`, when it is of that version.
    fn of(root: &Path, major: u32) -> Option<Installation> {
        let bin = root.join(major.to_string()).join("bin");
        bin.exists().then(|| Installation::at(bin)).flatten().filter(|found| found.major == major)
    }

    fn at(bin: PathBuf) -> Option<Installation> {
        let major = major(&output(Command::new(bin.join("postgres")).arg("--version"))?)?;
        Some(Installation { bin, major })
    }

    fn check(&self) -> Result<(), EmbeddedError> {
        if self.major < OLDEST_SERVER {
            return Err(EmbeddedError::TooOld { found: self.major });
        }
        if let Some(program) = NEEDED.into_iter().find(|program| !self.bin.join(program).exists()) {
            return Err(EmbeddedError::MissingProgram { program, looked_in: vec![self.bin.clone()] });
        }
        let folders = self.share_folders();
        EXTENSIONS.into_iter().try_for_each(|name| self.check_extension(name, &folders))
    }

    fn check_extension(&self, name: &'static str, folders: &[PathBuf]) -> Result<(), EmbeddedError> {
        let controls = || folders.iter().map(|share| share.join("extension").join(format!("{name}.control")));
        match controls().any(|control| control.exists()) {
            true => Ok(()),
            false => {
                Err(EmbeddedError::MissingExtension { name, major: self.major, control: controls().next(), said: None })
            }
        }
    }

    /// What `pg_config` says; without that program, the usual places relative to the others.
    fn share_folders(&self) -> Vec<PathBuf> {
        match output(Command::new(self.bin.join("pg_config")).arg("--sharedir")) {
            Some(folder) => vec![PathBuf::from(folder)],
            None => ["../share", "../share/postgresql", "../share/pgsql"].map(|share| self.bin.join(share)).to_vec(),
        }
    }
}

/// From `postgres (PostgreSQL) 15.14 (Debian …)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}
