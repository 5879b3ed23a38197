//! Where a value came from, and what is wrong with it, in words an operator can act on.

use std::fmt;
use std::path::PathBuf;

/// Where a value (or a problem) comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line (from 1) of `tow.yaml`.
    File { path: PathBuf, line: usize },
    /// A line (from 1) of `.env`.
    DotEnv { path: PathBuf, line: usize, name: String },
    /// A variable of the process.
    Environment { name: String },
}

impl Origin {
    /// True when an edit of `tow.yaml` would change nothing, because a variable wins over it.
    pub fn is_override(&self) -> bool {
        matches!(self, Origin::DotEnv { .. } | Origin::Environment { .. })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::DotEnv { path, line, name } => write!(f, "{}:{line} {name}", path.display()),
            Origin::Environment { name } => write!(f, "environment {name}"),
        }
    }
}

/// One reason not to start. Never holds the text of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    pub origin: Origin,
    /// The key (`runtime.bind`) or variable (`APP_SECRET`) it is about; empty for a whole file.
    pub key: String,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// The known key that looks most like the one given.
    pub nearest: Option<String>,
}

impl ConfigProblem {
    pub(super) fn new(origin: Origin, key: impl Into<String>, message: impl Into<String>) -> Self {
        ConfigProblem { origin, key: key.into(), message: message.into(), expected: None, nearest: None }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn nearest(mut self, nearest: Option<String>) -> Self {
        self.nearest = nearest;
        self
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin != Origin::Default {
            write!(f, "{}: ", self.origin)?;
        }
        f.write_str(&self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, " Expected: {expected}.")?;
        }
        match &self.nearest {
            Some(nearest) => write!(f, " Did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}
