//! The wiki: pages in a tree per place, every save a revision that can come back.

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
    name: "docs",
    routes: routes::routes,
    nav: Some((Group::CompanyMemory, NavItem::scoped("docs", "nav-docs", "/docs", "doc", "g d"))),
};
