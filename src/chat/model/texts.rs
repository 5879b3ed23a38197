//! What a chat says to the search index: the person's own questions. Answers stay out, because they repeat what records say, and a
//! record may be closed to the person later.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::RecordText;
use uuid::Uuid;

pub fn texts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<RecordText>> {
    let mut sql = Sql::named(
        "chats::texts",
        "select t.chat_id as record_id, 'body' as source, string_agg(t.question, E'\\n\\n' order by t.asked_at, t.id) as text,
           null::uuid as author_id, null::timestamptz as at
         from chat_turns t where t.chat_id = any(",
    );
    sql.bind(ids.to_vec()).push(") group by t.chat_id");
    Ok(sql.load(tx.conn())?)
}
