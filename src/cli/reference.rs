//! `docs/cli.md`, made from what clap knows.

use super::{Cli, failure::EXIT_CODES};
use clap::{Command, CommandFactory};
use std::fmt::Write;

/// Every visible command with its help, then the exit codes.
pub fn markdown() -> String {
    let mut out = "<!-- Made by bin/regenerate from src/cli/; edits here are lost. -->\n# Command line\n".to_owned();
    // A fixed width, because clap wraps to the terminal it finds.
    let mut tow = Cli::command().term_width(100);
    tow.build();
    section(&mut out, &mut tow, 2);
    out.push_str("\n## Exit codes\n\n| Code | Meaning |\n|---|---|\n");
    for (code, meaning) in EXIT_CODES {
        let _ = writeln!(out, "| {code} | {meaning} |");
    }
    out
}

fn section(out: &mut String, command: &mut Command, level: usize) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.clone().after_help("").render_help().to_string();
    let help: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
    let _ = write!(out, "\n{} {name}\n\n```text\n{}\n```\n", "#".repeat(level), help.join("\n"));
    for inner in command.get_subcommands_mut().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help") {
        section(out, inner, level + 1);
    }
}
