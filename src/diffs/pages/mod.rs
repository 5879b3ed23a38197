//! Pages of diffs.

mod form;
mod index;
mod show;

pub use form::*;
pub use index::*;
pub use show::*;

use crate::ui::{Sample, sample};

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("diffs/index", &Index::sample()),
        sample("diffs/empty", &Index::empty_sample()),
        sample("diffs/show", &Show::sample()),
        sample("diffs/new", &New::sample()),
    ]
}
