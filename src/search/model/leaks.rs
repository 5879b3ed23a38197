//! A look at results by another way than the one they came by: the rules are asked of each record, instead of the predicate of all.

use crate::access::{Actor, Verb, can};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{RECORD_COLUMNS, Record};
use uuid::Uuid;

/// Those of these records that `me` may not see. For `tow eval`, which must find none.
pub fn unreadable(tx: &mut Tx, me: &Actor, ids: Vec<Uuid>) -> Result<Vec<Record>> {
    let mut sql =
        Sql::named("search::unreadable", &format!("select {RECORD_COLUMNS} from records r where r.id = any("));
    sql.bind(ids).push(")");
    let records: Vec<Record> = sql.load(tx.conn())?;
    Ok(records.into_iter().filter(|record| !can(me, Verb::See, &record.thing())).collect())
}
