//! Whom selected tickets go to, asked again because the words named nobody.

use crate::error::Problems;
use crate::ui::{Chooser, Shell, filters};
use askama::Template;

#[derive(Template)]
#[template(path = "tickets/assign.html")]
pub struct Assign {
    pub shell: Shell,
    /// Display IDs.
    pub ids: Vec<String>,
    /// The list that they were chosen from.
    pub back: String,
    pub people: Chooser,
    pub problems: Problems,
}

impl Assign {
    pub fn sample() -> Self {
        let people = Chooser::many();
        let problems = people.problem.clone().map(|msg| Problems::one("assignee", msg)).unwrap_or_default();
        Assign {
            shell: Shell::sample("tickets"),
            ids: vec!["ATL-142".to_owned(), "ATL-143".to_owned()],
            back: "/tickets".to_owned(),
            people,
            problems,
        }
    }
}
