//! Files between looking and making: one upload a person, on disk, under a name nobody can guess, for an hour.

use crate::config::Uploads;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::web::{Incoming, disk, random_token};
use chrono::{DateTime, Duration, Utc};
use std::fs;
use std::path::PathBuf;

/// An upload that nobody confirms is deleted after this.
pub const HOLD_MINUTES: i64 = 60;
/// The folder below `upload_storage_path`.
const FOLDER: &str = "imports";
const NAMES: &str = "names";

/// The uploads that a person is looking at.
#[derive(Debug, Clone)]
pub struct Held {
    folder: PathBuf,
}

impl Held {
    pub fn of(uploads: &Uploads, person: PersonId) -> Held {
        Held { folder: uploads.upload_storage_path.join(FOLDER).join(person.to_string()) }
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
        Ok(key)
    }

    /// Names as sent, and where the content is. `Invalid` when they are gone, or were somebody else's.
    pub fn files(&self, key: &str) -> Result<Vec<super::Source>> {
        let over = || Error::invalid("file", "problem-import-over");
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(over());
        }
        let folder = self.folder.join(key);
        let names = fs::read_to_string(folder.join(NAMES)).map_err(|_| over())?;
        let names: Vec<String> = serde_json::from_str(&names).map_err(Error::broken)?;
        Ok(names.into_iter().enumerate().map(|(number, name)| (name, folder.join(number.to_string()))).collect())
    }

    /// After the import, or instead of it.
    pub fn forget(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk(error)),
            _ => Ok(()),
        }
    }
}

/// Deletes uploads that nobody came back for; how many.
pub fn forget_held(tx: &mut Tx, uploads: &Uploads) -> Result<usize> {
    let before = tx.now - Duration::minutes(HOLD_MINUTES);
    let mut gone = 0;
    let people =
        fs::read_dir(uploads.upload_storage_path.join(FOLDER)).into_iter().flatten().filter_map(|entry| entry.ok());
    for entry in people {
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        if changed.is_ok_and(|at| DateTime::<Utc>::from(at) < before) {
            gone += usize::from(fs::remove_dir_all(entry.path()).is_ok());
        }
    }
    Ok(gone)
}
