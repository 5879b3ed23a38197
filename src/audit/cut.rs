//! Old events go only up to a sealed head, which is kept: the chain begins again after it, and an event of its own says so. That event
//! names the heads of earlier cuts too, whose own events a later cut takes away: so every cut stays covered by the chain.

use crate::access::{Actor, ActorKind, Permission, Thing, Verb, may};
use crate::audit::{Act, ActKind, Head, hex, record};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bytea, Timestamptz};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Bytea)]
    hash: Vec<u8>,
}

/// The last event that was cut off.
pub(in crate::audit) fn last_cut(tx: &mut Tx) -> Result<Option<Head>> {
    let sql = Sql::named("audit::last_cut", "select sequence, hash from audit_cuts order by sequence desc limit 1");
    let row = sql.load::<Row>(tx.conn())?.into_iter().next();
    Ok(row.map(|row| Head { sequence: row.sequence, hash: row.hash }))
}

/// Removes sealed events before a time, at most up to the number `at_most` (what a stream still has to send stays). How many.
/// Only the operator may; the newest event always stays.
pub fn cut(tx: &mut Tx, me: &Actor, before: DateTime<Utc>, at_most: Option<i64>) -> Result<usize> {
    if me.kind != ActorKind::Operator {
        return Err(Error::NotFound);
    }
    let permit = may(tx, me, Verb::Remove, &Thing::Organisation(Permission::OrganisationUpdate))?;
    let Some(head) = end(tx, before, at_most.unwrap_or(i64::MAX))? else {
        permit.unused(tx);
        return Ok(0);
    };
    let mut details = Sql::named(
        "audit::cut_details",
        "delete from audit_details d using audit_events e where e.id = d.event_id and e.sequence <= ",
    );
    details.bind(head.sequence);
    details.execute(tx.conn())?;
    let mut events = Sql::named("audit::cut", "delete from audit_events where sequence <= ");
    events.bind(head.sequence);
    let removed = events.execute(tx.conn())?;
    let earlier = heads(tx)?;
    let mut kept = Sql::named("audit::keep_cut", "insert into audit_cuts (sequence, hash, events, cut_at) values (");
    kept.bind(head.sequence).push(", ").bind(head.hash.clone()).push(", ");
    kept.bind(i64::try_from(removed).unwrap_or(i64::MAX)).push(", ").bind(tx.now).push(")");
    kept.execute(tx.conn())?;
    let act = Act::new(ActKind::AuditCut).note("events", removed).note("sequence", head.sequence);
    record(tx, permit, act.note("head", hex(&head.hash)).note("earlier", earlier))?;
    Ok(removed)
}

/// The heads at which the trail was cut before.
fn heads(tx: &mut Tx) -> Result<Vec<String>> {
    let sql = Sql::named("audit::cut_heads", "select sequence, hash from audit_cuts order by sequence");
    Ok(sql.load::<Row>(tx.conn())?.iter().map(|row| hex(&row.hash)).collect())
}

/// Whether a sealed event says that the trail was cut at this head.
pub(in crate::audit) fn cut_told(tx: &mut Tx, hash: &[u8]) -> Result<bool> {
    let mut sql = Sql::named(
        "audit::cut_told",
        "select 1 as one from audit_events where sequence > 0 and outcome = 'succeeded' and action = ",
    );
    sql.bind(ActKind::AuditCut).push(" and (after->>'head' = ").bind(hex(hash));
    sql.push(" or after->'earlier' ? ").bind(hex(hash)).push(") limit 1");
    Ok(sql.execute(tx.conn())? > 0)
}

/// A cut as the chain tells it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Cut {
    /// The number of the event that tells it.
    #[diesel(sql_type = BigInt)]
    pub told_by: i64,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// The last event that went; 0 when the event that tells it names no number.
    #[diesel(sql_type = BigInt)]
    pub up_to: i64,
}

/// All of which events still tell, the newest first.
pub fn cuts(tx: &mut Tx) -> Result<Vec<Cut>> {
    let mut sql = Sql::named(
        "audit::cuts",
        "select sequence as told_by, at,
           case when after->>'sequence' ~ '^[0-9]{1,18}$' then (after->>'sequence')::bigint else 0 end as up_to from audit_events
         where sequence > 0 and outcome = 'succeeded' and action = ",
    );
    sql.bind(ActKind::AuditCut).push(" order by sequence desc limit 100");
    Ok(sql.load(tx.conn())?)
}

/// Whether there is something before a time that could go, were no stream still to get it.
pub fn can_cut(tx: &mut Tx, before: DateTime<Utc>) -> Result<bool> {
    Ok(end(tx, before, i64::MAX)?.is_some())
}

/// The last event that may go: all up to it are older than `before`, and one remains after it.
fn end(tx: &mut Tx, before: DateTime<Utc>, at_most: i64) -> Result<Option<Head>> {
    let mut sql = Sql::named(
        "audit::cut_end",
        "select sequence, hash from audit_events where sequence < least(
           (select max(sequence) from audit_events),
           coalesce((select min(sequence) from audit_events where at >= ",
    );
    sql.bind(before)
        .push("), 9223372036854775807)) and sequence <= ")
        .bind(at_most)
        .push(" order by sequence desc limit 1");
    let row = sql.load::<Row>(tx.conn())?.into_iter().next();
    Ok(row.map(|row| Head { sequence: row.sequence, hash: row.hash }))
}
