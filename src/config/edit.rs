//! Changing `tow.yaml` as a person would: one value on its line, everything else as it was, comments and order too. The libraries that
//! keep comments keep a whole syntax tree for it; this file has keys in sections, and nothing more is ever written into it. What came
//! out is read again and must say what was meant and nothing else; where it does not (a section in braces, an anchor), nothing is
//! changed.

use super::layers::{Draft, TextFile};
use super::{Key, Origin, Setting, yaml};
use saphyr::{LoadableYamlNode, MarkedYaml, YamlData};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Spaces a section's keys stand in.
const STEP: usize = 2;

/// A key and what it shall say; None takes it out, so that its default holds.
pub type Change = (&'static Key, Option<Setting>);

/// The file is written in a way that this cannot change safely; a person can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsure;

/// The text with these changes. The text must be right as it is.
pub fn edit(text: &str, changes: &[Change]) -> Result<String, Unsure> {
    let mut lines = Lines::of(text);
    for (key, setting) in changes {
        match setting {
            Some(setting) => lines.set(key, setting)?,
            None => lines.remove(key)?,
        }
    }
    let changed = lines.text();
    let mut meant = said(text)?;
    for (key, setting) in changes {
        match setting {
            Some(setting) => meant.insert(key.path, setting.clone()),
            None => meant.remove(key.path),
        };
    }
    if said(&changed)? == meant { Ok(changed) } else { Err(Unsure) }
}

/// What a file says of each key that stands in it.
pub fn said(text: &str) -> Result<BTreeMap<&'static str, Setting>, Unsure> {
    let mut draft = Draft::new();
    yaml::read(&TextFile { path: PathBuf::new(), text: text.to_owned() }, &mut draft);
    if !draft.problems.is_empty() {
        return Err(Unsure);
    }
    let from_file = draft.values.into_iter().filter(|(_, value)| matches!(value.origin, Origin::File { .. }));
    Ok(from_file.map(|(path, value)| (path, value.setting)).collect())
}

struct Lines {
    lines: Vec<String>,
    end: &'static str,
}

/// Where a key stands: its line from 0, and how far in.
#[derive(Debug, Clone, Copy)]
struct Spot {
    line: usize,
    indent: usize,
}

/// How far a path leads into the file.
enum Found {
    Key(Spot),
    /// The nearest section that is there (None: not even the first), and the first key in it; how many parts of the path it is.
    Section {
        depth: usize,
        at: Option<Spot>,
        child: Option<usize>,
    },
}

impl Lines {
    fn of(text: &str) -> Lines {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Lines { lines: text.lines().map(str::to_owned).collect(), end }
    }

    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}{}", self.end)).collect()
    }

    fn set(&mut self, key: &Key, setting: &Setting) -> Result<(), Unsure> {
        match self.find(key.path)? {
            Found::Key(spot) => self.replace(spot, key.name(), setting),
            Found::Section { depth, at, child } => {
                self.insert(key.path, setting, depth, at, child);
                Ok(())
            }
        }
    }

    fn remove(&mut self, key: &Key) -> Result<(), Unsure> {
        if let Found::Key(spot) = self.find(key.path)? {
            self.lines.drain(spot.line..self.end_of(spot));
        }
        Ok(())
    }

    fn find(&self, path: &str) -> Result<Found, Unsure> {
        let text = self.text();
        let documents = MarkedYaml::load_from_str(&text).map_err(|_| Unsure)?;
        let Some(mut node) = documents.first() else {
            return Ok(Found::Section { depth: 0, at: None, child: None });
        };
        let (mut at, parts) = (None, path.split('.').collect::<Vec<_>>());
        for (depth, part) in parts.iter().enumerate() {
            let YamlData::Mapping(map) = &node.data else { return Ok(Found::Section { depth, at, child: None }) };
            let Some((found, value)) = map.iter().find(|(name, _)| name.data.as_str() == Some(part)) else {
                let child = map.iter().next().map(|(name, _)| name.span.start.col());
                return Ok(Found::Section { depth, at, child });
            };
            let line = found.span.start.line().checked_sub(1).ok_or(Unsure)?;
            let indent = self.indent(line).ok_or(Unsure)?;
            // In braces several keys share a line, and a line is what is changed here.
            if indent != found.span.start.col() {
                return Err(Unsure);
            }
            at = Some(Spot { line, indent });
            node = value;
        }
        at.map(Found::Key).ok_or(Unsure)
    }

    /// None for an empty line or a comment.
    fn indent(&self, line: usize) -> Option<usize> {
        let text = self.lines.get(line)?;
        let rest = text.trim_start();
        (!rest.is_empty() && !rest.starts_with('#')).then(|| text.len() - rest.len())
    }

    /// The line after the last that belongs to the key; comments and empty lines at the end belong to what follows.
    fn end_of(&self, spot: Spot) -> usize {
        let mut end = spot.line + 1;
        for line in spot.line + 1..self.lines.len() {
            let Some(indent) = self.indent(line) else { continue };
            let is_item =
                indent == spot.indent && self.lines.get(line).is_some_and(|text| text.trim_start().starts_with("- "));
            if indent <= spot.indent && !is_item {
                break;
            }
            end = line + 1;
        }
        end
    }

    fn replace(&mut self, spot: Spot, name: &str, setting: &Setting) -> Result<(), Unsure> {
        let line = self.lines.get(spot.line).ok_or(Unsure)?.clone();
        let after = line.get(spot.indent..).and_then(|rest| rest.split_once(':')).ok_or(Unsure)?.1;
        let (value, comment) = split_comment(after);
        let end = self.end_of(spot);
        let pad = " ".repeat(spot.indent);
        let space = if comment.is_empty() { "" } else { " " };
        let items = self.lines.get(spot.line + 1..end).unwrap_or_default().to_vec();
        let new = match setting {
            Setting::List(entries) if value.trim().is_empty() && !items.is_empty() && !entries.is_empty() => {
                [vec![line], block(&items, entries)].concat()
            }
            setting => vec![format!("{pad}{name}: {setting}{space}{comment}")],
        };
        self.lines.splice(spot.line..end, new);
        Ok(())
    }

    /// After the last line of its section; a section that is missing is made, at the end of what is there.
    fn insert(&mut self, path: &str, setting: &Setting, depth: usize, at: Option<Spot>, child: Option<usize>) {
        let mut indent = child.unwrap_or_else(|| at.map_or(0, |spot| spot.indent + STEP));
        let mut new = Vec::new();
        let parts: Vec<&str> = path.split('.').skip(depth).collect();
        for (number, part) in parts.iter().enumerate() {
            let pad = " ".repeat(indent);
            let is_last = number + 1 == parts.len();
            new.push(if is_last { format!("{pad}{part}: {setting}") } else { format!("{pad}{part}:") });
            indent += STEP;
        }
        let end = at.map_or(self.lines.len(), |spot| self.end_of(spot));
        self.lines.splice(end..end, new);
    }
}

/// Entries that were there keep their line, and the comments above it.
fn block(items: &[String], entries: &[String]) -> Vec<String> {
    let is_item = |line: &&String| line.trim_start().starts_with("- ");
    let pad = items.iter().find(is_item).map_or(STEP, |line| line.len() - line.trim_start().len());
    let mut old: Vec<(String, Vec<String>)> = Vec::new();
    let mut held = Vec::new();
    for line in items {
        held.push(line.clone());
        if is_item(&line) {
            let value = split_comment(line.trim_start().get(1..).unwrap_or_default()).0;
            old.push((value.trim().trim_matches(['"', '\'']).to_owned(), std::mem::take(&mut held)));
        }
    }
    let mut lines = Vec::new();
    for entry in entries {
        match old.iter().position(|(value, _)| value == entry) {
            Some(at) => lines.extend(old.remove(at).1),
            None => lines.push(format!("{}- {}", " ".repeat(pad), Setting::Text(entry.clone()))),
        }
    }
    lines
}

/// What stands after the colon, and the comment with its sign. A sign inside quotes begins none.
fn split_comment(text: &str) -> (&str, &str) {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (None, '#') if before.is_whitespace() => return text.split_at(at),
            (None, '"' | '\'') if before.is_whitespace() || "[,".contains(before) => quote = Some(letter),
            (Some(open), close) if open == close && before != '\\' => quote = None,
            _ => {}
        }
        before = letter;
    }
    (text, "")
}
