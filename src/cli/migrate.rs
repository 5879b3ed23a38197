//! `tow migrate`: brings the database up to date, and says what it did.

use super::serve::Database;
use super::{Failure, say};
use crate::config::Loaded;
use crate::db::embedded::check_extensions;
use crate::db::migrate;

pub fn run(loaded: &Loaded) -> Result<(), Failure> {
    let database = Database::open_as_is(loaded)?;
    let mut conn = database.connect()?;
    check_extensions(&mut conn).map_err(|error| Failure::Failed(error.to_string()))?;
    let report = migrate::run(&mut conn).map_err(|error| Failure::Failed(error.to_string()))?;
    match report.applied.as_slice() {
        [] => say("The database is up to date.\n"),
        applied => say(&format!("Applied:\n  {}\n", applied.join("\n  "))),
    }
}
