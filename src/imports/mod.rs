//! What comes from elsewhere: tables of work, folders of pages. First looked at, with every problem by its line; then made in one
//! transaction, or not at all.

mod held;
mod markdown;
mod model_tickets;
mod pages;
mod routes;

pub use held::{HOLD_MINUTES, Held, forget_held, forget_here};
pub use markdown::{MAX_ENCLOSED, Source, enclose, read_set};
pub use model_tickets::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from lists and settings.
pub const FEATURE: Feature = Feature { name: "imports", routes: routes::routes, nav: None };
