//! Pages of tickets.

use super::model::*;
use crate::access::{Actor, Kind};
use crate::comments::Thread;
use crate::db::paging::{Cursor, Page};
use crate::error::{Error, Msg, Problems};
use crate::files::Attachments;
use crate::people::{Face, PersonId};
use crate::records::Record;
use crate::related::{Parts, PlaceChoice, place_options};
use crate::text::value::{Body, Tag, Title};
use crate::ui::{Choice, FieldProblem, Input, Property, Sample, Section, Shell, Shown, Tab, filters, sample, text};
use crate::web::{Ctx, Form, Principal};
use askama::Template;

/// `/tickets`.
#[derive(Template)]
#[template(path = "tickets/index.html")]
pub struct Index {
    pub shell: Shell,
    pub page: Page<Row>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: ListQuery,
    pub statuses: Vec<Choice>,
    pub priorities: Vec<Choice>,
    pub people: Vec<Choice>,
    pub sorts: Vec<Choice>,
    pub next: Option<String>,
}

/// The list's address, taken apart.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    pub q: String,
    pub status: String,
    pub priority: String,
    pub assignee: String,
    pub tag: String,
    pub show: String,
    pub sort: String,
    pub project: String,
    pub after: Option<Cursor>,
}

impl ListQuery {
    /// `Invalid` for a damaged cursor; unknown words are as good as none.
    pub fn of<P: Principal>(ctx: &Ctx<P>) -> Result<Self, Error> {
        let text = |name| ctx.query(name).unwrap_or_default();
        Ok(ListQuery {
            q: text("q"),
            status: text("status"),
            priority: text("priority"),
            assignee: text("assignee"),
            tag: text("tag"),
            show: text("show"),
            sort: text("sort"),
            project: text("project"),
            after: ctx.query("after").map(|after| Cursor::decode(&after)).transpose()?,
        })
    }

    /// `NotFound` for a project that one cannot see.
    pub fn filter(&self, me: &Actor) -> Result<Filter, Error> {
        let project = match self.project.as_str() {
            "" => None,
            key => Some(me.project(key).ok_or(Error::NotFound)?.id),
        };
        let assignee = match self.assignee.as_str() {
            "" => None,
            "me" => me.person_id().map(Some),
            "none" => Some(None),
            id => id.parse().ok().map(|id| Some(PersonId(id))),
        };
        Ok(Filter {
            words: Some(self.q.trim().replace('\0', "")).filter(|words| !words.is_empty()),
            statuses: Status::parse(&self.status).into_iter().collect(),
            kinds: Vec::new(),
            priorities: parse_priority(&self.priority).into_iter().collect(),
            assignee,
            tag: Some(self.tag.replace('\0', "")).filter(|tag| !tag.is_empty()),
            open_only: !matches!(self.show.as_str(), "all" | "archived"),
            due_before: None,
            project,
            archived: self.show == "archived",
        })
    }

    /// The query part of this list's address without paging; empty values left out.
    pub fn address(&self) -> String {
        let pairs = [
            ("q", &self.q),
            ("status", &self.status),
            ("priority", &self.priority),
            ("assignee", &self.assignee),
            ("tag", &self.tag),
            ("show", &self.show),
            ("sort", &self.sort),
            ("project", &self.project),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }

    pub fn is_narrowed(&self) -> bool {
        [&self.q, &self.status, &self.priority, &self.assignee, &self.tag].iter().any(|value| !value.is_empty())
    }

    /// This page again, one cursor on.
    pub fn next(&self, cursor: &Cursor) -> String {
        let query = self.address();
        let and = if query.is_empty() { "" } else { "&" };
        format!("/tickets?{query}{and}after={}", cursor.encode())
    }
}

pub fn status_choices(chosen: &str) -> Vec<Choice> {
    let choice = |status: &Status| {
        Choice::new(status, text(&status.label()), status.as_str() == chosen).icon(status.icon(), status.tone())
    };
    Status::ALL.iter().map(choice).collect()
}

pub fn priority_choices(chosen: &str) -> Vec<Choice> {
    let choice = |priority: i16| {
        let is_chosen = priority.to_string() == chosen;
        Choice::new(priority, text(&priority_label(priority)), is_chosen).icon(priority_label(priority), "")
    };
    PRIORITIES.into_iter().map(choice).collect()
}

pub fn kind_choices(chosen: &str) -> Vec<Choice> {
    let choice =
        |kind: &TicketKind| Choice::new(kind, text(&kind.label()), kind.as_str() == chosen).icon(kind.icon(), "");
    TicketKind::ALL.iter().map(choice).collect()
}

pub fn people_choices(faces: &[Face], chosen: &str, nobody: &str) -> Vec<Choice> {
    let none = Choice::new("", text(nobody), chosen.is_empty());
    std::iter::once(none)
        .chain(faces.iter().map(|face| Choice::new(face.id, &face.name, face.id.to_string() == chosen)))
        .collect()
}

pub fn sort_choices(chosen: &str) -> Vec<Choice> {
    SORTS.iter().map(|sort| Choice::new(sort.key, text(&format!("sort-{}", sort.key)), sort.key == chosen)).collect()
}

/// The fixed tabs before saved views.
pub fn tabs(query: &ListQuery) -> Vec<Tab> {
    let here = query.address();
    let project = if query.project.is_empty() { String::new() } else { format!("project={}", query.project) };
    let tab = |label: &str, query: &str| {
        let query = [query, project.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        Tab {
            is_current: query == here,
            href: format!("/tickets?{query}"),
            label: text(label),
            is_shared: false,
            remove: None,
        }
    };
    vec![
        tab("tab-active", ""),
        tab("tab-mine", "assignee=me"),
        tab("tab-blocked", "status=blocked"),
        tab("tab-all", "show=all"),
        tab("tab-archived", "show=archived"),
    ]
}

impl Index {
    pub fn sample() -> Self {
        let row = Row {
            record: Record::sample(Kind::Ticket, "ATL-142", "Recalculate crossings when the tide window moves"),
            ticket_kind: TicketKind::Story,
            status: Status::InProgress,
            priority: 1,
            due_on: None,
            assignee: Some("Ada Lindqvist".to_owned()),
            tags: vec!["tides".to_owned()],
            children: 5,
            children_done: 2,
            sort_value: None,
        };
        let query = ListQuery::default();
        Index {
            shell: Shell::sample("tickets"),
            page: Page { rows: vec![row], next: None },
            count: "1".to_owned(),
            tabs: tabs(&query),
            saved: Vec::new(),
            statuses: status_choices(""),
            priorities: priority_choices(""),
            people: people_choices(&[], "", "anybody"),
            sorts: sort_choices("updated"),
            next: None,
            query,
        }
    }
}

/// `/tickets/APP-42`.
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
    pub faces: Vec<Face>,
    pub body_html: String,
}

impl Show {
    pub fn new(shell: Shell, loaded: Loaded, editing: Option<&str>, problem: Option<&FieldProblem>) -> Self {
        let Loaded { ticket, parent, children, parts, faces, body_html, thread, attachments } = loaded;
        let can_edit = parts.can_edit && !ticket.record.is_archived();
        let properties = properties(&ticket, &parts, &faces, parent.as_ref(), can_edit);
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
            faces: Vec::new(),
            body_html: "<p>The hydrographic office corrects its predictions.</p>".to_owned(),
        };
        Show::new(Shell::sample("tickets"), loaded, None, None)
    }
}

fn properties(
    ticket: &Ticket,
    parts: &Parts,
    faces: &[Face],
    parent: Option<&Record>,
    can_edit: bool,
) -> Vec<Property> {
    let value = |field| ticket.value(field, &parts.tags);
    let input = |input| if can_edit { input } else { Input::Locked };
    let name = |id: Option<PersonId>| faces.iter().find(|face| Some(face.id) == id).map(|face| face.name.clone());
    let person = |id| name(id).map_or(Shown::Nothing, Shown::Person);
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
    let words = |value, hint| Input::Text { value, hint };
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
        of(
            Field::Assignee,
            "field-assignee",
            person(ticket.assignee_id),
            input(Input::Menu(people_choices(faces, &value(Field::Assignee), "nobody"))),
        ),
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
        of(Field::Parent, "field-parent", parent_shown, input(words(parent_id, "parent-hint"))),
        Property::new("reporter", "field-reporter", "", person(ticket.reporter_id), Input::Locked),
    ]
}

/// `/tickets/new`.
#[derive(Template)]
#[template(path = "tickets/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: TicketForm,
    pub problems: Problems,
    pub places: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub statuses: Vec<Choice>,
    pub priorities: Vec<Choice>,
    pub people: Vec<Choice>,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct TicketForm {
    pub title: String,
    pub body: String,
    pub place: String,
    pub kind: String,
    pub status: String,
    pub priority: String,
    pub assignee: String,
    pub parent: String,
    pub tags: String,
    pub start_on: String,
    pub due_on: String,
    pub estimate: String,
}

impl TicketForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        TicketForm {
            title: text("title"),
            body: text("body"),
            place: text("place"),
            kind: text("kind"),
            status: text("status"),
            priority: text("priority"),
            assignee: text("assignee"),
            parent: text("parent"),
            tags: text("tags"),
            start_on: text("start_on"),
            due_on: text("due_on"),
            estimate: text("estimate"),
        }
    }

    /// The ticket to make; all problems at once.
    pub fn check(&self, me: &Actor) -> Result<NewTicket, Error> {
        let mut problems = Problems::default();
        let place = match crate::related::parse_place(me, &self.place) {
            Ok(place) => Some(place),
            Err(_) => problems.take("place", Err("problem-place".into())),
        };
        let title = problems.take("title", Title::parse(&self.title));
        let body = problems.take("body", Body::parse(&self.body));
        let tags = problems.take("tags", Tag::parse_list(&self.tags));
        let choice = || Msg::new("problem-choice");
        let kind =
            problems.take("kind", or_default(&self.kind, TicketKind::Task, TicketKind::parse).ok_or_else(choice));
        let status = problems.take("status", or_default(&self.status, Status::Todo, Status::parse).ok_or_else(choice));
        let priority =
            problems.take("priority", or_default(&self.priority, DEFAULT_PRIORITY, parse_priority).ok_or_else(choice));
        let assignee =
            problems.take("assignee", optional(&self.assignee, |id| id.parse().map(PersonId).map_err(|_| choice())));
        let start_on = problems.take("start_on", optional(&self.start_on, crate::web::parse_date));
        let due_on = problems.take("due_on", optional(&self.due_on, crate::web::parse_date));
        let estimate = problems.take("estimate", optional(&self.estimate, parse_estimate));
        let parent = Some(self.parent.trim().to_owned()).filter(|parent| !parent.is_empty());
        match (place, title, body, tags, kind, status, priority, assignee, start_on, due_on, estimate) {
            (
                Some(place),
                Some(title),
                Some(body),
                Some(labels),
                Some(kind),
                Some(status),
                Some(priority),
                Some(assignee),
                Some(start_on),
                Some(due_on),
                Some(estimate),
            ) => Ok(NewTicket {
                place,
                kind,
                title,
                body,
                status,
                priority,
                assignee,
                parent,
                labels,
                start_on,
                due_on,
                estimate,
            }),
            _ => Err(Error::Invalid(problems)),
        }
    }
}

fn optional<T>(text: &str, parse: impl Fn(&str) -> Result<T, Msg>) -> Result<Option<T>, Msg> {
    match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some),
    }
}

fn or_default<T>(text: &str, default: T, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    if text.is_empty() { Some(default) } else { parse(text) }
}

impl New {
    pub fn new(shell: Shell, form: TicketForm, problems: Problems, places: &[PlaceChoice], faces: &[Face]) -> Self {
        New {
            shell,
            places: place_options(places, &form.place),
            kinds: kind_choices(if form.kind.is_empty() { "task" } else { &form.kind }),
            statuses: status_choices(if form.status.is_empty() { "todo" } else { &form.status }),
            priorities: priority_choices(if form.priority.is_empty() { "3" } else { &form.priority }),
            people: people_choices(faces, &form.assignee, "nobody"),
            form,
            problems,
        }
    }

    pub fn sample() -> Self {
        let problems = Problems::one("title", "problem-title-missing");
        New::new(Shell::sample("tickets"), TicketForm::default(), problems, &[], &[])
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("tickets/index", &Index::sample()),
        sample("tickets/show", &Show::sample()),
        sample("tickets/new", &New::sample()),
    ]
}
