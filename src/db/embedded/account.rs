//! Who runs PostgreSQL. It refuses to run as root, so a process started as root gives it to the cluster's owner, at
//! first to the user `postgres`; anybody else runs it as themselves.

use super::error::EmbeddedError;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

const SERVER_USER: &str = "postgres";

#[derive(Debug, Clone)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
    pub name: String,
    /// We are root, and children must change to this user.
    pub is_switched: bool,
}

impl Account {
    /// For the cluster at this place, which need not exist yet.
    pub fn choose(cluster: &Path) -> Result<Account, EmbeddedError> {
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let owner = fs::metadata(cluster).ok().map(|folder| (folder.uid(), folder.gid()));
        match owner {
            _ if uid != 0 => Self::own(uid, gid, cluster, owner),
            Some((owner, group)) if owner != 0 => Ok(Self::named(owner, group, true)),
            _ => find_user(SERVER_USER).ok_or(EmbeddedError::NoAccount),
        }
    }

    fn own(uid: u32, gid: u32, cluster: &Path, owner: Option<(u32, u32)>) -> Result<Account, EmbeddedError> {
        let account = Self::named(uid, gid, false);
        match owner {
            Some((owner, _)) if owner != uid => {
                Err(EmbeddedError::Foreign { folder: cluster.to_owned(), owner, user: account.name })
            }
            _ => Ok(account),
        }
    }

    fn named(uid: u32, gid: u32, is_switched: bool) -> Account {
        let name = users().into_iter().find(|user| user.uid == uid).map(|user| user.name);
        Account { uid, gid, name: name.unwrap_or_else(|| uid.to_string()), is_switched }
    }

    /// A command that runs as this user, and sees none of our environment: our secrets are not its business.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        if self.is_switched {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Hands a file or folder that we just made to this user.
    pub fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        match self.is_switched {
            true => {
                lchown(path, Some(self.uid), Some(self.gid)).map_err(EmbeddedError::file("change the owner of", path))
            }
            false => Ok(()),
        }
    }

    /// Tries to enter the folder as this user and, when that fails, each one above it from the root down: each try is a process, and a
    /// start should be quick.
    pub fn check_reach(&self, folder: &Path, bin: &Path) -> Result<(), EmbeddedError> {
        if !self.is_shut_out(folder, bin) {
            return Ok(());
        }
        let mut way: Vec<&Path> = folder.ancestors().collect();
        way.reverse();
        match way.into_iter().find(|step| self.is_shut_out(step, bin)) {
            Some(step) => Err(EmbeddedError::Unreachable { folder: step.to_owned(), user: self.name.clone() }),
            None => Ok(()),
        }
    }

    /// Asks the kernel instead of reading modes: access lists and name spaces count too.
    fn is_shut_out(&self, folder: &Path, bin: &Path) -> bool {
        let mut command = self.command(&bin.join("postgres"));
        command.arg("--version").current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_err_and(|why| why.kind() == io::ErrorKind::PermissionDenied)
    }
}

fn find_user(name: &str) -> Option<Account> {
    users().into_iter().find(|user| user.name == name)
}

fn users() -> Vec<Account> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    passwd.lines().filter_map(user).collect()
}

fn user(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { uid, gid, name, is_switched: true })
}
