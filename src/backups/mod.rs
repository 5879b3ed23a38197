//! A copy of everything that can be brought back: the database as one instant saw it, the uploads that it names, and a manifest that
//! says what a restore needs. Made, checked and restored from the command line only, by who has a shell on the machine.

mod address;
mod check;
mod create;
mod dump;
mod fault;
mod manifest;
mod model;
mod part;
mod restore;
mod sets;
mod uploads;

pub use address::Address;
pub use check::{Checked, check};
pub use create::{Made, create, write};
pub use fault::Fault;
pub use manifest::{Manifest, Place};
pub use model::*;
pub use part::Identity;
pub use restore::{Restored, restore};
pub use sets::{Directory, Set};
