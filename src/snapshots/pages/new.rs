//! `/snapshots/new`.

use super::type_choices;
use crate::access::Actor;
use crate::error::{Error, Problems, Result};
use crate::related::{PlaceChoice, parse_place, place_options};
use crate::snapshots::model::*;
use crate::ui::{Choice, Shell, filters};
use crate::web::Form;
use askama::Template;

#[derive(Template)]
#[template(path = "snapshots/new.html")]
pub struct New {
    pub shell: Shell,
    pub problems: Problems,
    pub places: Vec<Choice>,
    pub types: Vec<Choice>,
}

/// As chosen.
#[derive(Debug, Clone, Default)]
pub struct SnapshotForm {
    pub kind: String,
    pub place: String,
}

impl SnapshotForm {
    pub fn of(form: &Form) -> Self {
        SnapshotForm { kind: form.text("type").to_owned(), place: form.text("place").to_owned() }
    }

    pub fn check(&self, me: &Actor) -> Result<NewSnapshot> {
        let mut problems = Problems::default();
        let kind = problems.take("type", Type::parse(self.kind.trim()).ok_or("problem-choice".into()));
        let place = problems.take("place", parse_place(me, &self.place).map_err(|_| "problem-place".into()));
        match (kind, place) {
            (Some(kind), Some(place)) => Ok(NewSnapshot { place, kind }),
            _ => Err(Error::Invalid(problems)),
        }
    }
}

impl New {
    pub fn new(shell: Shell, form: &SnapshotForm, problems: Problems, places: &[PlaceChoice]) -> Self {
        New { shell, places: place_options(places, &form.place), types: type_choices(&form.kind), problems }
    }

    pub fn sample() -> Self {
        let problems = Problems::one("place", "problem-place");
        New::new(Shell::sample("snapshots"), &SnapshotForm::default(), problems, &[])
    }
}
