//! The door: e-mail and password, second factors, passkeys, all throttled; who one is, asked once more before sensitive acts; and
//! the way out. Name, looks and password are changed in settings.

#[path = "model_confirmation.rs"]
mod confirmation;
#[path = "model_deed.rs"]
mod deed;
#[path = "model_factors.rs"]
mod factors;
mod model;
mod notice;
/// Passkeys: questions to devices, and their answers.
#[path = "model_passkeys.rs"]
pub mod passkeys;
#[path = "model_policy.rs"]
mod policy;
/// Recovery codes.
#[path = "model_recovery.rs"]
pub mod recovery;
#[path = "model_steps.rs"]
mod steps;
/// Codes of authenticator apps.
#[path = "model_totp.rs"]
pub mod totp;
#[path = "model_offer.rs"]
mod offer;
mod pages;
mod password;
mod routes;
mod throttle;

pub use pages::samples;
pub use password::{check_strength, hash, verify};
pub use routes::{Half, fits, forget_count, hashed, known};
pub use throttle::{FREE_TRIES, FREE_TRIES_PER_ADDRESS, MAX_WAIT_SECONDS, Throttle, network_of, slow};
pub use {confirmation::*, deed::*, factors::*, model::*, notice::*, offer::*, policy::*, steps::*};

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "signin", routes: routes::routes, nav: None };
