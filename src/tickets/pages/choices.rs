//! What the forms and filters of tickets offer.

use crate::tickets::model::*;
use crate::ui::{Choice, text};

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
