//! The page of practices: the list, whom the server may call, and the form of what only people know.

use super::practices::{Item, Standing, note_label};
use super::{Note, NoteKey};
use crate::ai::{Approval, NewApproval};
use crate::error::Problems;
use crate::ui::{Sample, Shell, filters, sample, text};
use crate::web::Form;
use askama::Template;
use chrono::{DateTime, Utc};

#[derive(Template)]
#[template(path = "reviews/practices.html")]
pub struct Practices {
    pub shell: Shell,
    pub items: Vec<Item>,
    pub fields: Vec<Field>,
    pub can_write: bool,
    pub approvals: Vec<Approval>,
    /// Whether a list is kept: an empty one bars all.
    pub has_list: bool,
    pub can_approve: bool,
    pub typed: NewApproval,
    pub problems: Problems,
}

/// A note as the form shows it.
#[derive(Debug, Clone)]
pub struct Field {
    pub key: NoteKey,
    pub text: String,
    /// Who wrote it, and when.
    pub by: Option<(String, DateTime<Utc>)>,
}

impl Field {
    pub fn label(&self) -> String {
        note_label(self.key)
    }

    /// With what was typed, when something was.
    pub fn all(notes: &[Note], typed: Option<&[(NoteKey, String)]>) -> Vec<Field> {
        let field = |key: &NoteKey| {
            let note = notes.iter().find(|note| note.key == *key);
            let given = typed.and_then(|typed| typed.iter().find(|(of, _)| of == key)).map(|(_, text)| text.clone());
            let text = given.or_else(|| note.map(|note| note.text.clone())).unwrap_or_default();
            let by = note.and_then(|note| Some((note.changed_by.clone()?, note.changed_at)));
            Field { key: *key, text, by }
        };
        NoteKey::ALL.iter().map(field).collect()
    }
}

/// Only notes that the form has.
pub fn typed(form: &Form) -> Vec<(NoteKey, String)> {
    let keys = NoteKey::ALL.iter().filter(|key| form.has(key.as_str()));
    keys.map(|key| (*key, form.text(key.as_str()).to_owned())).collect()
}

impl Practices {
    pub fn sample() -> Self {
        let item = |key, standing| Item { key, standing, now: text("practice-now-unwritten") };
        let items =
            vec![item("https", Standing::Good), item("owners", Standing::Attention), item("restore", Standing::People)];
        let fields = Field::all(&[], None);
        Practices {
            shell: Shell::sample("settings"),
            items,
            fields,
            can_write: true,
            approvals: vec![Approval::sample()],
            has_list: true,
            can_approve: true,
            typed: NewApproval::default(),
            problems: Problems::one("ingress", "problem-nul"),
        }
    }
}

pub fn samples() -> Vec<Sample> {
    let emptied = Practices { approvals: Vec::new(), ..Practices::sample() };
    vec![sample("reviews/practices", &Practices::sample()), sample("reviews/practices-emptied", &emptied)]
}
