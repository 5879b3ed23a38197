//! Pages that every kind shares: moving to another scope, and the tabs of saved views.

use crate::access::Kind;
use crate::error::Problems;
use crate::people::{Offered, PersonId};
use crate::records::{Record, SavedView, project_of};
use crate::related::PlaceChoice;
use crate::ui::{Choice, Input, Property, Sample, Shell, Shown, Tab, filters, sample, text};
use askama::Template;

/// Moving a record: first where to, then who gains and loses sight of it.
#[derive(Template)]
#[template(path = "related/place.html")]
pub struct EditPlace {
    pub shell: Shell,
    pub record: Record,
    pub choices: Vec<Choice>,
    pub problems: Problems,
    /// Set on the second step.
    pub preview: Option<Preview>,
}

/// Who would see it: readers now and then.
#[derive(Debug, Clone)]
pub struct Preview {
    pub place: String,
    pub label: String,
    pub readers_now: i64,
    pub readers_then: i64,
}

impl EditPlace {
    pub fn sample() -> Self {
        let preview = Preview {
            place: "organisation".to_owned(),
            label: text("place-organisation"),
            readers_now: 3,
            readers_then: 41,
        };
        EditPlace {
            shell: Shell::sample("tickets"),
            record: Record::sample(Kind::Decision, "DEC-7", "Publish nothing until a person agrees"),
            choices: vec![Choice::new("organisation", text("place-organisation"), true)],
            problems: Problems::default(),
            preview: Some(preview),
        }
    }
}

/// Scopes as choices of a select.
pub fn place_options(choices: &[PlaceChoice], chosen: &str) -> Vec<Choice> {
    choices.iter().map(|choice| Choice::new(&choice.value, place_label(choice), choice.value == chosen)).collect()
}

pub fn place_label(choice: &PlaceChoice) -> String {
    match (&choice.name, choice.is_group) {
        (Some(name), true) => crate::ui::say_with("place-group", [("name", name.as_str())]),
        (Some(name), false) => crate::ui::say_with("place-project", [("name", name.as_str())]),
        (None, _) => text(&format!("place-{}", choice.value)),
    }
}

/// One's own and shared views as tabs; `here` is the list's present query without paging. Within a project only what is of it, or of none:
/// a tab is no door to another one.
pub fn view_tabs(views: &[SavedView], path: &str, here: &str, me: Option<PersonId>) -> Vec<Tab> {
    let tab = |view: &SavedView| Tab {
        href: format!("{path}?{}", view.query),
        label: view.name.clone(),
        is_current: view.query == here,
        is_shared: view.shared,
        remove: (me == Some(view.owner_id)).then(|| format!("/views/{}/removal", view.id)),
    };
    let here_in = project_of(here);
    let fits = |view: &&SavedView| here_in.is_none() || view.project().is_none_or(|of| Some(of) == here_in);
    views.iter().filter(fits).map(tab).collect()
}

/// A person's name, chosen from whom the page offers, or nobody.
pub fn person_property(
    field: &'static str,
    label: &'static str,
    offered: &Offered,
    id: Option<PersonId>,
    can_edit: bool,
) -> Property {
    let value = id.map(|id| id.to_string()).unwrap_or_default();
    let input = if can_edit { offered.chooser(&[("", text("nobody"))], &value).into() } else { Input::Locked };
    Property::new(field, label, &value, person_shown(offered, id), input)
}

pub fn person_shown(offered: &Offered, id: Option<PersonId>) -> Shown {
    offered.find(id).map_or(Shown::Nothing, |face| Shown::Person(face.name.clone()))
}

/// The property `tags`, typed with commas between.
pub fn tags_property(tags: &[String], can_edit: bool) -> Property {
    let shown = if tags.is_empty() { Shown::Nothing } else { Shown::Chips(tags.to_vec()) };
    let words = tags.join(", ");
    let input = Input::Text { value: words.clone(), hint: "labels-hint", offers: "" };
    Property::new("tags", "field-tags", &words, shown, if can_edit { input } else { Input::Locked })
}

/// For the gallery.
pub fn samples() -> Vec<Sample> {
    vec![sample("related/editplace", &EditPlace::sample())]
}
