//! What comes of an answer. It is the model's words, which a hostile text may have put into its mouth: what does not fit the shape is
//! refused, what names no record that went in is dropped, and the rest is proposed.

use super::shape::misfit;
use super::task::{Matter, Task, memory_shape, snapshot_shape};
use crate::access::{Actor, Place};
use crate::db::Tx;
use crate::diffs::{Diff, Found, MAX_CHANGES, Origin, read_statements};
use crate::docs::Doc;
use crate::error::Result;
use crate::memory::{self, MAX_PASSAGE_CHARS};
use crate::snapshots::{NewSnapshot, Part};
use crate::text::value::Title;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Of what a run says.
pub const MAX_RESULT_BYTES: usize = 256 * 1024;
/// Of one statement of a snapshot.
pub const MAX_STATEMENT_CHARS: usize = 500;
pub const MAX_HEADING_CHARS: usize = 80;
/// Of a snapshot.
pub const MAX_PARTS: usize = 12;
/// Of one section.
pub const MAX_STATEMENTS: usize = 30;

/// An answer that fits.
pub enum Made {
    Memory(Vec<Found>),
    Snapshot(Vec<Part>),
    Words(String),
}

/// Why it does not, in words made of our own names; `Uncited` when nothing of it says where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Odd {
    Shape(String),
    Uncited,
}

pub fn read(task: &Task, said: &str) -> Result<Made, Odd> {
    let said = said.replace('\0', "");
    if said.len() > MAX_RESULT_BYTES {
        return Err(Odd::Shape("the answer is too long".to_owned()));
    }
    let json = |shape: &Value| {
        let value: Value = serde_json::from_str(&said).map_err(|_| Odd::Shape("the answer is not JSON".to_owned()))?;
        misfit(shape, &value, "answer").map_or(Ok(value), |about| Err(Odd::Shape(about)))
    };
    match &task.matter {
        Matter::Memory(doc) => Ok(Made::Memory(statements(doc, &json(&memory_shape())?))),
        Matter::Snapshot { .. } => {
            let parts = parts(&json(&snapshot_shape())?, &task.sent());
            if parts.is_empty() { Err(Odd::Uncited) } else { Ok(Made::Snapshot(parts)) }
        }
        Matter::Json(shape) => {
            let value = json(shape)?;
            Ok(Made::Words(serde_json::to_string_pretty(&value).unwrap_or(said)))
        }
        Matter::Words | Matter::Said(_) if said.trim().is_empty() => Err(Odd::Shape("the answer is empty".to_owned())),
        Matter::Words | Matter::Said(_) => Ok(Made::Words(said.trim().to_owned())),
    }
}

/// What the rules make where no model is asked; None for what only a model can.
pub fn by_rules(task: &Task) -> Option<Made> {
    match &task.matter {
        Matter::Memory(doc) => Some(Made::Memory(read_statements(&doc.body).into_iter().take(MAX_CHANGES).collect())),
        Matter::Snapshot { sections, .. } => {
            let part = |(heading, all): &(String, Vec<crate::snapshots::Statement>)| Part {
                heading: heading.clone(),
                statements: all.iter().map(|one| (one.title.clone(), vec![(one.display_id.clone(), one.id)])).collect(),
            };
            Some(Made::Snapshot(sections.iter().map(part).collect()))
        }
        Matter::Said(said) => Some(Made::Words(said.clone())),
        Matter::Words | Matter::Json(_) => None,
    }
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn words<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// In one line, without what no record may hold.
fn flat(text: &str) -> String {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    plain.chars().filter(|letter| !letter.is_control()).collect()
}

/// Those whose passage stands in the page, each title once.
fn statements(doc: &Doc, said: &Value) -> Vec<Found> {
    let body = flat(&doc.body);
    let mut found: Vec<Found> = Vec::new();
    for item in list(said, "items") {
        let passage: String = flat(words(item, "passage")).chars().take(MAX_PASSAGE_CHARS).collect();
        let kind = memory::Type::parse(words(item, "type"));
        let title = Title::parse(&flat(words(item, "statement"))).ok();
        let (Some(kind), Some(title)) = (kind, title) else { continue };
        let is_new = !found.iter().any(|other| other.title.as_str().to_lowercase() == title.as_str().to_lowercase());
        if is_new && !passage.is_empty() && body.contains(&passage) {
            found.push(Found { kind, title, passage });
        }
    }
    found
}

/// Statements with the records they name, as far as those went in; without any they are left out.
fn parts(said: &Value, sources: &BTreeMap<String, Uuid>) -> Vec<Part> {
    let cut = |text: &str, most: usize| flat(text).chars().take(most).collect::<String>();
    let statement = |one: &Value| {
        let text = cut(words(one, "text"), MAX_STATEMENT_CHARS);
        let mut cited: Vec<(String, Uuid)> = Vec::new();
        for name in list(one, "sources").iter().filter_map(Value::as_str) {
            let name = name.trim().trim_matches(['[', ']']).to_uppercase();
            let known = sources.get(&name).map(|id| (name, *id));
            cited.extend(known.filter(|known| !cited.contains(known)));
        }
        (!text.is_empty() && !cited.is_empty()).then_some((text, cited))
    };
    let part = |section: &Value| Part {
        heading: cut(words(section, "heading"), MAX_HEADING_CHARS),
        statements: list(section, "statements").iter().filter_map(statement).take(MAX_STATEMENTS).collect(),
    };
    let all = list(said, "sections").iter().map(part);
    all.filter(|part| !part.heading.is_empty() && !part.statements.is_empty()).take(MAX_PARTS).collect()
}

impl Made {
    /// As the run keeps it.
    pub fn text(&self) -> String {
        let text = match self {
            Made::Words(words) => words.clone(),
            Made::Memory(found) => {
                let line = |one: &Found| format!("- {}: {}\n  > {}", one.kind, one.title.as_str(), one.passage);
                found.iter().map(line).collect::<Vec<_>>().join("\n")
            }
            Made::Snapshot(parts) => parts.iter().map(Part::text).collect::<Vec<_>>().join("\n\n"),
        };
        if text.is_empty() {
            return crate::ui::text("agent-nothing");
        }
        // What the rules list may be long; the rest stands where it was proposed.
        text.get(..text.floor_char_boundary(MAX_RESULT_BYTES)).unwrap_or_default().to_owned()
    }
}

/// Proposes what was made, as the place itself: for people to decide. The diff and the snapshot that came of it.
pub fn propose(
    tx: &mut Tx,
    place: Place,
    matter: &Matter,
    made: &Made,
    by_rules: bool,
) -> Result<(Option<Uuid>, Option<Uuid>)> {
    let me = Actor::of_scope(tx, place)?;
    match (matter, made) {
        (Matter::Memory(doc), Made::Memory(found)) => {
            let origin = if by_rules { Origin::Page } else { Origin::Agent };
            let diff = Diff::of_page(tx, &me, doc, (origin, found.clone()))?;
            Ok((diff.map(|diff| diff.id.0), None))
        }
        (Matter::Snapshot { kind, since, .. }, Made::Snapshot(parts)) => {
            let since: DateTime<Utc> = *since;
            let snapshot = NewSnapshot { place, kind: *kind }.write(tx, &me, since, parts)?;
            Ok((None, Some(snapshot.record.id.0)))
        }
        _ => Ok((None, None)),
    }
}
