//! Who leaves, or has left: what they hold that opens doors, and what waits for them. Both are settled here in one step each, by the
//! verbs of the rooms that they belong to; what somebody wrote stays theirs.

mod model;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from a person's page.
pub const FEATURE: Feature = Feature { name: "leaving", routes: routes::routes, nav: None };
