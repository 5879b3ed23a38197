//! Who did what. Every verb ends here: the permit is settled by one activity row in the same transaction and, for a
//! privileged act, an audit event beside it. If it cannot be written, the act does not happen.

mod act;
mod chain;
mod counts;
mod cut;
mod model;
/// As it leaves in an export.
pub mod portable;

pub use act::*;
pub use chain::*;
pub use counts::{WINDOW_SECONDS, flush};
pub use cut::*;
pub use model::*;
