//! The command line: one file per subcommand. `main.rs` parses, calls `run` and leaves with the code of the failure.
//! A subcommand is a struct of arguments with `pub fn run(args, loaded) -> Result<(), Failure>`; it gets the loaded
//! configuration and prints through `say`, so that a closed pipe is no panic.

pub mod audit;
pub mod backup;
pub mod completions;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod eval;
pub mod export;
mod failure;
pub mod import;
pub mod migrate;
mod progress;
pub mod reembed;
mod reference;
pub mod schema;
pub mod secrets;
pub mod serve;
mod tidy;
pub mod tls;
pub mod user;

pub use failure::{EXIT_CODES, Failure};
pub use reference::markdown;

use crate::config::{Loaded, from_process};
use clap::{Parser, Subcommand};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "tow", version, about = "A private workspace server for one company.", after_help = failure::help())]
pub struct Cli {
    /// The configuration file [default: TOW_CONFIG_PATH, else ./tow.yaml]
    #[arg(long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the server
    Serve(serve::Args),
    /// Bring the database up to date
    Migrate,
    /// Fill an empty server with a believable company
    Demo,
    /// Make accounts, and help who is locked out
    User(user::Args),
    /// Write the whole organisation into one file
    Export(export::Args),
    /// Bring in an export, pages or tickets
    Import(import::Args),
    /// Make a backup, check one, or bring one back
    Backup(backup::Args),
    /// Verify the audit trail, or cut its oldest part
    Audit(audit::Args),
    /// Check everything a support person asks
    Doctor(doctor::Args),
    /// Make the vectors of search by meaning anew, after another model was configured
    Reembed(reembed::Args),
    /// Ask search questions with known answers, as the people who would, and see that nothing leaks
    Eval(eval::Args),
    /// Change the key of stored secrets, and see how old each secret is
    Secrets(secrets::Args),
    /// Print src/schema.rs for this database
    #[command(hide = true)]
    Schema,
    /// Look at the configuration without starting anything
    Config(config::Args),
    /// Print a completion script for your shell
    Completions(completions::Args),
}

/// Runs one subcommand to its end.
pub fn run(cli: Cli) -> Result<(), Failure> {
    let load = || loaded(cli.config.clone());
    match cli.command {
        Command::Serve(args) => serve::run(args, &load()?),
        Command::Migrate => migrate::run(&load()?),
        Command::Demo => demo::run(&load()?),
        Command::User(args) => user::run(args, &load()?),
        Command::Export(args) => export::run(args, &load()?),
        Command::Import(args) => import::run(args, &load()?),
        Command::Backup(args) => backup::run(args, &load()?),
        Command::Audit(args) => audit::run(args, &load()?),
        Command::Doctor(args) => doctor::run(args, &load()?),
        Command::Reembed(args) => reembed::run(args, &load()?),
        Command::Eval(args) => eval::run(args, &load()?),
        Command::Secrets(args) => secrets::run(args, &load()?),
        Command::Schema => schema::run(&load()?),
        Command::Config(args) => config::run(args, load),
        Command::Completions(args) => completions::run(args),
    }
}

/// The configuration of this process; its warnings go to standard error, loudly, before anything else happens.
fn loaded(config_path: Option<PathBuf>) -> Result<Loaded, Failure> {
    let loaded = from_process(config_path).map_err(Failure::Configuration)?;
    for warning in &loaded.warnings {
        warn(warning);
    }
    Ok(loaded)
}

/// Prints to standard output. Who stops reading (`| head`) ends us quietly.
pub fn say(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("Writing failed: {error}.")))
        }
        _ => Ok(()),
    }
}

/// A line on standard error that nothing but a reader needs.
pub fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "WARNING: {text}");
}

/// The same, when nothing is wrong.
fn warn_plain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
