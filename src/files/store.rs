//! Content on disk, by its hash, in two levels of folders: `ab/cd/abcd…`.

use crate::config::Uploads;
use crate::error::Result;
use crate::web::{INCOMING, disk};
use chrono::{DateTime, Utc};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    pub fn of(uploads: &Uploads) -> Store {
        Store { folder: uploads.upload_storage_path.clone() }
    }

    /// Where content of this hash lies, whether it does or not.
    pub fn path(&self, hash: &str) -> PathBuf {
        let level = |from: usize| hash.get(from..from + 2).unwrap_or("00");
        self.folder.join(level(0)).join(level(2)).join(hash)
    }

    /// Where uploads wait.
    pub fn incoming(&self) -> PathBuf {
        self.folder.join(INCOMING)
    }

    /// Gives a complete, synced file its lasting place. What is there already has the same content and stays.
    pub fn keep(&self, file: NamedTempFile, hash: &str) -> Result<()> {
        let path = self.path(hash);
        if path.exists() {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(disk)?;
        file.persist(&path).map_err(|error| disk(error.error))?;
        // Else a power cut may forget the name, though it remembers the row.
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)
    }

    /// Removing what is not there is no fault.
    pub fn remove(&self, hash: &str) -> Result<()> {
        match fs::remove_file(self.path(hash)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(disk(error)),
            _ => Ok(()),
        }
    }

    /// Deletes uploads that a crash left behind; how many.
    pub fn sweep(&self, before: DateTime<Utc>) -> Result<usize> {
        let mut swept = 0;
        for path in old_files(&self.incoming(), before) {
            swept += usize::from(fs::remove_file(path).is_ok());
        }
        Ok(swept)
    }

    /// Hashes of content that lies here since before `before`, in one of the 256 outer folders (`00` to `ff`).
    pub fn kept(&self, outer: u8, before: DateTime<Utc>) -> Vec<String> {
        let folder = self.folder.join(format!("{outer:02x}"));
        let inner = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok());
        let files = inner.flat_map(|entry| old_files(&entry.path(), before));
        files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
    }
}

fn old_files(folder: &Path, before: DateTime<Utc>) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok());
    let is_old = |entry: &fs::DirEntry| {
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        changed.is_ok_and(|at| DateTime::<Utc>::from(at) < before)
    };
    entries.filter(is_old).map(|entry| entry.path()).collect()
}
