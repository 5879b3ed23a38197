//! Events hold ids; people read names. Names of what the reader may not see stay ids.

use super::Event;
use crate::access::{Actor, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Names by id.
#[derive(Debug, Clone, Default)]
pub struct Names(HashMap<Uuid, String>);

impl Names {
    /// Everything that these events name, in one query.
    pub fn of(tx: &mut Tx, me: &Actor, events: &[Event]) -> Result<Names> {
        let mut ids = BTreeSet::new();
        for event in events {
            ids.extend(event.actor_id.into_iter().chain(event.target_id));
            gather(&event.before, &mut ids);
            gather(&event.after, &mut ids);
        }
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let mut sql = Sql::named("trail::names", "select id, name from people where id = any(");
        sql.bind(ids.clone()).push(") union all select id, name from groups where id = any(").bind(ids.clone());
        sql.push(") union all select id, name from roles where id = any(").bind(ids.clone());
        sql.push(") union all select p.id, p.name from projects p where p.id = any(").bind(ids.clone()).push(") and ");
        sql.append(&visible::projects(me))
            .push(" union all select r.id, r.display_id || ' ' || r.title from records r where r.id = any(");
        sql.bind(ids).push(") and ").append(&visible::records(me));
        Ok(Names(sql.load::<Named>(tx.conn())?.into_iter().map(|row| (row.id, row.name)).collect()))
    }

    pub fn get(&self, id: Uuid) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }

    /// The name, or the beginning of the id.
    pub fn word(&self, id: Uuid) -> String {
        self.get(id).map_or_else(|| id.to_string(), str::to_owned)
    }
}

/// Every string in it that is an id.
fn gather(value: &Value, ids: &mut BTreeSet<Uuid>) {
    match value {
        Value::String(text) if text.len() == 36 => ids.extend(text.parse::<Uuid>().ok()),
        Value::Array(values) => values.iter().for_each(|value| gather(value, ids)),
        Value::Object(map) => map.values().for_each(|value| gather(value, ids)),
        _ => {}
    }
}
