//! The audit trail for people: who did what, to what, from where, and what stood there before. What the server keeps is written by
//! `audit`; here it is read, exported and sent on.

mod model;
mod pages;
mod routes;
mod streams;

pub use model::*;
pub use pages::{sample_event, sentence};

use crate::web::Feature;

/// For the gallery.
pub fn samples() -> Vec<crate::ui::Sample> {
    [pages::samples(), streams::samples()].concat()
}

/// Reached from the settings.
pub const FEATURE: Feature = Feature { name: "trail", routes: routes::routes, nav: None };
