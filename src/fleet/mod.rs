//! How this server runs: the instances that share its database, what each has in hand, what waits, what was given up, and what runs by
//! the clock. For server admins.

mod model;
mod pages;
mod queue_page;
mod routes;

pub use model::*;

use crate::web::Feature;

/// For the gallery.
pub fn samples() -> Vec<crate::ui::Sample> {
    [pages::samples(), queue_page::samples()].concat()
}

/// Reached from the settings.
pub const FEATURE: Feature = Feature { name: "fleet", routes: routes::routes, nav: None };
