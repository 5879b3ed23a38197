//! Revisions: the list, one of them, two compared.

use super::Crumb;
use crate::docs::{Doc, Revision};
use crate::text::diff::Line;
use crate::ui::{Shell, filters};
use askama::Template;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 2;

/// `/docs/DOC-12/revisions`.
#[derive(Template)]
#[template(path = "docs/revisions.html")]
pub struct Revisions {
    pub shell: Shell,
    pub doc: Doc,
    pub place: Crumb,
    pub revisions: Vec<Revision>,
    /// The number before which the next page begins.
    pub next: Option<i32>,
}

/// `/docs/DOC-12/revisions/3`.
#[derive(Template)]
#[template(path = "docs/revision.html")]
pub struct ShowRevision {
    pub shell: Shell,
    pub doc: Doc,
    pub place: Crumb,
    pub revision: Revision,
    /// Sanitised.
    pub html: String,
    pub can_restore: bool,
}

/// `/docs/DOC-12/compare?from=3&to=5`.
#[derive(Template)]
#[template(path = "docs/compare.html")]
pub struct Compare {
    pub shell: Shell,
    pub doc: Doc,
    pub place: Crumb,
    pub from: Revision,
    pub to: Revision,
    pub hunks: Vec<Vec<Line>>,
}

/// Only changed lines, with a few around them.
pub fn hunks(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.is_changed()).map(|(at, _)| at).collect();
    let mut nearest = changed.iter().copied().peekable();
    let mut hunks: Vec<Vec<Line>> = Vec::new();
    let mut goes_on = false;
    for (at, line) in lines.into_iter().enumerate() {
        while nearest.peek().is_some_and(|change| change + CONTEXT < at) {
            nearest.next();
        }
        let is_near = nearest.peek().is_some_and(|change| at + CONTEXT >= *change);
        match (is_near, goes_on, hunks.last_mut()) {
            (true, true, Some(hunk)) => hunk.push(line),
            (true, _, _) => hunks.push(vec![line]),
            (false, _, _) => {}
        }
        goes_on = is_near;
    }
    hunks
}

fn sample_revision(number: i32) -> Revision {
    let doc = super::sample_doc();
    Revision {
        number,
        title: doc.record.title.clone(),
        body: doc.body.clone(),
        note: "New margin for Guillemot".to_owned(),
        restored_number: None,
        author: Some("Vera Novak".to_owned()),
        created_at: doc.record.updated_at,
    }
}

fn sample_place() -> Crumb {
    Crumb { label: crate::ui::text("doc-place-organisation"), icon: "building", href: "/docs".to_owned() }
}

impl Revisions {
    pub fn sample() -> Self {
        let revisions = vec![sample_revision(14), sample_revision(13)];
        Revisions {
            shell: Shell::sample("docs"),
            doc: super::sample_doc(),
            place: sample_place(),
            revisions,
            next: None,
        }
    }
}

impl ShowRevision {
    pub fn sample() -> Self {
        ShowRevision {
            shell: Shell::sample("docs"),
            doc: super::sample_doc(),
            place: sample_place(),
            revision: sample_revision(13),
            html: "<p>The water must be deep.</p>".to_owned(),
            can_restore: true,
        }
    }
}

impl Compare {
    pub fn sample() -> Self {
        Compare {
            shell: Shell::sample("docs"),
            doc: super::sample_doc(),
            place: sample_place(),
            from: sample_revision(13),
            to: sample_revision(14),
            hunks: hunks(crate::text::diff::words("Margin 0.5 m\n", "Margin 0.6 m\n")),
        }
    }
}
