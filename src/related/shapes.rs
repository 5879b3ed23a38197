//! What records have in common when they travel as JSON, and how sent values become what forms send.

use super::place_value;
use crate::access::{Actor, ProjectId, Verb, may};
use crate::db::Tx;
use crate::error::{Error, Problems, Result};
use crate::people::{Face, PersonId};
use crate::records::{Edit, Record, RecordId, tags_of};
use crate::text::value::Tag;
use crate::web::Query;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// What every record has.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordShape {
    /// Its display ID: ATL-1, DEC-7.
    pub id: String,
    pub title: String,
    /// `organisation`, `private`, `project:KEY` or `group:ID`.
    pub place: String,
    pub tags: Vec<String>,
    /// Handle of who wrote it; null when a key of the organisation did.
    pub author: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub archived_at: Option<DateTime<Utc>>,
    /// Where people read it, below the address of this server.
    pub page: String,
}

/// Handles, display IDs and tags for some rows, looked up together.
#[derive(Debug, Default)]
pub struct Names {
    people: HashMap<PersonId, String>,
    records: HashMap<Uuid, String>,
    tags: HashMap<Uuid, Vec<String>>,
}

impl Names {
    /// For these records with their authors, these people, and other records named by id as far as `me` may see them.
    pub fn of(
        tx: &mut Tx,
        me: &Actor,
        records: &[&Record],
        people: impl Iterator<Item = Option<PersonId>>,
        others: impl Iterator<Item = Option<Uuid>>,
    ) -> Result<Names> {
        let authors = records.iter().map(|record| record.author_id);
        let mut ids: Vec<Uuid> = authors.chain(people).flatten().map(|id| id.0).collect();
        ids.sort();
        ids.dedup();
        let faces = if ids.is_empty() { Vec::new() } else { Face::of(tx, ids)? };
        let others: Vec<Uuid> = others.flatten().collect();
        let named = if others.is_empty() { Vec::new() } else { Record::find_ids(tx, me, others)? };
        Ok(Names {
            people: faces.into_iter().map(|face| (face.id, face.handle)).collect(),
            records: named.into_iter().map(|record| (record.id.0, record.display_id)).collect(),
            tags: tags_of(tx, records.iter().map(|record| record.id.0).collect())?,
        })
    }

    pub fn person(&self, id: Option<PersonId>) -> Option<String> {
        self.people.get(&id?).cloned()
    }

    /// The display ID; None also for one that the reader may not see.
    pub fn record(&self, id: Option<Uuid>) -> Option<String> {
        self.records.get(&id?).cloned()
    }

    pub fn shape(&self, me: &Actor, record: &Record) -> RecordShape {
        let RecordId(id) = record.id;
        RecordShape {
            id: record.display_id.clone(),
            title: record.title.clone(),
            place: place_value(me, record.place()),
            tags: self.tags.get(&id).cloned().unwrap_or_default(),
            author: self.person(record.author_id),
            created_at: record.created_at,
            updated_at: record.updated_at,
            archived_at: record.archived_at,
            page: record.path(),
        }
    }
}

/// The project of `?project=`. `NotFound` for one that is not there for who asks.
pub fn project_asked(me: &Actor, query: &Query) -> Result<Option<ProjectId>> {
    match query.get("project") {
        None => Ok(None),
        Some(key) => me.project(key).map(|project| Some(project.id)).ok_or(Error::NotFound),
    }
}

/// The person of a filter: a handle, or `none`. Outer None when it was not sent.
pub fn person_asked(tx: &mut Tx, query: &Query, name: &str) -> Result<Option<Option<PersonId>>> {
    match query.get(name) {
        None => Ok(None),
        Some("none") => Ok(Some(None)),
        Some(handle) => Ok(Some(Some(Face::by_handle(tx, name, handle)?.id))),
    }
}

/// Words that a title must hold.
pub fn words_asked(query: &Query) -> Option<String> {
    query.get("q").map(|words| words.trim().to_owned()).filter(|words| !words.is_empty())
}

/// Tags as forms send them. `Invalid` for one with a comma, which would be two.
pub fn tags_sent(tags: &[String]) -> Result<String> {
    for tag in tags {
        Tag::parse(tag).map_err(|msg| Error::invalid("tags", msg))?;
    }
    Ok(tags.join(", "))
}

/// Each field that was sent, in turn; the problems of all of them together. Asks also when nothing was sent.
pub fn edit_each<F>(
    tx: &mut Tx,
    me: &Actor,
    record: &Record,
    edits: Vec<(F, String)>,
    mut one: impl FnMut(&mut Tx, &Edit<F>) -> Result<()>,
) -> Result<()> {
    may(tx, me, Verb::Edit, &record.thing())?.unused(tx);
    let mut problems = Problems::default();
    for (field, value) in edits {
        problems.gather(one(tx, &Edit { field, value, was: None }))?;
    }
    problems.check()
}
