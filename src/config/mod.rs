//! What the operator decides, read once at start: `tow.yaml` for what is not secret, `.env` or the environment for
//! secrets. Defaults ← YAML ← environment. Everything that is wrong is told at once, each with its place, what was
//! expected and the nearest known key; nothing else in the program reads the environment.

mod checks;
mod cidr;
mod closed;
mod dotenv;
mod edit;
mod keep;
mod keys;
mod kinds;
mod layers;
mod problem;
mod reference;
mod secrets;
mod sections;
mod show;
mod strength;
mod yaml;

pub use cidr::Cidr;
pub use closed::Private;
pub use edit::{Change, Unsure, edit, said};
pub use keep::{PREVIOUS_END, can_keep, keep, previous};
pub use keys::{KEYS, Key, SECTIONS};
pub use kinds::{Kind, Setting};
pub use layers::{Loaded, Source, load, load_text};
pub use problem::{ConfigProblem, Origin};
pub use reference::{example, markdown};
pub use secrets::{SECRETS, SecretKey, Secrets};
pub use sections::*;
pub use show::show;
pub use strength::{MIN_SECRET_CHARS, Weakness, weakness};

use std::path::PathBuf;

/// The file read when neither `--config` nor `TOW_CONFIG_PATH` names one; it may be missing.
pub const DEFAULT_FILE: &str = "tow.yaml";
/// Read from the current folder when it is there; the environment wins over it.
pub const DOTENV_FILE: &str = ".env";

/// Loads from this process: its arguments, its environment, its current folder. The only reader of the environment.
#[expect(clippy::disallowed_methods, reason = "the one place that may")]
pub fn from_process(config_path: Option<PathBuf>) -> Result<Loaded, Vec<ConfigProblem>> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    load(&Source { config_path, folder: PathBuf::new(), env: std::env::vars_os().filter_map(text).collect() })
}
