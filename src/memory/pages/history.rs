//! `/memory/MEM-501/history`: who changed what, with the words before and after.

use super::{importance_label, sample_item};
use crate::memory::model::*;
use crate::text::diff::{Line, words};
use crate::ui::{Shell, filters, text};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

#[derive(Template)]
#[template(path = "memory/history.html")]
pub struct History {
    pub shell: Shell,
    pub item: Item,
    /// Newest first.
    pub steps: Vec<Step>,
}

/// One change.
#[derive(Debug, Clone)]
pub struct Step {
    pub number: i32,
    /// None for a program of the organisation.
    pub author: Option<String>,
    pub at: DateTime<Utc>,
    /// Nothing stood before it.
    pub is_first: bool,
    pub changes: Vec<Change>,
}

/// One field before and after, word by word.
#[derive(Debug, Clone)]
pub struct Change {
    /// Message key.
    pub label: &'static str,
    pub lines: Vec<Line>,
}

impl History {
    pub fn new(shell: Shell, item: Item, revisions: &[Revision]) -> Self {
        let older = revisions.iter().skip(1).map(Some).chain([None]);
        let steps = revisions.iter().zip(older).map(|(new, old)| Step {
            number: new.number,
            author: new.author.clone(),
            at: new.at,
            is_first: new.number == 1,
            // The oldest that is shown has its state, not a difference from what is not shown.
            changes: changes(old, new),
        });
        History { shell, item, steps: steps.collect() }
    }

    pub fn sample() -> Self {
        let item = sample_item("MEM-501", "The margin over the bar is half a metre", super::Type::Constraint);
        let state = |number, title: &str| Revision {
            number,
            title: title.to_owned(),
            kind: item.kind,
            status: item.status,
            body: item.body.clone(),
            confidence: 90,
            importance: item.importance,
            valid_from: None,
            valid_until: None,
            needs_review: false,
            author: Some("Ada Lindqvist".to_owned()),
            at: item.record.created_at,
        };
        let revisions = [state(2, "The margin over the bar is half a metre"), state(1, "The margin is a metre")];
        History::new(Shell::sample("memory"), item.clone(), &revisions)
    }
}

fn changes(old: Option<&Revision>, new: &Revision) -> Vec<Change> {
    let after = told(new);
    let before = old.map(told);
    let mut changes = Vec::new();
    for (index, (label, now)) in after.into_iter().enumerate() {
        let was = before.as_ref().and_then(|fields| fields.get(index)).map(|(_, was)| was.as_str()).unwrap_or_default();
        if was != now {
            changes.push(Change { label, lines: words(was, &now) });
        }
    }
    changes
}

/// Each field in words.
fn told(state: &Revision) -> [(&'static str, String); 9] {
    let day = |on: Option<NaiveDate>| on.map(|on| on.format("%-d %b %Y").to_string()).unwrap_or_default();
    [
        ("field-title", state.title.clone()),
        ("memory-body", state.body.clone()),
        ("field-type", text(&state.kind.label())),
        ("field-status", text(&format!("memory-status-{}", state.status))),
        ("field-confidence", percent(state.confidence)),
        ("field-importance", importance_label(state.importance)),
        ("field-valid-from", day(state.valid_from)),
        ("field-valid-until", day(state.valid_until)),
        ("field-needs-review", if state.needs_review { text("memory-review-yes") } else { String::new() }),
    ]
}
