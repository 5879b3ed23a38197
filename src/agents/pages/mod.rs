//! Pages of agents.

mod draft;
mod index;
mod run;
mod show;

pub use draft::*;
pub use index::*;
pub use run::*;
pub use show::*;

use crate::ui::{Sample, sample};

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("agents/index", &Index::sample()),
        sample("agents/new", &New::sample()),
        sample("agents/show", &Show::sample()),
        sample("agents/off", &Show::off_sample()),
        sample("agents/draft", &EditDraft::sample()),
        sample("agents/compare", &Compare::sample()),
        sample("agents/run", &RunPage::sample()),
        sample("agents/run-closed", &RunPage::closed_sample()),
        sample("agents/run-failed", &RunPage::failed_sample()),
        sample("agents/request", &RunRequest::sample()),
        sample("agents/preview", &RunPreview::sample()),
    ]
}
