//! `/diffs/new`, and the words of a change.

use super::sample_target;
use crate::access::Kind;
use crate::diffs::model::*;
use crate::error::Problems;
use crate::memory::{Item, StateForm};
use crate::records::Record;
use crate::related::{PlaceChoice, place_options};
use crate::ui::{Choice, Shell, filters, text};
use crate::web::Form;
use askama::Template;

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
        let form = ChangeForm { state: form.state.or_usual(), ..form };
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
