//! `/tickets/APP-42`.

use super::{kind_choices, priority_choices, status_choices};
use crate::access::Kind;
use crate::comments::Thread;
use crate::files::Attachments;
use crate::people::Offered;
use crate::records::Record;
use crate::related::{Parts, person_property, person_shown};
use crate::tickets::model::*;
use crate::ui::{FieldProblem, Input, Property, Section, Shell, Shown, filters, text};
use askama::Template;

#[derive(Template)]
#[template(path = "tickets/show.html")]
pub struct Show {
    pub shell: Shell,
    pub ticket: Ticket,
    pub record: Record,
    pub parent: Option<Record>,
    pub children: Vec<Child>,
    pub children_done: usize,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub title: Section,
    pub body: Section,
    pub properties: Vec<Property>,
    /// Moving a ticket changes its key, which has a page of its own.
    pub movable: bool,
}

/// What the page is drawn from, loaded in one transaction.
pub struct Loaded {
    pub ticket: Ticket,
    pub parent: Option<Record>,
    pub children: Vec<Child>,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub offered: Offered,
    pub body_html: String,
}

impl Show {
    pub fn new(shell: Shell, loaded: Loaded, editing: Option<&str>, problem: Option<&FieldProblem>) -> Self {
        let Loaded { ticket, parent, children, parts, offered, body_html, thread, attachments } = loaded;
        let can_edit = parts.can_edit && !ticket.record.is_archived();
        let properties = properties(&ticket, &parts, &offered, parent.as_ref(), can_edit);
        let title = Section::new("title", "field-title", &ticket.record.title, String::new(), can_edit);
        let body = Section::new("body", "", &ticket.body, body_html, can_edit);
        let children_done = children.iter().filter(|child| child.status.is_done()).count();
        Show {
            shell,
            record: ticket.record.clone(),
            children_done,
            parent,
            children,
            title: title.with_state(problem, editing),
            body: body.with_state(problem, editing),
            properties: properties.into_iter().map(|property| property.with_problem(problem)).collect(),
            ticket,
            parts,
            thread,
            attachments,
            movable: false,
        }
    }

    pub fn action(&self) -> String {
        format!("/tickets/{}/fields", self.record.display_id)
    }

    pub fn sample() -> Self {
        let record = Record::sample(Kind::Ticket, "ATL-142", "Recalculate crossings when the tide window moves");
        let ticket = Ticket {
            record,
            ticket_kind: TicketKind::Story,
            status: Status::InProgress,
            priority: 1,
            body: String::new(),
            assignee_id: None,
            reporter_id: None,
            parent_id: None,
            start_on: None,
            due_on: None,
            estimate: Some(8),
            rank: String::new(),
            resolved_at: None,
        };
        let parts = Parts::sample();
        let loaded = Loaded {
            ticket,
            parent: None,
            children: Vec::new(),
            parts,
            thread: Thread::sample(),
            attachments: Attachments::sample(),
            offered: Offered::none(),
            body_html: "<p>The hydrographic office corrects its predictions.</p>".to_owned(),
        };
        Show::new(Shell::sample("tickets"), loaded, None, None)
    }
}

fn properties(
    ticket: &Ticket,
    parts: &Parts,
    offered: &Offered,
    parent: Option<&Record>,
    can_edit: bool,
) -> Vec<Property> {
    let value = |field| ticket.value(field, &parts.tags);
    let input = |input| if can_edit { input } else { Input::Locked };
    let status =
        Shown::State { icon: ticket.status.icon(), tone: ticket.status.tone(), label: text(&ticket.status.label()) };
    let kind =
        Shown::State { icon: ticket.ticket_kind.icon().to_owned(), tone: "", label: text(&ticket.ticket_kind.label()) };
    let labels = if parts.tags.is_empty() { Shown::Nothing } else { Shown::Chips(parts.tags.clone()) };
    let due = match ticket.due_on {
        None => Shown::Nothing,
        Some(on) if ticket.status.is_done() => Shown::Day(on),
        Some(on) => Shown::Due(on),
    };
    let parent_shown = parent.map_or(Shown::Nothing, |record| Shown::Link {
        href: record.path(),
        icon: "ticket",
        key: record.display_id.clone(),
        title: record.title.clone(),
    });
    let parent_id = parent.map(|record| record.display_id.clone()).unwrap_or_default();
    let estimate = ticket.estimate.map_or(Shown::Nothing, |points| {
        Shown::Text(crate::ui::say_with("points", [("count", points.to_string().as_str())]))
    });
    let words = |value, hint| Input::Text { value, hint, offers: "" };
    let parent_input = Input::Text { value: parent_id, hint: "parent-hint", offers: "record" };
    let of =
        |field: Field, label, shown, input: Input| Property::new(field.as_str(), label, &value(field), shown, input);
    vec![
        of(Field::Status, "field-status", status, input(Input::Menu(status_choices(ticket.status.as_str())))),
        of(
            Field::Priority,
            "field-priority",
            Shown::Priority(ticket.priority),
            input(Input::Menu(priority_choices(&ticket.priority.to_string()))),
        ),
        person_property(Field::Assignee.as_str(), "field-assignee", offered, ticket.assignee_id, can_edit),
        of(Field::Labels, "field-labels", labels, input(words(parts.tags.join(", "), "labels-hint"))),
        of(Field::Estimate, "field-estimate", estimate, input(words(value(Field::Estimate), ""))),
        of(
            Field::Start,
            "field-start",
            ticket.start_on.map_or(Shown::Nothing, Shown::Day),
            input(Input::Date(value(Field::Start))),
        ),
        of(Field::Due, "field-due", due, input(Input::Date(value(Field::Due)))),
        of(Field::Kind, "field-kind", kind, input(Input::Menu(kind_choices(ticket.ticket_kind.as_str())))),
        of(Field::Parent, "field-parent", parent_shown, input(parent_input)),
        Property::new("reporter", "field-reporter", "", person_shown(offered, ticket.reporter_id), Input::Locked),
    ]
}
