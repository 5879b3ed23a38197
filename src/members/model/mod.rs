//! One file per ability.

mod account;
mod add;
mod explain;
mod groups;
mod list;
mod place;
mod profile;
mod roles;
mod server_admin;

pub use add::*;
pub use explain::*;
pub use groups::*;
pub use list::*;
pub use profile::*;
pub use roles::*;
