//! The whole organisation as one file: out, for who leaves or keeps a copy, and back into an empty server. What a file holds is
//! declared by each room in its `portable.rs`; the form is documented in docs/export-format.md.

mod model;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from the settings.
pub const FEATURE: Feature = Feature { name: "exports", routes: routes::routes, nav: None };
