//! The settings of AI, and the ledger.

mod ledger;
mod settings;

pub use ledger::{CallLine, Chart, Ledger, LedgerForm, outcome_choices, people_choices, purpose_choices};
pub use settings::{
    Heading, Index, PolicyForm, ProjectForm, ProjectPage, Tested, connection, level_choices, model_choices,
};

use crate::ui::Sample;

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    [settings::samples(), ledger::samples()].concat()
}
