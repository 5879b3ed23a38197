//! One event as it is read: the columns of the chain, with address and browser while they are kept.

use super::Filter;
use crate::access::{Actor, Permission, Thing, Verb, check};
use crate::audit::hex;
use crate::db::Tx;
use crate::db::paging::{Cursor, PAGE_SIZE, Page};
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bytea, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use uuid::Uuid;

const SORT: &str = "at";

#[derive(Debug, Clone, QueryableByName)]
pub struct Event {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// None for the second before it is sealed.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub sequence: Option<i64>,
    #[diesel(sql_type = Nullable<Bytea>)]
    pub previous_hash: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    pub hash: Option<Vec<u8>>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub actor_kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub session_id: Option<Uuid>,
    /// The token or key with which it was done.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub token_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub target_kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub target_id: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    pub before: Value,
    #[diesel(sql_type = Jsonb)]
    pub after: Value,
    #[diesel(sql_type = SqlUuid)]
    pub request_id: Uuid,
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// None when it was removed after `audit_details_days`.
    #[diesel(sql_type = Nullable<Text>)]
    pub address: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub browser: Option<String>,
    /// Of people only: other names may say more than the reader of a file may know.
    #[diesel(sql_type = Nullable<Text>)]
    pub actor_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub target_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub token_name: Option<String>,
}

/// Events are aliased e.
const SELECT: &str = "select e.id, e.sequence, e.previous_hash, e.hash, e.at, e.actor_kind, e.actor_id, e.session_id, e.token_id, e.action,
    e.target_kind, e.target_id, e.before, e.after, e.request_id, e.outcome, d.address, d.browser, a.name as actor_name, t.name as target_name,
    k.name as token_name
    from audit_events e left join audit_details d on d.event_id = e.id left join people a on a.id = e.actor_id
    left join tokens k on k.id = e.token_id
    left join people t on e.target_kind = 'person' and t.id = e.target_id where ";

impl Event {
    /// Newest first.
    pub fn list(tx: &mut Tx, me: &Actor, filter: &Filter, after: Option<&Cursor>) -> Result<Page<Event>> {
        check(me, Verb::See, &Thing::Organisation(Permission::AuditView))?;
        Ok(Page::cut(Event::list_sql(filter, after)?.load(tx.conn())?, PAGE_SIZE, Event::cursor))
    }

    /// The statement of `list`, for who looks at its plan.
    pub fn list_sql(filter: &Filter, after: Option<&Cursor>) -> Result<Sql> {
        let mut sql = Sql::named("trail::list", SELECT);
        filter.narrow(&mut sql);
        if let Some(cursor) = after {
            let at = cursor.value.as_deref().filter(|_| cursor.sort == SORT);
            let at = at.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            let at = at.ok_or_else(|| Error::invalid("after", "problem-cursor"))?;
            sql.push(" and (e.at, e.id) < (").bind(at.with_timezone(&Utc)).push(", ").bind(cursor.id).push(")");
        }
        sql.push(" order by e.at desc, e.id desc limit ").number(PAGE_SIZE + 1);
        Ok(sql)
    }

    /// The next events of an export, oldest first, after the last one sent.
    pub(in crate::trail) fn batch(
        tx: &mut Tx,
        filter: &Filter,
        after: Option<(DateTime<Utc>, Uuid)>,
        size: i64,
    ) -> Result<Vec<Event>> {
        let mut sql = Sql::named("trail::batch", SELECT);
        filter.narrow(&mut sql);
        if let Some((at, id)) = after {
            sql.push(" and (e.at, e.id) > (").bind(at).push(", ").bind(id).push(")");
        }
        sql.push(" order by e.at, e.id limit ").bind(size);
        Ok(sql.load(tx.conn())?)
    }

    /// Sealed events after a number, in the order of the chain.
    pub(in crate::trail) fn sealed_after(tx: &mut Tx, sequence: i64, size: i64) -> Result<Vec<Event>> {
        let mut sql = Sql::named("trail::sealed_after", SELECT);
        sql.push("e.sequence > ").bind(sequence).push(" order by e.sequence limit ").bind(size);
        Ok(sql.load(tx.conn())?)
    }

    fn cursor(&self) -> Cursor {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        Cursor { sort: SORT.to_owned(), value: Some(at), id: self.id }
    }

    /// As exports and streams carry it; documented in docs/audit.md.
    pub fn wire(&self) -> Value {
        json!({
            "sequence": self.sequence,
            "id": self.id,
            "at": self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "action": self.action,
            "outcome": self.outcome,
            "actor": { "kind": self.actor_kind, "id": self.actor_id, "name": self.actor_name },
            "session_id": self.session_id,
            "token": self.token_id.map(|id| json!({ "id": id, "name": self.token_name })),
            "target": { "kind": self.target_kind, "id": self.target_id, "name": self.target_name },
            "before": self.before,
            "after": self.after,
            "address": self.address,
            "browser": self.browser,
            "request_id": self.request_id,
            "previous_hash": self.previous_hash.as_deref().map(hex),
            "hash": self.hash.as_deref().map(hex),
        })
    }
}
