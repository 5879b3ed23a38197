//! Every page from its sample, for developers; not there in a release build.

mod routes;

pub use routes::routes;

use crate::ui::Sample;

/// All samples of all features.
pub fn samples() -> Vec<Sample> {
    [
        crate::setup::samples(),
        crate::signin::samples(),
        crate::tokens::samples(),
        crate::sso::samples(),
        crate::projects::samples(),
        crate::comments::samples(),
        crate::ai::samples(),
        crate::invitations::samples(),
        crate::claims::samples(),
        crate::account::samples(),
        crate::related::samples(),
        crate::tickets::samples(),
        crate::boards::samples(),
        crate::decisions::samples(),
        crate::exports::samples(),
        crate::imports::samples(),
        crate::docs::samples(),
        crate::memory::samples(),
        crate::diffs::samples(),
        crate::snapshots::samples(),
        crate::members::samples(),
        crate::scim::samples(),
        crate::vectors::samples(),
        crate::search::samples(),
        crate::agents::samples(),
        crate::chat::samples(),
        crate::risks::samples(),
        crate::experiments::samples(),
        crate::settings::samples(),
        crate::fleet::samples(),
        crate::trail::samples(),
        crate::reviews::samples(),
        crate::leaving::samples(),
    ]
    .concat()
}
