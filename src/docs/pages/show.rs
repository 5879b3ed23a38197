//! A page, as it is read.

use super::{Pane, Tree, place_href, place_icon, place_name};
use crate::access::{Actor, Kind};
use crate::comments::Thread;
use crate::docs::{Doc, Node, Revision};
use crate::files::Attachments;
use crate::records::{Record, Scope};
use crate::related::Parts;
use crate::text::markdown::{Heading, Rendered};
use crate::ui::{FieldProblem, Input, Property, Shell, Shown, filters};
use askama::Template;

/// Words read in a minute.
const READING_SPEED: usize = 200;

/// `/docs/DOC-12`.
#[derive(Template)]
#[template(path = "docs/show.html")]
pub struct Show {
    pub shell: Shell,
    pub pane: Pane,
    pub doc: Doc,
    pub record: Record,
    pub ancestors: Vec<Record>,
    pub place: Crumb,
    pub html: String,
    pub headings: Vec<Heading>,
    pub minutes: usize,
    pub revisions: Vec<Revision>,
    pub children: Vec<Node>,
    pub parts: Parts,
    pub properties: Vec<Property>,
    pub attachments: Attachments,
    pub thread: Thread,
    pub can_edit: bool,
}

/// A place, as breadcrumb and aside name it.
#[derive(Debug, Clone)]
pub struct Crumb {
    pub label: String,
    pub icon: &'static str,
    pub href: String,
}

impl Crumb {
    pub fn of(me: &Actor, record: &Record, name: Option<&str>) -> Self {
        let place = record.place();
        Crumb { label: place_name(place, name), icon: place_icon(place), href: place_href(me, place) }
    }
}

/// What the page is drawn from.
pub struct Loaded {
    pub doc: Doc,
    pub tree: Tree,
    pub ancestors: Vec<Record>,
    pub revisions: Vec<Revision>,
    pub parts: Parts,
    pub attachments: Attachments,
    pub thread: Thread,
}

impl Show {
    pub fn new(shell: Shell, me: &Actor, loaded: Loaded, rendered: Rendered, problem: Option<&FieldProblem>) -> Self {
        let Loaded { doc, tree, ancestors, revisions, parts, attachments, thread } = loaded;
        let can_edit = parts.can_edit && !doc.is_removed();
        let new_href = format!("/docs/new?parent={}", doc.record.display_id);
        Show {
            pane: Pane::new(me, &tree, new_href, ""),
            place: Crumb::of(me, &doc.record, parts.place_name.as_deref()),
            children: tree.nodes.iter().filter(|node| node.parent_id == Some(doc.id())).cloned().collect(),
            minutes: rendered.words.div_ceil(READING_SPEED).max(1),
            properties: vec![tags_property(&parts, can_edit).with_problem(problem)],
            record: doc.record.clone(),
            html: rendered.html,
            headings: rendered.headings,
            shell,
            doc,
            ancestors,
            revisions,
            parts,
            attachments,
            thread,
            can_edit,
        }
    }

    pub fn action(&self) -> String {
        format!("/docs/{}/tags", self.record.display_id)
    }

    pub fn sample() -> Self {
        let doc = super::sample_doc();
        let revision = Revision {
            number: 14,
            title: doc.record.title.clone(),
            body: String::new(),
            note: String::new(),
            restored_number: None,
            author: Some("Vera Novak".to_owned()),
            created_at: doc.record.updated_at,
        };
        let parts = Parts::sample();
        Show {
            shell: Shell::sample("docs"),
            pane: Pane::default(),
            record: Record::sample(Kind::Doc, "DOC-118", "Tide windows, explained"),
            place: Crumb { label: place_name(doc.record.place(), None), icon: "building", href: "/docs".to_owned() },
            ancestors: Vec::new(),
            html: "<p>The water must be <strong>deep enough</strong>.</p>".to_owned(),
            headings: vec![Heading { level: 2, id: "h-how".to_owned(), text: "How a window is computed".to_owned() }],
            minutes: 4,
            revisions: vec![revision],
            children: Vec::new(),
            properties: vec![tags_property(&parts, true)],
            parts,
            attachments: Attachments::sample(),
            thread: Thread::sample(),
            can_edit: true,
            doc,
        }
    }
}

fn tags_property(parts: &Parts, can_edit: bool) -> Property {
    let shown = if parts.tags.is_empty() { Shown::Nothing } else { Shown::Chips(parts.tags.clone()) };
    let value = parts.tags.join(", ");
    let input =
        if can_edit { Input::Text { value: value.clone(), hint: "labels-hint", offers: "" } } else { Input::Locked };
    Property::new("tags", "doc-tags", &value, shown, input)
}
