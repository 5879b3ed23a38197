//! A record's fields as its page shows and edits them: short ones in the right column, long ones in the text. The same for every kind.

use crate::error::{Conflict, Error, Msg, Result};
use crate::ui::{Choice, Chooser};
use chrono::NaiveDate;

/// A short field, edited in place by a small form.
#[derive(Debug, Clone)]
pub struct Property {
    pub field: &'static str,
    /// Message key.
    pub label: &'static str,
    pub shown: Shown,
    pub input: Input,
    /// Fingerprint of the value as shown (`records::seen`).
    pub was: String,
    pub problem: Option<FieldProblem>,
}

#[derive(Debug, Clone)]
pub enum Shown {
    Nothing,
    Text(String),
    /// A state: icon, tone, word.
    State {
        icon: String,
        tone: &'static str,
        label: String,
    },
    Priority(i16),
    Person(String),
    Chips(Vec<String>),
    Day(NaiveDate),
    /// A day by which something is due.
    Due(NaiveDate),
    Link {
        href: String,
        icon: &'static str,
        key: String,
        title: String,
    },
}

#[derive(Debug, Clone)]
pub enum Input {
    /// May not be changed (here, or by this person).
    Locked,
    Menu(Vec<Choice>),
    /// A person among too many for a menu.
    Person(Chooser),
    Date(String),
    /// Text and what to write.
    Text {
        value: String,
        hint: &'static str,
        /// What could be meant is offered: a kind of completion that fills a whole field (`record`), or empty.
        offers: &'static str,
    },
}

impl From<Chooser> for Input {
    fn from(chooser: Chooser) -> Input {
        if chooser.typed.is_some() { Input::Person(chooser) } else { Input::Menu(chooser.choices) }
    }
}

/// What stood in the way of an edit.
#[derive(Debug, Clone)]
pub struct FieldProblem {
    pub field: String,
    pub msg: Option<Msg>,
    /// Set for a lost race: what is there now.
    pub theirs: Option<String>,
    pub yours: String,
    /// What to send to keep one's own.
    pub was: String,
}

impl FieldProblem {
    /// From a refused edit of `field`; any other error passes through.
    pub fn of(error: Error, field: &str, yours: &str, was: &str) -> Result<(u16, FieldProblem)> {
        let status = error.status();
        let (msg, theirs, yours, was) = match error {
            Error::Invalid(problems) => {
                let msg = problems.iter().next().map(|(_, msg)| msg.clone());
                (msg, None, yours.to_owned(), was.to_owned())
            }
            Error::Conflict(conflict) => {
                let Conflict { theirs, yours, seen, .. } = *conflict;
                (None, Some(theirs), yours, seen)
            }
            other => return Err(other),
        };
        Ok((status, FieldProblem { field: field.to_owned(), msg, theirs, yours, was }))
    }
}

impl Property {
    pub fn new(field: &'static str, label: &'static str, value: &str, shown: Shown, input: Input) -> Self {
        Property { field, label, shown, input, was: fingerprint(value), problem: None }
    }

    /// Shows the problem at its field.
    pub fn with_problem(mut self, problem: Option<&FieldProblem>) -> Self {
        self.problem = problem.filter(|problem| problem.field == self.field).cloned();
        self
    }

    /// A value as the menu calls it, where there is one.
    pub fn word(&self, value: &str) -> String {
        let choices = match &self.input {
            Input::Menu(choices) => choices.as_slice(),
            Input::Person(chooser) => chooser.choices.as_slice(),
            _ => &[],
        };
        choices.iter().find(|choice| choice.value == value).map_or(value, |choice| &choice.label).to_owned()
    }

    pub fn is_locked(&self) -> bool {
        matches!(self.input, Input::Locked)
    }
}

/// A long field in Markdown, shown rendered, edited in place.
#[derive(Debug, Clone)]
pub struct Section {
    pub field: &'static str,
    /// Message key; empty for the one text that needs no heading.
    pub label: &'static str,
    /// Sanitised.
    pub html: String,
    pub source: String,
    pub was: String,
    pub problem: Option<FieldProblem>,
    pub can_edit: bool,
    /// The form stands open (`?edit=FIELD`, or after a problem).
    pub is_open: bool,
}

impl Section {
    pub fn new(field: &'static str, label: &'static str, source: &str, html: String, can_edit: bool) -> Self {
        let was = fingerprint(source);
        Section { field, label, html, source: source.to_owned(), was, problem: None, can_edit, is_open: false }
    }

    /// Shows the problem at its field with the words as typed, or opens the form when the address asks for it.
    pub fn with_state(mut self, problem: Option<&FieldProblem>, editing: Option<&str>) -> Self {
        if let Some(problem) = problem.filter(|problem| problem.field == self.field) {
            self.source = problem.yours.clone();
            self.was = problem.was.clone();
            self.problem = Some(problem.clone());
        }
        self.is_open = self.can_edit && (self.problem.is_some() || editing == Some(self.field));
        self
    }

    pub fn rows(&self) -> usize {
        self.source.lines().count().clamp(6, 30)
    }
}

/// A short fingerprint of a field's value as a person saw it: it travels with the form instead of a version, so that a colleague's
/// change to another field is no conflict.
pub fn fingerprint(value: &str) -> String {
    use base64::Engine;
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(value.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest.get(..12).unwrap_or_default())
}
