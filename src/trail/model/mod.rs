//! One file per ability.

mod event;
mod export;
mod filter;
mod names;
mod send;
mod stream;

pub use event::*;
pub use export::*;
pub use filter::*;
pub use names::*;
pub use send::*;
pub use stream::*;
