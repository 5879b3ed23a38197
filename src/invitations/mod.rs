//! How people join: somebody who may invite says who, with which role, groups and projects; a link brings them here. What an
//! invitation gives is bounded by who stands behind it, when it is made and again when it is accepted.

mod model;
mod pages;
mod routes;

pub use model::*;
pub use pages::samples;

use crate::web::Feature;

/// Reached from the members' page, and from a mail.
pub const FEATURE: Feature = Feature { name: "invitations", routes: routes::routes, nav: None };
