//! What was tried in order to know: a hypothesis, how it was tested, what came out, and what it taught.

mod model;
mod model_texts;
mod pages;
/// As it leaves in an export.
pub mod portable;
mod routes;

use crate::ui::NavItem;
use crate::web::{Feature, Group};
pub use model::*;
pub use model_texts::texts;
pub use pages::samples;

pub const FEATURE: Feature = Feature {
    name: "experiments",
    routes: routes::routes,
    nav: Some((
        Group::Execution,
        NavItem {
            key: "experiments",
            label: "nav-experiments",
            href: "/experiments",
            icon: "experiment",
            shortcut: "g x",
            is_scoped: true,
        },
    )),
};
