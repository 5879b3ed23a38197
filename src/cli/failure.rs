//! How a command can fail, and what the shell gets to see of it.

use crate::config::ConfigProblem;
use crate::error::Error;
use crate::ui::say;
use std::fmt;
use std::process::ExitCode;

/// What `tow` leaves with, and what it means; shown by `--help` and in docs/cli.md.
pub const EXIT_CODES: [(u8, &str); 5] = [
    (0, "it worked"),
    (1, "it did not work, or a check found something wrong"),
    (2, "the command line was wrong"),
    (69, "something it needs is away (the database, a disk); a later try may work"),
    (78, "the configuration is wrong; nothing was started or changed"),
];

#[derive(Debug)]
pub enum Failure {
    /// What happened and what to do, in sentences.
    Failed(String),
    /// Arguments that clap lets pass and that still make no sense.
    Usage(String),
    /// Worth a later try.
    Away(String),
    Configuration(Vec<ConfigProblem>),
}

impl Failure {
    pub fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Away(_) => 69,
            Failure::Configuration(_) => 78,
        }
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Failed(text) | Failure::Usage(text) | Failure::Away(text) => f.write_str(text),
            Failure::Configuration(problems) => {
                let number = problems.len();
                let s = if number == 1 { "" } else { "s" };
                write!(f, "The configuration has {number} problem{s}; nothing was started.")?;
                problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Away(why) => Failure::Away(format!("Something the server needs is away: {why}.")),
            Error::Forbidden(msg) => Failure::Failed(say(&msg)),
            Error::Invalid(problems) => {
                let lines: Vec<String> = problems.iter().map(|(_, msg)| say(msg)).collect();
                Failure::Failed(lines.join("\n"))
            }
            other => Failure::Failed(other.to_string()),
        }
    }
}

/// The end of `tow --help`.
pub fn help() -> String {
    let lines: Vec<_> = EXIT_CODES.iter().map(|(code, meaning)| format!("  {code:>2}  {meaning}")).collect();
    format!("Exit codes:\n{}", lines.join("\n"))
}
