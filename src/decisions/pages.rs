//! Pages of decisions.

use super::model::*;
use crate::access::{Actor, Kind};
use crate::comments::Thread;
use crate::db::paging::Page;
use crate::error::{Error, Problems, Result};
use crate::files::Attachments;
use crate::people::Offered;
use crate::records::{Record, Resolved};
use crate::related::{
    Address, Parts, PlaceChoice, parse_place, person_property, place_options, sort_choices, tags_property,
};
use crate::text::value::{Body, Tag, Title};
use crate::ui::{Choice, FieldProblem, Input, Property, Sample, Section, Shell, Shown, Tab, filters, sample, text};
use crate::web::{Form, parse_date};
use askama::Template;

/// `/decisions`.
#[derive(Template)]
#[template(path = "decisions/index.html")]
pub struct Index {
    pub shell: Shell,
    pub page: Page<Row>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: Address,
    pub sorts: Vec<Choice>,
    pub next: Option<String>,
}

/// The words of this list's address.
pub const WORDS: [&str; 6] = ["q", "status", "tag", "show", "sort", "project"];

/// `NotFound` for a project that one cannot see.
pub fn filter(query: &Address, me: &Actor) -> Result<Filter> {
    Ok(Filter {
        words: query.given("q"),
        status: Status::parse(query.get("status")),
        tag: query.given("tag"),
        project: query.project(me)?,
        archived: query.is_archived(),
    })
}

pub fn status_choices(chosen: &str) -> Vec<Choice> {
    let choice = |status: &Status| {
        Choice::new(status, text(&status.label()), status.as_str() == chosen).icon(status.icon(), status.tone())
    };
    Status::ALL.iter().map(choice).collect()
}

/// The fixed tabs: all, one per status, archived.
pub fn tabs(query: &Address) -> Vec<Tab> {
    let statuses = Status::ALL.iter().map(|status| query.tab(text(&status.label()), &format!("status={status}")));
    std::iter::once(query.tab(text("tab-all"), ""))
        .chain(statuses)
        .chain(std::iter::once(query.tab(text("tab-archived"), "show=archived")))
        .collect()
}

impl Index {
    pub fn sample() -> Self {
        let query = Address::plain("/decisions");
        let row = Row {
            record: Record::sample(Kind::Decision, "DEC-7", "Publish nothing until a person agrees"),
            status: Status::Active,
            decided_on: None,
            review_on: None,
            decider: Some("Ada Lindqvist".to_owned()),
            sort_value: None,
        };
        Index {
            shell: Shell::sample("decisions"),
            page: Page { rows: vec![row], next: None },
            count: "1".to_owned(),
            tabs: tabs(&query),
            saved: Vec::new(),
            sorts: sort_choices(&SORTS, ""),
            next: None,
            query,
        }
    }
}

/// `/decisions/DEC-7`.
#[derive(Template)]
#[template(path = "decisions/show.html")]
pub struct Show {
    pub shell: Shell,
    pub record: Record,
    pub decision: Decision,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub title: Section,
    pub sections: Vec<Section>,
    pub properties: Vec<Property>,
    pub movable: bool,
}

/// What the page is drawn from.
pub struct Loaded {
    pub decision: Decision,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub offered: Offered,
    pub resolved: Resolved,
}

impl Show {
    pub fn new(shell: Shell, loaded: Loaded, editing: Option<&str>, problem: Option<&FieldProblem>) -> Self {
        let Loaded { decision, parts, offered, resolved, thread, attachments } = loaded;
        let can_edit = parts.can_edit && !decision.record.is_archived();
        let section = |field: &'static str, label, source: &str| {
            Section::new(field, label, source, resolved.html(field, source), can_edit).with_state(problem, editing)
        };
        let sections = vec![
            section("context", "decision-context", &decision.context),
            section("decision", "decision-decision", &decision.decision),
            section("alternatives", "decision-alternatives", &decision.alternatives),
            section("consequences", "decision-consequences", &decision.consequences),
        ];
        let title = Section::new("title", "field-title", &decision.record.title, String::new(), can_edit)
            .with_state(problem, editing);
        let properties = properties(&decision, &parts, &offered, can_edit);
        Show {
            shell,
            record: decision.record.clone(),
            title,
            sections,
            properties: properties.into_iter().map(|property| property.with_problem(problem)).collect(),
            decision,
            parts,
            thread,
            attachments,
            movable: true,
        }
    }

    pub fn action(&self) -> String {
        format!("/decisions/{}/fields", self.record.display_id)
    }

    pub fn sample() -> Self {
        let record = Record::sample(Kind::Decision, "DEC-7", "Publish nothing until a person agrees");
        let decision = Decision {
            record,
            status: Status::Active,
            context: "A wrong timetable strands people.".to_owned(),
            decision: "A planner confirms each proposal.".to_owned(),
            alternatives: String::new(),
            consequences: String::new(),
            decider_id: None,
            decided_on: None,
            review_on: None,
        };
        let loaded = Loaded {
            decision,
            parts: Parts::sample(),
            thread: Thread::sample(),
            attachments: Attachments::sample(),
            offered: Offered::none(),
            resolved: Resolved::default(),
        };
        Show::new(Shell::sample("decisions"), loaded, None, None)
    }
}

fn properties(decision: &Decision, parts: &Parts, offered: &Offered, can_edit: bool) -> Vec<Property> {
    let value = |field| decision.value(field, &parts.tags);
    let input = |input| if can_edit { input } else { Input::Locked };
    let status = Shown::State {
        icon: decision.status.icon().to_owned(),
        tone: decision.status.tone(),
        label: text(&decision.status.label()),
    };
    let by = decision.decider_id;
    let review = decision
        .review_on
        .map_or(Shown::Nothing, if decision.status == Status::Active { Shown::Due } else { Shown::Day });
    let of =
        |field: Field, label, shown, input: Input| Property::new(field.as_str(), label, &value(field), shown, input);
    vec![
        of(Field::Status, "field-status", status, input(Input::Menu(status_choices(decision.status.as_str())))),
        person_property(Field::Decider.as_str(), "decision-decider", offered, by, can_edit),
        of(
            Field::Decided,
            "decision-decided-on",
            decision.decided_on.map_or(Shown::Nothing, Shown::Day),
            input(Input::Date(value(Field::Decided))),
        ),
        of(Field::Review, "decision-review-on", review, input(Input::Date(value(Field::Review)))),
        tags_property(&parts.tags, can_edit),
    ]
}

/// `/decisions/new`.
#[derive(Template)]
#[template(path = "decisions/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: DecisionForm,
    pub problems: Problems,
    pub places: Vec<Choice>,
    pub statuses: Vec<Choice>,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct DecisionForm {
    pub title: String,
    pub place: String,
    pub status: String,
    pub context: String,
    pub decision: String,
    pub alternatives: String,
    pub consequences: String,
    pub decided_on: String,
    pub review_on: String,
    pub tags: String,
    pub supersedes: String,
}

impl DecisionForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        DecisionForm {
            title: text("title"),
            place: text("place"),
            status: text("status"),
            context: text("context"),
            decision: text("decision"),
            alternatives: text("alternatives"),
            consequences: text("consequences"),
            decided_on: text("decided_on"),
            review_on: text("review_on"),
            tags: text("tags"),
            supersedes: text("supersedes"),
        }
    }

    /// All problems at once.
    pub fn check(&self, me: &Actor) -> Result<NewDecision> {
        let mut problems = Problems::default();
        let place = problems.take("place", parse_place(me, &self.place).map_err(|_| "problem-place".into()));
        let title = problems.take("title", Title::parse(&self.title));
        let status = problems.take(
            "status",
            Status::parse(if self.status.is_empty() { "proposed" } else { &self.status })
                .ok_or("problem-choice".into()),
        );
        let context = problems.take("context", Body::parse(&self.context));
        let decision = problems.take("decision", Body::parse(&self.decision));
        let alternatives = problems.take("alternatives", Body::parse(&self.alternatives));
        let consequences = problems.take("consequences", Body::parse(&self.consequences));
        let mut date = |field: &str, text: &str| match text.trim() {
            "" => Some(None),
            text => problems.take(field, parse_date(text)).map(Some),
        };
        let (decided_on, review_on) = (date("decided_on", &self.decided_on), date("review_on", &self.review_on));
        let tags = problems.take("tags", Tag::parse_list(&self.tags));
        let supersedes = Some(self.supersedes.trim().to_owned()).filter(|id| !id.is_empty());
        match (place, title, status, context, decision, alternatives, consequences, decided_on, review_on, tags) {
            (
                Some(place),
                Some(title),
                Some(status),
                Some(context),
                Some(decision),
                Some(alternatives),
                Some(consequences),
                Some(decided_on),
                Some(review_on),
                Some(tags),
            ) => Ok(NewDecision {
                place,
                title,
                status,
                context,
                decision,
                alternatives,
                consequences,
                decided_on,
                review_on,
                tags,
                supersedes,
            }),
            _ => Err(Error::Invalid(problems)),
        }
    }
}

impl New {
    pub fn new(shell: Shell, form: DecisionForm, problems: Problems, places: &[PlaceChoice]) -> Self {
        let status = if form.status.is_empty() { "proposed" } else { &form.status };
        New { shell, places: place_options(places, &form.place), statuses: status_choices(status), form, problems }
    }

    pub fn sample() -> Self {
        New::new(
            Shell::sample("decisions"),
            DecisionForm::default(),
            Problems::one("title", "problem-title-missing"),
            &[],
        )
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("decisions/index", &Index::sample()),
        sample("decisions/show", &Show::sample()),
        sample("decisions/new", &New::sample()),
    ]
}
