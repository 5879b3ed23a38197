//! `/diffs/…`: each change with what it is about, decided one by one.

use super::sample_diff;
use crate::access::Kind;
use crate::diffs::model::*;
use crate::error::Problems;
use crate::memory::{Item, StateForm, Status, Type};
use crate::records::Record;
use crate::text::diff::{Line, words};
use crate::ui::{Choice, Shell, filters, text};
use askama::Template;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "diffs/show.html")]
pub struct Show {
    pub shell: Shell,
    pub diff: Diff,
    pub cards: Vec<Card>,
    /// Accepted, and waiting to be applied.
    pub waiting: usize,
    /// What a decision about all of them says it saw.
    pub seen: String,
    pub can_decide: bool,
    pub can_add: bool,
    pub problems: Problems,
    /// The open form of one change.
    pub editing: Option<Editing>,
}

/// The words of one change, about to be replaced by other words.
pub struct Editing {
    pub change: ChangeId,
    pub seen: String,
    pub form: StateForm,
    pub types: Vec<Choice>,
    pub importances: Vec<Choice>,
    pub problems: Problems,
}

/// One change as the page shows it.
#[derive(Debug, Clone)]
pub struct Card {
    pub proposed: Proposed,
    /// Title and text, before and after, word by word.
    pub title: Vec<Line>,
    pub body: Vec<Line>,
    /// What else becomes of the item; empty once it is applied, for then the item is as proposed.
    pub pairs: Vec<Pair>,
    pub is_outdated: bool,
}

/// One property of the target, and what is proposed for it.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Message key.
    pub label: String,
    pub old: String,
    pub new: String,
}

impl Pair {
    fn list(proposed: &Proposed) -> Vec<Pair> {
        let is_waiting = proposed.change.decision != Decision::Applied;
        let (Some(target), Some(state), true) = (&proposed.target, proposed.state(), is_waiting) else {
            return Vec::new();
        };
        // The title has its words, and a new item begins without doubts.
        let is_new = proposed.change.act == ChangeAct::Supersede;
        let is_told = |field: &str| field != "title" && !(is_new && field == "needs_review");
        let pairs = target.differences(&state).into_iter().filter(|(field, ..)| is_told(field));
        pairs.map(|(field, old, new)| Pair::of(field, &old, &new)).collect()
    }

    fn of(field: &str, old: &str, new: &str) -> Pair {
        let said = |value: &str| match (field, Type::parse(value)) {
            ("type", Some(kind)) => text(&kind.label()),
            ("needs_review", _) => text(&format!("memory-review-{value}")),
            _ => value.to_owned(),
        };
        Pair { label: format!("field-{}", field.replace('_', "-")), old: said(old), new: said(new) }
    }
}

impl Card {
    pub fn of(proposed: Proposed) -> Self {
        let (old_title, old_body) = match (&proposed.target, proposed.change.decision) {
            (_, Decision::Applied) => (proposed.change.base_title.clone(), proposed.change.base_body.clone()),
            (Some(target), _) => (Some(target.record.title.clone()), Some(target.body.clone())),
            (None, _) => (None, None),
        };
        let (old_title, old_body) = (old_title.unwrap_or_default(), old_body.unwrap_or_default());
        let (title, body) = match (&proposed.change.title, &proposed.other) {
            (Some(title), _) => {
                (words(&old_title, title), words(&old_body, proposed.change.body.as_deref().unwrap_or_default()))
            }
            (None, Some(other)) if proposed.change.act == ChangeAct::Supersede => {
                (words(&old_title, &other.record.title), words(&old_body, &other.body))
            }
            (None, _) => (words(&old_title, ""), words(&old_body, "")),
        };
        Card { is_outdated: proposed.is_outdated(), title, body, pairs: Pair::list(&proposed), proposed }
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.proposed.change.decision, Decision::Accepted | Decision::Edited)
    }

    pub fn is_open(&self) -> bool {
        self.proposed.change.decision == Decision::Open
    }
}

impl Show {
    pub fn new(shell: Shell, diff: Diff, changes: Vec<Proposed>, can_decide: bool, can_add: bool) -> Self {
        let seen = seen_all(&changes);
        let cards: Vec<Card> = changes.into_iter().map(Card::of).collect();
        Show {
            shell,
            seen,
            waiting: cards.iter().filter(|card| card.is_waiting()).count(),
            can_add: can_add && diff.is_pending() && diff.origin == Origin::Person && cards.len() < MAX_CHANGES,
            can_decide,
            cards,
            diff,
            problems: Problems::default(),
            editing: None,
        }
    }

    /// Whether the form of this change stands open.
    pub fn edits(&self, change: &ChangeId) -> Option<&Editing> {
        self.editing.as_ref().filter(|editing| editing.change == *change)
    }

    pub fn sample() -> Self {
        let target = sample_target();
        let change = |act, title: Option<&str>, seen: String, decision| Proposed {
            change: Change {
                id: ChangeId(Uuid::nil()),
                position: 1,
                act,
                target_id: None,
                other_id: None,
                title: title.map(str::to_owned),
                item_type: Some(Type::Constraint),
                body: None,
                confidence: Some(96),
                importance: Some(4),
                valid_from: None,
                valid_until: None,
                base_title: Some("The margin is a metre".to_owned()),
                base_body: Some(String::new()),
                seen,
                decision,
                decided_by: Some("Ada Lindqvist".to_owned()),
                result_id: None,
            },
            target: (act != ChangeAct::Add).then(|| target.clone()),
            other: None,
            result: None,
            evidence: Vec::new(),
            hidden: i64::from(act == ChangeAct::Add),
            is_hidden: false,
            is_lost: false,
        };
        let now = target.fingerprint();
        let mut hidden = change(ChangeAct::Archive, None, now.clone(), Decision::Open);
        hidden.is_hidden = true;
        let lost = Proposed { is_lost: true, ..hidden.clone() };
        let changes = vec![
            change(ChangeAct::Add, Some("Two planners are on duty at night"), String::new(), Decision::Open),
            change(ChangeAct::Update, Some("The margin is half a metre"), now.clone(), Decision::Accepted),
            change(ChangeAct::Supersede, Some("A person agrees first"), "then".to_owned(), Decision::Open),
            change(ChangeAct::Archive, None, now, Decision::Refused),
            hidden,
            lost,
        ];
        let numbered = (1..).zip(changes).map(|(position, mut proposed)| {
            proposed.change.position = position;
            proposed
        });
        Show::new(Shell::sample("diffs"), sample_diff(), numbered.collect(), true, true)
    }
}

pub fn sample_target() -> Item {
    Item {
        record: Record::sample(Kind::Memory, "MEM-501", "The margin over the bar is a metre"),
        kind: Type::Constraint,
        status: Status::Active,
        body: String::new(),
        confidence: 90,
        importance: 4,
        valid_from: None,
        valid_until: None,
        needs_review: false,
    }
}
