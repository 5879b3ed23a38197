//! Attachments: what people put beside a record or into a comment. Content lies on disk under its SHA-256, never under a name that
//! somebody sent; who sees the record sees its files, nobody else. Pictures are drawn anew before anyone sees them, which leaves
//! place and camera behind; everything else is kept as sent and only ever downloaded. Archives are not opened.

mod kind;
mod model;
mod pages;
/// As it leaves in an export.
pub mod portable;
mod picture;
mod routes;

pub use kind::*;
pub use model::*;
pub use picture::*;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "files", routes: routes::routes, nav: None };
