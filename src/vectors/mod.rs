//! What is found by meaning: every record's words cut into passages, and the vectors a model made of them. Whether a text may leave
//! for the model is asked at the gate of `ai`; who may read what is found is part of each query, as in `search`.

mod jobs;
mod meaning;
mod model;
mod pages;
mod questions;
mod reembed;
mod routes;

pub use jobs::*;
pub use meaning::*;
pub use model::*;
pub use pages::samples;
pub use questions::{KEEP_MINUTES, Key, MAX_KEPT, Questions};
pub use reembed::*;

use crate::web::Feature;

pub const FEATURE: Feature = Feature { name: "vectors", routes: routes::routes, nav: None };
