//! TOW: a private workspace server for one company. Three rings and an edge; imports point inward only
//! (`tests/architecture.rs` holds it). Each feature is one folder, complete; see STYLE.md.

// ground: knows no product word
/// The command line: one file per subcommand.
pub mod cli;
/// The only reader of the wall clock.
pub mod clock;
/// What the operator decides: tow.yaml and secrets, read once at start; the only reader of the environment.
pub mod config;
/// The one error, with nine kinds.
pub mod error;
/// Text that must not be printed.
pub mod secret;
/// Markdown, references, differences, parsed values, names of files, and reading of imports.
pub mod text;
