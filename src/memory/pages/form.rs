//! `/memory/new`.

use super::StateForm;
use crate::access::{Actor, Kind};
use crate::error::{Error, Problems, Result};
use crate::memory::model::*;
use crate::records::Record;
use crate::related::{PlaceChoice, parse_place, place_options};
use crate::text::value::Tag;
use crate::ui::{Choice, Shell, filters};
use crate::web::{Form, listed};
use askama::Template;

#[derive(Template)]
#[template(path = "memory/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: ItemForm,
    pub problems: Problems,
    pub places: Vec<Choice>,
    pub types: Vec<Choice>,
    pub importances: Vec<Choice>,
    /// Sources that fewer people may read than the chosen place: shown before anybody says that this is meant.
    pub narrower: Vec<Record>,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct ItemForm {
    pub state: StateForm,
    pub place: String,
    pub tags: String,
    pub supersedes: String,
    pub source: String,
    pub passage: String,
    /// Display IDs with commas between, as they were shown.
    pub widen: String,
}

impl ItemForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        ItemForm {
            state: StateForm::of(form),
            place: text("place"),
            tags: text("tags"),
            supersedes: text("supersedes"),
            source: text("source"),
            passage: text("passage"),
            widen: text("widen"),
        }
    }

    /// All problems at once.
    pub fn check(&self, me: &Actor) -> Result<NewItem> {
        let mut problems = Problems::default();
        let place = problems.take("place", parse_place(me, &self.place).map_err(|_| "problem-place".into()));
        let state = self.state.take(&mut problems);
        let tags = problems.take("tags", Tag::parse_list(&self.tags));
        problems.take("passage", parse_passage(&self.passage));
        if self.source.trim().is_empty() && !self.passage.trim().is_empty() {
            problems.add("source", "problem-memory-passage-alone");
        }
        problems.check()?;
        let (Some(place), Some(state), Some(tags)) = (place, state, tags) else {
            return Err(Error::invalid("", "problem-choice"));
        };
        Ok(NewItem {
            tags,
            sources: self.new_source().into_iter().collect(),
            widen: listed(&self.widen),
            supersedes: Some(self.supersedes.trim().to_owned()).filter(|old| !old.is_empty()),
            ..NewItem::of_state(place, state)
        })
    }

    fn new_source(&self) -> Option<NewSource> {
        let record = self.source.trim();
        (!record.is_empty()).then(|| NewSource { record: record.to_owned(), passage: self.passage.clone() })
    }
}

impl New {
    pub fn new(
        shell: Shell,
        form: ItemForm,
        problems: Problems,
        places: &[PlaceChoice],
        narrower: Vec<Record>,
    ) -> Self {
        let form = ItemForm { state: form.state.or_usual(), ..form };
        New {
            shell,
            places: place_options(places, &form.place),
            types: form.state.types(),
            importances: form.state.importances(),
            narrower,
            form,
            problems,
        }
    }

    /// What the box carries that says "more people may read it": exactly what is shown.
    pub fn shown(&self) -> String {
        shown_ids(&self.narrower)
    }

    pub fn sample() -> Self {
        let problems = Problems::one("widen", "problem-memory-wider");
        let source = Record::sample(Kind::Doc, "DOC-118", "Tide windows, explained");
        New::new(Shell::sample("memory"), ItemForm::default(), problems, &[], vec![source])
    }
}

pub fn shown_ids(narrower: &[Record]) -> String {
    narrower.iter().map(|record| record.display_id.as_str()).collect::<Vec<_>>().join(",")
}
