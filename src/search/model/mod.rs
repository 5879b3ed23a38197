//! One file per ability.

mod complete;
mod find;
mod index;
mod leaks;
mod read;
mod recent;
mod words;

pub use complete::*;
pub use find::*;
pub use index::*;
pub use leaks::*;
pub use read::*;
pub use recent::*;
pub use words::*;
