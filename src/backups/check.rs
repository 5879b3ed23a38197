//! Is a set whole? Asked before anything is restored, and by an operator at any time; it reads and writes nothing.

use super::dump::{self, Programs};
use super::fault::{Fault, Result};
use super::manifest::Place;
use super::model::Target;
use super::part::{self, Identity};
use super::sets::Set;
use super::uploads;

/// What was found; what would stop a restore is a `Fault` instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// False for an encrypted set without its identity: its hashes fit, and nobody looked inside.
    pub is_opened: bool,
    /// False when it was signed with a key that is not this server's, so that nobody can tell.
    pub is_signed: bool,
    /// Keys that are others here, in sentences.
    pub other_keys: Vec<String>,
    /// The list of the dump; empty when it was not opened.
    pub list: String,
}

/// Hashes, signature, the dump's list and its audit head, and every upload. With `accepts_other_keys` a signature that this server cannot
/// judge, and stored secrets that it could not open, are told and no fault.
pub fn check(place: &Place, set: &Set, identity: Option<&Identity>, accepts_other_keys: bool) -> Result<Checked> {
    let other_keys = place.other_keys(&set.manifest);
    let is_signed = set.is_signed(place);
    if !is_signed && !place.is_other_signer(&set.manifest) {
        return Err(Fault::said(format!(
            "The manifest of {} was changed after it was written: its signature does not fit. Do not trust this set.",
            set.path.display()
        )));
    }
    if !other_keys.is_empty() && !accepts_other_keys {
        return Err(Fault::said(format!(
            "{}\nTo go on with the keys that are set here, add --accept-other-keys.",
            other_keys.join("\n")
        )));
    }
    check_files(set)?;
    check_schema(set)?;
    if set.manifest.is_sealed() && identity.is_none() {
        return Ok(Checked { is_opened: false, is_signed, other_keys, list: String::new() });
    }
    let manifest = &set.manifest;
    let programs = Programs::for_server(manifest.pg_dump)?;
    let database = set.source(&manifest.database, identity);
    let list = programs.list(&database)?;
    if !dump::is_ours(&list) {
        return Err(Fault::said(format!("{} is no dump of this server's database.", database.path.display())));
    }
    let head = programs.audit_head(&database)?;
    if head != manifest.audit {
        return Err(Fault::said(format!(
            "The audit trail in the dump ends at event {} ({}), and the manifest says {} ({}). Do not trust this set.",
            head.sequence, head.hash, manifest.audit.sequence, manifest.audit.hash
        )));
    }
    uploads::walk(&set.source(&manifest.uploads, identity), &manifest.content, uploads::To::Nowhere)?;
    Ok(Checked { is_opened: true, is_signed, other_keys, list })
}

/// Each part as it lies there is what the manifest says.
pub fn check_files(set: &Set) -> Result<()> {
    for part in [&set.manifest.database, &set.manifest.uploads] {
        let path = set.path.join(&part.name);
        let (sha256, bytes) = part::measure(&path)?;
        if bytes != part.bytes {
            let words = format!("{} has {bytes} bytes, and {} were written.", path.display(), part.bytes);
            return Err(Fault::said(format!("{words} It is not whole; use another set.")));
        }
        if sha256 != part.sha256 {
            return Err(Fault::said(format!(
                "{} is damaged: its SHA-256 is {sha256}, and the manifest says {}. Use another set.",
                path.display(),
                part.sha256
            )));
        }
    }
    Ok(())
}

/// An older schema is brought up to date after the restore; a newer one nobody here can read.
fn check_schema(set: &Set) -> Result<()> {
    let (theirs, ours) = (&set.manifest.schema, Target::newest_schema());
    if *theirs > ours {
        return Err(Fault::said(format!(
            "The set was made by a newer program (TOW {}, schema {theirs}); this one knows schemas up to {ours}. Restore it with that \
             program.",
            set.manifest.program
        )));
    }
    Ok(())
}
