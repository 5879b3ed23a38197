//! Units of work: what is to be done, by whom, until when, and how far it is.

mod api;
mod model;
mod pages;
/// As it leaves in an export.
pub mod portable;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::ui::NavItem;
use crate::web::{Feature, Group};

pub const FEATURE: Feature = Feature {
    name: "tickets",
    routes: routes::routes,
    nav: Some((Group::Execution, NavItem::scoped("tickets", "nav-tickets", "/tickets", "ticket", "g t"))),
};
