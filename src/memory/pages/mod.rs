//! Pages of memory.

mod form;
mod history;
mod index;
mod place;
mod show;
mod state;

pub use form::*;
pub use history::*;
pub use index::*;
pub use place::*;
pub use show::*;
pub use state::*;

use super::model::*;
use crate::ui::{Choice, Sample, sample, text};

pub fn type_choices(chosen: &str) -> Vec<Choice> {
    let choice =
        |kind: &Type| Choice::new(kind, text(&kind.label()), kind.as_str() == chosen).icon(kind.icon(), "grey");
    Type::ALL.iter().map(choice).collect()
}

/// "4 · Important".
pub fn importance_choices(chosen: &str) -> Vec<Choice> {
    let choice = |weight: i16| Choice::new(weight, importance_label(weight), weight.to_string() == chosen);
    IMPORTANCE.into_iter().map(choice).collect()
}

pub fn importance_label(weight: i16) -> String {
    format!("{weight} · {}", text(&format!("memory-importance-{weight}")))
}

/// How sure one is, as a colour of the gauge: the number says the same.
pub fn confidence_tone(confidence: i16) -> &'static str {
    match confidence {
        ..=49 => "amber",
        _ => "green",
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("memory/index", &Index::sample()),
        sample("memory/empty", &Index::empty_sample()),
        sample("memory/show", &Show::sample()),
        sample("memory/new", &New::sample()),
        sample("memory/history", &History::sample()),
        sample("memory/place", &EditPlace::sample()),
    ]
}
