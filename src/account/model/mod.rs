//! Links in mails: made by the job that sends them, and gone once used.

mod address;
mod asking;
mod reset;
mod sign_up;

pub use address::*;
pub use asking::*;
pub use reset::*;
pub use sign_up::*;

use crate::db::Tx;
use crate::error::Result;
use crate::people::AccountLink;

/// What no longer works is forgotten.
pub fn forget_links(tx: &mut Tx) -> Result<usize> {
    AccountLink::forget_old(tx)
}
