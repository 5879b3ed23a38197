//! How this server runs: the instances that share its database, and what each has in hand. For server admins.

mod model;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from the settings.
pub const FEATURE: Feature = Feature { name: "fleet", routes: routes::routes, nav: None };
