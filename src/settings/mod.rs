//! What one decides about oneself (name, looks, password, sessions) and admins about the organisation.

mod model;
mod pages;
mod routes;

pub use pages::samples;

pub use model::*;

use crate::web::Feature;

/// Reached from the menu of the signed-in person.
pub const FEATURE: Feature = Feature { name: "settings", routes: routes::routes, nav: None };
