//! `/api/v1/docs`: the same verbs as the pages. What is in the bin is not there.

use super::model::*;
use super::pages::DocForm;
use crate::access::{Actor, Kind, Place};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::records::Record;
use crate::related::{Names, RecordShape, parse_place, project_asked, sort_of, tags_sent, words_asked};
use crate::site;
use crate::web::{Deeds, Listed, Operation, Query, Resource, Routes, Sent, Site, resource};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub fn routes() -> Routes {
    resource::<Actor, DocShape>()
}

const DEEDS: Deeds = Deeds {
    list: "List pages, without their texts",
    make: "Write a page",
    show: "Show a page",
    change: "Save a page; a changed text is a new revision",
    archive: "Archive a page with all below it",
    restore: "Bring a page back",
};

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocShape {
    #[serde(flatten)]
    pub record: RecordShape,
    /// Display ID of the page above; null at the top of its place.
    pub parent: Option<String>,
    /// Markdown; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Number of the newest revision.
    pub revision: i32,
    /// Name of its symbol; empty for the usual one.
    pub icon: String,
}

/// A page to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDocBody {
    pub title: String,
    /// `organisation`, `private`, `project:KEY` or `group:ID`; may be left out below a page, whose place it shares.
    #[serde(default)]
    pub place: String,
    /// Display ID of the page above.
    #[serde(default)]
    pub parent: String,
    /// Markdown.
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub icon: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// What to change about a page; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocChanges {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub body: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub icon: Sent<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Sent<Vec<String>>,
    /// Says in the history what the change is about.
    #[serde(default)]
    pub note: String,
}

fn filter(me: &Actor, query: &Query) -> Result<Filter> {
    Ok(Filter {
        words: words_asked(query),
        tag: query.get("tag").map(str::to_owned),
        place: project_asked(me, query)?.map(Place::Project),
        archived: query.get("archived") == Some("true"),
    })
}

fn names(tx: &mut Tx, me: &Actor, docs: &[&Doc]) -> Result<Names> {
    let records: Vec<&Record> = docs.iter().map(|doc| &doc.record).collect();
    Names::of(tx, me, &records, std::iter::empty(), docs.iter().map(|doc| doc.parent_id.map(|id| id.0)))
}

/// Outside the bin.
fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Doc> {
    let doc = Doc::find(tx, me, id)?;
    if doc.is_removed() { Err(Error::NotFound) } else { Ok(doc) }
}

impl DocShape {
    fn of(me: &Actor, names: &Names, doc: Doc, with_text: bool) -> Self {
        DocShape {
            record: names.shape(me, &doc.record),
            parent: names.record(doc.parent_id.map(|id| id.0)),
            body: with_text.then_some(doc.body),
            revision: doc.revision,
            icon: doc.icon,
        }
    }
}

impl Resource<Actor> for DocShape {
    type New = NewDocBody;
    type Changes = DocChanges;
    const SITE: Site = site!("docs", "{id}", DEEDS);

    fn asked(list: Operation) -> Operation {
        list.takes("project", "Key of a project.", &[])
            .takes("tag", "", &[])
            .takes("q", "Words in the title.", &[])
            .takes("archived", "The archived instead of the others.", &["true", "false"])
            .takes("sort", "", &SORTS.map(|sort| sort.key))
    }

    fn list(tx: &mut Tx, me: &Actor, query: &Query) -> Result<Listed<Self>> {
        let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
        let page = filter(me, query)?.docs(tx, me, sort, query.after.clone(), query.limit)?;
        let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
        Ok(Listed::of(page, |doc| DocShape::of(me, &names, doc, false)))
    }

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let doc = find(tx, me, id)?;
        let names = names(tx, me, &[&doc])?;
        Ok(DocShape::of(me, &names, doc, true))
    }

    fn make(tx: &mut Tx, me: &Actor, new: NewDocBody) -> Result<(String, Self)> {
        let parent = parse_parent(tx, me, &new.parent)?;
        let place = match &parent {
            Some(parent) => parent.record.place(),
            None => parse_place(me, &new.place)?,
        };
        if !new.place.is_empty() && parse_place(me, &new.place)? != place {
            return Err(Error::invalid("place", "problem-doc-place"));
        }
        let tags = tags_sent(&new.tags)?;
        let form = DocForm { title: new.title, body: new.body, icon: new.icon, ..DocForm::default() };
        let doc = form.check_new(place, parent.map(|doc| doc.id()))?.create(tx, me)?;
        if !tags.is_empty() {
            doc.record.retag(tx, me, &tags)?;
        }
        let id = doc.record.display_id;
        let made = DocShape::find(tx, me, &id)?;
        Ok((id, made))
    }

    fn hold(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        Record::find(tx, me, Kind::Doc, id)?.lock(tx).map(drop)
    }

    fn change(tx: &mut Tx, me: &Actor, id: &str, changes: DocChanges) -> Result<()> {
        let doc = find(tx, me, id)?;
        let record = doc.record.clone();
        let tags = changes.tags.clone().or_stays().map(|tags| tags_sent(&tags.unwrap_or_default())).transpose()?;
        Doc::save(tx, me, id, &changes.form(doc).check()?)?;
        match tags {
            Some(tags) => record.retag(tx, me, &tags),
            None => Ok(()),
        }
    }

    fn archive(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        find(tx, me, id)?;
        Doc::archive(tx, me, id).map(drop)
    }

    fn restore(tx: &mut Tx, me: &Actor, id: &str) -> Result<()> {
        find(tx, me, id)?;
        Doc::restore(tx, me, id).map(drop)
    }
}

impl DocChanges {
    /// What was not sent stays as it is.
    fn form(self, doc: Doc) -> DocForm {
        DocForm {
            title: self.title.text().unwrap_or(doc.record.title),
            body: self.body.text().unwrap_or(doc.body),
            icon: self.icon.text().unwrap_or(doc.icon),
            note: self.note,
            base: doc.revision,
            ..DocForm::default()
        }
    }
}
