//! The people of the organisation: who they are, what role they have, which groups they are in.

mod model;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from the menu of the organisation.
pub const FEATURE: Feature = Feature { name: "members", routes: routes::routes, nav: None };
