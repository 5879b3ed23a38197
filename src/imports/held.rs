//! Files between looking and making: one upload a person, on disk, under a name nobody can guess, for an hour.

use crate::config::Uploads;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::storage::Store;
use crate::web::{Incoming, disk, random_token, temporary};
use chrono::{DateTime, Duration, Utc};
use std::fs;
use std::path::{Path, PathBuf};

/// An upload that nobody confirms is deleted after this.
pub const HOLD_MINUTES: i64 = 60;
/// The folder below `upload_storage_path`, and what names in a bucket begin with: whoever answers next may be another server.
const FOLDER: &str = "imports";
const NAMES: &str = "names";

/// The uploads that a person is looking at.
#[derive(Debug, Clone)]
pub struct Held {
    folder: PathBuf,
    /// What names in the store begin with.
    below: String,
    store: Store,
}

impl Held {
    pub fn of(uploads: &Uploads, person: PersonId) -> Held {
        let below = format!("{FOLDER}/{person}");
        Held { folder: uploads.upload_storage_path.join(&below), below, store: Store::of(uploads) }
    }

    /// Keeps these instead of the person's earlier ones; the answer names them to `files`.
    pub fn keep(&self, files: Vec<Incoming>) -> Result<String> {
        self.forget()?;
        let key: String = random_token().chars().filter(char::is_ascii_alphanumeric).collect();
        let folder = self.folder.join(&key);
        fs::create_dir_all(&folder).map_err(disk)?;
        let mut names = Vec::with_capacity(files.len());
        for (number, file) in files.into_iter().enumerate() {
            file.file.persist(folder.join(number.to_string())).map_err(|error| disk(error.error))?;
            names.push(file.name);
        }
        let names = serde_json::to_string(&names).map_err(Error::broken)?;
        fs::write(folder.join(NAMES), names).map_err(disk)?;
        if self.store.is_remote() {
            let shared = self.share(&key, &folder);
            // Who confirms may ask another server, which then could not delete what lies here.
            fs::remove_dir_all(&folder).map_err(disk)?;
            shared?;
        }
        Ok(key)
    }

    /// For the other servers too; the names come last.
    fn share(&self, key: &str, folder: &Path) -> Result<()> {
        let mut paths = fs::read_dir(folder).map_err(disk)?.collect::<std::io::Result<Vec<_>>>().map_err(disk)?;
        paths.sort_by_key(|entry| entry.file_name() == NAMES);
        for entry in paths {
            let name = format!("{}/{key}/{}", self.below, entry.file_name().to_string_lossy());
            let mut copy = temporary(&self.store.incoming())?;
            std::io::copy(&mut fs::File::open(entry.path()).map_err(disk)?, &mut copy).map_err(disk)?;
            self.store.put(&name, copy)?;
        }
        Ok(())
    }

    /// What another server took, brought here.
    fn bring(&self, key: &str, folder: &Path) -> Result<()> {
        if folder.join(NAMES).exists() || !self.store.is_remote() {
            return Ok(());
        }
        let take = |name: &str| self.store.fetch(&format!("{}/{key}/{name}", self.below));
        let Some(names) = take(NAMES)? else { return Ok(()) };
        let all: Vec<String> =
            serde_json::from_reader(fs::File::open(names.path()).map_err(disk)?).map_err(Error::broken)?;
        fs::create_dir_all(folder).map_err(disk)?;
        for number in 0..all.len() {
            let Some(file) = take(&number.to_string())? else { return Ok(()) };
            file.persist(folder.join(number.to_string())).map_err(|error| disk(error.error))?;
        }
        names.persist(folder.join(NAMES)).map_err(|error| disk(error.error))?;
        Ok(())
    }

    /// Names as sent, and where the content is. `Invalid` when they are gone, or were somebody else's.
    pub fn files(&self, key: &str) -> Result<Vec<super::Source>> {
        let over = || Error::invalid("file", "problem-import-over");
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(over());
        }
        let folder = self.folder.join(key);
        self.bring(key, &folder)?;
        let names = fs::read_to_string(folder.join(NAMES)).map_err(|_| over())?;
        let names: Vec<String> = serde_json::from_str(&names).map_err(Error::broken)?;
        Ok(names.into_iter().enumerate().map(|(number, name)| (name, folder.join(number.to_string()))).collect())
    }

    /// After the import, or instead of it. A copy that another server brought to itself goes by `forget_here` there.
    pub fn forget(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk(error)),
            _ => self.store.sweep_below(&self.below, DateTime::<Utc>::MAX_UTC).map(drop),
        }
    }
}

/// Deletes from the bucket what nobody came back for; how much. Waits for the store, so never inside a transaction.
pub fn forget_held(uploads: &Uploads, now: DateTime<Utc>) -> Result<usize> {
    Store::of(uploads).sweep_below(FOLDER, now - Duration::minutes(HOLD_MINUTES))
}

/// Deletes from this machine what nobody came back for; of how many people. Each server does so for its own disk, whoever leads.
pub fn forget_here(uploads: &Uploads, now: DateTime<Utc>) -> usize {
    let before = now - Duration::minutes(HOLD_MINUTES);
    let mut gone = 0;
    let people =
        fs::read_dir(uploads.upload_storage_path.join(FOLDER)).into_iter().flatten().filter_map(|entry| entry.ok());
    for entry in people {
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        if changed.is_ok_and(|at| DateTime::<Utc>::from(at) < before) {
            gone += usize::from(fs::remove_dir_all(entry.path()).is_ok());
        }
    }
    gone
}
