//! The first minutes of an empty server: whoever holds the token from the log becomes owner and server admin.

mod model;
mod model_accounts;
mod pages;
mod routes;

pub use model::*;
pub use model_accounts::*;

pub use pages::samples;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "setup", routes: routes::routes, nav: None };
