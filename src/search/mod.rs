//! Finding: one box over everything one may read, by words, by likeness and, where a model is connected, by meaning. Who may read it
//! is part of the query, so that neither a count nor a highlight tells of what is hidden. The index is made from activity, a second
//! later; titles and IDs are found at once.

mod model;
mod offers;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "search", routes: routes::routes, nav: None };
