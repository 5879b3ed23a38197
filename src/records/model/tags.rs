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
use std::collections::{BTreeSet, HashMap};
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

/// Those of the tags that stand on something `me` may see.
pub fn known_among(tx: &mut Tx, me: &Actor, tags: Vec<String>) -> Result<BTreeSet<String>> {
    let mut sql = Sql::named("records::known_among", "select x.tag from unnest(");
    sql.bind(tags).push("::text[]) as x(tag) where exists (select 1 from record_tags rt join records r on r.id = rt.record_id where rt.tag = x.tag and ");
    sql.append(&crate::access::visible::records(me)).push(")");
    Ok(sql.load::<Word>(tx.conn())?.into_iter().map(|row| row.tag).collect())
}

/// Records that are looked at for each tag.
const LOOKED_AT: i32 = 1_000;

/// The tags that begin so and stand on something `me` may see, in alphabetical order. It goes from tag to tag in their index, and looks at
/// `LOOKED_AT` records of each, however many there are; so a tag that is nearly everywhere out of sight may be left out.
pub fn tags_beginning(tx: &mut Tx, me: &Actor, begun: &str, limit: usize) -> Result<Vec<String>> {
    let begun = begun.replace('\0', "").to_lowercase();
    let mut sql = Sql::named(
        "records::tags_beginning",
        "with recursive known as ((select rt.tag from record_tags rt where rt.tag >= ",
    );
    sql.bind(begun.as_str()).push(" order by rt.tag limit 1) union all select (select rt.tag from record_tags rt where rt.tag > known.tag order by rt.tag limit 1) ");
    sql.push("from known where starts_with(known.tag, ").bind(begun.as_str());
    sql.push(")) select known.tag from known where starts_with(known.tag, ").bind(begun.as_str());
    sql.push(") and exists (select 1 from (select rt.record_id from record_tags rt where rt.tag = known.tag limit ")
        .bind(LOOKED_AT);
    sql.push(") few join records r on r.id = few.record_id where ").append(&crate::access::visible::records(me));
    sql.push(") limit ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
    Ok(sql.load::<Word>(tx.conn())?.into_iter().map(|row| row.tag).collect())
}
