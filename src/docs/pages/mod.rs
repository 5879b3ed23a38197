//! Pages of the wiki.

mod edit;
mod history;
mod index;
mod moving;
mod pane;
mod show;

pub use edit::*;
pub use history::*;
pub use index::*;
pub use moving::*;
pub use pane::*;
pub use show::*;

use crate::access::{Actor, Kind, Place};
use crate::docs::Doc;
use crate::records::Record;
use crate::related::place_value;
use crate::ui::{Sample, sample, say_with, text};

/// "Organisation", "Project Atlas", "Group Crew", "Private".
pub fn place_name(place: Place, name: Option<&str>) -> String {
    let name = name.unwrap_or_default();
    match place {
        Place::Organisation(_) => text("doc-place-organisation"),
        Place::Project(_) => say_with("doc-place-project", [("name", name)]),
        Place::Group(_) => say_with("doc-place-group", [("name", name)]),
        Place::Person(_) => text("doc-place-private"),
    }
}

pub fn place_icon(place: Place) -> &'static str {
    match place {
        Place::Organisation(_) => "building",
        Place::Project(_) => "board",
        Place::Group(_) => "users",
        Place::Person(_) => "lock",
    }
}

/// The list of a place's pages.
pub fn place_href(me: &Actor, place: Place) -> String {
    match place_value(me, place).split_once(':') {
        Some(("project", key)) => format!("/docs?project={key}"),
        _ => format!("/docs?place={}", place_value(me, place)),
    }
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![
        sample("docs/index", &Index::sample()),
        sample("docs/bin", &Bin::sample()),
        sample("docs/show", &Show::sample()),
        sample("docs/new", &New::sample()),
        sample("docs/edit", &Edit::sample()),
        sample("docs/revisions", &Revisions::sample()),
        sample("docs/revision", &ShowRevision::sample()),
        sample("docs/compare", &Compare::sample()),
        sample("docs/move", &Move::sample()),
    ]
}

fn sample_doc() -> Doc {
    Doc {
        record: Record::sample(Kind::Doc, "DOC-118", "Tide windows, explained"),
        parent_id: None,
        rank: String::new(),
        icon: String::new(),
        body: "The water must be **deep enough**.".to_owned(),
        revision: 14,
        removed_at: None,
    }
}
