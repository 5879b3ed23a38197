//! Making a set: an instant of the database, its dump, the uploads it names, the manifest; checked, then named.

use super::check::check_files;
use super::dump::Programs;
use super::fault::{Fault, Result};
use super::manifest::{DATABASE, FORMAT, Manifest, Place, UPLOADS};
use super::model::Snapshot;
use super::part::Writer;
use super::sets::{Directory, Set};
use super::uploads;
use crate::secret::Secret;
use crate::storage::Store;
use chrono::{DateTime, Utc};

/// A set that is whole and in its place.
#[derive(Debug)]
pub struct Made {
    pub set: Set,
    /// Names of older sets that went.
    pub pruned: Vec<String>,
    /// Older sets that should have gone and could not; the new one is whole all the same.
    pub unremoved: Vec<Fault>,
    /// No older set went, whatever its age: not one upload was found, so perhaps only they still have them.
    pub is_held_back: bool,
}

/// Everything that was committed before `now`, and nothing of what is written while this works.
pub fn create(place: &Place, url: &Secret, now: DateTime<Utc>, progress: &mut dyn FnMut(&str, u64)) -> Result<Made> {
    let directory = Directory::open(&place.loaded.config.backup.directory)?;
    let snapshot = Snapshot::take(url, now)?;
    let set = write(place, url, &directory, snapshot, progress)?;
    let content = &set.manifest.content;
    let is_held_back = content.files == 0 && content.missing > 0;
    let (pruned, unremoved) = if is_held_back { Default::default() } else { directory.prune(place, now) };
    Ok(Made { set, pruned, unremoved, is_held_back })
}

/// The set of an instant. When anything fails nothing of it stays.
pub fn write(
    place: &Place,
    url: &Secret,
    directory: &Directory,
    mut snapshot: Snapshot,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<Set> {
    let programs = Programs::for_server(snapshot.postgresql)?;
    let recipient = place.loaded.config.backup.age_recipient.as_deref();
    let folder = directory.begin()?;
    let unwritten = Fault::file("written", folder.path());
    progress("database", 0);
    let mut part = Writer::begin(folder.path(), DATABASE, recipient)?;
    programs.dump(url, &snapshot.id, &mut part)?;
    let database = part.end().map_err(unwritten)?;
    let mut part = Writer::begin(folder.path(), UPLOADS, recipient)?;
    let store = Store::of(&place.loaded.config.uploads);
    let content = uploads::put(&mut snapshot, &store, &mut part, progress)?;
    if content.missing > 0 {
        // A bucket that is not there says of every name in it only that it is not there.
        store.check().map_err(|why| Fault::said(format!("The uploads are not there: {why}. Nothing was kept.")))?;
    }
    let uploads = part.end().map_err(Fault::file("written", folder.path()))?;
    let manifest = Manifest {
        format: FORMAT,
        made_at: snapshot.at,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: snapshot.schema.clone(),
        postgresql: snapshot.postgresql,
        pg_dump: programs.major(),
        database,
        uploads,
        content,
        audit: snapshot.head.clone().into(),
        encrypted_to: recipient.map(str::to_owned),
        keys: place.key_notes(),
    };
    // From here on content may be deleted again.
    drop(snapshot);
    manifest.write(folder.path(), place)?;
    // From the disk, before it has a name: a set that was written wrong never looks right.
    check_files(&Set::open(folder.path())?)?;
    directory.keep(folder, manifest.made_at)
}
