//! PostgreSQL's log: one file and one before it, each bounded. PostgreSQL holds it open itself, so that it goes on
//! writing when this process is killed; being opened for append, it can be cut while in use.

use super::error::EmbeddedError;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Above this the log is moved to `postgres.log.1`, replacing the one there.
pub const LOG_LIMIT_BYTES: u64 = 10 * 1024 * 1024;
const TAIL_BYTES: u64 = 4096;

pub fn open(path: &Path) -> Result<File, EmbeddedError> {
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    opened.map_err(EmbeddedError::file("open", path))
}

/// Called often; does something only above the limit.
pub fn bound(path: &Path) {
    if length(path) <= LOG_LIMIT_BYTES {
        return;
    }
    if let Err(why) = fs::copy(path, previous(path)) {
        tracing::warn!(%why, "the old part of PostgreSQL's log could not be kept");
    }
    // Cut even when the copy failed: the likely reason is a full disk.
    let cut = OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(0));
    if let Err(why) = cut {
        tracing::warn!(%why, "PostgreSQL's log could not be cut");
    }
}

pub fn length(path: &Path) -> u64 {
    fs::metadata(path).map(|file| file.len()).unwrap_or_default()
}

/// The end of what was written after `from`.
pub fn tail(path: &Path, from: u64) -> String {
    read_tail(path, from).unwrap_or_else(|why| format!("(its log {} could not be read: {why})", path.display()))
}

fn read_tail(path: &Path, from: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let start = from.max(file.metadata()?.len().saturating_sub(TAIL_BYTES));
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn previous(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
}
