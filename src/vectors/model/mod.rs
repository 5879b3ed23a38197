//! One file per ability.

mod nearest;
mod passages;
mod sets;
mod state;
mod waiting;

pub use nearest::*;
pub use passages::*;
pub use sets::*;
pub use state::*;
pub use waiting::*;
