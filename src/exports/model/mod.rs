//! One file per ability.

mod read;
mod rows;
mod sections;
mod write;

pub use read::*;
pub use sections::*;
pub use write::*;
