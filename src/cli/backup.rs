//! `tow backup`: a copy of everything that can be brought back, made, checked and restored.

use super::progress::Progress;
use super::serve::Database;
use super::{Failure, audit, say};
use crate::backups::{self, Checked, Fault, Identity, Place, Set};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::people::Organisation;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(clap::Subcommand)]
enum Act {
    /// Write one consistent set of database and uploads into backup.directory, then remove sets older than backup.retention_days
    Create,
    /// Check a set: hashes, signature, that PostgreSQL reads the dump, where the audit trail ends, every upload
    Verify {
        /// A folder, or its name in backup.directory [default: the newest]
        set: Option<String>,
        #[command(flatten)]
        keys: Keys,
    },
    /// Bring a set back, into an empty database and an empty folder of uploads; refuses otherwise
    Restore {
        /// A folder, or its name in backup.directory
        set: String,
        #[command(flatten)]
        keys: Keys,
    },
}

#[derive(clap::Args)]
struct Keys {
    /// The file with the private half of backup.age_recipient, as age-keygen writes it; for encrypted sets
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Go on although APP_SECRET or DATA_ENCRYPTION_KEY are others than those of the set
    #[arg(long)]
    accept_other_keys: bool,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Said(words) => Failure::Failed(words),
            Fault::House(error) => Failure::from(error),
        }
    }
}

pub fn run(args: Args, loaded: &Loaded) -> Result<(), Failure> {
    let place = Place::of(loaded)?;
    match args.act {
        Act::Create => create(&place),
        Act::Verify { set, keys } => {
            let set = Set::find(set.as_deref(), &place)?;
            let (checked, _) = check(&place, &set, keys)?;
            say(&verdict(&set, &checked))
        }
        Act::Restore { set, keys } => restore(&place, &Set::find(Some(&set), &place)?, keys),
    }
}

fn create(place: &Place) -> Result<(), Failure> {
    let database = Database::join(place.loaded)?;
    // What was committed a moment ago belongs to the chain that the manifest names.
    audit::seal(&database)?;
    let mut progress = Progress::begin("backup");
    let made = backups::create(place, &database.url, Clock::default().now(), &mut |what, done| progress.at(what, done));
    progress.end();
    let backups::Made { set, pruned, unremoved, is_held_back } = made?;
    // Before set-up there is nobody to remember it for.
    if database.read(|tx, _| Organisation::only(tx))?.is_some() {
        database.write(|tx, me| backups::note_made(tx, me, &set.name(), &set.manifest))?;
    }
    say(&made_words(&set, &pruned))?;
    if is_held_back {
        return Err(Failure::Failed(
            "The new backup holds not one of the uploads that the database names, so no older set was removed: perhaps only they still \
             have them. Look whether the place of uploads is the right one."
                .to_owned(),
        ));
    }
    match unremoved.into_iter().next() {
        None => Ok(()),
        Some(Fault::Said(why)) => Err(Failure::Failed(format!(
            "The new backup is whole, but an older one is still there: {why} Remove it, or the disk fills up."
        ))),
        Some(fault) => Err(fault.into()),
    }
}

fn made_words(set: &Set, pruned: &[String]) -> String {
    let manifest = &set.manifest;
    let mut lines = vec![format!(
        "{} holds the database and {} uploads, {} MB in all, as they were at {}.",
        set.path.display(),
        manifest.content.files,
        manifest.bytes().div_ceil(1_000_000),
        manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC")
    )];
    lines.push(match &manifest.encrypted_to {
        Some(recipient) => format!("It is encrypted to {recipient}; without the private half nobody opens it."),
        None => {
            "It is not encrypted: whoever reads it reads everything, private records too. Set backup.age_recipient."
                .to_owned()
        }
    });
    lines.extend(content_words(set));
    let names: Vec<&str> = manifest.keys.iter().map(|note| note.name.as_str()).collect();
    lines.push(format!("A restore needs these secrets, which are not in it: {}.", names.join(", ")));
    if !pruned.is_empty() {
        lines.push(format!("Older sets were removed: {}.", pruned.join(", ")));
    }
    format!("{}\n", lines.join("\n"))
}

fn content_words(set: &Set) -> Vec<String> {
    let content = &set.manifest.content;
    let mut lines = Vec::new();
    if content.missing > 0 {
        lines.push(format!(
            "WARNING: {} uploads that the database names were not in the store, so they are not in the set.",
            content.missing
        ));
    }
    if !content.damaged.is_empty() {
        lines.push(format!(
            "WARNING: {} uploads are no longer what was uploaded; they are in the set as they are: {}.",
            content.damaged.len(),
            content.damaged.join(", ")
        ));
    }
    lines
}

fn check(place: &Place, set: &Set, keys: Keys) -> Result<(Checked, Option<Identity>), Failure> {
    let identity = keys.identity.map(Identity);
    let checked = backups::check(place, set, identity.as_ref(), keys.accept_other_keys)?;
    for words in &checked.other_keys {
        super::warn(words);
    }
    Ok((checked, identity))
}

fn verdict(set: &Set, checked: &Checked) -> String {
    let manifest = &set.manifest;
    let mut lines = vec![format!(
        "{} is whole: made at {} by TOW {} from PostgreSQL {}, schema {}.",
        set.path.display(),
        manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC"),
        manifest.program,
        manifest.postgresql,
        manifest.schema
    )];
    lines.push(match checked.is_opened {
        true => format!(
            "PostgreSQL reads its dump, all {} uploads are what their hashes say, and its audit trail ends at event {} with the head\n{}",
            manifest.content.files, manifest.audit.sequence, manifest.audit.hash
        ),
        false => format!(
            "It is encrypted and was not opened: {}. To look inside, add --identity FILE.",
            match checked.is_signed {
                true => "its hashes and its signature fit",
                false => "its hashes fit, and whether its signature does cannot be told with another APP_SECRET",
            }
        ),
    });
    lines.extend(content_words(set));
    format!("{}\n", lines.join("\n"))
}

fn restore(place: &Place, set: &Set, keys: Keys) -> Result<(), Failure> {
    // Before a database is even started.
    let (checked, identity) = check(place, set, keys)?;
    let database = Database::open_as_is(place.loaded)?;
    let mut progress = Progress::begin("restore");
    progress.at("database and uploads", 0);
    let restored = backups::restore(place, &database.url, set, (&checked, identity.as_ref()));
    progress.end();
    let restored = restored?;
    if database.read(|tx, _| Organisation::only(tx))?.is_some() {
        database.write(|tx, me| backups::note_restored(tx, me, &set.name(), &set.manifest))?;
    }
    let migrated = match restored.migrated {
        0 => String::new(),
        count => format!(" {count} newer migrations were applied."),
    };
    say(&format!(
        "The database and {} uploads are back as they were at {}.{migrated}\nThe audit trail is whole up to event {}; its head is\n{}\nSessions and keys that were in force then are in force again, and work that waited then will be done when a server starts: see docs/backup.md.\n",
        set.manifest.content.files,
        set.manifest.made_at.format("%Y-%m-%d %H:%M:%S UTC"),
        restored.head.sequence,
        restored.head.hash
    ))
}
