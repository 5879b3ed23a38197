//! One file per ability.

mod change;
mod holds;
mod nearest;
mod passages;
mod sets;
mod state;
mod waiting;

pub use change::*;
pub use holds::*;
pub use nearest::*;
pub use passages::*;
pub use sets::*;
pub use state::*;
pub use waiting::*;
