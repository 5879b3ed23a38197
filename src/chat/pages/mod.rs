//! Pages of chats.

mod answer;
mod assistants;
mod pane;
mod show;

pub use answer::*;
pub use assistants::*;
pub use pane::*;
pub use show::*;

use crate::ui::{Sample, sample};

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("chats/new", &Show::new_sample()),
        sample("chats/off", &Show::off_sample()),
        sample("chats/show", &Show::sample()),
        sample("chats/waiting", &Show::waiting_sample()),
        sample("chats/preview", &Preview::sample()),
        sample("chats/assistants", &Assistants::sample()),
        sample("chats/assistant", &EditAssistant::sample()),
    ]
}
