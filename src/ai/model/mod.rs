//! One file per ability.

mod budget;
mod gate;
mod ledger;
mod policy;

pub use budget::*;
pub use gate::*;
pub use ledger::*;
pub use policy::*;
