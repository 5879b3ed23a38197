//! What memory says, for the search index. Passages of sources stay out: who reads the item may not be allowed to read them.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::RecordText;
use uuid::Uuid;

pub fn texts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<RecordText>> {
    let mut sql = Sql::named(
        "memory::texts",
        "select m.id as record_id, 'body' as source, m.body as text, null::uuid as author_id, null::timestamptz as at
         from memory_items m where m.id = any(",
    );
    sql.bind(ids.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
