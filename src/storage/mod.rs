//! Where content lies: in a folder, or in the bucket of any store that speaks S3. Content is kept under its SHA-256, so that writing
//! it twice changes nothing; exports and uploads that wait for an answer have names of their own. What is written is whole or absent.

mod bucket;
mod remote;
mod store;
mod way;

pub use remote::{PATIENCE_SECONDS, Remote, SENDING_SECONDS, TRIES};
pub use store::{Pieces, Reading, Store, writable};

/// A file up to this size is sent in one request, a larger one in parts of this size; so much of it is in memory.
pub const PART_BYTES: u64 = 8 * 1024 * 1024;
/// Names that are read from a bucket at a time.
pub const LISTED: usize = 1000;
