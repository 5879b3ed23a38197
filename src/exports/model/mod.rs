//! One file per ability.

mod asked;
mod read;
mod rows;
mod sections;
mod write;

pub use asked::*;
pub use read::*;
pub use sections::*;
pub use write::*;
