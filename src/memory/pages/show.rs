//! `/memory/MEM-501`.

use super::{confidence_tone, importance_choices, importance_label, sample_day, sample_item, type_choices};
use crate::access::Kind;
use crate::comments::Thread;
use crate::error::Problems;
use crate::files::Attachments;
use crate::memory::model::*;
use crate::records::{Record, Resolved};
use crate::related::{Parts, tags_property};
use crate::ui::{Choice, FieldProblem, Input, Property, Section, Shell, Shown, filters, text};
use askama::Template;
use chrono::NaiveDate;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "memory/show.html")]
pub struct Show {
    pub shell: Shell,
    pub record: Record,
    pub item: Item,
    pub standing: Standing,
    pub tone: &'static str,
    pub sources: Sources,
    pub adding: Adding,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub title: Section,
    pub section: Section,
    pub properties: Vec<Property>,
    pub can_edit: bool,
    /// Moving asks about sources, so it has a page of its own.
    pub movable: bool,
}

/// The form for a further source: as typed, with what is wrong, and which sources fewer people may read.
#[derive(Debug, Clone, Default)]
pub struct Adding {
    pub source: String,
    pub passage: String,
    pub problems: Problems,
    pub narrower: Vec<Record>,
}

impl Adding {
    /// What the box carries that says "more people may read it": exactly what is shown.
    pub fn shown(&self) -> String {
        super::shown_ids(&self.narrower)
    }
}

/// What the page is drawn from, loaded in one transaction.
pub struct Loaded {
    pub item: Item,
    pub today: NaiveDate,
    pub sources: Sources,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub resolved: Resolved,
}

impl Show {
    pub fn new(shell: Shell, loaded: Loaded, editing: Option<&str>, problem: Option<&FieldProblem>) -> Self {
        let Loaded { item, today, sources, parts, thread, attachments, resolved } = loaded;
        let can_edit = parts.can_edit && !item.record.is_archived();
        let section = Section::new("body", "memory-body", &item.body, resolved.html("body", &item.body), can_edit);
        let title = Section::new("title", "field-title", &item.record.title, String::new(), can_edit);
        let properties = properties(&item, today, &parts, can_edit);
        Show {
            shell,
            record: item.record.clone(),
            standing: item.standing(today),
            tone: confidence_tone(item.confidence),
            title: title.with_state(problem, editing),
            section: section.with_state(problem, editing),
            properties: properties.into_iter().map(|property| property.with_problem(problem)).collect(),
            sources,
            adding: Adding::default(),
            item,
            parts,
            thread,
            attachments,
            can_edit,
            movable: false,
        }
    }

    /// As `Adding::shown`.
    pub fn shown(&self) -> String {
        self.adding.shown()
    }

    pub fn action(&self) -> String {
        format!("/memory/{}/fields", self.record.display_id)
    }

    pub fn sample() -> Self {
        let source = Source {
            source_id: SourceId(Uuid::nil()),
            record: Record::sample(Kind::Doc, "DOC-118", "Tide windows, explained"),
            passage: "Nobody crosses with less than half a metre under the keel.".to_owned(),
            is_widened: true,
        };
        let loaded = Loaded {
            item: sample_item("MEM-501", "The margin over the bar is half a metre", Type::Constraint),
            today: sample_day(),
            sources: Sources { seen: vec![source], hidden: 1 },
            parts: Parts::sample(),
            thread: Thread::sample(),
            attachments: Attachments::sample(),
            resolved: Resolved::default(),
        };
        Show::new(Shell::sample("memory"), loaded, None, None)
    }
}

fn properties(item: &Item, today: NaiveDate, parts: &Parts, can_edit: bool) -> Vec<Property> {
    let value = |field| item.value(field, &parts.tags);
    let input = |input| if can_edit { input } else { Input::Locked };
    let of =
        |field: Field, label, shown, input: Input| Property::new(field.as_str(), label, &value(field), shown, input);
    let standing = item.standing(today);
    let state =
        Shown::State { icon: standing.icon().to_owned(), tone: standing.tone(), label: text(&standing.label()) };
    let kind = Shown::State { icon: item.kind.icon().to_owned(), tone: "grey", label: text(&item.kind.label()) };
    let day = |on: Option<NaiveDate>| on.map_or(Shown::Nothing, Shown::Day);
    let confidence = Input::Text { value: value(Field::Confidence), hint: "memory-confidence-hint", offers: "" };
    let doubt = text(if item.needs_review { "memory-review-yes" } else { "memory-review-no" });
    vec![
        of(Field::Status, "field-status", state, input(Input::Menu(status_choices(item)))),
        of(Field::Kind, "field-type", kind, input(Input::Menu(type_choices(item.kind.as_str())))),
        of(Field::Confidence, "field-confidence", Shown::Text(percent(item.confidence)), input(confidence)),
        of(
            Field::Importance,
            "field-importance",
            Shown::Text(importance_label(item.importance)),
            input(Input::Menu(importance_choices(&value(Field::Importance)))),
        ),
        of(Field::From, "field-valid-from", day(item.valid_from), input(Input::Date(value(Field::From)))),
        of(Field::Until, "field-valid-until", day(item.valid_until), input(Input::Date(value(Field::Until)))),
        of(Field::Review, "field-needs-review", Shown::Text(doubt), input(Input::Menu(review_choices(item)))),
        tags_property(&parts.tags, can_edit),
    ]
}

fn status_choices(item: &Item) -> Vec<Choice> {
    let choice = |status: &Status| {
        let (icon, tone) = match status {
            Status::Active => (Standing::Counts.icon(), Standing::Counts.tone()),
            Status::Superseded => (Standing::Superseded.icon(), Standing::Superseded.tone()),
        };
        Choice::new(status, text(&format!("memory-status-{status}")), *status == item.status).icon(icon, tone)
    };
    Status::ALL.iter().map(choice).collect()
}

fn review_choices(item: &Item) -> Vec<Choice> {
    let choice = |word: &str, key, is_chosen| Choice::new(word, text(key), is_chosen);
    vec![choice("no", "memory-review-no", !item.needs_review), choice("yes", "memory-review-yes", item.needs_review)]
}
