//! Why a backup could not be made, is not whole or was not restored: sentences for who sits at the terminal.

use crate::db::embedded::EmbeddedError;
use crate::db::migrate::MigrateError;
use crate::error::Error;
use std::fmt;
use std::path::Path;

#[derive(Debug)]
pub enum Fault {
    /// What happened and what to do.
    Said(String),
    /// What the rest of the house answered.
    House(Error),
}

pub type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    pub fn said(words: impl Into<String>) -> Fault {
        Fault::Said(words.into())
    }

    /// For `map_err`: which file, and what was being done to it.
    pub fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Fault {
        let path = path.display().to_string();
        move |why| Fault::Said(format!("{path} could not be {doing}: {why}."))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Said(words) => f.write_str(words),
            Fault::House(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::House(error)
    }
}

impl From<EmbeddedError> for Fault {
    fn from(error: EmbeddedError) -> Self {
        Fault::Said(error.to_string())
    }
}

impl From<MigrateError> for Fault {
    fn from(error: MigrateError) -> Self {
        Fault::Said(error.to_string())
    }
}
