//! What the company knows in short: facts, constraints, priorities, each with where it comes from, how sure one is, and how long it
//! holds. Only what is active and valid counts.

mod api;
mod model;
mod model_texts;
mod pages;
/// As it leaves in an export.
pub mod portable;
mod routes;

pub use model::*;
pub use model_texts::texts;
pub use pages::{StateForm, samples};

use crate::ui::NavItem;
use crate::web::{Feature, Group};

pub const FEATURE: Feature = Feature {
    name: "memory",
    routes: routes::routes,
    nav: Some((Group::CompanyMemory, NavItem::scoped("memory", "nav-memory", "/memory", "memory", "g m"))),
};
