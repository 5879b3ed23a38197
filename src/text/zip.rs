//! Reads a zip that somebody sent. Sizes are counted while unpacking, never believed; nothing is written to disk; a zip in
//! the zip stays closed; links are refused.

use super::files::safe_path;
use super::import::Problem;
use crate::error::Msg;
use ::zip::ZipArchive;
use std::io::{Read, Seek};

/// What a zip may hold. Tests lower it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub entries: usize,
    /// Of all files together, unpacked, in bytes.
    pub total: u64,
    /// Of one file, unpacked, in bytes.
    pub each: u64,
    /// Unpacked bytes for each packed one, beyond the first MiB.
    pub ratio: u64,
}

/// What has been read already, over all zips of one act: the limits hold for them together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    pub entries: usize,
    /// Unpacked.
    pub bytes: u64,
}

pub const LIMITS: Limits = Limits { entries: 20_000, total: 200 * MIB, each: 50 * MIB, ratio: 200 };
const MIB: u64 = 1024 * 1024;

/// Hands every regular file to `each`, in the order of the zip, with its checked path. Files that were refused are in
/// the answer; a zip that lies about its size or goes beyond a limit ends the reading with `Err`.
pub fn read(
    source: impl Read + Seek,
    limits: Limits,
    spent: &mut Spent,
    mut each: impl FnMut(String, Vec<u8>),
) -> Result<Vec<Problem>, Msg> {
    let mut archive = ZipArchive::new(source).map_err(|_| Msg::new("problem-zip-unreadable"))?;
    spent.entries = spent.entries.saturating_add(archive.len());
    if spent.entries > limits.entries {
        return Err(Msg::new("problem-zip-entries").with("count", spent.entries).with("max", limits.entries));
    }
    let mut problems = Vec::new();
    for index in 0..archive.len() {
        let (shown, path) = match entry_path(&archive, index) {
            Ok(Some(path)) => (path.clone(), path),
            Ok(None) => continue,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let left = limits.total.saturating_sub(spent.bytes);
        match unpack(&mut archive, index, &limits, left) {
            Ok(bytes) => {
                spent.bytes += bytes.len() as u64;
                each(path, bytes);
            }
            Err(Stop::File(msg)) => problems.push(Problem::about(shown, msg)),
            Err(Stop::All(msg)) => return Err(msg),
        }
    }
    Ok(problems)
}

enum Stop {
    File(Msg),
    All(Msg),
}

/// The path of a regular file; `None` for folders and for what archivers add by themselves.
fn entry_path<R: Read + Seek>(archive: &ZipArchive<R>, index: usize) -> Result<Option<String>, Problem> {
    let unreadable = |_| Problem::about(format!("#{index}"), Msg::new("problem-path-unreadable"));
    let entry = archive.by_index_data(index).map_err(unreadable)?;
    let name = entry.name().map_err(unreadable)?.into_owned();
    if entry.is_dir() || is_junk(&name) {
        return Ok(None);
    }
    if entry.is_symlink() {
        return Err(Problem::about(name, Msg::new("problem-zip-link")));
    }
    if entry.encrypted() {
        return Err(Problem::about(name, Msg::new("problem-zip-encrypted")));
    }
    safe_path(&name).map(Some).map_err(|msg| Problem::about(name, msg))
}

/// What archivers and file managers leave behind.
pub(super) fn is_junk(path: &str) -> bool {
    path.starts_with("__MACOSX/")
        || path.split(['/', '\\']).any(|part| matches!(part, ".DS_Store" | "Thumbs.db" | "desktop.ini" | ".git"))
}

fn unpack<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    limits: &Limits,
    left: u64,
) -> Result<Vec<u8>, Stop> {
    let broken = || Stop::File(Msg::new("problem-zip-broken-file"));
    let file = archive.by_index(index).map_err(|_| broken())?;
    let by_ratio = file.compressed_size().saturating_mul(limits.ratio).saturating_add(MIB);
    let bound = left.min(limits.each).min(by_ratio);
    let mut bytes = Vec::new();
    file.take(bound.saturating_add(1)).read_to_end(&mut bytes).map_err(|_| broken())?;
    match bytes.len() as u64 {
        size if size <= bound => Ok(bytes),
        size if size > by_ratio => Err(Stop::All(Msg::new("problem-zip-bomb"))),
        size if size > left => Err(Stop::All(Msg::new("problem-zip-too-large").with("max", limits.total / MIB))),
        _ => Err(Stop::File(Msg::new("problem-file-too-large").with("max", limits.each / MIB))),
    }
}
