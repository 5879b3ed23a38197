//! One file per ability.

mod add;
mod groups;
mod list;
mod place;
mod profile;

pub use add::*;
pub use groups::*;
pub use list::*;
pub use profile::*;
