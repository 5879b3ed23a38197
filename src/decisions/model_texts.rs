//! What decisions say, for the search index.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::RecordText;
use uuid::Uuid;

/// All four fields as one text, because who looks for two words does not care in which fields they stand.
pub fn texts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<RecordText>> {
    let mut sql = Sql::named(
        "decisions::texts",
        "select id as record_id, 'body' as source, concat_ws(E'\\n\\n', decision, context, alternatives, consequences) as text,
           null::uuid as author_id, null::timestamptz as at from decisions where id = any(",
    );
    sql.bind(ids.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
