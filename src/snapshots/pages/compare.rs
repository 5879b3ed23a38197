//! `/snapshots/compare?from=SNAP-8&to=SNAP-9`: word by word.

use super::sample_snapshot;
use crate::snapshots::model::*;
use crate::text::diff::{Line, words};
use crate::ui::{Shell, filters};
use askama::Template;

#[derive(Template)]
#[template(path = "snapshots/compare.html")]
pub struct Compare {
    pub shell: Shell,
    pub from: Snapshot,
    pub to: Snapshot,
    pub lines: Vec<Line>,
    pub is_same: bool,
}

impl Compare {
    pub fn new(shell: Shell, from: Snapshot, to: Snapshot) -> Self {
        let lines = words(&from.body, &to.body);
        Compare { shell, is_same: !lines.iter().any(Line::is_changed), lines, from, to }
    }

    pub fn sample() -> Self {
        let (mut from, to) = (sample_snapshot(Status::Superseded), sample_snapshot(Status::Active));
        from.body = "## Decided\n\n- Publish everything (DEC-3)".to_owned();
        Compare::new(Shell::sample("snapshots"), from, to)
    }
}
