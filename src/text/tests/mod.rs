//! What the room of text promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod catalogue;
mod diffs;
mod hostile;
mod imports;
mod markdown;
mod names;
mod passages;
mod tables;
mod values;
