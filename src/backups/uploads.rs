//! The content of files as one tar archive: what the snapshot names, read from the store by its hash, which proves it again on the way
//! in and on the way out.

use super::fault::{Fault, Result};
use super::manifest::Content;
use super::model::{Blob, Snapshot};
use super::part::{self, Source, Writer};
use crate::storage::Store;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tar::{Archive, Builder, EntryType, Header};

/// Hexadecimal digits of a hash.
const HASH_DIGITS: usize = 64;

/// Everything that the snapshot names.
pub fn put(
    snapshot: &mut Snapshot,
    store: &Store,
    part: &mut Writer,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<Content> {
    let mut archive = Builder::new(part);
    let (mut content, mut after) = (Content::default(), String::new());
    loop {
        let blobs = snapshot.blobs(&after)?;
        let Some(last) = blobs.last() else { break };
        after = last.hash.clone();
        for blob in &blobs {
            put_one(blob, store, &mut archive, &mut content)?;
            progress("files", content.files);
        }
    }
    archive.finish().map_err(unwritten)?;
    Ok(content)
}

/// What is not there, or no longer what its hash says, is counted and told, not a reason to have no backup at all.
fn put_one(blob: &Blob, store: &Store, archive: &mut Builder<&mut Writer>, content: &mut Content) -> Result<()> {
    let Some(file) = store.open(&Store::key(&blob.hash)).map_err(|why| unreadable(&blob.hash, why))? else {
        content.missing += 1;
        return Ok(());
    };
    let bytes = file.bytes;
    let mut header = Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(part::FILE_MODE);
    header.set_entry_type(EntryType::Regular);
    let mut reading = Proof::of(file.take(bytes));
    archive.append_data(&mut header, name(&blob.hash), &mut reading).map_err(unwritten)?;
    if reading.bytes != bytes {
        return Err(Fault::said(format!("The upload {} became shorter while it was read.", blob.hash)));
    }
    if reading.hash() != blob.hash {
        content.damaged.push(blob.hash.clone());
    }
    content.files += 1;
    content.bytes += bytes;
    Ok(())
}

fn unreadable(hash: &str, why: crate::error::Error) -> Fault {
    Fault::said(format!("The upload {hash} could not be read: {why}. Nothing was kept."))
}

fn unwritten(why: io::Error) -> Fault {
    Fault::said(format!("The uploads could not be written: {why}. Nothing was kept."))
}

/// As in the store: two levels of folders.
fn name(hash: &str) -> PathBuf {
    PathBuf::from(Store::key(hash))
}

/// Where what an archive holds goes.
pub enum To<'t> {
    /// It is only proved.
    Nowhere,
    /// Synced, in the levels of folders of the store.
    Folder(&'t Path),
    Bucket(&'t Store),
}

/// Reads all of an archive: every entry is a content in its place, and its hash fits unless it is known to be damaged.
pub fn walk(source: &Source, content: &Content, to: To) -> Result<()> {
    let mut archive = Archive::new(source.open()?);
    let damaged: BTreeSet<&str> = content.damaged.iter().map(String::as_str).collect();
    let (mut files, mut bytes) = (0, 0);
    for entry in archive.entries().map_err(unread(source))? {
        let mut entry = entry.map_err(unread(source))?;
        let hash = hash_of(&entry.path().map_err(unread(source))?).filter(|_| entry.header().entry_type().is_file());
        let Some(hash) = hash else {
            return Err(Fault::said(format!("{} holds something that is no upload.", source.path.display())));
        };
        let (found, size) = match to {
            To::Folder(folder) => take(&mut entry, &folder.join(name(&hash)))?,
            To::Bucket(store) => send(&mut entry, &hash, store)?,
            To::Nowhere => part::digest(&mut entry, &mut io::sink()).map_err(unread(source))?,
        };
        if found != hash && !damaged.contains(hash.as_str()) {
            return Err(Fault::said(format!("The upload {hash} in {} is damaged.", source.path.display())));
        }
        files += 1;
        bytes += size;
    }
    // What follows the end mark is read too, so that an archive sealed with age is proved to its last byte.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(unread(source))?;
    if (files, bytes) != (content.files, content.bytes) {
        return Err(Fault::said(format!(
            "{} holds {files} uploads, and the manifest says {}.",
            source.path.display(),
            content.files
        )));
    }
    Ok(())
}

fn unread(source: &Source) -> impl Fn(io::Error) -> Fault {
    let path = source.path.display().to_string();
    move |why| Fault::said(format!("{path} could not be read: {why}."))
}

/// The hash, when the path is exactly what `name` makes of it: nothing leads anywhere else.
fn hash_of(path: &Path) -> Option<String> {
    let hash = path.file_name()?.to_str()?;
    let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (is_hash && path == name(hash)).then(|| hash.to_owned())
}

fn take(from: &mut dyn Read, path: &Path) -> Result<(String, u64)> {
    let mut taken = || {
        fs::create_dir_all(path.parent().unwrap_or(path))?;
        let mut file = File::create_new(path)?;
        let found = part::digest(from, &mut file)?;
        file.sync_all()?;
        Ok(found)
    };
    taken().map_err(Fault::file("written", path))
}

/// One at a time waits on this machine until the store has it.
fn send(from: &mut dyn Read, hash: &str, store: &Store) -> Result<(String, u64)> {
    let mut file = crate::web::temporary(&store.incoming())?;
    let path = file.path().to_owned();
    let found = part::digest(from, &mut file).map_err(Fault::file("written", &path))?;
    store.put(&Store::key(hash), file)?;
    Ok(found)
}

/// A reader that hashes what went through it.
struct Proof<R> {
    inner: R,
    hasher: sha2::Sha256,
    bytes: u64,
}

impl<R: Read> Proof<R> {
    fn of(inner: R) -> Self {
        Proof { inner, hasher: sha2::Digest::new(), bytes: 0 }
    }

    fn hash(self) -> String {
        part::hex(self.hasher)
    }
}

impl<R: Read> Read for Proof<R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(piece)?;
        sha2::Digest::update(&mut self.hasher, piece.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}
