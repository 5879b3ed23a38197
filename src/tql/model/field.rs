//! What a room says of its fields. Everything here that is SQL is ours, never a person's words; `records` is `r` in it.

use crate::access::Actor;
use crate::db::sql::Sql;
use crate::records::Sort;

#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub of: Type,
    pub held: Held,
    /// The same in `records`, where an index has it with the order of change.
    pub copy: Option<&'static str>,
    /// What is true of a record where it is empty, when `held` does not say it.
    pub is_empty: Option<&'static str>,
    pub sort: Option<Sort>,
    pub history: Option<History>,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
pub enum Held {
    /// An expression that is never null.
    Always(&'static str),
    /// An expression; null is empty.
    Maybe(&'static str),
    /// Rows, as they follow `select 1 from`, and the expression of a value in one. `{visible}` in them is true where the records named
    /// `r` there are what one may see.
    Many { rows: &'static str, value: &'static str },
    /// Rows as in `Many`, and one value over all of them; null is empty.
    Total { rows: &'static str, value: &'static str },
}

impl Held {
    pub fn value(self) -> &'static str {
        match self {
            Held::Always(value) | Held::Maybe(value) | Held::Many { value, .. } | Held::Total { value, .. } => value,
        }
    }
}

/// What kind of value, which decides how it is written and which operators it has.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// One of a few words.
    Choice(Choice),
    /// A whole number in these bounds, or a word for one.
    Number {
        least: i32,
        most: i32,
        word: fn(&str) -> Option<i16>,
    },
    Day,
    Time,
    /// Contains what is typed, in any case; or is it.
    Line,
    /// A `tsvector`: has the words that are typed. `of_text` looks past the title, and `is_said` also reads what people said.
    Words {
        of_text: bool,
        is_said: bool,
    },
    Person,
    /// A display ID of what one may see.
    Record,
    /// A display ID.
    Key,
    Project,
    Tag,
    Flag(Is),
}

#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// What a word means in the table; several for a word that stands for them.
    pub meant: fn(&str) -> Option<Vec<&'static str>>,
    pub offered: &'static [&'static str],
}

/// Yes or no.
#[derive(Debug, Clone, Copy)]
pub enum Is {
    /// Narrows the list to archived records, or not.
    Archived,
    /// A condition that is never null.
    So(fn(&Actor) -> Sql),
}

/// How activity keeps a field's changes.
#[derive(Debug, Clone, Copy)]
pub struct History {
    /// Its word there.
    pub word: &'static str,
    /// Place of the old value in a change; the new one comes next.
    pub old: i32,
    /// The present value as activity would write it.
    pub now: &'static str,
}

const BY_VALUE: [&str; 6] = ["=", "!=", "IN (", "NOT IN (", "IS EMPTY", "IS NOT EMPTY"];
const BY_ORDER: [&str; 4] = ["<", "<=", ">", ">="];
const OVER_TIME: [&str; 2] = ["WAS", "CHANGED"];

impl Field {
    pub const fn new(name: &'static str, of: Type, held: Held) -> Self {
        Field { name, aliases: &[], of, held, copy: None, is_empty: None, sort: None, history: None }
    }

    pub const fn also(self, aliases: &'static [&'static str]) -> Self {
        Field { aliases, ..self }
    }

    pub const fn copied(self, to: &'static str) -> Self {
        Field { copy: Some(to), ..self }
    }

    pub const fn empty_when(self, condition: &'static str) -> Self {
        Field { is_empty: Some(condition), ..self }
    }

    pub const fn sorted(self, sort: Sort) -> Self {
        Field { sort: Some(sort), ..self }
    }

    pub const fn kept(self, word: &'static str, old: i32, now: &'static str) -> Self {
        Field { history: Some(History { word, old, now }), ..self }
    }

    /// In any case, also by another name.
    pub fn find<'f>(fields: &'f [Field], word: &str) -> Option<&'f Field> {
        fields.iter().find(|field| {
            field.name.eq_ignore_ascii_case(word) || field.aliases.iter().any(|name| name.eq_ignore_ascii_case(word))
        })
    }

    pub fn has_order(&self) -> bool {
        matches!(self.of, Type::Number { .. } | Type::Day | Type::Time)
    }

    pub fn can_be_empty(&self) -> bool {
        self.is_empty.is_some()
            || match self.of {
                Type::Words { .. } | Type::Flag(_) => false,
                _ => !matches!(self.held, Held::Always(_)),
            }
    }

    /// Its operators, as one types them.
    pub fn operators(&self) -> Vec<&'static str> {
        let mut operators = match self.of {
            Type::Flag(_) => vec!["=", "!="],
            Type::Words { .. } => vec!["~", "!~"],
            Type::Line => vec!["~", "!~", "=", "!="],
            _ => BY_VALUE[..4].to_vec(),
        };
        if self.has_order() {
            operators.extend(BY_ORDER);
        }
        if self.can_be_empty() {
            operators.extend(&BY_VALUE[4..]);
        }
        if self.history.is_some() {
            operators.extend(OVER_TIME);
        }
        operators
    }
}
