//! What experiments say, for the search index.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::RecordText;
use uuid::Uuid;

/// All fields as one text, what was learnt first.
pub fn texts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<RecordText>> {
    let mut sql = Sql::named(
        "experiments::texts",
        "select id as record_id, 'body' as source,
           concat_ws(E'\\n\\n', hypothesis, learnings, result, method, metric, target) as text,
           null::uuid as author_id, null::timestamptz as at from experiments where id = any(",
    );
    sql.bind(ids.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
