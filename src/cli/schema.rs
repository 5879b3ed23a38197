//! `tow schema`: prints src/schema.rs for the database that is configured. For `bin/regenerate`.

use super::serve::Database;
use super::{Failure, say};
use crate::config::Loaded;
use crate::db::schema_file::schema_file;

pub fn run(loaded: &Loaded) -> Result<(), Failure> {
    let database = Database::open(loaded)?;
    let text = schema_file(&mut database.connect()?).map_err(|error| Failure::Failed(error.to_string()))?;
    say(&text)
}
