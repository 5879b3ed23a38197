//! Where work happens and who may be there: projects with their key, lead, visibility and grants.

mod api;
mod model;
mod pages;
/// As it leaves in an export.
pub mod portable;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from the menu of the organisation and the project picker, so it has no place of its own in the sidebar.
pub const FEATURE: Feature = Feature { name: "projects", routes: routes::routes, nav: None };
