//! Pages of risks.

mod form;
mod heat;
mod index;
mod show;

pub use form::*;
pub use heat::*;
pub use index::*;
pub use show::*;

use super::model::*;
use crate::ui::{Choice, Sample, sample, text};

/// What its page offers: closing is not chosen but done.
pub fn status_choices(chosen: Status) -> Vec<Choice> {
    let offered = Status::ALL.iter().filter(|status| **status != Status::Closed || chosen == Status::Closed);
    offered.map(|status| status_choice(*status, *status == chosen)).collect()
}

fn status_choice(status: Status, is_chosen: bool) -> Choice {
    Choice::new(status, text(&status.label()), is_chosen).icon(status.icon(), status.tone())
}

/// `likelihood` or `impact`: "4 · Likely".
pub fn weight_choices(field: &str, chosen: &str) -> Vec<Choice> {
    let choice = |weight: i16| Choice::new(weight, weight_label(field, weight), weight.to_string() == chosen);
    SCALE.into_iter().map(choice).collect()
}

pub fn weight_label(field: &str, weight: i16) -> String {
    format!("{weight} · {}", weight_word(field, weight))
}

pub fn weight_word(field: &str, weight: i16) -> String {
    text(&format!("{field}-{weight}"))
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("risks/index", &Index::sample()),
        sample("risks/show", &Show::sample()),
        sample("risks/new", &New::sample()),
    ]
}
