//! The words of records as the index has them, for who reads instead of looks for: a model, on behalf of a person.

use crate::access::{Actor, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{RECORD_COLUMNS, Record};
use diesel::QueryableByName;
use diesel::sql_types::Text;
use uuid::Uuid;

/// A record with what it says, its own words before its comments and the names of its files.
#[derive(Debug, Clone, QueryableByName)]
pub struct Reading {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub text: String,
}

/// Those of the ids that `me` may see, in no order; each text cut after so many characters. A second behind, as the index is.
pub fn read_texts(tx: &mut Tx, me: &Actor, ids: Vec<Uuid>, max_chars: i32) -> Result<Vec<Reading>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::named("search::read", &format!("select {RECORD_COLUMNS}, left(coalesce((select string_agg("));
    sql.push("p.text, E'\\n\\n' order by p.source <> 'body', p.at, p.source, p.part) from search_passages p where p.record_id = r.id), ''), ");
    sql.bind(max_chars).push(") as text from records r where r.id = any(").bind(ids).push(") and ");
    sql.append(&visible::records(me));
    Ok(sql.load(tx.conn())?)
}
