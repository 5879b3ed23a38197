//! What `tow config show` prints: every effective value with its origin, and of each secret only whether it is set.

use super::{Loaded, SECRETS};
use std::fmt::Write;

/// Lines for a person; never holds the text of a secret.
pub fn show(loaded: &Loaded) -> String {
    let mut out = String::new();
    let lines: Vec<_> =
        loaded.entries().map(|(key, setting, origin)| (key.path, setting.to_string(), origin)).collect();
    let name_width = lines.iter().map(|(path, ..)| path.len()).max().unwrap_or(0);
    let value_width =
        lines.iter().map(|(_, value, _)| value.chars().count()).filter(|width| *width <= 40).max().unwrap_or(0);
    for (path, value, origin) in lines {
        let _ = writeln!(out, "{path:name_width$}  {value:value_width$}  ({origin})");
    }
    out.push('\n');
    for secret in &SECRETS {
        let _ = match loaded.secrets.origin(secret.name) {
            Some(origin) => writeln!(out, "{:name_width$}  {:value_width$}  ({origin})", secret.name, "set"),
            None => writeln!(out, "{:name_width$}  not set", secret.name),
        };
    }
    out
}
