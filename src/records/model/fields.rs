//! Editing one field in place, when somebody else may be doing the same.

use crate::error::{Conflict, Error, Result};
pub use crate::ui::fingerprint as seen;

/// `Conflict` with both values when the field is no longer what the person saw, unless both wrote the same.
pub fn check_seen(field: &'static str, was: &str, now: &str, yours: &str) -> Result<()> {
    if was == seen(now) || now == yours {
        return Ok(());
    }
    Err(Error::Conflict(Box::new(Conflict { field, theirs: now.to_owned(), yours: yours.to_owned(), seen: seen(now) })))
}

/// One edit: the field, what was typed, and the fingerprint of what the person saw (None: no check, as in bulk edits).
#[derive(Debug, Clone)]
pub struct Edit<F> {
    pub field: F,
    pub value: String,
    pub was: Option<String>,
}

impl<F> Edit<F> {
    pub fn of(field: F, form: &crate::web::Form) -> Self {
        let was = Some(form.text("was").to_owned()).filter(|was| !was.is_empty());
        Edit { field, value: form.text("value").to_owned(), was }
    }
}
