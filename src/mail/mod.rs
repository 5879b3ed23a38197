//! Mails the server sends: written as letters, put into the queue in the caller's transaction, handed over by a worker. Who reads
//! the log learns that a mail was made, never to whom or what it says. A secret (a link with a token) never lies in the queue: the
//! job that sends it makes it, and calls `deliver` itself.

mod letter;
mod post;
mod transport;

pub use letter::*;
pub use post::*;
pub use transport::{FOLDER, check, is_kept};
