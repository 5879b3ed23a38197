//! What may go wrong, how likely and how badly, and what is done about it.

mod api;
mod model;
mod model_texts;
mod pages;
/// As it leaves in an export.
pub mod portable;
mod routes;

pub use model::*;
pub use model_texts::texts;
pub use pages::samples;

use crate::ui::NavItem;
use crate::web::{Feature, Group};

pub const FEATURE: Feature = Feature {
    name: "risks",
    routes: routes::routes,
    nav: Some((
        Group::Execution,
        NavItem { key: "risks", label: "nav-risks", href: "/risks", icon: "risk", shortcut: "g r", is_scoped: true },
    )),
};
