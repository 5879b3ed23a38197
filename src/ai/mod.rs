//! What leaves the company for a language model: one client, one gate in front of it, one ledger behind it. Other rooms bring a
//! prompt and for whom it is; whether it may leave is decided here and nowhere else. Without a key everything else works.

mod client;
mod desk;
mod fault;
mod model;
mod pages;
mod redact;
mod routes;
mod sent;

pub use client::*;
pub use desk::{Desk, PageDesk};
pub use fault::{Fault, Reason};
pub use model::*;
pub use pages::{
    MAX_KEY_CHARS, MAX_MASKED_PATTERNS, MAX_MASKED_WORDS, MAX_MODELS, MAX_NAMED, MAX_PATTERN_CHARS, samples,
};
pub use redact::{ADDRESS, BadPattern, MAX_PATTERN_BYTES, Masks, SECRET, WORD, check_pattern};
pub use sent::*;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "ai", routes: routes::routes, nav: None };
