//! The door: e-mail and password, throttled; and the way out. What one changes about one's own account is in settings.

#[path = "model_confirmation.rs"]
mod confirmation;
mod model;
mod pages;
mod password;
mod routes;
mod throttle;

pub use confirmation::*;
pub use model::*;
pub use password::{check_strength, hash, verify};
pub use throttle::{FREE_TRIES, FREE_TRIES_PER_ADDRESS, MAX_WAIT_SECONDS, Throttle};

pub use pages::samples;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "signin", routes: routes::routes, nav: None };
