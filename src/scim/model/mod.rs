//! One file per ability.

mod conflict;
mod crowd;
mod group;
mod overview;
mod place;
mod rows;
mod select;
mod token;
mod user;

pub use conflict::*;
pub use crowd::{MAX_GROUP_MEMBERS, MAX_PAGE_MEMBERS, Tie};
pub use group::*;
pub use overview::*;
pub use rows::fits;
pub use select::Ask;
pub use token::*;
pub use user::*;
