//! What a set says of itself: its parts with their hashes, where the audit trail ended, which program and schema it needs, and the
//! names of the keys without which a restored server cannot read everything. Signed with a key made from APP_SECRET.

use super::fault::{Fault, Result};
use super::part::{self, Part};
use crate::audit::Head;
use crate::config::Loaded;
use crate::secret::Secret;
use crate::vault::Vault;
use crate::web::{Keys, Purpose};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub const MANIFEST: &str = "manifest.json";
pub const SIGNATURE: &str = "manifest.hmac";
/// The database, as `pg_restore` reads it.
pub const DATABASE: &str = "database.dump";
/// The content of files, as `tar` reads it.
pub const UPLOADS: &str = "uploads.tar";
/// What this program writes and reads.
pub const FORMAT: u32 = 1;
/// A manifest is small; a larger file is none.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Of what is derived from a key.
const PRINT_CHARS: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub made_at: DateTime<Utc>,
    /// Version of the program that made it.
    pub program: String,
    /// The newest migration in the dump.
    pub schema: String,
    /// Major versions of the server and of the program that wrote the dump.
    pub postgresql: u32,
    pub pg_dump: u32,
    pub database: Part,
    pub uploads: Part,
    pub content: Content,
    pub audit: AuditHead,
    /// The public age key; None when the parts lie open.
    pub encrypted_to: Option<String>,
    pub keys: Vec<KeyNote>,
}

/// What the part of the uploads holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub files: u64,
    pub bytes: u64,
    /// Contents that the database names and the store did not have.
    pub missing: u64,
    /// Contents that are in the set and were no longer what their hash says.
    pub damaged: Vec<String>,
}

/// Where the chain ended in the dump's snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    pub sequence: i64,
    /// 64 hexadecimal digits.
    pub hash: String,
}

impl From<Head> for AuditHead {
    fn from(head: Head) -> Self {
        AuditHead { sequence: head.sequence, hash: head.hex() }
    }
}

/// A secret that was set, by its name; never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyNote {
    pub name: String,
    /// Tells whether another server has the same; None where a restore does not depend on that.
    pub print: Option<String>,
}

/// The server that a set is made of or restored to.
pub struct Place<'p> {
    pub loaded: &'p Loaded,
    pub keys: Keys,
    pub vault: Vault,
}

impl<'p> Place<'p> {
    pub fn of(loaded: &'p Loaded) -> Result<Place<'p>> {
        let secrets = &loaded.secrets;
        let keys = Keys::derive(&secrets.app_secret, secrets.app_secret_previous.as_ref())?;
        let vault = Vault::new(secrets.data_encryption_key.as_ref(), secrets.data_encryption_key_previous.as_ref())?;
        Ok(Place { loaded, keys, vault })
    }

    /// Names of the secrets that are set here. The address of the database is none that a restore needs.
    pub fn key_notes(&self) -> Vec<KeyNote> {
        let print = |name: &str| match name {
            APP_SECRET => Some(short(&self.keys.mac(Purpose::Backup, APP_SECRET))),
            DATA_KEY => self.vault.key_name().map(str::to_owned),
            _ => None,
        };
        let all: Vec<(&'static str, &Secret)> = self.loaded.secrets.all();
        let kept = all.into_iter().filter(|(name, _)| *name != "DATABASE_URL");
        kept.map(|(name, _)| KeyNote { name: name.to_owned(), print: print(name) }).collect()
    }

    /// What of the keys that the set names is another one here, in sentences.
    pub fn other_keys(&self, manifest: &Manifest) -> Vec<String> {
        let differs = |note: &KeyNote| {
            match (note.name.as_str(), &note.print) {
            (APP_SECRET, Some(print)) => (!self.has_app_secret(print)).then(|| {
                "The set was signed with another APP_SECRET than the one set here, so nobody can tell whether its manifest was changed. \
                 Set APP_SECRET (or APP_SECRET_PREVIOUS) to the one of then; without it people only sign in again."
                    .to_owned()
            }),
            (DATA_KEY, Some(print)) => (!self.vault.knows(print)).then(|| {
                let here = self.vault.key_name().map_or("none is set here".to_owned(), |name| format!("here it is {name}"));
                format!(
                    "This is another DATA_ENCRYPTION_KEY: the set needs the one called {print}, and {here}. Without it authenticator apps, \
                     client secrets of sign-on and secrets of streams do not open and must be set up anew."
                )
            }),
            _ => None,
        }
        };
        manifest.keys.iter().filter_map(differs).collect()
    }

    /// Whether it says that another APP_SECRET signed it, which is the only excuse for a signature that does not fit here.
    pub fn is_other_signer(&self, manifest: &Manifest) -> bool {
        let note = manifest.keys.iter().find(|note| note.name == APP_SECRET);
        note.and_then(|note| note.print.as_ref()).is_some_and(|print| !self.has_app_secret(print))
    }

    fn has_app_secret(&self, print: &str) -> bool {
        let former = self.keys.former_mac(Purpose::Backup, APP_SECRET);
        [Some(self.keys.mac(Purpose::Backup, APP_SECRET)), former].into_iter().flatten().any(|mac| short(&mac) == print)
    }

    /// Whether this server signed the text.
    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        self.keys.mac_fits(Purpose::Backup, text, signature)
    }
}

const APP_SECRET: &str = "APP_SECRET";
const DATA_KEY: &str = "DATA_ENCRYPTION_KEY";

/// Enough to tell two keys apart, too little to find one by.
fn short(mac: &str) -> String {
    mac.chars().take(PRINT_CHARS).collect()
}

impl Manifest {
    pub fn is_sealed(&self) -> bool {
        self.encrypted_to.is_some()
    }

    /// All that the set takes on disk, but for the manifest.
    pub fn bytes(&self) -> u64 {
        self.database.bytes + self.uploads.bytes
    }

    /// Writes it and its signature, synced.
    pub fn write(&self, folder: &Path, place: &Place) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|why| Fault::said(why.to_string()))?;
        put(&folder.join(MANIFEST), &text)?;
        put(&folder.join(SIGNATURE), &place.keys.mac(Purpose::Backup, &text))
    }

    /// With its text and signature; whether that fits is asked elsewhere.
    pub fn read(folder: &Path) -> Result<(Manifest, String, String)> {
        let text = take(&folder.join(MANIFEST))?;
        let signature = take(&folder.join(SIGNATURE))?;
        let path = folder.join(MANIFEST);
        let manifest: Manifest = serde_json::from_str(&text)
            .map_err(|why| Fault::said(format!("{} is no manifest of a backup: {why}.", path.display())))?;
        manifest.check_form()?;
        Ok((manifest, text, signature.trim().to_owned()))
    }

    /// Names lead to files, so they are the ones we give and no others.
    fn check_form(&self) -> Result<()> {
        if self.format != FORMAT {
            return Err(Fault::said(format!(
                "The set has format {}, and this program reads format {FORMAT}. Use the program that made it (TOW {}).",
                self.format, self.program
            )));
        }
        for (part, name) in [(&self.database, DATABASE), (&self.uploads, UPLOADS)] {
            let expected = part::named(name, self.is_sealed());
            if part.name != expected {
                return Err(Fault::said(format!(
                    "The manifest names the part {}, where {expected} belongs.",
                    part.name
                )));
            }
        }
        Ok(())
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    let written = || {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(part::FILE_MODE).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    written().map_err(Fault::file("written", path))
}

fn take(path: &Path) -> Result<String> {
    let read = || {
        if fs::metadata(path)?.len() > MAX_BYTES {
            return Err(std::io::Error::other("it is too large"));
        }
        fs::read_to_string(path)
    };
    read().map_err(Fault::file("read", path))
}
