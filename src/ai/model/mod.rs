//! One file per ability.

mod approvals;
mod budget;
mod gate;
mod ledger;
mod policy;
mod request;
mod standing;
mod turn;

pub use approvals::*;
pub use budget::*;
pub use gate::*;
pub use ledger::*;
pub use policy::*;
pub use request::*;
pub use standing::*;
pub use turn::*;
