//! The data folder, the lock on it, and the short private folder for the socket.

use super::account::Account;
use super::error::EmbeddedError;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

const LOCK_FILE: &str = "tow.lock";
/// Short (a socket's path may have 107 bytes), there on every Unix, and sticky: nobody can replace what we made there.
const SOCKET_PARENT: &str = "/tmp";

/// Makes the folder when absent (closed to others, but passable for who runs PostgreSQL); answers its real path.
pub fn open(data_dir: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    if !data_dir.exists() {
        let mode = if account.is_switched { 0o710 } else { 0o700 };
        // The folders above keep the usual mode: closing them could shut out whoever runs PostgreSQL.
        let above = data_dir.parent().map_or(Ok(()), fs::create_dir_all);
        let made = above.and_then(|()| DirBuilder::new().mode(mode).create(data_dir));
        made.map_err(EmbeddedError::file("create", data_dir))?;
        if account.is_switched {
            let given = chown(data_dir, None, Some(account.gid));
            given.map_err(EmbeddedError::file("change the group of", data_dir))?;
        }
    }
    data_dir.canonicalize().map_err(EmbeddedError::file("find", data_dir))
}

/// A process that is just being started holds what its parent has open until it becomes another program; a restart must not fail for that.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Held for the life of the process; the kernel frees it when the process dies, however it dies.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    pub fn take(data_dir: &Path) -> Result<DataLock, EmbeddedError> {
        let path = data_dir.join(LOCK_FILE);
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = opened.map_err(EmbeddedError::file("open", &path))?;
        let mut tries = LOCK_TRIES;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries == 0 => return Err(taken(data_dir, &mut file)),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(why)) => return Err(EmbeddedError::file("lock", &path)(why)),
            }
            tries -= 1;
        }
        write_pid(&mut file).map_err(EmbeddedError::file("write", &path))?;
        Ok(DataLock { _file: file })
    }
}

fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn taken(data_dir: &Path, file: &mut File) -> EmbeddedError {
    let mut text = String::new();
    // An unreadable number only makes the message shorter.
    let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
    EmbeddedError::Running { folder: data_dir.to_owned(), pid }
}

/// The socket's folder for this data folder: the same at every start, so that a running cluster is found again.
pub fn socket_folder(data_dir: &Path) -> PathBuf {
    let digest = Sha256::digest(data_dir.as_os_str().as_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Path::new(SOCKET_PARENT).join(format!("tow-{name}"))
}

/// Makes it, or checks that it is a folder of this user and nobody else may enter it.
pub fn open_socket_folder(folder: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => account.give(folder)?,
        Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(why) => return Err(EmbeddedError::file("create", folder)(why)),
    }
    let found = fs::symlink_metadata(folder).map_err(EmbeddedError::file("look at", folder))?;
    if account.is_switched && found.is_dir() && found.uid() == 0 {
        // We were killed between making it and giving it away.
        account.give(folder)?;
    } else if !found.is_dir() || found.uid() != account.uid {
        let (folder, user) = (folder.to_owned(), account.name.clone());
        return Err(EmbeddedError::Foreign { folder, owner: found.uid(), user });
    }
    let closed = fs::set_permissions(folder, Permissions::from_mode(0o700));
    closed.map_err(EmbeddedError::file("close to others", folder))
}
