//! What a page said before: listed, read, compared, brought back.

use super::{Doc, DocId, Save, parse_icon};
use crate::access::{Actor, Verb, may};
use crate::audit;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::text::value::{Body, Title};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Nullable, Text, Timestamptz};

/// Revisions on one page of the list.
pub const REVISIONS_SHOWN: i32 = 50;

/// One save.
#[derive(Debug, Clone, QueryableByName)]
pub struct Revision {
    #[diesel(sql_type = Int4)]
    pub number: i32,
    #[diesel(sql_type = Text)]
    pub title: String,
    /// Empty in lists.
    #[diesel(sql_type = Text)]
    pub body: String,
    #[diesel(sql_type = Text)]
    pub note: String,
    #[diesel(sql_type = Nullable<Int4>)]
    pub restored_number: Option<i32>,
    /// None for the system and the operator.
    #[diesel(sql_type = Nullable<Text>)]
    pub author: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "v.number, v.title, v.note, v.restored_number, p.name as author, v.created_at";
const FROM: &str = "from doc_revisions v left join people p on p.id = v.author_id where v.doc_id = ";

impl Doc {
    /// The newest first, `before` a number; without their texts. The caller has found the page, and so may see it.
    pub fn revisions(&self, tx: &mut Tx, before: Option<i32>, limit: i32) -> Result<Vec<Revision>> {
        let mut sql = Sql::named("docs::revisions", &format!("select {COLUMNS}, '' as body {FROM}"));
        sql.bind(self.id());
        if let Some(before) = before {
            sql.push(" and v.number < ").bind(before);
        }
        sql.push(" order by v.number desc limit ").bind(limit);
        Ok(sql.load(tx.conn())?)
    }

    pub fn find_revision(&self, tx: &mut Tx, number: i32) -> Result<Revision> {
        Revision::find(tx, self.id(), number)
    }

    /// Makes the words of an older revision the newest one.
    pub fn restore_revision(tx: &mut Tx, me: &Actor, display_id: &str, number: i32) -> Result<Doc> {
        let doc = Doc::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Edit, &doc.record.thing())?;
        doc.check_alive()?;
        let old = doc.find_revision(tx, number)?;
        if old.title == doc.record.title && old.body == doc.body {
            permit.unused(tx);
            return Ok(doc);
        }
        let save = Save {
            title: Title::parse(&old.title).map_err(|msg| Error::invalid("title", msg))?,
            body: Body::parse(&old.body).map_err(|msg| Error::invalid("body", msg))?,
            icon: parse_icon(&doc.icon).unwrap_or_default(),
            base: doc.revision,
            note: String::new(),
        };
        let act = doc.apply(tx, me, &save, Some(number))?.note("from", number);
        audit::record(tx, permit, act)?;
        Doc::find(tx, me, display_id)
    }
}

impl Revision {
    fn find(tx: &mut Tx, doc: DocId, number: i32) -> Result<Revision> {
        let mut sql = Sql::named("docs::find_revision", &format!("select {COLUMNS}, v.body {FROM}"));
        sql.bind(doc).push(" and v.number = ").bind(number);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }
}
