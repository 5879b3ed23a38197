//! `/diffs/new`, and the words of a change.

use super::sample_target;
use crate::access::Kind;
use crate::diffs::model::*;
use crate::error::{Error, Problems, Result};
use crate::memory::{
    self, IMPORTANCE, Item, State, Type, USUAL_CONFIDENCE, USUAL_IMPORTANCE, parse_body, parse_confidence,
    parse_importance,
};
use crate::records::Record;
use crate::related::{PlaceChoice, place_options};
use crate::text::value::Title;
use crate::ui::{Choice, Shell, filters, text};
use crate::web::{Form, parse_date};
use askama::Template;
use chrono::NaiveDate;

#[derive(Template)]
#[template(path = "diffs/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: ChangeForm,
    pub problems: Problems,
    pub acts: Vec<Choice>,
    pub places: Vec<Choice>,
    pub types: Vec<Choice>,
    pub importances: Vec<Choice>,
    /// Evidence that fewer people may read than the change: shown before anybody says that this is meant.
    pub narrower: Vec<Record>,
    /// The item that it is about, as it is now. None when something is added.
    pub target: Option<Item>,
}

/// An item's words as typed.
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

/// A change as typed.
#[derive(Debug, Clone, Default)]
pub struct ChangeForm {
    pub act: String,
    /// Display ID; empty when something is added.
    pub target: String,
    /// Display ID of the item that the form was filled in from, and its fingerprint then; both empty for none.
    pub shown: String,
    pub seen: String,
    /// Of what is added; a change of something is where that is.
    pub place: String,
    pub state: StateForm,
    pub reason: String,
    pub source: String,
    pub passage: String,
    /// Display IDs with commas between, as they were shown.
    pub widen: String,
    /// The diff that it joins; empty for a new one.
    pub diff: String,
    pub at_once: bool,
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
            valid_from: value(memory::Field::From),
            valid_until: value(memory::Field::Until),
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

    /// All problems at once.
    pub fn check(&self) -> Result<State> {
        let mut problems = Problems::default();
        let kind = problems.take("type", Type::parse(self.kind.trim()).ok_or("problem-choice".into()));
        let title = problems.take("title", Title::parse(&self.title));
        let body = problems.take("body", parse_body(&self.body));
        let confidence = parse_confidence(&self.confidence).ok_or("problem-memory-confidence".into());
        let confidence = problems.take("confidence", confidence);
        let importance = parse_importance(&self.importance).ok_or("problem-memory-importance".into());
        let importance = problems.take("importance", importance);
        let valid_from = problems.take("valid_from", parse_day(&self.valid_from));
        let valid_until = problems.take("valid_until", parse_day(&self.valid_until));
        problems.check()?;
        match (kind, title, body, confidence, importance, valid_from, valid_until) {
            (
                Some(kind),
                Some(title),
                Some(body),
                Some(confidence),
                Some(importance),
                Some(valid_from),
                Some(valid_until),
            ) => Ok(State { kind, title, body, confidence, importance, valid_from, valid_until }),
            _ => Err(Error::invalid("", "problem-choice")),
        }
    }

    pub fn types(&self) -> Vec<Choice> {
        let chosen = if self.kind.is_empty() { Type::Fact.as_str() } else { &self.kind };
        let choice = |kind: &Type| Choice::new(kind, text(&kind.label()), kind.as_str() == chosen);
        Type::ALL.iter().map(choice).collect()
    }

    pub fn importances(&self) -> Vec<Choice> {
        let usual = USUAL_IMPORTANCE.to_string();
        let chosen = if self.importance.is_empty() { &usual } else { &self.importance };
        let label = |weight: i16| format!("{weight} · {}", text(&format!("memory-importance-{weight}")));
        let choice = |weight: i16| Choice::new(weight, label(weight), weight.to_string() == *chosen);
        IMPORTANCE.into_iter().map(choice).collect()
    }
}

fn parse_day(typed: &str) -> Result<Option<NaiveDate>, crate::error::Msg> {
    match typed.trim() {
        "" => Ok(None),
        typed => parse_date(typed).map(Some),
    }
}

impl ChangeForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        ChangeForm {
            act: text("act"),
            target: text("target"),
            shown: text("shown"),
            seen: text("seen"),
            place: text("place"),
            state: StateForm::of(form),
            reason: text("reason"),
            source: text("source"),
            passage: text("passage"),
            widen: text("widen"),
            diff: text("diff"),
            at_once: form.is_checked("at_once"),
        }
    }
}

impl ChangeForm {
    /// Fills in what the item is. Words that a person typed stay: the item's stand beside them.
    pub fn show(&mut self, item: &Item) {
        let typed = std::mem::replace(&mut self.state, StateForm::of_item(item));
        if !typed.title.trim().is_empty() {
            (self.state.title, self.state.body) = (typed.title, typed.body);
        }
        (self.shown, self.seen) = (item.record.display_id.clone(), item.fingerprint());
    }
}

impl New {
    pub fn new(
        shell: Shell,
        form: ChangeForm,
        problems: Problems,
        places: &[PlaceChoice],
        narrower: Vec<Record>,
    ) -> Self {
        let chosen = if form.act.is_empty() { ChangeAct::Add.as_str() } else { &form.act };
        let act = |act: &ChangeAct| Choice::new(act, text(&act.label()), act.as_str() == chosen);
        let acts = ChangeAct::ALL.iter().map(act).collect();
        let mut form = form;
        if form.state.confidence.is_empty() {
            form.state.confidence = USUAL_CONFIDENCE.to_string();
        }
        New {
            shell,
            acts,
            places: place_options(places, &form.place),
            types: form.state.types(),
            importances: form.state.importances(),
            narrower,
            form,
            problems,
            target: None,
        }
    }

    /// What the box carries that says "more people may read it": exactly what is shown.
    pub fn shown(&self) -> String {
        self.narrower.iter().map(|record| record.display_id.as_str()).collect::<Vec<_>>().join(",")
    }

    pub fn sample() -> Self {
        let problems = Problems::one("widen", "problem-memory-wider");
        let source = Record::sample(Kind::Doc, "DOC-118", "Tide windows, explained");
        let view = New::new(Shell::sample("diffs"), ChangeForm::default(), problems, &[], vec![source]);
        New { target: Some(sample_target()), ..view }
    }
}
