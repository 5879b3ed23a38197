//! The whole organisation as one file: out, for who leaves or keeps a copy, and back into an empty server. What a file holds is
//! declared by each room in its `portable.rs`; the form is documented in docs/export-format.md.

mod model;

pub use model::*;
