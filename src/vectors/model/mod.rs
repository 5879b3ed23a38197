//! One file per ability.

mod passages;
mod sets;
mod state;
mod waiting;

pub use passages::*;
pub use sets::*;
pub use state::*;
pub use waiting::*;
