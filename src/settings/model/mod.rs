//! One file per ability.

mod me;
mod organisation;
mod password;

pub use me::*;
pub use organisation::*;
pub use password::*;
