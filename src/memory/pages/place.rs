//! `/memory/MEM-501/place`: where to; then who will read it, and which sources fewer people may read.

use super::{sample_item, shown_ids};
use crate::access::Kind;
use crate::error::Problems;
use crate::memory::model::*;
use crate::records::Record;
use crate::related::Preview;
use crate::ui::{Choice, Shell, filters, text};
use askama::Template;

#[derive(Template)]
#[template(path = "memory/place.html")]
pub struct EditPlace {
    pub shell: Shell,
    pub record: Record,
    pub choices: Vec<Choice>,
    pub problems: Problems,
    /// Set on the second step.
    pub preview: Option<Preview>,
    pub narrower: Vec<Record>,
}

impl EditPlace {
    /// What the box carries that says "more people may read it": exactly what is shown.
    pub fn shown(&self) -> String {
        shown_ids(&self.narrower)
    }

    pub fn sample() -> Self {
        let preview = Preview {
            place: "organisation".to_owned(),
            label: text("place-organisation"),
            readers_now: 3,
            readers_then: 41,
        };
        EditPlace {
            shell: Shell::sample("memory"),
            record: sample_item("MEM-501", "The margin over the bar is half a metre", Type::Constraint).record,
            choices: Vec::new(),
            problems: Problems::default(),
            preview: Some(preview),
            narrower: vec![Record::sample(Kind::Doc, "DOC-118", "Tide windows, explained")],
        }
    }
}
