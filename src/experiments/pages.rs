//! Pages of experiments.

use super::model::*;
use crate::access::{Actor, Kind};
use crate::comments::Thread;
use crate::db::paging::Page;
use crate::error::{Error, Problems, Result};
use crate::files::Attachments;
use crate::people::Offered;
use crate::records::{Record, Resolved};
use crate::related::{
    Address, Parts, PlaceChoice, Whom, parse_place, person_property, place_options, sort_choices, tags_property,
};
use crate::text::value::{Body, Tag, Title};
use crate::ui::{
    Choice, Chooser, FieldProblem, Input, Property, Sample, Section, Shell, Shown, Tab, filters, sample, text,
};
use crate::web::{Form, parse_date};
use askama::Template;
use chrono::NaiveDate;

/// `/experiments`.
#[derive(Template)]
#[template(path = "experiments/index.html")]
pub struct Index {
    pub shell: Shell,
    pub page: Page<Row>,
    pub count: String,
    pub tabs: Vec<Tab>,
    pub saved: Vec<Tab>,
    pub query: Address,
    pub people: Chooser,
    pub sorts: Vec<Choice>,
    pub next: Option<String>,
}

/// The words of this list's address.
pub const WORDS: [&str; 7] = ["q", "status", "owner", "tag", "show", "sort", "project"];

/// `NotFound` for a project that one cannot see.
pub fn filter(query: &Address, me: &Actor, whom: &Whom) -> Result<Filter> {
    Ok(Filter {
        words: query.given("q"),
        status: Status::parse(query.get("status")),
        owner: whom.person(),
        tag: query.given("tag"),
        project: query.project(me)?,
        archived: query.is_archived(),
    })
}

/// The fixed tabs: all, mine, one per status, archived.
pub fn tabs(query: &Address) -> Vec<Tab> {
    let statuses = Status::ALL.iter().map(|status| query.tab(text(&status.label()), &format!("status={status}")));
    [query.tab(text("tab-all"), ""), query.tab(text("tab-mine"), "owner=me")]
        .into_iter()
        .chain(statuses)
        .chain(std::iter::once(query.tab(text("tab-archived"), "show=archived")))
        .collect()
}

fn status_choice(status: Status, chosen: Status) -> Choice {
    Choice::new(status, text(&status.label()), status == chosen).icon(status.icon(), status.tone())
}

impl Index {
    pub fn sample() -> Self {
        let query = Address::plain("/experiments");
        let row = Row {
            record: Record::sample(Kind::Experiment, "EXP-2", "Earlier notices keep more travellers"),
            status: Status::Running,
            start_on: None,
            end_on: None,
            owner: Some("Ada Lindqvist".to_owned()),
            sort_value: None,
        };
        Index {
            shell: Shell::sample("experiments"),
            page: Page { rows: vec![row], next: None },
            count: "1".to_owned(),
            tabs: tabs(&query),
            saved: Vec::new(),
            people: Whom::anybody().chooser(&Offered::none()),
            sorts: sort_choices(&SORTS, ""),
            next: None,
            query,
        }
    }
}

/// `/experiments/EXP-2`.
#[derive(Template)]
#[template(path = "experiments/show.html")]
pub struct Show {
    pub shell: Shell,
    pub record: Record,
    pub experiment: Experiment,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub title: Section,
    pub sections: Vec<Section>,
    pub properties: Vec<Property>,
    pub movable: bool,
}

/// What the page is drawn from, loaded in one transaction.
pub struct Loaded {
    pub experiment: Experiment,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub offered: Offered,
    pub resolved: Resolved,
}

impl Show {
    pub fn new(shell: Shell, loaded: Loaded, editing: Option<&str>, problem: Option<&FieldProblem>) -> Self {
        let Loaded { experiment, parts, thread, attachments, offered, resolved } = loaded;
        let can_edit = parts.can_edit && !experiment.record.is_archived();
        let section = |field: Field, label| {
            let (word, source) = (field.as_str(), experiment.value(field, &[]));
            Section::new(word, label, &source, resolved.html(word, &source), can_edit).with_state(problem, editing)
        };
        let title = Section::new("title", "field-title", &experiment.record.title, String::new(), can_edit);
        Show {
            shell,
            record: experiment.record.clone(),
            title: title.with_state(problem, editing),
            sections: vec![
                section(Field::Hypothesis, "field-hypothesis"),
                section(Field::Method, "field-method"),
                section(Field::Metric, "field-metric"),
                section(Field::Target, "field-target"),
                section(Field::Result, "field-result"),
                section(Field::Learnings, "field-learnings"),
            ],
            properties: properties(&experiment, &parts, &offered, can_edit)
                .into_iter()
                .map(|property| property.with_problem(problem))
                .collect(),
            experiment,
            parts,
            thread,
            attachments,
            movable: true,
        }
    }

    pub fn action(&self) -> String {
        format!("/experiments/{}/fields", self.record.display_id)
    }

    pub fn sample() -> Self {
        let experiment = Experiment {
            record: Record::sample(Kind::Experiment, "EXP-2", "Earlier notices keep more travellers"),
            status: Status::Running,
            hypothesis: "Who hears an hour earlier rebooks instead of leaving.".to_owned(),
            method: String::new(),
            metric: String::new(),
            target: String::new(),
            result: String::new(),
            learnings: String::new(),
            experiment_owner_id: None,
            start_on: None,
            end_on: None,
        };
        let loaded = Loaded {
            experiment,
            parts: Parts::sample(),
            thread: Thread::sample(),
            attachments: Attachments::sample(),
            offered: Offered::none(),
            resolved: Resolved::default(),
        };
        Show::new(Shell::sample("experiments"), loaded, None, None)
    }
}

fn properties(experiment: &Experiment, parts: &Parts, offered: &Offered, can_edit: bool) -> Vec<Property> {
    let value = |field| experiment.value(field, &parts.tags);
    let input = |input| if can_edit { input } else { Input::Locked };
    let of =
        |field: Field, label, shown, input: Input| Property::new(field.as_str(), label, &value(field), shown, input);
    let now = experiment.status;
    let state = Shown::State { icon: now.icon().to_owned(), tone: now.tone(), label: text(&now.label()) };
    let steps = Status::ALL.iter().filter(|next| **next == now || now.may_become(**next));
    let day = |field, label, on: Option<NaiveDate>| {
        of(field, label, on.map_or(Shown::Nothing, Shown::Day), input(Input::Date(value(field))))
    };
    let owner = experiment.experiment_owner_id;
    vec![
        of(
            Field::Status,
            "field-status",
            state,
            input(Input::Menu(steps.map(|next| status_choice(*next, now)).collect())),
        ),
        person_property(Field::Owner.as_str(), "field-owner", offered, owner, can_edit),
        day(Field::Start, "field-start", experiment.start_on),
        day(Field::End, "field-end", experiment.end_on),
        tags_property(&parts.tags, can_edit),
    ]
}

/// `/experiments/new`.
#[derive(Template)]
#[template(path = "experiments/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: ExperimentForm,
    pub problems: Problems,
    pub places: Vec<Choice>,
    pub statuses: Vec<Choice>,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct ExperimentForm {
    pub title: String,
    pub place: String,
    pub status: String,
    pub hypothesis: String,
    pub method: String,
    pub metric: String,
    pub target: String,
    pub start_on: String,
    pub end_on: String,
    pub tags: String,
}

impl ExperimentForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        ExperimentForm {
            title: text("title"),
            place: text("place"),
            status: text("status"),
            hypothesis: text("hypothesis"),
            method: text("method"),
            metric: text("metric"),
            target: text("target"),
            start_on: text("start_on"),
            end_on: text("end_on"),
            tags: text("tags"),
        }
    }

    /// All problems at once.
    pub fn check(&self, me: &Actor) -> Result<NewExperiment> {
        let mut problems = Problems::default();
        let place = problems.take("place", parse_place(me, &self.place).map_err(|_| "problem-place".into()));
        let title = problems.take("title", Title::parse(&self.title));
        let word = if self.status.is_empty() { "planned" } else { &self.status };
        let status = problems.take("status", Status::parse(word).ok_or("problem-choice".into()));
        let hypothesis = problems.take("hypothesis", Body::parse(&self.hypothesis));
        let method = problems.take("method", Body::parse(&self.method));
        let metric = problems.take("metric", Body::parse(&self.metric));
        let target = problems.take("target", Body::parse(&self.target));
        let mut date = |field: &str, text: &str| match text.trim() {
            "" => Some(None),
            text => problems.take(field, parse_date(text)).map(Some),
        };
        let (start_on, end_on) = (date("start_on", &self.start_on), date("end_on", &self.end_on));
        let tags = problems.take("tags", Tag::parse_list(&self.tags));
        match (place, title, status, hypothesis, method, metric, target, start_on, end_on, tags) {
            (
                Some(place),
                Some(title),
                Some(status),
                Some(hypothesis),
                Some(method),
                Some(metric),
                Some(target),
                Some(start_on),
                Some(end_on),
                Some(tags),
            ) => Ok(NewExperiment { place, title, status, hypothesis, method, metric, target, start_on, end_on, tags }),
            _ => Err(Error::Invalid(problems)),
        }
    }
}

impl New {
    pub fn new(shell: Shell, form: ExperimentForm, problems: Problems, places: &[PlaceChoice]) -> Self {
        let chosen = Status::parse(&form.status).unwrap_or(Status::Planned);
        New {
            shell,
            places: place_options(places, &form.place),
            statuses: Status::ALL.iter().map(|status| status_choice(*status, chosen)).collect(),
            form,
            problems,
        }
    }

    pub fn sample() -> Self {
        let problems = Problems::one("title", "problem-title-missing");
        New::new(Shell::sample("experiments"), ExperimentForm::default(), problems, &[])
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("experiments/index", &Index::sample()),
        sample("experiments/show", &Show::sample()),
        sample("experiments/new", &New::sample()),
    ]
}
