//! What comes from elsewhere: tables of work, folders of pages. First looked at, with every problem by its line; then made in one
//! transaction, or not at all.

mod model;

pub use model::*;
