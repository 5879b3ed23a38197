//! One file per ability.

mod account;
mod explain;
mod groups;
mod list;
mod one_time;
mod place;
mod profile;
mod provided;
mod roles;
mod server_admin;

pub use explain::*;
pub use groups::*;
pub use list::*;
pub use one_time::*;
pub use profile::*;
pub use roles::*;
