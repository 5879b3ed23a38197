//! The parent row of every protected thing, and what hangs on it: tags, links, references, watching, activity, saved views.

mod model;
/// As it leaves in an export.
pub mod portable;

pub use model::*;
