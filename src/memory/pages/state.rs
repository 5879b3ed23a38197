//! The fields of an item's own words and weights, wherever a form has them.

use super::{importance_choices, type_choices};
use crate::error::{Error, Problems, Result};
use crate::memory::model::*;
use crate::text::value::Title;
use crate::ui::Choice;
use crate::web::{Form, parse_date};
use chrono::NaiveDate;

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct StateForm {
    pub kind: String,
    pub title: String,
    pub body: String,
    /// Percent.
    pub confidence: String,
    pub importance: String,
    pub valid_from: String,
    pub valid_until: String,
}

impl StateForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        StateForm {
            kind: text("type"),
            title: text("title"),
            body: text("body"),
            confidence: text("confidence"),
            importance: text("importance"),
            valid_from: text("valid_from"),
            valid_until: text("valid_until"),
        }
    }

    pub fn of_item(item: &Item) -> Self {
        let value = |field| item.value(field, &[]);
        StateForm {
            kind: item.kind.to_string(),
            title: item.record.title.clone(),
            body: item.body.clone(),
            confidence: item.confidence.to_string(),
            importance: item.importance.to_string(),
            valid_from: value(Field::From),
            valid_until: value(Field::Until),
        }
    }

    pub fn of_state(state: &State) -> Self {
        let day = |on: Option<NaiveDate>| on.map(|on| on.to_string()).unwrap_or_default();
        StateForm {
            kind: state.kind.to_string(),
            title: state.title.to_string(),
            body: state.body.to_string(),
            confidence: state.confidence.to_string(),
            importance: state.importance.to_string(),
            valid_from: day(state.valid_from),
            valid_until: day(state.valid_until),
        }
    }

    /// With what a form offers before somebody judges, where nothing is typed.
    pub fn or_usual(self) -> Self {
        let or = |typed: String, usual: String| if typed.is_empty() { usual } else { typed };
        StateForm {
            kind: or(self.kind, Type::Fact.to_string()),
            confidence: or(self.confidence, USUAL_CONFIDENCE.to_string()),
            importance: or(self.importance, USUAL_IMPORTANCE.to_string()),
            ..self
        }
    }

    /// All problems at once.
    pub fn check(&self) -> Result<State> {
        let mut problems = Problems::default();
        let state = self.take(&mut problems);
        problems.check()?;
        state.ok_or_else(|| Error::invalid("", "problem-choice"))
    }

    /// None when a problem was noted.
    pub fn take(&self, problems: &mut Problems) -> Option<State> {
        let kind = problems.take("type", Type::parse(self.kind.trim()).ok_or("problem-choice".into()));
        let title = problems.take("title", Title::parse(&self.title));
        let body = problems.take("body", parse_body(&self.body));
        let confidence = parse_confidence(&self.confidence).ok_or("problem-memory-confidence".into());
        let confidence = problems.take("confidence", confidence);
        let importance = parse_importance(&self.importance).ok_or("problem-memory-importance".into());
        let importance = problems.take("importance", importance);
        let valid_from = problems.take("valid_from", parse_day(&self.valid_from));
        let valid_until = problems.take("valid_until", parse_day(&self.valid_until));
        Some(State {
            kind: kind?,
            title: title?,
            body: body?,
            confidence: confidence?,
            importance: importance?,
            valid_from: valid_from?,
            valid_until: valid_until?,
        })
    }

    pub fn types(&self) -> Vec<Choice> {
        type_choices(&self.kind)
    }

    pub fn importances(&self) -> Vec<Choice> {
        importance_choices(&self.importance)
    }
}

fn parse_day(typed: &str) -> Result<Option<NaiveDate>, crate::error::Msg> {
    match typed.trim() {
        "" => Ok(None),
        typed => parse_date(typed).map(Some),
    }
}
