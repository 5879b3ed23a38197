//! One type for both kinds, so that nobody has to know which it is.

use super::bucket::Stream;
use super::{LISTED, Remote};
use crate::config::Uploads;
use crate::error::{Error, Result};
use crate::web::{INCOMING, disk, temporary};
use chrono::{DateTime, Utc};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// What is in a bucket, on its way out.
pub type Pieces = Stream;

/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;

#[derive(Debug, Clone)]
pub struct Store {
    /// With a bucket only what waits lies here.
    folder: PathBuf,
    remote: Option<Arc<Remote>>,
}

/// Something that is being read from front to back.
pub struct Reading {
    pub bytes: u64,
    from: Box<dyn Read + Send>,
}

impl Read for Reading {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        self.from.read(piece)
    }
}

impl Store {
    pub fn of(uploads: &Uploads) -> Store {
        Store { folder: uploads.upload_storage_path.clone(), remote: uploads.remote.clone() }
    }

    /// True when content lies in a bucket.
    pub fn is_remote(&self) -> bool {
        self.remote.is_some()
    }

    /// Where it is, for people: the folder, or the bucket and its address.
    pub fn words(&self) -> String {
        self.remote.as_ref().map_or_else(|| self.folder.display().to_string(), |remote| remote.words())
    }

    /// The name of content: `ab/cd/abcd…`.
    pub fn key(hash: &str) -> String {
        let level = |from: usize| hash.get(from..from + 2).unwrap_or("00");
        format!("{}/{}/{hash}", level(0), level(2))
    }

    /// Where content of this hash lies in the folder, whether it does or not.
    pub fn path(&self, hash: &str) -> PathBuf {
        self.folder.join(Store::key(hash))
    }

    /// Where uploads wait, on this machine.
    pub fn incoming(&self) -> PathBuf {
        self.folder.join(INCOMING)
    }

    /// Sends content ahead, before the transaction that names it begins: a bucket is not waited for inside one. The folder needs nothing.
    pub fn land(&self, file: &Path, hash: &str) -> Result<()> {
        let Some(remote) = &self.remote else { return Ok(()) };
        let key = Store::key(hash);
        if remote.length(&key)?.is_none() {
            remote.put(&key, file)?;
        }
        Ok(())
    }

    /// Gives a complete, synced file its lasting place. What is there already has the same content and stays. Inside the transaction that
    /// names it; after `land` it only asks whether the content is still there.
    pub fn keep(&self, file: NamedTempFile, hash: &str) -> Result<()> {
        let key = Store::key(hash);
        match &self.remote {
            Some(_) => self.land(file.path(), hash),
            None if self.folder.join(&key).exists() => Ok(()),
            None => self.put(&key, file),
        }
    }

    /// Under its name, whole, in place of what may be there.
    pub fn put(&self, key: &str, file: NamedTempFile) -> Result<()> {
        if let Some(remote) = &self.remote {
            return remote.put(key, file.path());
        }
        let path = self.folder.join(key);
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(disk)?;
        file.persist(&path).map_err(|error| disk(error.error))?;
        // Else a power cut may forget the name, though it remembers the row.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)
    }

    /// None when it is not there; `Away` when nobody can tell.
    pub fn length(&self, key: &str) -> Result<Option<u64>> {
        match &self.remote {
            Some(remote) => remote.length(key),
            None => absent(fs::metadata(self.folder.join(key))).map(|found| found.map(|metadata| metadata.len())),
        }
    }

    /// None when it is not there.
    pub fn open(&self, key: &str) -> Result<Option<Reading>> {
        if let Some(remote) = &self.remote {
            let Some(bytes) = remote.length(key)? else { return Ok(None) };
            return Ok(Some(Reading { bytes, from: Box::new(remote.read(key, bytes)?) }));
        }
        let Some(file) = absent(File::open(self.folder.join(key)))? else { return Ok(None) };
        let bytes = file.metadata().map_err(disk)?.len();
        Ok(Some(Reading { bytes, from: Box::new(file) }))
    }

    /// A copy on this machine that goes away when dropped; None when it is not there.
    pub fn fetch(&self, key: &str) -> Result<Option<NamedTempFile>> {
        let Some(mut reading) = self.open(key)? else { return Ok(None) };
        let mut file = temporary(&self.incoming())?;
        io::copy(&mut reading, &mut file).map_err(disk)?;
        Ok(Some(file))
    }

    /// A part of what lies in the bucket; None with the folder, whose files are read where they are.
    pub async fn pieces(&self, key: &str, from: u64, bytes: u64) -> Result<Option<Pieces>> {
        match &self.remote {
            Some(remote) => remote.pieces(key, from, bytes).await.map(Some),
            None => Ok(None),
        }
    }

    /// The file itself, for who reads the folder.
    pub fn file(&self, key: &str) -> PathBuf {
        self.folder.join(key)
    }

    /// Removing what is not there is no fault.
    pub fn discard(&self, key: &str) -> Result<()> {
        match &self.remote {
            Some(remote) => remote.remove(key),
            None => absent(fs::remove_file(self.folder.join(key))).map(drop),
        }
    }

    /// The content of this hash.
    pub fn remove(&self, hash: &str) -> Result<()> {
        self.discard(&Store::key(hash))
    }

    /// Deletes uploads that a crash left behind on this machine; how many.
    pub fn sweep(&self, before: DateTime<Utc>) -> usize {
        old_files(&self.incoming(), before).into_iter().filter(|path| fs::remove_file(path).is_ok()).count()
    }

    /// Deletes what lies in the bucket below `prefix` since before `before`; with the folder nothing. How much.
    pub fn sweep_below(&self, prefix: &str, before: DateTime<Utc>) -> Result<usize> {
        let Some(remote) = &self.remote else { return Ok(0) };
        let (mut after, mut swept) = (String::new(), 0);
        loop {
            let page = remote.list(prefix, &after, LISTED)?;
            let Some((last, _)) = page.last() else { return Ok(swept) };
            after = last.clone();
            for (key, _) in page.iter().filter(|(_, at)| *at < before) {
                remote.remove(key)?;
                swept += 1;
            }
        }
    }

    /// Hands on the hashes of content that lies here since before `before`, some at a time.
    pub fn each_kept(&self, before: DateTime<Utc>, mut each: impl FnMut(Vec<String>) -> Result<()>) -> Result<()> {
        let Some(remote) = &self.remote else {
            return (0..=u8::MAX).try_for_each(|outer| each(self.kept(outer, before)));
        };
        let mut after = String::new();
        loop {
            let page = remote.list("", &after, LISTED)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = last.clone();
            each(page.iter().filter(|(_, at)| *at < before).filter_map(|(key, _)| hash_of(key)).collect())?;
        }
    }

    /// True when nothing lies in the bucket, but for what is not content.
    pub fn is_bare(&self) -> Result<bool> {
        let mut is_bare = true;
        self.each_kept(DateTime::<Utc>::MAX_UTC, |hashes| {
            is_bare &= hashes.is_empty();
            Ok(())
        })?;
        Ok(is_bare)
    }

    /// Hashes in one of the 256 outer folders (`00` to `ff`).
    fn kept(&self, outer: u8, before: DateTime<Utc>) -> Vec<String> {
        let folder = self.folder.join(format!("{outer:02x}"));
        let inner = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok());
        let files = inner.flat_map(|entry| old_files(&entry.path(), before));
        files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
    }

    /// What is wrong when nothing can be written, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        self.check_here()?;
        match &self.remote {
            Some(remote) => remote.check(),
            None => Ok(()),
        }
    }

    /// Of this machine alone.
    pub fn check_here(&self) -> Result<(), String> {
        writable(&self.folder)
    }

    /// How the bucket was found a moment ago; None with the folder.
    pub fn glance(&self) -> Option<Result<(), String>> {
        self.remote.as_ref().map(|remote| remote.glance())
    }

    /// What to say of content that is named and not there: `Away` when the bucket itself is, for a store says of a name in a bucket that
    /// does not exist only that it is not there.
    pub fn missing(&self, key: &str) -> Error {
        match self.glance() {
            Some(Err(why)) => Error::Away(format!("uploads: {why}")),
            _ => Error::broken(format!("{key} is not in the store")),
        }
    }
}

/// Makes the folder when it is missing, and a file in it.
pub fn writable(folder: &Path) -> Result<(), String> {
    let probe = || {
        fs::create_dir_all(folder)?;
        tempfile::Builder::new().prefix(".probe").tempfile_in(folder).map(|_| ())
    };
    probe().map_err(|error| format!("{} cannot be written: {error}", folder.display()))
}

/// The hash, when the name is exactly what `key` makes of it.
fn hash_of(key: &str) -> Option<String> {
    let hash = key.rsplit('/').next()?;
    let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (is_hash && key == Store::key(hash)).then(|| hash.to_owned())
}

fn absent<T>(found: io::Result<T>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(disk(error)),
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
