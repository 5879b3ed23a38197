//! The two texts made from the table of keys: the page of the docs and `tow.yaml.example`.

use super::keys::{Default, KEYS, Key, SECTIONS};
use super::{SECRETS, Setting};
use std::fmt::Write;

const INTRO: &str = "\
<!-- Made by bin/regenerate from src/config/keys.rs; edits here are lost. -->
# Configuration

What is not secret stands in `tow.yaml`: the file named by `--config`, else by `TOW_CONFIG_PATH`, else `tow.yaml` in the
current folder, which may be missing. Each key also has a variable, which wins over the file; an empty variable counts as
not set. A list in a variable is separated by commas. Variables are read from the environment and from `.env` in the
current folder; the environment wins. Relative paths start at the current folder.

A key nobody knows, a value of the wrong type or a combination that cannot work stops the start and is told with its line.
`tow config check` says the same without starting; `tow config show` prints every value with where it comes from.

Server admins see the same under *Settings, Configuration*, and change the file there, a section at a time. The file is changed on the lines of
the keys alone, so comments and order stay; it is checked as at a start before it is written, written whole or not at all, and the one
before stays beside it as `tow.yaml.previous`. What a variable sets cannot be changed there, and secrets are shown as set or not set. Where
the server may not write the file, or several instances run, the page shows the changed file to be copied. Each change asks once more who one is
and is an event of the audit trail, with the old and the new value. New values hold after a restart.
";

/// `docs/configuration.md`.
pub fn markdown() -> String {
    let mut out = INTRO.to_owned();
    for (section, doc) in SECTIONS {
        let _ = write!(out, "\n## {section}\n\n{doc}\n\n");
        out.push_str("| Key | Type | Default | Variable | What it does | Needs restart |\n|---|---|---|---|---|---|\n");
        for key in keys_of(section) {
            row(&mut out, key);
        }
    }
    out.push_str("\n## Secrets\n\nThey never stand in `tow.yaml`. Each may also come as a file: `APP_SECRET_FILE` names one that holds it.\n");
    out.push_str("Make `APP_SECRET` and `DATA_ENCRYPTION_KEY` with `openssl rand -hex 32`, each for itself.\n\n");
    out.push_str("| Variable | What it is |\n|---|---|\n");
    for secret in &SECRETS {
        let _ = writeln!(out, "| `{}` | {} |", secret.name, secret.doc);
    }
    out
}

fn row(out: &mut String, key: &Key) {
    let default = match key.default {
        Default::None => "not set".to_owned(),
        other => format!("`{}`", other.setting()),
    };
    let plain = key.plain_name.map(|name| format!(" or `{name}`")).unwrap_or_default();
    let effect = if key.effect.is_empty() { String::new() } else { format!(" *Changing it:* {}", key.effect) };
    let restart = if key.needs_restart { "yes" } else { "no" };
    let (name, label, variable, doc) = (key.name(), key.kind.label(), key.variable(), key.doc);
    let _ = writeln!(out, "| `{name}` | {label} | {default} | `{variable}`{plain} | {doc}{effect} | {restart} |");
}

const EXAMPLE_INTRO: &str = "\
# Configuration of TOW. Copy this file to tow.yaml and take the # off the keys you want to change; every key stands here
# with its default. Secrets (APP_SECRET, DATABASE_URL, passwords, keys) do not belong here: see .env.example.
# `tow config check` tells what is wrong, `tow config show` what is in force. docs/configuration.md says more.
# Made by bin/regenerate from src/config/keys.rs.
";

/// `tow.yaml.example`: a key's lines begin with `# ` after the indent, explanations with `## `.
pub fn example() -> String {
    let mut out = EXAMPLE_INTRO.to_owned();
    for (section, doc) in SECTIONS {
        let (indent, name) = match section.split_once('.') {
            Some((_, name)) => ("  ", name),
            None => ("", *section),
        };
        let _ = write!(out, "\n{indent}## {doc}\n{indent}{name}:\n");
        for key in keys_of(section) {
            commented(&mut out, &format!("{indent}  "), key);
        }
    }
    out
}

fn commented(out: &mut String, indent: &str, key: &Key) {
    for line in wrapped(key.doc, 110) {
        let _ = writeln!(out, "{indent}## {line}");
    }
    let _ = match key.default.setting() {
        Setting::Unset => writeln!(out, "{indent}# {}:", key.name()),
        setting => writeln!(out, "{indent}# {}: {setting}", key.name()),
    };
}

fn keys_of(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section() == section)
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.len() + word.len() < width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
