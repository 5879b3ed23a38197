//! Editing one field in place, when somebody else may be doing the same.

use crate::error::{Conflict, Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A short fingerprint of a field's value as the person saw it; it travels with the form instead of a version, so that a
/// colleague's change to *another* field is no conflict.
pub fn seen(value: &str) -> String {
    let digest = Sha256::digest(value.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.get(..12).unwrap_or_default())
}

/// `Conflict` with both values when the field is no longer what the person saw, unless both wrote the same.
pub fn check_seen(field: &'static str, was: &str, now: &str, yours: &str) -> Result<()> {
    if was == seen(now) || now == yours {
        return Ok(());
    }
    Err(Error::Conflict(Box::new(Conflict { field, theirs: now.to_owned(), yours: yours.to_owned(), seen: seen(now) })))
}
