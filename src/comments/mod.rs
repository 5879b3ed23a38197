//! What people say about a record, and the record's story: comments and activity in one thread. A comment may be about a quoted
//! passage, and then it can be resolved. Who sees the record sees its thread; a comment is changed by its author alone.

mod api;
mod model;
mod pages;
/// As it leaves in an export.
pub mod portable;
mod routes;
mod story;
mod thread;

pub use model::*;
pub use pages::samples;
pub use story::{Line, Piece};
pub use thread::*;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "comments", routes: routes::routes, nav: None };
