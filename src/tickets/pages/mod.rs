//! Pages of tickets.

mod assign;
mod choices;
mod index;
mod new;
mod show;

pub use assign::*;
pub use choices::*;
pub use index::*;
pub use new::*;
pub use show::*;

use crate::ui::{Chooser, Sample, sample};

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    let many = Index { people: Chooser::many(), assignees: Chooser::many(), ..Index::sample() };
    let mut show = Show::sample();
    let assignee = show.properties.iter_mut().filter(|property| property.field == "assignee");
    assignee.for_each(|property| property.input = Chooser::many().into());
    vec![
        sample("tickets/index", &Index::sample()),
        sample("tickets/index many people", &many),
        sample("tickets/index in TQL", &Index::sample_of_tql()),
        sample("tickets/index wrong TQL", &Index::sample_of_wrong_tql()),
        sample("tickets/show", &Show::sample()),
        sample("tickets/show many people", &show),
        sample("tickets/new", &New::sample()),
        sample("tickets/assign", &Assign::sample()),
        sample("tickets/new many people", &New { people: Chooser::many(), ..New::sample() }),
    ]
}
