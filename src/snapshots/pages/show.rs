//! `/snapshots/SNAP-9`.

use crate::access::Kind;
use crate::comments::Thread;
use crate::error::Problems;
use crate::files::Attachments;
use crate::records::{Record, Resolved};
use crate::related::Parts;
use crate::snapshots::model::*;
use crate::ui::{FieldProblem, Section, Shell, filters};
use askama::Template;

#[derive(Template)]
#[template(path = "snapshots/show.html")]
pub struct Show {
    pub shell: Shell,
    pub record: Record,
    pub snapshot: Snapshot,
    pub sources: Sources,
    /// Display ID of the one before it of the same type and place, to compare with.
    pub before: Option<String>,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub title: Section,
    pub section: Section,
    pub can_activate: bool,
    pub problems: Problems,
    /// It stays where it was made: another place would read other things.
    pub movable: bool,
}

/// What the page is drawn from, loaded in one transaction.
pub struct Loaded {
    pub snapshot: Snapshot,
    pub sources: Sources,
    pub before: Option<String>,
    pub can_activate: bool,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub resolved: Resolved,
}

impl Show {
    pub fn new(shell: Shell, loaded: Loaded, editing: Option<&str>, problem: Option<&FieldProblem>) -> Self {
        let Loaded { snapshot, sources, before, can_activate, parts, thread, attachments, resolved } = loaded;
        let is_open = snapshot.is_open();
        let can_edit = parts.can_edit && is_open;
        let html = resolved.html("body", &snapshot.body);
        let section = Section::new("body", "snapshot-text", &snapshot.body, html, can_edit);
        let title = Section::new("title", "field-title", &snapshot.record.title, String::new(), can_edit);
        Show {
            shell,
            record: snapshot.record.clone(),
            title: title.with_state(problem, editing),
            section: section.with_state(problem, editing),
            can_activate: can_activate && is_open,
            snapshot,
            sources,
            before,
            parts,
            thread,
            attachments,
            problems: Problems::default(),
            movable: false,
        }
    }

    pub fn action(&self) -> String {
        format!("/snapshots/{}/fields", self.record.display_id)
    }

    pub fn sample() -> Self {
        Show::of_sample(sample_snapshot(Status::Pending))
    }

    pub fn failed_sample() -> Self {
        Show::of_sample(sample_snapshot(Status::Failed))
    }

    fn of_sample(snapshot: Snapshot) -> Self {
        let source = Source {
            record: Record::sample(Kind::Decision, "DEC-7", "Publish nothing until a person agrees"),
            statement: "Publish nothing until a person agrees".to_owned(),
        };
        let loaded = Loaded {
            snapshot,
            sources: Sources { seen: vec![source], hidden: 1 },
            before: Some("SNAP-8".to_owned()),
            can_activate: true,
            parts: Parts::sample(),
            thread: Thread::sample(),
            attachments: Attachments::sample(),
            resolved: Resolved::default(),
        };
        Show::new(Shell::sample("snapshots"), loaded, None, None)
    }
}

pub fn sample_snapshot(status: Status) -> Snapshot {
    let record = Record::sample(Kind::Snapshot, "SNAP-9", "Weekly review, 20 Nov 2026");
    let body =
        if status == Status::Failed { String::new() } else { "## Decided\n\n- Publish nothing (DEC-7)".to_owned() };
    Snapshot {
        kind: Type::Weekly,
        status,
        body,
        since: record.created_at,
        made_at: Some(record.created_at),
        activated_at: None,
        activated_by: None,
        record,
    }
}
