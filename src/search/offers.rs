//! What is offered while somebody types.

use crate::people::Face;
use crate::records::Record;
use crate::tql::{Hint, What};
use crate::ui::{filters, text};
use askama::Template;

/// People offered at a time in a field of their own.
const FACES_OFFERED: usize = 8;

/// One offer while typing.
pub struct Offer {
    pub insert: String,
    pub label: String,
    pub key: String,
    pub icon: &'static str,
    /// Characters before the caret that it takes the place of; else those since what asked for it.
    pub replaces: Option<usize>,
}

/// What is offered while typing: options only, see static/js/complete.js.
#[derive(Template)]
#[template(path = "search/complete.html")]
pub struct Offers {
    pub offers: Vec<Offer>,
}

impl Offers {
    /// `[[Title]]`; a title with brackets of its own is named by its ID.
    pub fn of_docs(records: Vec<Record>) -> Self {
        let insert = |record: &Record| {
            if record.title.contains(['[', ']']) { record.display_id.clone() } else { format!("[[{}]]", record.title) }
        };
        Offers { offers: records.into_iter().map(|record| offer(insert(&record), record)).collect() }
    }

    pub fn of_records(records: Vec<Record>) -> Self {
        Offers { offers: records.into_iter().map(|record| offer(record.display_id.clone(), record)).collect() }
    }

    pub fn of_people(faces: Vec<Face>) -> Self {
        let offer = |face: Face| Offer {
            insert: format!("@{}", face.handle),
            key: format!("@{}", face.handle),
            label: face.name,
            icon: "user",
            replaces: None,
        };
        Offers { offers: faces.into_iter().map(offer).collect() }
    }

    /// For a field that holds nothing but a person.
    pub fn of_faces(faces: Vec<Face>) -> Self {
        let offer = |face: Face| Offer {
            insert: face.label(),
            key: format!("@{}", face.handle),
            label: face.name,
            icon: "user",
            replaces: None,
        };
        Offers { offers: faces.into_iter().take(FACES_OFFERED).map(offer).collect() }
    }

    /// For a field that holds nothing but a group.
    pub fn of_groups(names: Vec<String>) -> Self {
        let offer = |name: String| Offer {
            insert: name.clone(),
            key: String::new(),
            label: name,
            icon: "users",
            replaces: None,
        };
        Offers { offers: names.into_iter().map(offer).collect() }
    }

    /// What may be typed next in TQL.
    pub fn of_hints(hints: Vec<Hint>) -> Self {
        let icon = |what| match what {
            What::Field => "filter",
            What::Operator => "right",
            What::Value => "check",
            What::Person => "user",
        };
        let offer = |hint: Hint| Offer {
            icon: icon(hint.what),
            insert: hint.insert,
            label: hint.label,
            key: hint.note,
            replaces: Some(hint.replaces),
        };
        Offers { offers: hints.into_iter().map(offer).collect() }
    }

    /// A filter (`whose`) also knows oneself and nobody.
    pub fn after_words(self, kind: &str, typed: &str) -> Self {
        let typed = typed.trim().to_lowercase();
        let words = [("me", "assigned-to-me"), ("nobody", "nobody")].into_iter();
        let fits = words.filter(|(word, _)| kind == "whose" && word.starts_with(&typed));
        let word = |(word, label): (&str, &str)| Offer {
            insert: word.to_owned(),
            key: String::new(),
            label: text(label),
            icon: "user",
            replaces: None,
        };
        Offers { offers: fits.map(word).chain(self.offers).collect() }
    }

    pub fn sample() -> Self {
        Offers { offers: Vec::new() }
    }
}

fn offer(insert: String, record: Record) -> Offer {
    Offer { insert, icon: record.kind.as_str(), label: record.title, key: record.display_id, replaces: None }
}
