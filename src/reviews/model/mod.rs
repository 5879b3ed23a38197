//! One file per ability.

mod access;
mod answer;
mod clock;
mod export;
mod notes;
mod review;

pub use access::*;
pub use clock::*;
pub use export::*;
pub use notes::*;
pub use review::*;
