//! Pages of snapshots.

mod compare;
mod index;
mod new;
mod show;

pub use compare::*;
pub use index::*;
pub use new::*;
pub use show::*;

use super::model::Type;
use crate::ui::{Choice, Sample, sample, text};

pub fn type_choices(chosen: &str) -> Vec<Choice> {
    Type::ALL.iter().map(|kind| Choice::new(kind, text(&kind.label()), kind.as_str() == chosen)).collect()
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("snapshots/index", &Index::sample()),
        sample("snapshots/empty", &Index::empty_sample()),
        sample("snapshots/show", &Show::sample()),
        sample("snapshots/failed", &Show::failed_sample()),
        sample("snapshots/new", &New::sample()),
        sample("snapshots/compare", &Compare::sample()),
    ]
}
