//! What programs come with: a person's own access tokens, and the organisation's API keys, which are service accounts. Each is shown
//! once, opens no more than was chosen, and ends.

mod api;
mod model;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from the settings.
pub const FEATURE: Feature = Feature { name: "tokens", routes: routes::routes, nav: None };
