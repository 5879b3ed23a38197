//! What risks say, for the search index.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::RecordText;
use uuid::Uuid;

/// All fields as one text, and why it was closed.
pub fn texts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<RecordText>> {
    let mut sql = Sql::named(
        "risks::texts",
        "select k.id as record_id, 'body' as source,
           concat_ws(E'\\n\\n', k.category, k.description, k.mitigation, k.contingency, c.note) as text,
           null::uuid as author_id, null::timestamptz as at
         from risks k left join risk_closures c on c.risk_id = k.id where k.id = any(",
    );
    sql.bind(ids.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
