//! Reading the event log of one record.

use super::Record;
use crate::audit::ActKind;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

/// Lines of activity a record page shows; older ones wait behind "show all".
pub const ACTIVITY_SHOWN: i32 = 200;

#[derive(Debug, Clone, QueryableByName)]
pub struct Event {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub act: ActKind,
    #[diesel(sql_type = Jsonb)]
    pub details: Value,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// None for the system and the operator.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pub actor_name: Option<String>,
}

impl Event {
    /// Changed fields with old and new value, as far as they are short.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Option<&str>, Option<&str>)> {
        let changes = self.details.get("changes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        changes.iter().filter_map(|change| {
            let field = change.get(0)?.as_str()?;
            Some((field, change.get(1).and_then(Value::as_str), change.get(2).and_then(Value::as_str)))
        })
    }

    pub fn note(&self, name: &str) -> Option<&str> {
        self.details.get(name).and_then(Value::as_str)
    }
}

impl Record {
    /// The newest `ACTIVITY_SHOWN` events, oldest first.
    pub fn activity(&self, tx: &mut Tx) -> Result<Vec<Event>> {
        let mut sql = Sql::named(
            "records::activity",
            "select * from (select a.id, a.act, a.details, a.at, a.actor_id, coalesce(p.name, k.name) as actor_name
               from activity a left join people p on p.id = a.actor_id left join tokens k on k.id = a.token_id where a.record_id = ",
        );
        sql.bind(self.id)
            .push(" order by a.at desc, a.id desc limit ")
            .number(ACTIVITY_SHOWN)
            .push(") newest order by at, id");
        Ok(sql.load(tx.conn())?)
    }
}
