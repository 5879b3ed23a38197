//! What may go wrong, how likely and how badly, and what is done about it.

mod model;
mod pages;
mod routes;

pub use model::*;

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
