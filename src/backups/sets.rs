//! The folder of backups and the sets in it. A set is a folder that got its name when it was whole; whatever is in the making, or on
//! its way out, has a name that begins with a dot and is nobody's set.

use super::fault::{Fault, Result};
use super::manifest::{Manifest, Place};
use super::part::{Identity, Part, Source};
use chrono::{DateTime, Duration, Utc};
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SET: &str = "tow-";
const UNFINISHED: &str = ".unfinished-";
const LOCK: &str = ".lock";
/// Only its owner may look into it.
pub const FOLDER_MODE: u32 = 0o700;

/// One set, as its manifest says; nothing of it is checked yet but the form.
#[derive(Debug, Clone)]
pub struct Set {
    pub path: PathBuf,
    pub manifest: Manifest,
    text: String,
    signature: String,
}

impl Set {
    pub fn open(path: &Path) -> Result<Set> {
        let (manifest, text, signature) = Manifest::read(path)?;
        Ok(Set { path: path.to_owned(), manifest, text, signature })
    }

    /// A path, or the name of one in the folder of backups; the newest when nothing is given.
    pub fn find(given: Option<&str>, place: &Place) -> Result<Set> {
        let folder = &place.loaded.config.backup.directory;
        match given {
            Some(given) if Path::new(given).exists() => Set::open(Path::new(given)),
            Some(given) => Set::open(&folder.join(given)),
            None => sets(folder).pop().ok_or_else(|| {
                Fault::said(format!("There is no backup in {} yet. Make one: tow backup create", folder.display()))
            }),
        }
    }

    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether a server with these keys wrote the manifest, and nobody changed it since.
    pub fn is_signed(&self, place: &Place) -> bool {
        place.has_signed(&self.text, &self.signature)
    }

    pub fn source(&self, part: &Part, identity: Option<&Identity>) -> Source {
        Source { path: self.path.join(&part.name), identity: identity.filter(|_| self.manifest.is_sealed()).cloned() }
    }

    /// As far as names and sizes tell; `check` says more.
    fn looks_whole(&self) -> bool {
        [&self.manifest.database, &self.manifest.uploads]
            .iter()
            .all(|part| fs::metadata(self.path.join(&part.name)).is_ok_and(|found| found.len() == part.bytes))
    }
}

/// Sets by age, the newest last. What cannot be read is none.
fn sets(folder: &Path) -> Vec<Set> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok());
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(SET));
    let mut found: Vec<Set> = named.filter_map(|entry| Set::open(&entry.path()).ok()).collect();
    found.sort_by_key(|set| (set.manifest.made_at, set.path.clone()));
    found
}

/// The folder of backups, held by one program at a time.
pub struct Directory {
    pub path: PathBuf,
    lock: File,
}

impl Drop for Directory {
    /// Not left to the closing of the file: a process that is just being started holds a copy of it until it becomes another program,
    /// and the next backup would be refused for that. When it fails, the closing does it.
    fn drop(&mut self) {
        self.lock.unlock().ok();
    }
}

impl Directory {
    /// Made when it is missing, closed to others. What an earlier backup left when it was killed goes.
    pub fn open(path: &Path) -> Result<Directory> {
        if !path.exists() {
            let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path);
            made.map_err(Fault::file("made", path))?;
        }
        let lock = path.join(LOCK);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&lock);
        let file = file.map_err(Fault::file("written", &lock))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::said(format!(
                    "Another backup is being written in {}. Wait until it is done.",
                    path.display()
                )));
            }
            Err(TryLockError::Error(why)) => return Err(Fault::file("locked", &lock)(why)),
        }
        let directory = Directory { path: path.to_owned(), lock: file };
        directory.sweep()?;
        Ok(directory)
    }

    fn sweep(&self) -> Result<()> {
        let entries = fs::read_dir(&self.path).map_err(Fault::file("read", &self.path))?;
        for entry in entries.filter_map(|entry| entry.ok()) {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                // It stands in nobody's way; the next one tries again.
                if let Err(why) = fs::remove_dir_all(entry.path()) {
                    tracing::warn!(name = "backups.unremoved", path = %entry.path().display(), %why, "an unfinished backup could not be removed");
                }
            }
        }
        Ok(())
    }

    /// Sets by age, the newest last.
    pub fn sets(&self) -> Vec<Set> {
        sets(&self.path)
    }

    /// Where a set is made; gone when it is dropped.
    pub fn begin(&self) -> Result<TempDir> {
        let mut folder = tempfile::Builder::new();
        let folder = folder.prefix(UNFINISHED).permissions(Permissions::from_mode(FOLDER_MODE));
        folder.tempdir_in(&self.path).map_err(Fault::file("written", &self.path))
    }

    /// Gives a whole set, already synced, its name.
    pub fn keep(&self, folder: TempDir, made_at: DateTime<Utc>) -> Result<Set> {
        let path = self.path.join(format!("{SET}{}", made_at.format("%Y-%m-%dT%H-%M-%SZ")));
        sync(folder.path())?;
        fs::rename(folder.path(), &path).map_err(Fault::file("made", &path))?;
        // It has another name now; there is nothing left to remove.
        let _ = folder.keep();
        sync(&self.path)?;
        Set::open(&path)
    }

    /// Removes sets of this server older than that, never the newest whole one: their names, and what could not be removed and why.
    /// What another server wrote, or somebody changed, is not ours to remove.
    pub fn prune(&self, place: &Place, now: DateTime<Utc>) -> (Vec<String>, Vec<Fault>) {
        let days = i64::from(place.loaded.config.backup.retention_days);
        let ours: Vec<Set> = self.sets().into_iter().filter(|set| set.is_signed(place)).collect();
        let newest = ours.iter().rfind(|set| set.looks_whole()).map(|set| set.path.clone());
        let is_old =
            |set: &&Set| set.manifest.made_at < now - Duration::days(days) && Some(&set.path) != newest.as_ref();
        let (mut gone, mut unremoved) = (Vec::new(), Vec::new());
        for set in ours.iter().filter(is_old) {
            match self.remove(set) {
                Ok(()) => gone.push(set.name()),
                Err(fault) => unremoved.push(fault),
            }
        }
        (gone, unremoved)
    }

    /// Under the name of the unfinished first, so that a half-removed set is none.
    fn remove(&self, set: &Set) -> Result<()> {
        let away = self.path.join(format!("{UNFINISHED}{}", set.name()));
        fs::rename(&set.path, &away).map_err(Fault::file("removed", &set.path))?;
        fs::remove_dir_all(&away).map_err(Fault::file("removed", &away))
    }
}

/// Else a power cut may forget names, though it remembers what they stand for.
pub fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Fault::file("written", folder))
}
