//! The settings of AI, and the ledger.

mod forms;
mod group;
mod ledger;
mod request;
mod settings;

pub use forms::{
    LOST_RACE, MAX_KEY_CHARS, MAX_MASKED_PATTERNS, MAX_MASKED_WORDS, MAX_MODELS, MAX_NAMED, MAX_PATTERN_CHARS,
    PolicyForm, ProjectForm, differing,
};
pub use group::GroupPolicyPage;
pub use ledger::{CallLine, Chart, Ledger, LedgerForm, outcome_choices, people_choices, purpose_choices};
pub use request::RequestPage;
pub use settings::{Heading, Index, ProjectPage, Tested, connection, level_choices, model_choices};

use crate::ui::Sample;

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    [settings::samples(), group::samples(), ledger::samples(), request::samples()].concat()
}
