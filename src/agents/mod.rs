//! What works in the background for a place or a person: told in versions, allowed at each level, run as what it reads for, and
//! never more than a proposal.

mod jobs;
mod model;
mod outcome;
mod pages;
mod routes;
pub mod shape;
mod task;

pub use jobs::*;
pub use model::*;
pub use outcome::{MAX_HEADING_CHARS, MAX_PARTS, MAX_RESULT_BYTES, MAX_STATEMENT_CHARS, MAX_STATEMENTS};
pub use pages::samples;
pub use task::{MAX_DOC_CHARS, READ_CHARS, STATEMENT_CHARS};

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "agents", routes: routes::routes, nav: None };
