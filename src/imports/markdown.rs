//! Pages from a folder, a zip or several files, read without touching the database: first what they are, then what they link to.

use crate::config::Uploads;
use crate::docs::Enclosed;
use crate::error::{Error, Msg, Result};
use crate::files::prepare;
use crate::storage::Store;
use crate::text::files::safe_path;
use crate::text::import::{Problem, Reading, Set};
use crate::text::{folder, zip};
use crate::web::{Incoming, disk, hex, temporary};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// Attachments of one import: each picture is drawn anew before anyone sees it.
pub const MAX_ENCLOSED: usize = 500;
const MIB: u64 = 1024 * 1024;

/// The name it was sent with, and where it lies: a zip, a single file, or (on this machine) a folder.
pub type Source = (String, PathBuf);

/// What would be made, and named as problems what would not: `Invalid` for a zip that is none, or when all together hold too
/// much. Takes processor time.
pub fn read_set(sources: &[Source], uploads: &Uploads) -> Result<Set> {
    let mut reading = Reading::default();
    let problems = walk(sources, |name, bytes| reading.add(name, &bytes))?;
    let mut set = reading.finish();
    set.problems.extend(problems);
    if set.docs.is_empty() {
        return Err(Error::invalid("file", "problem-doc-import-empty"));
    }
    let pairs = set.linked_files();
    if pairs.len() > MAX_ENCLOSED {
        let msg = Msg::new("problem-import-enclosed").with("count", pairs.len()).with("max", MAX_ENCLOSED);
        return Err(Error::invalid("file", msg));
    }
    let linked: BTreeSet<String> = pairs.into_iter().map(|(_, path)| path).collect();
    let left = set
        .files
        .iter()
        .filter_map(|(path, size)| Some(Problem::about(path, left_out(path, *size, &linked, uploads)?)));
    set.problems.extend(left.collect::<Vec<_>>());
    Ok(set)
}

/// Why a file of the set does not come along; None when it does.
fn left_out(path: &str, size: u64, linked: &BTreeSet<String>, uploads: &Uploads) -> Option<Msg> {
    let max = uploads.upload_max_bytes;
    match linked.contains(path) {
        false => Some(Msg::new("problem-import-unlinked")),
        true if size > max => Some(Msg::new("problem-import-large").with("max", max / MIB)),
        true => None,
    }
}

/// Reads the sources again for what pages link to; one file at a time is in memory. Takes processor time.
pub fn enclose(sources: &[Source], set: &Set, uploads: &Uploads) -> Result<Enclosed> {
    let store = Store::of(uploads);
    let linked: BTreeSet<String> = set.linked_files().into_iter().map(|(_, path)| path).collect();
    let mut files = BTreeMap::new();
    if linked.is_empty() {
        return Ok(Enclosed { files, store });
    }
    let mut failure = None;
    walk(sources, |name, bytes| {
        let path = safe_path(&name).ok().filter(|path| linked.contains(path) && !files.contains_key(path));
        let Some(path) = path.filter(|_| failure.is_none() && bytes.len() as u64 <= uploads.upload_max_bytes) else {
            return;
        };
        match incoming(&path, &bytes, &store).and_then(|file| prepare(file, &store, uploads.upload_max_bytes)) {
            Ok(prepared) => drop(files.insert(path, prepared)),
            Err(error) => failure = Some(error),
        }
    })?;
    failure.map_or(Ok(Enclosed { files, store }), Err)
}

/// As an upload would arrive.
fn incoming(path: &str, bytes: &[u8], store: &Store) -> Result<Incoming> {
    let mut file = temporary(&store.incoming())?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(disk)?;
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    Ok(Incoming { name, file, hash: hex(&Sha256::digest(bytes)), bytes: bytes.len() as u64 })
}

/// Hands on every file; the limits of a zip hold for all sources together.
fn walk(sources: &[Source], mut each: impl FnMut(String, Vec<u8>)) -> Result<Vec<Problem>> {
    let refuse = |msg| Error::invalid("file", msg);
    let (mut problems, mut spent) = (Vec::new(), zip::Spent::default());
    for (name, path) in sources {
        if path.is_dir() {
            problems.extend(folder::read(path, zip::LIMITS, &mut each).map_err(refuse)?);
        } else if name.to_ascii_lowercase().ends_with(".zip") {
            let file = File::open(path).map_err(disk)?;
            problems.extend(zip::read(file, zip::LIMITS, &mut spent, &mut each).map_err(refuse)?);
        } else {
            spent.bytes += std::fs::metadata(path).map_err(disk)?.len();
            if spent.bytes > zip::LIMITS.total {
                return Err(refuse(Msg::new("problem-import-total").with("max", zip::LIMITS.total / MIB)));
            }
            each(name.clone(), std::fs::read(path).map_err(disk)?);
        }
    }
    Ok(problems)
}
