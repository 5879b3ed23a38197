//! What one decides about oneself (name, looks, password, sessions) and admins about the organisation.

mod model;
mod pages;
mod routes;
mod server;

/// For the gallery.
pub fn samples() -> Vec<crate::ui::Sample> {
    [pages::samples(), server::samples()].concat()
}

pub use model::*;

use crate::web::Feature;

/// Reached from the menu of the signed-in person.
pub const FEATURE: Feature = Feature { name: "settings", routes: routes::routes, nav: None };
