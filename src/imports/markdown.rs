//! Pages from a zip or from several files, read without touching the database.

use crate::error::{Error, Result};
use crate::text::import::{Set, markdown_set};
use crate::text::zip;
use std::fs::File;
use std::path::PathBuf;

/// `Invalid` for a zip that is none, or holds too much. Takes processor time.
pub fn read_set(files: Vec<(String, PathBuf)>) -> Result<Set> {
    let refuse = |msg| Error::invalid("file", msg);
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for (name, path) in files {
        let open = || File::open(&path).map_err(crate::web::disk);
        if name.to_ascii_lowercase().ends_with(".zip") {
            problems
                .extend(zip::read(open()?, zip::LIMITS, |name, bytes| entries.push((name, bytes))).map_err(refuse)?);
        } else {
            entries.push((name, std::fs::read(&path).map_err(crate::web::disk)?));
        }
    }
    let mut set = markdown_set(entries);
    set.problems.extend(problems);
    if set.docs.is_empty() {
        return Err(refuse("problem-doc-import-empty".into()));
    }
    Ok(set)
}
