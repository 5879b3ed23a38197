//! Tags (on tickets: labels).

use super::Record;
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::text::value::Tag;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use std::collections::HashMap;
use uuid::Uuid;

/// More make a record unreadable.
pub const MAX_TAGS: usize = 20;

#[derive(QueryableByName)]
struct TagRow {
    #[diesel(sql_type = SqlUuid)]
    record_id: Uuid,
    #[diesel(sql_type = Text)]
    tag: String,
}

impl Record {
    /// In alphabetical order.
    pub fn tags(&self, tx: &mut Tx) -> Result<Vec<String>> {
        Ok(tags_of(tx, vec![self.id.0])?.remove(&self.id.0).unwrap_or_default())
    }

    /// Replaces all tags. `Invalid` above `MAX_TAGS`.
    pub fn set_tags(&self, tx: &mut Tx, me: &Actor, tags: &[Tag]) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &self.thing())?;
        let old = self.tags(tx)?;
        let mut new: Vec<String> = tags.iter().map(|tag| tag.as_str().to_owned()).collect();
        new.sort();
        new.dedup();
        if new.len() > MAX_TAGS {
            return Err(Error::invalid("tags", crate::error::Msg::new("problem-too-many-tags").with("max", MAX_TAGS)));
        }
        if old == new {
            permit.unused(tx);
            return Ok(());
        }
        self.write_tags(tx, &new)?;
        self.touch(tx)?;
        audit::record(tx, permit, Act::new(ActKind::Changed).on(self.id).change("tags", old.join(", "), new.join(", ")))
    }

    /// Without asking: for verbs that hold a permit already (creating, importing).
    pub fn write_tags(&self, tx: &mut Tx, tags: &[String]) -> Result<()> {
        let mut delete = Sql::named("records::delete_tags", "delete from record_tags where record_id = ");
        delete.bind(self.id);
        delete.execute(tx.conn())?;
        let mut insert = Sql::named("records::insert_tags", "insert into record_tags (record_id, tag) select ");
        insert.bind(self.id).push(", unnest(").bind(tags.to_vec()).push(") on conflict do nothing");
        insert.execute(tx.conn())?;
        Ok(())
    }
}

/// Tags of many records in one query, each list in alphabetical order.
pub fn tags_of(tx: &mut Tx, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<String>>> {
    let mut sql = Sql::named("records::tags_of", "select record_id, tag from record_tags where record_id = any(");
    sql.bind(ids).push(") order by record_id, tag");
    let mut tags: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in sql.load::<TagRow>(tx.conn())? {
        tags.entry(row.record_id).or_default().push(row.tag);
    }
    Ok(tags)
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    tag: String,
}

/// The tags in use on what `me` may see, most used first. For menus and completion.
pub fn known_tags(tx: &mut Tx, me: &Actor) -> Result<Vec<String>> {
    let mut sql = Sql::named(
        "records::known_tags",
        "select rt.tag from record_tags rt join records r on r.id = rt.record_id where ",
    );
    sql.append(&crate::access::visible::records(me)).push(" group by rt.tag order by count(*) desc, rt.tag limit 100");
    Ok(sql.load::<Word>(tx.conn())?.into_iter().map(|row| row.tag).collect())
}
