//! One file per ability.

mod budget;
mod gate;
mod ledger;
mod policy;
mod standing;

pub use budget::*;
pub use gate::*;
pub use ledger::*;
pub use policy::*;
pub use standing::*;
