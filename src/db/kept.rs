//! Forms interrupted by the question who one is: the rows. What stands in them is sealed by `web::KeptForm`.

use super::Tx;
use super::sql::Sql;
use crate::error::Result;
use diesel::QueryableByName;
use diesel::sql_types::{Bytea, Text};
use uuid::Uuid;

/// Long enough to find a phone, short enough to remember what one was about to do.
pub const KEEP_SECONDS: i64 = 600;
/// Of one session; the oldest go.
pub const MAX_KEPT_PER_SESSION: i32 = 20;

#[derive(QueryableByName)]
pub struct Row {
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub pattern: String,
    #[diesel(sql_type = Bytea)]
    pub sealed: Vec<u8>,
}

pub fn keep(tx: &mut Tx, session: Uuid, id: Uuid, row: Row) -> Result<()> {
    let mut old = Sql::named("kept::trim", "delete from kept_forms where session_id = ");
    old.bind(session).push(" and id in (select id from kept_forms where session_id = ").bind(session);
    old.push(" order by created_at desc, id desc offset ").bind(MAX_KEPT_PER_SESSION - 1).push(")");
    old.execute(tx.conn())?;
    let mut sql = Sql::named(
        "kept::keep",
        "insert into kept_forms (id, session_id, action, pattern, sealed, created_at) values (",
    );
    sql.bind(id).push(", ").bind(session).push(", ").bind(row.action).push(", ").bind(row.pattern).push(", ");
    sql.bind(row.sealed).push(", ").bind(tx.now).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// None when it is another session's, or older than `KEEP_SECONDS`.
pub fn find(tx: &mut Tx, session: Uuid, id: Uuid) -> Result<Option<Row>> {
    let mut sql = Sql::named("kept::find", "select action, pattern, sealed from kept_forms where id = ");
    sql.bind(id).push(" and session_id = ").bind(session).push(" and created_at > ");
    sql.bind(tx.now - chrono::Duration::seconds(KEEP_SECONDS));
    Ok(sql.load(tx.conn())?.into_iter().next())
}

pub fn forget(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("kept::forget", "delete from kept_forms where created_at < ");
    sql.bind(tx.now - chrono::Duration::seconds(KEEP_SECONDS));
    Ok(sql.execute(tx.conn())?)
}
