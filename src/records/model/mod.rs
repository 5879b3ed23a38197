//! One file per ability.

mod activity;
mod cells;
mod fields;
mod links;
mod list;
mod many;
mod parent;
mod rank;
mod references;
mod sort;
mod tags;
mod texts;
mod views;
mod watching;

pub use activity::*;
pub use cells::*;
pub use fields::*;
pub use links::*;
pub use list::*;
pub use many::*;
pub use parent::*;
pub use rank::*;
pub use references::*;
pub use sort::{BY_CREATED, BY_TITLE, BY_UPDATED, Sort};
pub use tags::*;
pub use texts::*;
pub use views::*;
