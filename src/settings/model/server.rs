//! The configuration of this server, changed from a page: checked as a start would check it, then written whole.

use crate::access::{Actor, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::config::{Change, ConfigProblem, Key, Loaded, Setting, can_keep, edit, keep, said};
use crate::db::sql::Sql;
use crate::db::{Tx, sightings};
use crate::error::{Error, Msg, Problems, Result};
use crate::queue;
use crate::ui::fingerprint;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The advisory lock of who changes the file ("tow-conf").
const FILE_LOCK: i64 = 0x746f_772d_636f_6e66;

/// The file as it is now, which a running server need not have read yet.
#[derive(Debug, Clone)]
pub struct OnDisk {
    pub path: PathBuf,
    pub text: String,
    /// What stands in it, by key.
    pub settings: BTreeMap<&'static str, Setting>,
    /// What a start would say of it; empty when it would start.
    pub problems: Vec<ConfigProblem>,
    /// What it says together with the variables; None when a start would refuse it.
    pub next: Option<Loaded>,
    /// Instances that use this database now, this one included.
    pub instances: usize,
    /// False where a page cannot write the file.
    pub is_writable: bool,
}

impl OnDisk {
    /// To notice that somebody changed it meanwhile.
    pub fn was(&self) -> String {
        fingerprint(&self.text)
    }

    /// Whether a page may save it here: other machines have a file of their own.
    pub fn is_saved_here(&self) -> bool {
        self.is_writable && self.instances <= 1
    }
}

/// For server admins. `Away` when this server was started from a text and not from a folder.
pub fn see_configuration(tx: &mut Tx, me: &Actor, loaded: &Loaded) -> Result<OnDisk> {
    check(me, Verb::See, &Thing::Server)?;
    on_disk(tx, loaded)
}

/// Days each secret is in use, for the same page.
pub fn secret_ages(tx: &mut Tx, me: &Actor, prints: &[(&'static str, String)]) -> Result<Vec<(&'static str, i64)>> {
    check(me, Verb::See, &Thing::Server)?;
    sightings::ages(tx, prints)
}

fn on_disk(tx: &mut Tx, loaded: &Loaded) -> Result<OnDisk> {
    let path = loaded.file().ok_or_else(|| Error::Away("this server was started without a file".to_owned()))?;
    let text = match std::fs::read_to_string(&path) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.map_err(|why| Error::Away(format!("{} cannot be read: {why}", path.display())))?,
    };
    let (next, problems) = match loaded.with_text(&text) {
        Ok(next) => (Some(next), Vec::new()),
        Err(problems) => (None, problems),
    };
    let is_writable = can_keep(&path);
    let settings = said(&text).unwrap_or_default();
    Ok(OnDisk { path, settings, text, problems, next, instances: instances(tx)?, is_writable })
}

/// Those that were heard of lately.
fn instances(tx: &mut Tx) -> Result<usize> {
    Ok(queue::instances(tx)?.iter().filter(|instance| !instance.is_silent(tx.now)).count())
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Nothing,
    /// Written; it counts after a restart.
    Saved,
    /// Right, but not this page's to write: the whole text, to be copied.
    ToCopy(String),
    /// The file is no longer what the form was made from. Nothing was changed.
    Changed,
}

/// Everything or nothing. `Invalid` with what a start would say, by key; other keys' problems under no name.
pub fn change_configuration(
    tx: &mut Tx,
    me: &Actor,
    (loaded, was): (&Loaded, &str),
    wanted: Vec<(&'static Key, Option<Setting>)>,
) -> Result<Done> {
    let permit = may(tx, me, Verb::Edit, &Thing::Server)?;
    let mut lock = Sql::named("settings::lock_file", "select pg_advisory_xact_lock(");
    lock.bind(FILE_LOCK).push(")");
    lock.execute(tx.conn())?;
    let file = on_disk(tx, loaded)?;
    // A key without a value stands at its default, as one that is not there.
    let stands = |key: &Key| file.settings.get(key.path).filter(|setting| **setting != Setting::Unset);
    let changes: Vec<Change> = wanted.into_iter().filter(|(key, setting)| stands(key) != setting.as_ref()).collect();
    let done = match (changes.is_empty(), file.was() == was) {
        (true, _) => Done::Nothing,
        (_, false) => Done::Changed,
        _ => Done::Saved,
    };
    if done != Done::Saved {
        permit.unused(tx);
        return Ok(done);
    }
    let text = edit(&file.text, &changes).map_err(|_| Error::invalid("", "problem-server-unsure"))?;
    loaded.with_text(&text).map_err(|problems| Error::Invalid(by_key(&problems, &changes)))?;
    if !file.is_saved_here() {
        permit.unused(tx);
        return Ok(Done::ToCopy(text));
    }
    let line = |act: Act, (key, setting): &Change| {
        act.change(key.path, shown(file.settings.get(key.path)), shown(setting.as_ref()))
    };
    audit::record(tx, permit, changes.iter().fold(Act::new(ActKind::ConfigurationChanged), line))?;
    // Last, so that what cannot be written is not remembered as written.
    keep(&file.path, &text).map_err(|why| {
        Error::invalid("", Msg::new("problem-server-unwritten").with("why", why).with("path", file.path.display()))
    })?;
    Ok(Done::Saved)
}

fn shown(setting: Option<&Setting>) -> Option<String> {
    setting.map(ToString::to_string)
}

/// In the words of `tow config check`.
fn by_key(problems: &[ConfigProblem], changes: &[Change]) -> Problems {
    let mut said = Problems::default();
    for problem in problems {
        let words = Msg::new("problem-server-said").with("words", problem);
        let field = changes.iter().find(|(key, _)| key.path == problem.key).map_or("", |(key, _)| key.path);
        said.add(field, words);
    }
    said
}
