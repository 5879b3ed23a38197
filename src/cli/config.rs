//! `tow config check | show`: what is wrong, and what is in force. `reference` prints the generated texts.

use super::{Failure, say};
use crate::config::{self, Loaded};
use clap::{Subcommand, ValueEnum};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Tell everything that is wrong with the configuration, or that nothing is
    Check,
    /// Print every value in force and where it comes from; secrets only as set or not set
    Show,
    /// Print a text that bin/regenerate keeps in the repository
    #[command(hide = true)]
    Reference {
        #[arg(default_value = "configuration")]
        page: Page,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Page {
    /// docs/configuration.md
    Configuration,
    /// tow.yaml.example
    Example,
    /// docs/cli.md
    Cli,
    /// docs/permissions.md
    Permissions,
    /// docs/production.md
    Production,
    /// docs/what-leaves.md
    Leaves,
}

/// `load` is not called for the reference, which must work without any configuration.
pub fn run(args: Args, load: impl FnOnce() -> Result<Loaded, Failure>) -> Result<(), Failure> {
    match args.act {
        Act::Check => check(&load()?),
        Act::Show => say(&config::show(&load()?)),
        Act::Reference { page: Page::Configuration } => say(&config::markdown()),
        Act::Reference { page: Page::Example } => say(&config::example()),
        Act::Reference { page: Page::Cli } => say(&super::markdown()),
        Act::Reference { page: Page::Permissions } => say(&crate::access::reference::markdown()),
        Act::Reference { page: Page::Leaves } => say(&crate::outbound::markdown()),
        Act::Reference { page: Page::Production } => say(&crate::reviews::markdown()),
    }
}

fn check(loaded: &Loaded) -> Result<(), Failure> {
    let from = match &loaded.config_path {
        Some(path) => path.display().to_string(),
        None => "no file, so every key stands at its default or its variable".to_owned(),
    };
    let warnings = match loaded.warnings.len() {
        0 => String::new(),
        1 => " There is 1 warning; see above.".to_owned(),
        number => format!(" There are {number} warnings; see above."),
    };
    say(&format!("The configuration is right ({from}).{warnings}\n"))
}
