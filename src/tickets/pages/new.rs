//! `/tickets/new`.

use super::{kind_choices, priority_choices, status_choices};
use crate::access::Actor;
use crate::db::Tx;
use crate::error::{Error, Msg, Problems};
use crate::people::{Face, Offered};
use crate::related::{PlaceChoice, place_options};
use crate::text::value::{Body, Tag, Title};
use crate::tickets::model::*;
use crate::ui::{Choice, Chooser, Shell, filters, text};
use crate::web::Form;
use askama::Template;

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
    pub people: Chooser,
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
    /// Another one is wanted afterwards.
    pub is_another: bool,
}

impl TicketForm {
    /// Where the next one is made, in the same place and of the same sort, as one does who writes down several.
    pub fn another(&self, project: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let kept = [
            ("project", project.unwrap_or_default()),
            ("place", &self.place),
            ("kind", &self.kind),
            ("status", &self.status),
            ("priority", &self.priority),
            ("assignee", &self.assignee),
            ("parent", &self.parent),
            ("tags", &self.tags),
        ];
        for (name, value) in kept.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        format!("/tickets/new?{}", query.append_pair("another", "on").finish())
    }

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
            is_another: form.is_checked("another"),
        }
    }

    /// The ticket to make; all problems at once.
    pub fn check(&self, tx: &mut Tx, me: &Actor) -> Result<NewTicket, Error> {
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
        let assignee = problems.gather(Face::optional(tx, "assignee", &self.assignee, None))?;
        let start_on = problems.take("start_on", optional(&self.start_on, crate::web::parse_date));
        let due_on = problems.take("due_on", optional(&self.due_on, crate::web::parse_date));
        let estimate = problems.take("estimate", optional(&self.estimate, parse_estimate));
        let parent = Some(self.parent.trim().to_owned()).filter(|parent| !parent.is_empty());
        if let (Some(parent), Some(kind)) = (&parent, kind) {
            // Told with the others; it is looked for again when the ticket is made.
            problems.gather(check_parent(tx, me, parent, kind, None))?;
        }
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
            ) if problems.is_empty() => Ok(NewTicket {
                place,
                kind,
                title,
                body,
                status,
                priority,
                assignee: assignee.map(|face| face.id),
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
    pub fn new(shell: Shell, form: TicketForm, problems: Problems, places: &[PlaceChoice], offered: &Offered) -> Self {
        New {
            shell,
            places: place_options(places, &form.place),
            kinds: kind_choices(if form.kind.is_empty() { "task" } else { &form.kind }),
            statuses: status_choices(if form.status.is_empty() { "todo" } else { &form.status }),
            priorities: priority_choices(if form.priority.is_empty() { "3" } else { &form.priority }),
            people: offered.chooser(&[("", text("nobody"))], &form.assignee),
            form,
            problems,
        }
    }

    pub fn sample() -> Self {
        let problems = Problems::one("title", "problem-title-missing");
        New::new(Shell::sample("tickets"), TicketForm::default(), problems, &[], &Offered::none())
    }
}
