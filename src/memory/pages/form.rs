//! `/memory/new`.

use super::{importance_choices, type_choices};
use crate::access::{Actor, Kind};
use crate::error::{Error, Problems, Result};
use crate::memory::model::*;
use crate::records::Record;
use crate::related::{PlaceChoice, parse_place, place_options};
use crate::text::value::{Tag, Title};
use crate::ui::{Choice, Shell, filters};
use crate::web::{Form, parse_date};
use askama::Template;
use chrono::NaiveDate;

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
    pub kind: String,
    pub title: String,
    pub body: String,
    pub place: String,
    /// Percent.
    pub confidence: String,
    pub importance: String,
    pub valid_from: String,
    pub valid_until: String,
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
            kind: text("type"),
            title: text("title"),
            body: text("body"),
            place: text("place"),
            confidence: text("confidence"),
            importance: text("importance"),
            valid_from: text("valid_from"),
            valid_until: text("valid_until"),
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
        let kind = problems.take("type", Type::parse(self.kind.trim()).ok_or("problem-choice".into()));
        let title = problems.take("title", Title::parse(&self.title));
        let body = problems.take("body", parse_body(&self.body));
        let confidence = parse_confidence(&self.confidence).ok_or("problem-memory-confidence".into());
        let confidence = problems.take("confidence", confidence);
        let importance = parse_importance(&self.importance).ok_or("problem-memory-importance".into());
        let importance = problems.take("importance", importance);
        let valid_from = problems.take("valid_from", parse_day(&self.valid_from));
        let valid_until = problems.take("valid_until", parse_day(&self.valid_until));
        let tags = problems.take("tags", Tag::parse_list(&self.tags));
        problems.take("passage", parse_passage(&self.passage));
        if self.source.trim().is_empty() && !self.passage.trim().is_empty() {
            problems.add("source", "problem-memory-passage-alone");
        }
        problems.check()?;
        let all = (place, kind, title, body, confidence, importance, valid_from, valid_until, tags);
        let (
            Some(place),
            Some(kind),
            Some(title),
            Some(body),
            Some(confidence),
            Some(importance),
            Some(valid_from),
            Some(valid_until),
            Some(tags),
        ) = all
        else {
            return Err(Error::invalid("", "problem-choice"));
        };
        let sources = self.new_source().into_iter().collect();
        let widen = ids(&self.widen);
        let supersedes = Some(self.supersedes.trim().to_owned()).filter(|old| !old.is_empty());
        Ok(NewItem {
            place,
            kind,
            title,
            body,
            confidence,
            importance,
            valid_from,
            valid_until,
            tags,
            sources,
            widen,
            supersedes,
        })
    }

    fn new_source(&self) -> Option<NewSource> {
        let record = self.source.trim();
        (!record.is_empty()).then(|| NewSource { record: record.to_owned(), passage: self.passage.clone() })
    }
}

/// Display IDs as a form carries them.
pub fn ids(typed: &str) -> Vec<String> {
    typed.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
}

fn parse_day(typed: &str) -> Result<Option<NaiveDate>, crate::error::Msg> {
    match typed.trim() {
        "" => Ok(None),
        typed => parse_date(typed).map(Some),
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
        let or = |typed: &str, usual: i16| if typed.is_empty() { usual.to_string() } else { typed.to_owned() };
        let kind = if form.kind.is_empty() { Type::Fact.to_string() } else { form.kind.clone() };
        let form = ItemForm { confidence: or(&form.confidence, USUAL_CONFIDENCE), ..form };
        New {
            shell,
            places: place_options(places, &form.place),
            types: type_choices(&kind),
            importances: importance_choices(&or(&form.importance, USUAL_IMPORTANCE)),
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
