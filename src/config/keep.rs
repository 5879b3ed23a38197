//! Writing `tow.yaml`: whole or not at all, with the mode and owner it had, and the text it had kept beside it.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What the name of the file before the last change ends with.
pub const PREVIOUS_END: &str = ".previous";
/// Of a file that is made new.
const NEW_MODE: u32 = 0o640;

/// Where the text is kept that the file had before.
pub fn previous(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PREVIOUS_END);
    PathBuf::from(name)
}

/// Whether a change could be written here: asked before a form is offered.
pub fn can_keep(path: &Path) -> bool {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_ours = fs::metadata(&real).map_or(true, |about| about.uid() == rustix::process::geteuid().as_raw())
        || rustix::process::geteuid().is_root();
    let probed = tempfile::Builder::new().prefix(".tow-probe").tempfile_in(folder(&real));
    is_ours && probed.is_ok()
}

/// Replaces the file; a link to it stays a link.
pub fn keep(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Ok(was) = fs::read(&path) {
        put(&previous(&path), &was, fs::metadata(&path).ok())?;
    }
    put(&path, text.as_bytes(), fs::metadata(&path).ok())
}

fn put(path: &Path, bytes: &[u8], like: Option<fs::Metadata>) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder(path))?;
    file.write_all(bytes)?;
    let mode = like.as_ref().map_or(NEW_MODE, |like| like.permissions().mode() & 0o7777);
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    if let Some(like) = like {
        let about = file.as_file().metadata()?;
        if (about.uid(), about.gid()) != (like.uid(), like.gid()) {
            fchown(file.as_file(), Some(like.uid()), Some(like.gid()))?;
        }
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
