//! One file per ability.

mod mail;
mod me;
mod organisation;
mod password;
mod server;

pub use mail::*;
pub use me::*;
pub use organisation::*;
pub use password::*;
pub use server::*;
