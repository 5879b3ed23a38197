//! One file per ability.

mod conflict;
mod overview;
mod place;
mod select;
mod token;
mod user;

pub use conflict::*;
pub use overview::*;
pub use select::Ask;
pub use token::*;
pub use user::*;
