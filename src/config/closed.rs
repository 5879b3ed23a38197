//! Files of the server that nobody else on its machine may read.

use crate::config::{Config, DOTENV_FILE};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// One of them, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Private {
    pub name: &'static str,
    pub path: PathBuf,
    /// The bits of its mode that must not be set.
    forbidden: u32,
}

impl Private {
    /// `.env`, the data folder and the files of the embedded database.
    pub fn all(config: &Config) -> [Private; 3] {
        let data = &config.runtime.data_dir;
        let of = |name, path: &Path, forbidden| Private { name, path: path.to_owned(), forbidden };
        [
            of(".env is closed to others", Path::new(DOTENV_FILE), 0o077),
            // Its group may pass through: PostgreSQL runs as another user when TOW runs as root.
            of("data is closed to others", data, 0o067),
            of("PostgreSQL's files are closed to others", &data.join("postgres"), 0o067),
        ]
    }

    /// Its mode, when others may read it. What is not there is not open.
    pub fn open_mode(&self) -> Option<u32> {
        let mode = std::fs::metadata(&self.path).ok()?.permissions().mode();
        (mode & self.forbidden != 0).then_some(mode & 0o7777)
    }
}
