//! Bringing a set back, into a database and a store that are empty. Everything is checked before the first write; the database comes
//! last and in one transaction, so that a restore which was cut off leaves an empty database and no server that looks right.

use super::check::Checked;
use super::dump::Programs;
use super::fault::{Fault, Result};
use super::manifest::{AuditHead, Place};
use super::model::Target;
use super::part::Identity;
use super::sets::{self, Set};
use super::uploads::{self, To};
use crate::secret::Secret;
use crate::storage::Store;
use chrono::{DateTime, Utc};
use std::fs;
use std::path::{Path, PathBuf};

/// Content waits here until all of it is there.
const RESTORING: &str = ".restoring";
/// The only thing besides empty folders that an empty store may hold: where uploads wait.
const INCOMING: &str = crate::web::INCOMING;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the chain ends, walked from its beginning.
    pub head: AuditHead,
    /// Migrations that were newer than the set.
    pub migrated: usize,
}

/// `checked` is what `check` said of this set; with an encrypted one the identity is needed.
pub fn restore(
    place: &Place,
    url: &Secret,
    set: &Set,
    (checked, identity): (&Checked, Option<&Identity>),
) -> Result<Restored> {
    if !checked.is_opened {
        return Err(Fault::said(
            "The set is encrypted. Name the file with the private half of the age key: --identity FILE.",
        ));
    }
    let home = Home::of(place);
    let mut target = Target::reach(url)?;
    check_empty(&mut target, &home)?;
    check_server(&mut target, set)?;
    let programs = Programs::for_server(set.manifest.pg_dump)?;
    // From here on it writes.
    let unpacked = unpack(set, identity, &home);
    let restored = unpacked.and_then(|restoring| {
        target.bring_extensions()?;
        let moved = restoring.map_or(Ok(Vec::new()), |restoring| settle(&restoring, &home.folder))?;
        let database = set.source(&set.manifest.database, identity);
        programs.restore(&database, url, &checked.list).inspect_err(|_| take_away(&moved))
    });
    if let Err(fault) = restored {
        home.empty();
        return Err(fault);
    }
    let migrated = target.bring_up_to_date()?;
    let head: AuditHead = target.walk()?.into();
    if head != set.manifest.audit {
        return Err(Fault::said(format!(
            "The audit trail ends at event {} ({}), and the set says {} ({}). Do not use this database.",
            head.sequence, head.hash, set.manifest.audit.sequence, set.manifest.audit.hash
        )));
    }
    Ok(Restored { head, migrated })
}

/// Where the uploads go back to.
struct Home {
    folder: PathBuf,
    store: Store,
}

impl Home {
    fn of(place: &Place) -> Home {
        let uploads = &place.loaded.config.uploads;
        Home { folder: uploads.upload_storage_path.clone(), store: Store::of(uploads) }
    }

    fn is_empty(&self) -> Result<bool> {
        match self.store.is_remote() {
            true => Ok(self.store.is_bare()?),
            false => Ok(is_empty(&self.folder)),
        }
    }

    /// The bucket was empty before, so all of it is ours to take away again.
    fn empty(&self) {
        if self.store.is_remote() {
            let gone = self.store.each_kept(DateTime::<Utc>::MAX_UTC, |hashes| {
                hashes.iter().try_for_each(|hash| self.store.remove(hash))
            });
            drop(gone);
        }
    }
}

/// The store was empty before, so all of it is ours.
fn take_away(folders: &[PathBuf]) {
    for folder in folders {
        let _ = fs::remove_dir_all(folder);
    }
}

fn check_empty(target: &mut Target, home: &Home) -> Result<()> {
    let things = target.things()?;
    if things > 0 {
        return Err(Fault::said(format!(
            "The database is not empty: it has {things} tables, functions or other things. A restore never writes over what is there. \
             Give it a new database, or for the embedded one another runtime.data_dir (or move data/postgres away)."
        )));
    }
    if !home.is_empty()? {
        let key = if home.store.is_remote() { "s3_prefix" } else { "upload_storage_path" };
        return Err(Fault::said(format!(
            "The place of uploads, {}, is not empty. A restore never writes over what is there. Move it away, or name another in \
             uploads.{key}.",
            home.store.words()
        )));
    }
    Ok(())
}

fn check_server(target: &mut Target, set: &Set) -> Result<()> {
    let (here, there) = (target.postgresql()?, set.manifest.postgresql);
    match here >= there {
        true => Ok(()),
        false => Err(Fault::said(format!(
            "The set comes from PostgreSQL {there}, and this server is version {here}. Restore to version {there} or newer."
        ))),
    }
}

/// True when no file is in it, however deep. What an earlier restore left when it was killed does not count.
fn is_empty(store: &Path) -> bool {
    let inside = walkdir::WalkDir::new(store).into_iter().filter_entry(|entry| {
        let is_ours = entry.depth() == 1 && [RESTORING, INCOMING].iter().any(|name| entry.file_name() == *name);
        !is_ours
    });
    // What cannot be looked into is not empty, but a folder that is not there is.
    !store.exists() || inside.into_iter().all(|entry| entry.is_ok_and(|entry| entry.file_type().is_dir()))
}

/// The folder that `settle` moves from; None when all of it is in the bucket already.
fn unpack(set: &Set, identity: Option<&Identity>, home: &Home) -> Result<Option<PathBuf>> {
    let source = set.source(&set.manifest.uploads, identity);
    if home.store.is_remote() {
        uploads::walk(&source, &set.manifest.content, To::Bucket(&home.store))?;
        return Ok(None);
    }
    let restoring = home.folder.join(RESTORING);
    if restoring.exists() {
        fs::remove_dir_all(&restoring).map_err(Fault::file("removed", &restoring))?;
    }
    fs::create_dir_all(&restoring).map_err(Fault::file("made", &restoring))?;
    uploads::walk(&source, &set.manifest.content, To::Folder(&restoring))?;
    Ok(Some(restoring))
}

/// Moves what was unpacked to its place; the outer folders that came.
fn settle(restoring: &Path, store: &Path) -> Result<Vec<PathBuf>> {
    let mut moved = Vec::new();
    let entries = fs::read_dir(restoring).map_err(Fault::file("read", restoring))?;
    for entry in entries.filter_map(|entry| entry.ok()) {
        let place = store.join(entry.file_name());
        // An empty folder may be there; it is replaced.
        fs::rename(entry.path(), &place).map_err(Fault::file("made", &place))?;
        moved.push(place);
    }
    fs::remove_dir(restoring).map_err(Fault::file("removed", restoring))?;
    sets::sync(store)?;
    Ok(moved)
}
