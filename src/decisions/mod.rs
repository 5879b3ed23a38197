//! What was decided, why, and what it replaced: so that nobody has to decide it twice.

mod api;
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
    name: "decisions",
    routes: routes::routes,
    nav: Some((Group::Execution, NavItem::scoped("decisions", "nav-decisions", "/decisions", "decision", "g e"))),
};
