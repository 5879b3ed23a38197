//! Rules of sign-on: what the company's provider says of somebody puts them into groups and gives them roles, and takes both away again
//! when it no longer says so. Who writes a rule must be able to give by hand what it gives.

mod model;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from a connection's page.
pub const FEATURE: Feature = Feature { name: "claims", routes: routes::routes, nav: None };
