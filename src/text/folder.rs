//! Reads a folder on this machine, for imports from the command line. Links are not followed, so the walk cannot leave.

use super::files::safe_path;
use super::import::Problem;
use super::zip::{Limits, is_junk};
use crate::error::Msg;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use walkdir::WalkDir;

/// Hands every regular file below `root` to `each`, sorted by name, with its path relative to `root`.
pub fn read(root: &Path, limits: Limits, mut each: impl FnMut(String, Vec<u8>)) -> Result<Vec<Problem>, Msg> {
    let mut problems = Vec::new();
    let (mut total, mut count) = (0, 0);
    for entry in WalkDir::new(root).follow_links(false).sort_by_file_name() {
        let Ok(entry) = entry else {
            problems.push(Problem::about(root.display().to_string(), Msg::new("problem-folder-unreadable")));
            continue;
        };
        let shown = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy().into_owned();
        if entry.file_type().is_dir() || is_junk(&shown) {
            continue;
        }
        count += 1;
        if count > limits.entries {
            return Err(Msg::new("problem-folder-entries").with("max", limits.entries));
        }
        let read = match entry.file_type().is_file() {
            true => safe_path(&shown).and_then(|path| Ok((path, read_file(entry.path(), limits.each)?))),
            false => Err(Msg::new("problem-zip-link")),
        };
        match read {
            Ok((path, bytes)) => {
                total += bytes.len() as u64;
                if total > limits.total {
                    return Err(Msg::new("problem-folder-too-large").with("max", limits.total / (1024 * 1024)));
                }
                each(path, bytes);
            }
            Err(msg) => problems.push(Problem::about(shown, msg)),
        }
    }
    Ok(problems)
}

fn read_file(path: &Path, max: u64) -> Result<Vec<u8>, Msg> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|_| Msg::new("problem-file-unreadable"))?;
    match bytes.len() as u64 > max {
        true => Err(Msg::new("problem-file-too-large").with("max", max / (1024 * 1024))),
        false => Ok(bytes),
    }
}
