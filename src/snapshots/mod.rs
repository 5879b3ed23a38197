//! How things stand, in a text that a person has read: assembled from the records, reviewed, and then the one that is trusted.

mod jobs;
mod model;
mod model_texts;
mod pages;
/// As they leave in an export.
pub mod portable;
mod routes;

pub use jobs::*;
pub use model::*;
pub use model_texts::texts;
pub use pages::samples;

use crate::ui::NavItem;
use crate::web::{Feature, Group};

pub const FEATURE: Feature = Feature {
    name: "snapshots",
    routes: routes::routes,
    nav: Some((Group::CompanyMemory, NavItem::scoped("snapshots", "nav-snapshots", "/snapshots", "snapshot", "g s"))),
};
