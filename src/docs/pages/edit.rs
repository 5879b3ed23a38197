//! Writing: the form of a new page, and of a page that is changed, also when somebody else was faster.

use super::Crumb;
use crate::access::{Actor, Place};
use crate::docs::{Clash, Doc, DocId, ICONS, Merged, NewDoc, STARTERS, Save, Side, Starter, parse_icon, parse_note};
use crate::error::{Error, Problems};
use crate::related::{PlaceChoice, place_options};
use crate::text::diff::{Line, words};
use crate::text::value::{Body, Title};
use crate::ui::{Choice, Shell, filters, text};
use crate::web::Form;
use askama::Template;

/// Stretches that the page of a lost race shows; all are in the two texts below.
const CLASHES_SHOWN: usize = 20;
/// A preview above this many bytes would only slow the page that shows a problem with the size.
pub const MAX_PREVIEW: usize = crate::text::value::MAX_BODY_BYTES;

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct DocForm {
    pub title: String,
    pub body: String,
    pub icon: String,
    pub note: String,
    /// The revision it began from.
    pub base: i32,
    /// Display ID of the page above.
    pub parent: String,
    pub place: String,
}

impl DocForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        DocForm {
            title: text("title"),
            body: text("body"),
            icon: text("icon"),
            note: text("note"),
            base: form.text("base").parse().unwrap_or_default(),
            parent: text("parent"),
            place: text("place"),
        }
    }

    pub fn from_doc(doc: &Doc) -> Self {
        DocForm {
            title: doc.record.title.clone(),
            body: doc.body.clone(),
            icon: doc.icon.clone(),
            base: doc.revision,
            ..DocForm::default()
        }
    }

    pub fn with(self, side: Side) -> Self {
        DocForm { title: side.title, body: side.body, ..self }
    }

    pub fn side(&self) -> Side {
        // As it would be saved, so that line ends of the browser are no difference.
        let body = Body::parse(&self.body).map(Body::into_string).unwrap_or_else(|_| self.body.clone());
        Side { title: self.title.trim().to_owned(), body }
    }

    pub fn check(&self) -> Result<Save, Error> {
        let mut problems = Problems::default();
        let title = problems.take("title", Title::parse(&self.title));
        let body = problems.take("body", Body::parse(&self.body));
        let icon = problems.take("icon", parse_icon(&self.icon).ok_or("problem-choice".into()));
        let note = match parse_note(&self.note) {
            Ok(note) => note,
            Err(Error::Invalid(wrong)) => {
                wrong.iter().for_each(|(field, msg)| problems.add(field, msg.clone()));
                String::new()
            }
            Err(other) => return Err(other),
        };
        match (title, body, icon) {
            (Some(title), Some(body), Some(icon)) if problems.is_empty() => {
                Ok(Save { title, body, icon, base: self.base, note })
            }
            _ => Err(Error::Invalid(problems)),
        }
    }

    /// `parent` and its place, or the place alone, as the verb that asks wants them.
    pub fn check_new(&self, place: Place, parent: Option<DocId>) -> Result<NewDoc, Error> {
        let Save { title, body, icon, .. } = self.check()?;
        Ok(NewDoc { place, parent, title, body, icon })
    }

    pub fn rows(&self) -> usize {
        self.body.bytes().filter(|byte| *byte == b'\n').take(40).count().clamp(18, 40)
    }
}

pub fn icon_choices(chosen: &str) -> Vec<Choice> {
    let label = |icon: &str| text(&format!("doc-icon-{}", if icon.is_empty() { "page" } else { icon }));
    ICONS.iter().map(|icon| Choice::new(icon, label(icon), *icon == chosen)).collect()
}

/// `/docs/new`.
#[derive(Template)]
#[template(path = "docs/new.html")]
pub struct New {
    pub shell: Shell,
    pub form: DocForm,
    pub problems: Problems,
    pub places: Vec<Choice>,
    pub icons: Vec<Choice>,
    /// Title and ID of the page above.
    pub parent: Option<(String, String)>,
    pub starters: [Starter; 4],
    /// Sanitised.
    pub preview: String,
    pub draft: String,
}

impl New {
    pub fn new(shell: Shell, form: DocForm, problems: Problems, places: &[PlaceChoice], parent: Option<&Doc>) -> Self {
        New {
            places: place_options(places, &form.place),
            icons: icon_choices(&form.icon),
            parent: parent.map(|parent| (parent.record.title.clone(), parent.record.display_id.clone())),
            starters: STARTERS,
            preview: String::new(),
            draft: "new-doc".to_owned(),
            shell,
            form,
            problems,
        }
    }

    /// The same form with another beginning.
    pub fn starter_href(&self, starter: &Starter) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs =
            [("parent", self.form.parent.as_str()), ("place", self.form.place.as_str()), ("starter", starter.key)];
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        format!("/docs/new?{}", query.finish())
    }

    pub fn sample() -> Self {
        New::new(Shell::sample("docs"), DocForm::default(), Problems::default(), &[], None)
    }
}

/// `/docs/DOC-12/edit`.
#[derive(Template)]
#[template(path = "docs/edit.html")]
pub struct Edit {
    pub shell: Shell,
    pub doc: Doc,
    pub place: Crumb,
    pub form: DocForm,
    pub problems: Problems,
    pub icons: Vec<Choice>,
    /// Sanitised.
    pub preview: String,
    pub race: Option<Race>,
    pub draft: String,
}

/// Somebody saved meanwhile.
#[derive(Debug, Clone)]
pub struct Race {
    /// Who; None for the system.
    pub by: Option<String>,
    /// Their revision.
    pub number: i32,
    pub is_clean: bool,
    /// Where the two differ, theirs struck out and yours inserted.
    pub clashes: Vec<Vec<Line>>,
    pub more: usize,
    pub their_title: Option<String>,
    pub theirs: String,
    pub mine: Side,
    /// The revision that mine began from.
    pub from: i32,
}

impl Race {
    /// Compares words: `ctx.work`.
    pub fn new(merged: &Merged, by: Option<String>, number: i32, from: i32) -> Self {
        let clashes = merged.clashes();
        let shown = |clash: &Clash| words(&clash.theirs, &clash.mine);
        Race {
            by,
            number,
            is_clean: merged.is_clean(),
            more: clashes.len().saturating_sub(CLASHES_SHOWN),
            clashes: clashes.iter().take(CLASHES_SHOWN).map(shown).collect(),
            their_title: merged.title_conflict.clone(),
            theirs: merged.theirs.body.clone(),
            mine: merged.mine.clone(),
            from,
        }
    }
}

impl Edit {
    pub fn new(
        shell: Shell,
        me: &Actor,
        doc: Doc,
        place_name: Option<&str>,
        form: DocForm,
        problems: Problems,
    ) -> Self {
        let person = me.person_id().map(|id| id.to_string()).unwrap_or_default();
        Edit {
            place: Crumb::of(me, &doc.record, place_name),
            icons: icon_choices(&form.icon),
            draft: format!("{person}:{}", doc.record.display_id),
            preview: String::new(),
            race: None,
            shell,
            doc,
            form,
            problems,
        }
    }

    pub fn sample() -> Self {
        let doc = super::sample_doc();
        let side = |body: &str| Side { title: doc.record.title.clone(), body: body.to_owned() };
        let merged = Merged::new(&side("Margin 0.5 m\n"), side("Margin 0.6 m\n"), side("Margin 0.7 m\n"));
        Edit {
            shell: Shell::sample("docs"),
            place: Crumb { label: text("doc-place-organisation"), icon: "building", href: "/docs".to_owned() },
            form: DocForm::from_doc(&doc),
            problems: Problems::default(),
            icons: icon_choices(""),
            preview: String::new(),
            race: Some(Race::new(&merged, Some("Vera Novak".to_owned()), 14, 13)),
            draft: "sample".to_owned(),
            doc,
        }
    }
}
