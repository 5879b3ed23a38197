//! What works in the background for a place or a person: told in versions, allowed at each level, run as what it reads for, and
//! never more than a proposal.

mod model;
mod pages;
mod routes;
pub mod shape;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "agents", routes: routes::routes, nav: None };
