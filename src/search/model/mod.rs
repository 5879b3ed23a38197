//! One file per ability.

mod complete;
mod find;
mod index;
mod recent;
mod words;

pub use complete::*;
pub use find::*;
pub use index::*;
pub use recent::*;
pub use words::*;
