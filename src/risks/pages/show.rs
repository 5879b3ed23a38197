//! `/risks/RISK-3`.

use super::{status_choices, weight_choices, weight_label};
use crate::access::Kind;
use crate::comments::Thread;
use crate::error::Problems;
use crate::files::Attachments;
use crate::people::Offered;
use crate::records::{Record, Resolved};
use crate::related::{Parts, person_property, tags_property};
use crate::risks::model::*;
use crate::ui::{FieldProblem, Input, Property, Section, Shell, Shown, filters, text};
use askama::Template;

#[derive(Template)]
#[template(path = "risks/show.html")]
pub struct Show {
    pub shell: Shell,
    pub record: Record,
    pub risk: Risk,
    pub closure: Option<Closure>,
    /// Why it was closed, sanitised.
    pub note_html: String,
    /// What was typed into a refused closure, and why it was refused.
    pub note: String,
    pub problems: Problems,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub title: Section,
    pub sections: Vec<Section>,
    pub properties: Vec<Property>,
    pub can_close: bool,
    pub movable: bool,
}

/// What the page is drawn from, loaded in one transaction.
pub struct Loaded {
    pub risk: Risk,
    pub closure: Option<Closure>,
    pub can_close: bool,
    pub parts: Parts,
    pub thread: Thread,
    pub attachments: Attachments,
    pub offered: Offered,
    pub resolved: Resolved,
}

impl Show {
    pub fn new(shell: Shell, loaded: Loaded, editing: Option<&str>, problem: Option<&FieldProblem>) -> Self {
        let Loaded { risk, closure, can_close, parts, thread, attachments, offered, resolved } = loaded;
        let can_edit = parts.can_edit && !risk.record.is_archived();
        let section = |field: &'static str, label, source: &str| {
            Section::new(field, label, source, resolved.html(field, source), can_edit).with_state(problem, editing)
        };
        let title = Section::new("title", "field-title", &risk.record.title, String::new(), can_edit);
        Show {
            shell,
            record: risk.record.clone(),
            title: title.with_state(problem, editing),
            sections: vec![
                section("description", "field-description", &risk.description),
                section("mitigation", "field-mitigation", &risk.mitigation),
                section("contingency", "field-contingency", &risk.contingency),
            ],
            properties: properties(&risk, &parts, &offered, can_edit)
                .into_iter()
                .map(|property| property.with_problem(problem))
                .collect(),
            note_html: closure.as_ref().map(|closure| resolved.html("closure", &closure.note)).unwrap_or_default(),
            note: String::new(),
            problems: Problems::default(),
            can_close: can_close && !risk.record.is_archived(),
            closure,
            risk,
            parts,
            thread,
            attachments,
            movable: true,
        }
    }

    pub fn with_note(self, note: String, problems: Problems) -> Self {
        Show { note, problems, ..self }
    }

    pub fn action(&self) -> String {
        format!("/risks/{}/fields", self.record.display_id)
    }

    pub fn sample() -> Self {
        let risk = Risk {
            record: Record::sample(Kind::Risk, "RISK-3", "Predictions change after departure"),
            status: Status::Mitigating,
            category: "tides".to_owned(),
            description: "The office corrects a prediction while a ferry is under way.".to_owned(),
            mitigation: String::new(),
            contingency: String::new(),
            likelihood: 3,
            impact: 4,
            score: 12,
            risk_owner_id: None,
            review_on: None,
        };
        let loaded = Loaded {
            risk,
            closure: None,
            can_close: true,
            parts: Parts::sample(),
            thread: Thread::sample(),
            attachments: Attachments::sample(),
            offered: Offered::none(),
            resolved: Resolved::default(),
        };
        Show::new(Shell::sample("risks"), loaded, None, None)
    }
}

fn properties(risk: &Risk, parts: &Parts, offered: &Offered, can_edit: bool) -> Vec<Property> {
    let value = |field| risk.value(field, &parts.tags);
    let input = |input| if can_edit { input } else { Input::Locked };
    let of =
        |field: Field, label, shown, input: Input| Property::new(field.as_str(), label, &value(field), shown, input);
    let weight = |field: Field, label, weight| {
        let choices = weight_choices(field.as_str(), &value(field));
        of(field, label, Shown::Text(weight_label(field.as_str(), weight)), input(Input::Menu(choices)))
    };
    let status = Shown::State {
        icon: risk.status.icon().to_owned(),
        tone: risk.status.tone(),
        label: text(&risk.status.label()),
    };
    // A closed risk is opened again before its status is chosen.
    let statuses =
        if risk.status == Status::Closed { Input::Locked } else { input(Input::Menu(status_choices(risk.status))) };
    let category = if risk.category.is_empty() { Shown::Nothing } else { Shown::Text(risk.category.clone()) };
    let review =
        risk.review_on.map_or(Shown::Nothing, if risk.status == Status::Closed { Shown::Day } else { Shown::Due });
    let owner = risk.risk_owner_id;
    vec![
        of(Field::Status, "field-status", status, statuses),
        weight(Field::Likelihood, "field-likelihood", risk.likelihood),
        weight(Field::Impact, "field-impact", risk.impact),
        person_property(Field::Owner.as_str(), "field-owner", offered, owner, can_edit),
        of(
            Field::Category,
            "field-category",
            category,
            input(Input::Text { value: risk.category.clone(), hint: "category-hint", offers: "" }),
        ),
        of(Field::Review, "field-review", review, input(Input::Date(value(Field::Review)))),
        tags_property(&parts.tags, can_edit),
    ]
}
