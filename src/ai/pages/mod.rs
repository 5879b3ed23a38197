//! The settings of AI, and the ledger.

mod group;
mod ledger;
mod settings;

pub use group::GroupPolicyPage;
pub use ledger::{CallLine, Chart, Ledger, LedgerForm, outcome_choices, people_choices, purpose_choices};
pub use settings::{
    Heading, Index, MAX_MASKED_WORDS, PolicyForm, ProjectForm, ProjectPage, Tested, connection, differing,
    level_choices, model_choices,
};

use crate::ui::Sample;

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    [settings::samples(), group::samples(), ledger::samples()].concat()
}
