//! The one way out. https and public addresses only, unless `security.outbound_allowed_hosts` names the host; the name is
//! resolved once and the address that was checked is the one connected to; each redirect is checked anew; time and size have limits.

mod address;
mod call;
mod client;
mod forward;
mod names;
mod socket;

pub use address::{Fence, is_on_the_web, is_public, plain};
pub use call::{Answer, Call, Fault};
pub use client::{Addresses, Lookup, Net};
pub use forward::{Arrived, Arriving, Departing, Patience, wait};
pub use names::{MAX_TEXTS, NAMES_SECONDS, Names};
pub use socket::{CLOSE_SECONDS, Line};

/// From the first packet to the last byte of the answer, unless the call says otherwise.
pub const TIMEOUT_SECONDS: u64 = 10;
/// For the connection alone, TLS included.
pub const CONNECT_SECONDS: u64 = 4;
/// Of an answer's body, unless the call says otherwise.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
