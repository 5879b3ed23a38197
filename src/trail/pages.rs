//! The trail as a page: each event a sentence, and what is known of it behind it.

use super::{Event, EventOutcome, Filter, Names, Somebody, actions, area};
use crate::access::{Permission, can};
use crate::audit::{ActKind, hex};
use crate::clock::midnight;
use crate::error::{Msg, Problems};
use crate::people::{MAX_OFFERED, Offered, PersonId};
use crate::ui::{Choice, Chooser, Sample, Shell, filters, is_known, sample, say_with, text};
use crate::web::parse_date;
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "trail/index.html")]
pub struct Index {
    pub shell: Shell,
    pub form: FilterForm,
    pub people: Chooser,
    pub actions: Vec<Choice>,
    pub outcomes: Vec<Choice>,
    pub lines: Vec<Line>,
    /// Address of the next page.
    pub next: Option<String>,
    pub is_filtered: bool,
    pub can_export: bool,
    pub can_stream: bool,
    pub problems: Problems,
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct FilterForm {
    pub person: String,
    pub action: String,
    pub target: String,
    pub outcome: String,
    pub from: String,
    pub to: String,
}

impl FilterForm {
    pub fn of(given: impl Fn(&str) -> String) -> Self {
        FilterForm {
            person: given("person"),
            action: given("action"),
            target: given("target"),
            outcome: given("outcome"),
            from: given("from"),
            to: given("to"),
        }
    }

    /// All but the target and the person, which need the database. Days are those of the reader's zone.
    pub fn check(&self, zone: chrono_tz::Tz) -> Result<Filter, Problems> {
        let mut problems = Problems::default();
        let choice = || Msg::new("problem-choice");
        let mut filter = Filter::default();
        if !self.action.is_empty() {
            filter.actions = problems.take("action", actions(&self.action).ok_or_else(choice));
        }
        if !self.outcome.is_empty() {
            filter.outcome = problems.take("outcome", EventOutcome::parse(&self.outcome).ok_or_else(choice));
        }
        let mut day = |field: &str, typed: &str| match typed.trim() {
            "" => None,
            typed => problems.take(field, parse_date(typed)),
        };
        filter.from = day("from", &self.from).map(|day| midnight(day, zone));
        filter.until = day("to", &self.to).and_then(|day| day.succ_opt()).map(|day| midnight(day, zone));
        if problems.is_empty() { Ok(filter) } else { Err(problems) }
    }

    fn pairs(&self) -> [(&'static str, &str); 6] {
        [
            ("person", &self.person),
            ("action", &self.action),
            ("target", &self.target),
            ("outcome", &self.outcome),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    /// What is set, for hidden fields and addresses.
    pub fn given(&self) -> Vec<(&'static str, &str)> {
        self.pairs().into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    pub fn address(&self, after: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.given());
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        format!("/settings/audit?{}", query.finish())
    }
}

/// One event in words.
#[derive(Debug, Clone)]
pub struct Line {
    pub event: Event,
    /// None when nobody in particular did it.
    pub person: Option<String>,
    pub actor: String,
    pub sentence: String,
    pub changes: Vec<Change>,
    pub icon: &'static str,
    pub tone: &'static str,
}

/// A field before and after; empty where there was nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub field: String,
    pub before: String,
    pub after: String,
}

impl Line {
    pub fn of(event: Event, names: &Names) -> Line {
        // Who signs in is nobody yet when they ask.
        let became = event.target_id.filter(|_| event.action == ActKind::SignedIn.as_str());
        let person = event.actor_id.or(became).map(|id| names.word(id));
        let actor =
            person.clone().unwrap_or_else(|| known(&format!("audit-actor-{}", event.actor_kind), &event.actor_kind));
        let (icon, tone) = match event.outcome.as_str() {
            "denied" => ("lock", "amber"),
            "failed" => ("risk", "red"),
            _ => ("check", "green"),
        };
        Line { sentence: sentence(&event, names), changes: changes(&event, names), person, actor, icon, tone, event }
    }

    pub fn hash(&self) -> Option<String> {
        self.event.hash.as_deref().map(hex)
    }

    pub fn previous(&self) -> String {
        self.event.previous_hash.as_deref().map(hex).unwrap_or_default()
    }

    /// Everything about the same thing.
    pub fn about(&self) -> Option<String> {
        self.event.target_id.map(|id| format!("/settings/audit?target={id}"))
    }

    pub fn outcome_label(&self) -> String {
        format!("audit-outcome-{}", self.event.outcome)
    }
}

/// The message, or the word when the catalogue of this version has none.
fn known(key: &str, word: &str) -> String {
    if is_known(key) { text(key) } else { word.replace(['_', '.'], " ") }
}

/// "changed the role of Dov Peretz"; the actor stands before it.
pub fn sentence(event: &Event, names: &Names) -> String {
    let target = target(event, names);
    let number = event.after.get("number").and_then(Value::as_i64).unwrap_or(1).to_string();
    let args = [("target", target.as_str()), ("number", number.as_str()), ("action", event.action.as_str())];
    if event.outcome == "denied" {
        let route = event.after.get("route").and_then(Value::as_str).unwrap_or_default();
        return say_with("audit-refused", args.into_iter().chain([("route", route)]));
    }
    let key = format!("audit-did-{}", event.action.replace(['.', '_'], "-"));
    say_with(if is_known(&key) { &key } else { "audit-did-other" }, args)
}

/// What it was done to, in words.
fn target(event: &Event, names: &Names) -> String {
    let named = || {
        let side = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
        side(&event.after).or_else(|| side(&event.before))
    };
    let name = event.target_id.and_then(|id| names.get(id)).map(str::to_owned);
    name.or_else(named)
        .unwrap_or_else(|| known(&format!("audit-target-{}", event.target_kind.replace('_', "-")), &event.target_kind))
}

fn changes(event: &Event, names: &Names) -> Vec<Change> {
    let fields =
        |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<BTreeSet<_>>()).unwrap_or_default();
    let all: BTreeSet<String> = fields(&event.before).union(&fields(&event.after)).cloned().collect();
    let change = |field: String| Change {
        before: event.before.get(&field).map(|value| plain(value, names)).unwrap_or_default(),
        after: event.after.get(&field).map(|value| value_words(&field, value, names)).unwrap_or_default(),
        field: known(&format!("audit-field-{}", field.replace('_', "-")), &field),
    };
    all.into_iter().map(change).collect()
}

/// A refusal's reason is a message.
fn value_words(field: &str, value: &Value, names: &Names) -> String {
    match value.as_str().filter(|word| field == "reason" && is_known(word)) {
        Some(reason) => text(reason),
        None => plain(value, names),
    }
}

fn plain(value: &Value, names: &Names) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => match text.parse() {
            Ok(id) if text.len() == 36 => names.word(id),
            _ => text.clone(),
        },
        Value::Array(values) => values.iter().map(|value| plain(value, names)).collect::<Vec<_>>().join(", "),
        Value::Bool(true) => text("audit-yes"),
        Value::Bool(false) => text("audit-no"),
        other => other.to_string(),
    }
}

/// Everybody who ever was here while that is a list one can read; else a field, which also finds who has left.
pub fn people_choices(people: &[Somebody], offered: Offered, actor: Option<PersonId>, typed: &str) -> Chooser {
    let chosen = actor.map_or(typed.to_owned(), |id| id.to_string());
    let anyone = text("audit-anyone");
    if i32::try_from(people.len()).is_ok_and(|people| people > MAX_OFFERED) {
        return offered.typed().chooser(&[("", anyone)], &chosen);
    }
    let choice = |person: &Somebody| {
        let label = match person.deactivated_at {
            Some(_) => say_with("audit-person-left", [("name", person.name.as_str())]),
            None => person.name.clone(),
        };
        let id = person.id.to_string();
        Choice::new(&id, label, id == chosen)
    };
    let anyone = Choice::new("", anyone, chosen.is_empty());
    Chooser { choices: std::iter::once(anyone).chain(people.iter().map(choice)).collect(), ..Chooser::default() }
}

/// Each area, and below it its acts when there are several.
pub fn action_choices(chosen: &str) -> Vec<Choice> {
    let mut areas: Vec<(&str, Vec<ActKind>)> = Vec::new();
    for kind in ActKind::ALL.iter().copied().filter(|kind| kind.is_privileged()) {
        match areas.iter_mut().find(|(name, _)| *name == area(kind)) {
            Some((_, kinds)) => kinds.push(kind),
            None => areas.push((area(kind), vec![kind])),
        }
    }
    areas.sort_by_key(|(name, _)| *name);
    let mut choices = Vec::new();
    for (name, kinds) in areas {
        if kinds.len() > 1 {
            choices.push(Choice::new(name, format!("{name}.*"), name == chosen));
        }
        choices.extend(kinds.iter().map(|kind| Choice::new(kind, kind, kind.as_str() == chosen)));
    }
    choices
}

pub fn outcome_choices(chosen: &str) -> Vec<Choice> {
    let choice = |outcome: &EventOutcome| {
        Choice::new(outcome, text(&format!("audit-outcome-{outcome}")), outcome.as_str() == chosen)
    };
    EventOutcome::ALL.iter().map(choice).collect()
}

/// Whether the reader may take the trail out, and decide where it is sent.
pub fn rights(me: &crate::access::Actor) -> (bool, bool) {
    let holds = |permission| can(me, crate::access::Verb::See, &crate::access::Thing::Organisation(permission));
    (holds(Permission::AuditExport), holds(Permission::SecurityConfigurationManage))
}

/// An event for samples and tests.
pub fn sample_event(action: &str, outcome: &str) -> Event {
    Event {
        id: uuid::Uuid::from_u128(7),
        sequence: Some(41_208),
        previous_hash: Some(vec![0x44; 32]),
        hash: Some(vec![0x9c; 32]),
        at: DateTime::<Utc>::UNIX_EPOCH,
        actor_kind: "visitor".to_owned(),
        actor_id: None,
        session_id: None,
        token_id: Some(uuid::Uuid::from_u128(8)),
        action: action.to_owned(),
        target_kind: "person".to_owned(),
        target_id: None,
        before: serde_json::json!({ "role": "member" }),
        after: serde_json::json!({ "role": "admin", "number": 3, "route": "/settings/audit" }),
        request_id: uuid::Uuid::nil(),
        outcome: outcome.to_owned(),
        address: Some("203.0.113.7".to_owned()),
        browser: Some("Firefox/140.0".to_owned()),
        actor_name: None,
        target_name: None,
        token_name: Some("Nightly report".to_owned()),
    }
}

impl Index {
    pub fn sample() -> Self {
        let line = |action, outcome| Line::of(sample_event(action, outcome), &Names::default());
        let lines =
            vec![line("member.role_changed", "succeeded"), line("refused", "denied"), line("sign_in.failed", "failed")];
        Index {
            shell: Shell::sample("settings"),
            form: FilterForm { action: "member".to_owned(), ..FilterForm::default() },
            people: Chooser::many(),
            actions: action_choices("member"),
            outcomes: outcome_choices(""),
            lines,
            next: Some("/settings/audit?after=x".to_owned()),
            is_filtered: true,
            can_export: true,
            can_stream: true,
            problems: Problems::one("target", "problem-audit-target"),
        }
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![sample("trail/index", &Index::sample())]
}
