//! What could be typed next: fields, operators, values of the field, and what joins conditions.

use super::field::{Choice, Field, Is, Type};
use super::lexer::is_of_word;
use super::moment::FUNCTIONS;
use super::parser::{Want, read, written};
use crate::access::{Actor, ProjectAccess};
use crate::db::Tx;
use crate::error::Result;
use crate::people::{Face, Offered};
use crate::records::tags_beginning;

/// Hints at a time; before anything is typed, all fields.
const SHOWN: usize = 12;
const MOST_SHOWN: usize = 40;
const MOMENTS: [&str; 4] = ["-7d", "-4w", "+1w", "+1m"];

/// One thing to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What takes the place of the characters before the caret.
    pub insert: String,
    /// How many of them.
    pub replaces: usize,
    pub label: String,
    /// Other words for it; may be empty.
    pub note: String,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Field,
    Operator,
    Value,
    Person,
}

/// Finds people by what is typed of their names.
pub type People = fn(&mut Tx, &str) -> Result<Vec<Face>>;

/// What fits behind `before`, which is the text up to the caret.
pub fn hints(tx: &mut Tx, me: &Actor, fields: &[Field], before: &str, people: People) -> Result<Vec<Hint>> {
    let begun: String = before.chars().rev().take_while(|c| is_of_word(*c)).collect::<String>().chars().rev().collect();
    let (_, wants) = read(before.get(..before.len() - begun.len()).unwrap_or_default());
    let mut found: Vec<Hint> = Vec::new();
    for want in wants {
        let some = match want {
            Want::Field => {
                fields.iter().map(|field| of_field(field, " ")).chain([word("NOT ", What::Operator)]).collect()
            }
            Want::OrderField => {
                fields.iter().filter(|field| field.sort.is_some()).map(|field| of_field(field, " ")).collect()
            }
            Want::Operator(field) => operators(fields, &field),
            Want::Value(field) => match Field::find(fields, &field) {
                Some(field) => values(tx, me, field, &begun, people)?,
                None => Vec::new(),
            },
            Want::Empty => vec![word("EMPTY ", What::Operator), word("NOT EMPTY ", What::Operator)],
            Want::Joint { is_inside } => {
                let last = if is_inside { ") " } else { "ORDER BY " };
                ["AND ", "OR ", last].map(|joint| word(joint, What::Operator)).into()
            }
            Want::History { is_change } => {
                let words = if is_change {
                    &["FROM ", "TO ", "AFTER ", "BEFORE ", "BY "][..]
                } else {
                    &["AFTER ", "BEFORE ", "BY "]
                };
                words.iter().map(|joint| word(joint, What::Operator)).collect()
            }
            Want::Moment => moments(),
            Want::Person => of_people(tx, me, &begun, people)?,
            Want::Group => Vec::new(),
            Want::Direction => ["DESC", "ASC"].map(|way| word(way, What::Operator)).into(),
            Want::Word(next) => vec![word(next, What::Operator)],
        };
        found.extend(some);
    }
    let typed = begun.to_lowercase();
    let fits = |hint: &Hint| {
        let names = [hint.insert.as_str(), hint.label.as_str(), hint.note.as_str()];
        hint.what == What::Person
            || names.iter().any(|name| name.to_lowercase().trim_start_matches(['"', '@']).starts_with(&typed))
    };
    // The browser counts in UTF-16.
    let replaces = begun.encode_utf16().count();
    let is_whole = |hint: &Hint| hint.insert.trim_end() == begun;
    found.retain(|hint| fits(hint) && !is_whole(hint));
    found.truncate(if typed.is_empty() { MOST_SHOWN } else { SHOWN });
    Ok(found.into_iter().map(|hint| Hint { replaces, ..hint }).collect())
}

fn word(text: &str, what: What) -> Hint {
    let label = text.trim_end_matches([' ', '(']).to_owned();
    Hint { insert: text.to_owned(), replaces: 0, label, note: String::new(), what }
}

fn of_field(field: &Field, after: &str) -> Hint {
    let hint = word(&format!("{}{after}", field.name), What::Field);
    Hint { note: field.aliases.join(", "), ..hint }
}

fn value(text: &str) -> Hint {
    Hint { label: text.to_owned(), ..word(&format!("{} ", written(text)), What::Value) }
}

fn operators(fields: &[Field], name: &str) -> Vec<Hint> {
    let Some(field) = Field::find(fields, name) else { return Vec::new() };
    let typed = |operator: &str| if operator.ends_with('(') { operator.to_owned() } else { format!("{operator} ") };
    field.operators().into_iter().map(|operator| word(&typed(operator), What::Operator)).collect()
}

fn moments() -> Vec<Hint> {
    let calls =
        FUNCTIONS.iter().map(|name| Hint { label: format!("{name}()"), ..word(&format!("{name}() "), What::Value) });
    MOMENTS.iter().map(|moment| value(moment)).chain(calls).collect()
}

fn of_people(tx: &mut Tx, me: &Actor, begun: &str, people: People) -> Result<Vec<Hint>> {
    let mut hints: Vec<Hint> = ["currentUser()", "membersOf("].map(|call| word(call, What::Value)).into();
    if me.role.is_some() {
        let faces = if begun.is_empty() { Offered::of(tx, me.person_id(), &[])?.faces } else { people(tx, begun)? };
        let hint = |face: Face| {
            let named = word(&format!("{} ", written(&face.handle)), What::Person);
            Hint { label: face.name, note: format!("@{}", face.handle), ..named }
        };
        hints.extend(faces.into_iter().take(SHOWN).map(hint));
    }
    Ok(hints)
}

fn values(tx: &mut Tx, me: &Actor, field: &Field, begun: &str, people: People) -> Result<Vec<Hint>> {
    Ok(match field.of {
        Type::Choice(Choice { offered, .. }) => offered.iter().map(|word| value(word)).collect(),
        Type::Number { least, most, .. } if most - least < 10 => {
            (least..=most).map(|n| value(&n.to_string())).collect()
        }
        Type::Flag(Is::Archived | Is::So(_)) => ["true", "false"].map(value).into(),
        Type::Day | Type::Time => moments(),
        Type::Person => of_people(tx, me, begun, people)?,
        Type::Project => {
            let hint = |project: &ProjectAccess| Hint { note: project.name.clone(), ..value(&project.key) };
            me.projects.iter().map(hint).collect()
        }
        Type::Tag => tags_beginning(tx, me, begun, SHOWN)?.iter().map(|tag| value(tag)).collect(),
        Type::Number { .. } | Type::Line | Type::Words { .. } | Type::Record | Type::Key => Vec::new(),
    })
}
