//! Moving: under another page, up or down, to another place; and who would see it there.

use super::{Crumb, place_name};
use crate::access::Place;
use crate::docs::{Doc, Node};
use crate::error::Problems;
use crate::ui::{Choice, Shell, filters};
use askama::Template;

/// `/docs/DOC-12/move`.
#[derive(Template)]
#[template(path = "docs/move.html")]
pub struct Move {
    pub shell: Shell,
    pub doc: Doc,
    pub place: Crumb,
    pub problems: Problems,
    /// As typed: the ID of the page above.
    pub parent: String,
    pub parents: Vec<Node>,
    pub places: Vec<Choice>,
    pub can_share: bool,
    /// Pages that go along.
    pub below: usize,
    /// Set when it would change place: what to confirm.
    pub preview: Option<Preview>,
}

/// Who would begin to see it, and who would cease to.
#[derive(Debug, Clone)]
pub struct Preview {
    pub label: String,
    /// As forms send them.
    pub place: String,
    pub parent: String,
    pub gain: i64,
    pub lose: i64,
}

impl Move {
    pub fn sample() -> Self {
        let doc = super::sample_doc();
        let label = place_name(Place::Organisation(doc.record.organisation_id), None);
        let preview = Preview {
            label: label.clone(),
            place: "organisation".to_owned(),
            parent: String::new(),
            gain: 38,
            lose: 0,
        };
        Move {
            shell: Shell::sample("docs"),
            place: Crumb { label, icon: "building", href: "/docs".to_owned() },
            problems: Problems::default(),
            parent: "DOC-7".to_owned(),
            parents: Vec::new(),
            places: Vec::new(),
            can_share: true,
            below: 3,
            preview: Some(preview),
            doc,
        }
    }
}
