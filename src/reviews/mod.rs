//! Does everybody still need the access they have? Who holds what as one file; a review that asks line by line, is signed and kept;
//! and how this server is run, with what of that can be seen from here.

mod model;
mod pages;
mod practices;
mod practices_page;
mod routes;

pub use model::*;
pub use practices::markdown;

use crate::web::Feature;

/// For the gallery.
pub fn samples() -> Vec<crate::ui::Sample> {
    [pages::samples(), practices_page::samples()].concat()
}

/// Reached from the settings.
pub const FEATURE: Feature = Feature { name: "reviews", routes: routes::routes, nav: None };
