//! Proposed changes of memory, by people, out of pages, and by rules: nothing counts before a person decides, one change at a time.

mod jobs;
mod likeness;
mod model;
mod pages;
/// As they leave in an export.
pub mod portable;
mod reading;
mod routes;

pub use jobs::*;
pub use likeness::*;
pub use model::*;
pub use pages::samples;
pub use reading::*;

use crate::ui::NavItem;
use crate::web::{Feature, Group};

pub const FEATURE: Feature = Feature {
    name: "diffs",
    routes: routes::routes,
    nav: Some((Group::CompanyMemory, NavItem::scoped("diffs", "nav-diffs", "/diffs", "diff", "g f"))),
};
