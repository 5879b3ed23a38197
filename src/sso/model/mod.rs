//! Connections, who is linked through them, enforcement, break-glass.

mod arrival;
mod break_glass;
mod connection;
mod domain;
mod draft;
mod ending;
mod enforcement;
mod gifts;
mod landing;
mod rules;
mod server_key;
mod verdicts;
mod who;

pub use arrival::*;
pub use break_glass::*;
pub use connection::*;
pub use domain::*;
pub use draft::*;
pub use ending::*;
pub use enforcement::*;
pub use gifts::*;
pub use landing::{LANDING_SECONDS, Landing};
pub use rules::*;
pub use server_key::*;
pub use verdicts::*;
pub use who::*;
