//! What snapshots say, for the search index.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::RecordText;
use uuid::Uuid;

pub fn texts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<RecordText>> {
    let mut sql = Sql::named(
        "snapshots::texts",
        "select s.id as record_id, 'body' as source, s.body as text, null::uuid as author_id, null::timestamptz as at
         from snapshots s where s.id = any(",
    );
    sql.bind(ids.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
