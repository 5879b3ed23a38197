//! The parent row of every protected thing, and what hangs on it: tags, links, references, watching, activity, saved views.

mod model;

pub use model::*;
