//! Where content lies: in a folder, or in the bucket of any store that speaks S3. Content is kept under its SHA-256, so that writing
//! it twice changes nothing; exports and uploads that wait for an answer have names of their own. What is written is whole or absent.

mod bucket;
mod glance;
mod remote;
mod store;
mod way;

pub use remote::{PATIENCE_SECONDS, Remote, SENDING_SECONDS, TRIES};
pub use store::{Pieces, Reading, Store, writable};

/// A file up to this size is sent in one request, a larger one in parts of this size; so much of it is in memory.
pub const PART_BYTES: u64 = 8 * 1024 * 1024;
/// Names that are read from a bucket at a time.
pub const LISTED: usize = 1000;
/// What a look at the store found is told again for so long.
pub const GLANCE_SECONDS: u64 = 30;
/// A probe does not wait longer for a store that does not answer: a balancer would give up on the whole server.
pub const GLANCE_WAIT: std::time::Duration = std::time::Duration::from_secs(2);

/// Whether names can begin with this as it is written: the library of buckets, or a store, makes another of some letters and of empty
/// parts, and what was written would not be found again.
pub fn is_plain_prefix(text: &str) -> bool {
    let trimmed = text.trim_matches('/');
    object_store::path::Path::from(trimmed).as_ref() == trimmed
}
