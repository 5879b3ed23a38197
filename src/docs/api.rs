//! `/api/v1/docs`: the same verbs as the pages. What is in the bin is not there.

use super::model::*;
use super::pages::DocForm;
use crate::access::{Actor, Api, Kind, Place};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::records::Record;
use crate::related::{Names, RecordShape, begin_change, parse_place, project_asked, sort_of, tags_sent, words_asked};
use crate::web::{Listed, Operation, Query, Reply, Routes};
use actix_web::http::Method;
use actix_web::web::Path;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const READ: &str = "docs:read";
const WRITE: &str = "docs:write";

pub fn routes() -> Routes {
    let list = Operation::lists::<Listed<DocShape>>("List pages, without their texts")
        .takes("project", "Key of a project.", &[])
        .takes("tag", "", &[])
        .takes("q", "Words in the title.", &[])
        .takes("archived", "The archived instead of the others.", &["true", "false"])
        .takes("sort", "", &SORTS.map(|sort| sort.key));
    let shown = Operation::shows::<DocShape>;
    let made = Operation::makes::<NewDocBody, DocShape>("Write a page");
    let changed = Operation::changes::<DocChanges, DocShape>("Save a page; a changed text is a new revision");
    Routes::new()
        .api(Method::GET, "/api/v1/docs", READ, list, index)
        .api(Method::POST, "/api/v1/docs", WRITE, made, create)
        .api(Method::GET, "/api/v1/docs/{id}", READ, shown("Show a page"), show)
        .api(Method::PATCH, "/api/v1/docs/{id}", WRITE, changed, update)
        .api(
            Method::POST,
            "/api/v1/docs/{id}/archiving",
            WRITE,
            shown("Archive a page with all below it"),
            archiving::create,
        )
        .api(Method::DELETE, "/api/v1/docs/{id}/archiving", WRITE, shown("Bring a page back"), archiving::destroy)
}

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
    /// `organisation`, `private`, `project:KEY` or `group:ID`; left out below a page, whose place it shares.
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
    pub title: Option<String>,
    pub body: Option<String>,
    pub icon: Option<String>,
    pub tags: Option<Vec<String>>,
    /// Says in the history what the change is about.
    #[serde(default)]
    pub note: String,
}

async fn index(api: Api) -> Result<Reply> {
    let query = api.query().await?;
    let listed = api
        .read(move |tx, me| {
            let sort = sort_of(&SORTS, query.get("sort").unwrap_or_default());
            let page = filter(me, &query)?.docs(tx, me, sort, query.after.clone(), query.limit)?;
            let names = names(tx, me, &page.rows.iter().collect::<Vec<_>>())?;
            Ok(Listed::of(page, |doc| DocShape::of(me, &names, doc, false)))
        })
        .await?;
    Ok(Reply::json(&listed))
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

    fn find(tx: &mut Tx, me: &Actor, id: &str) -> Result<Self> {
        let doc = find(tx, me, id)?;
        let names = names(tx, me, &[&doc])?;
        Ok(DocShape::of(me, &names, doc, true))
    }
}

async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let doc = api.read(move |tx, me| DocShape::find(tx, me, &id)).await?;
    api.show(&doc)
}

async fn create(api: Api) -> Result<Reply> {
    let body: NewDocBody = api.json().await?;
    api.create(move |tx, me| {
        let parent = parse_parent(tx, me, &body.parent)?;
        let place = match &parent {
            Some(parent) => parent.record.place(),
            None => parse_place(me, &body.place)?,
        };
        let tags = tags_sent(&body.tags)?;
        let form = DocForm { title: body.title, body: body.body, icon: body.icon, ..DocForm::default() };
        let doc = form.check_new(place, parent.map(|doc| doc.id()))?.create(tx, me)?;
        if !tags.is_empty() {
            doc.record.retag(tx, me, &tags)?;
        }
        let id = &doc.record.display_id;
        Ok((format!("/api/v1/docs/{id}"), DocShape::find(tx, me, id)?))
    })
    .await
}

async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let (changes, seen) = (api.json::<DocChanges>().await?, api.seen());
    let doc = api
        .write(move |tx, me| {
            let record = Record::find(tx, me, Kind::Doc, &id)?;
            begin_change(tx, me, &record, &seen, |tx| DocShape::find(tx, me, &id))?;
            let doc = find(tx, me, &id)?;
            let tags = changes.tags.as_deref().map(tags_sent).transpose()?;
            Doc::save(tx, me, &id, &changes.form(doc).check()?)?;
            if let Some(tags) = tags {
                record.retag(tx, me, &tags)?;
            }
            DocShape::find(tx, me, &id)
        })
        .await?;
    api.show(&doc)
}

impl DocChanges {
    /// What was not sent stays as it is.
    fn form(self, doc: Doc) -> DocForm {
        DocForm {
            title: self.title.unwrap_or(doc.record.title),
            body: self.body.unwrap_or(doc.body),
            icon: self.icon.unwrap_or(doc.icon),
            note: self.note,
            base: doc.revision,
            ..DocForm::default()
        }
    }
}

mod archiving {
    use super::*;

    pub async fn create(api: Api, id: Path<String>) -> Result<Reply> {
        change(api, id.into_inner(), Doc::archive).await
    }

    pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
        change(api, id.into_inner(), Doc::restore).await
    }

    async fn change(api: Api, id: String, verb: fn(&mut Tx, &Actor, &str) -> Result<Doc>) -> Result<Reply> {
        let doc = api
            .write(move |tx, me| {
                find(tx, me, &id)?;
                verb(tx, me, &id)?;
                DocShape::find(tx, me, &id)
            })
            .await?;
        api.show(&doc)
    }
}
