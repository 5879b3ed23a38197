//! Pages of tickets.

mod choices;
mod index;
mod new;
mod show;

pub use choices::*;
pub use index::*;
pub use new::*;
pub use show::*;

use crate::ui::{Sample, sample};

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("tickets/index", &Index::sample()),
        sample("tickets/show", &Show::sample()),
        sample("tickets/new", &New::sample()),
    ]
}
