//! `tow completions SHELL`: a script that completes our commands.

use super::{Cli, Failure, say};
use clap::CommandFactory;
use clap_complete::{Shell, generate};

#[derive(clap::Args)]
pub struct Args {
    /// The shell to complete in
    pub shell: Shell,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "tow", &mut script);
    say(&String::from_utf8_lossy(&script))
}
