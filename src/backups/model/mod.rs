//! What a backup asks the database, and the rows that remember one.

mod rows;
mod snapshot;
mod target;

pub use rows::{Last, OLD_BACKUP_DAYS, last, note_made, note_restored};
pub use snapshot::{Blob, Snapshot};
pub use target::Target;
