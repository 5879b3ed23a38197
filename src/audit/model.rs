//! Writes activity and audit events. Nothing changes or deletes them.

use crate::access::{Actor, Permit, Thing};
use crate::audit::{Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use serde_json::json;
use uuid::Uuid;

/// Refusals of one person (or address) make at most one event in this time, so that a script cannot fill the trail.
const REFUSAL_WINDOW_SECONDS: i64 = 60;

/// Activity rows in one statement.
const BATCH: usize = 1000;

/// Settles the permit: one activity row and, for a privileged act, an audit event, in this transaction.
pub fn record(tx: &mut Tx, permit: Permit, act: Act) -> Result<()> {
    let me = permit.actor().clone();
    let act = name_things(permit.things(), act);
    if let Some(organisation) = organisation_of(&me, tx)? {
        write_activity(tx, &me, organisation, &act)?;
    }
    if act.kind.is_privileged() {
        write_event(tx, &me, &act, "succeeded")?;
    }
    permit.unused(tx);
    Ok(())
}

/// Records one act on each thing of a set, under its one permit.
pub fn record_each(tx: &mut Tx, permit: Permit, acts: Vec<Act>) -> Result<()> {
    let me = permit.actor().clone();
    if let Some(organisation) = organisation_of(&me, tx)? {
        for batch in acts.chunks(BATCH) {
            write_activities(tx, &me, organisation, batch)?;
        }
    }
    permit.unused(tx);
    Ok(())
}

fn name_things(things: &[Thing], act: Act) -> Act {
    match (things, act.record, act.target) {
        ([Thing::Record { id, .. } | Thing::Remark { record: id, .. }], None, None) => act.on(*id),
        ([_, _, ..], _, _) => {
            let ids: Vec<Uuid> = things.iter().filter_map(Thing::id).collect();
            act.note("things", ids)
        }
        _ => act,
    }
}

/// A visitor who sets up or signs in acts in the one organisation there is.
fn organisation_of(me: &Actor, tx: &mut Tx) -> Result<Option<Uuid>> {
    match me.organisation_id() {
        Some(id) => Ok(Some(id.0)),
        None => Ok(crate::people::Organisation::only(tx)?.map(|organisation| organisation.id.0)),
    }
}

fn write_activity(tx: &mut Tx, me: &Actor, organisation: Uuid, act: &Act) -> Result<()> {
    let mut sql = Sql::named(
        "audit::activity",
        "insert into activity (id, organisation_id, record_id, project_id, actor_kind, actor_id, act, details, at) values (",
    );
    sql.bind(tx.new_id()).push(", ").bind(organisation).push(", ").bind(act.record).push(", ");
    sql.bind(act.project.map(|id| id.0)).push(", ").bind(me.kind).push(", ").bind(me.person_id().map(|id| id.0));
    sql.push(", ").bind(act.kind).push(", ").bind(act.details()).push(", ").bind(tx.now).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Many in one statement.
fn write_activities(tx: &mut Tx, me: &Actor, organisation: Uuid, acts: &[Act]) -> Result<()> {
    let row = |act: &Act| {
        let project = act.project.map(|id| id.0);
        json!({ "id": tx.new_id(), "record_id": act.record, "project_id": project, "act": act.kind.as_str(), "details": act.details() })
    };
    let rows = acts.iter().map(row).collect();
    let mut sql = Sql::named(
        "audit::activities",
        "insert into activity (id, organisation_id, record_id, project_id, actor_kind, actor_id, act, details, at) select v.id, ",
    );
    sql.bind(organisation)
        .push("::uuid, v.record_id, v.project_id, ")
        .bind(me.kind)
        .push(", ")
        .bind(me.person_id().map(|id| id.0));
    sql.push("::uuid, v.act, v.details, ")
        .bind(tx.now)
        .push("::timestamptz from jsonb_populate_recordset(null::activity, ");
    sql.bind(serde_json::Value::Array(rows)).push(") as v");
    sql.execute(tx.conn())?;
    Ok(())
}

fn write_event(tx: &mut Tx, me: &Actor, act: &Act, outcome: &str) -> Result<()> {
    let id = tx.new_id();
    let (target_kind, target_id) = match (act.target, act.record) {
        (Some((kind, id)), _) => (kind, Some(id)),
        (None, Some(record)) => ("record", Some(record)),
        (None, None) => ("organisation", me.organisation_id().map(|id| id.0)),
    };
    let mut sql = Sql::named(
        "audit::event",
        "insert into audit_events (id, at, organisation_id, actor_kind, actor_id, session_id, action, target_kind, target_id,
           before, after, request_id, outcome) values (",
    );
    sql.bind(id).push(", ").bind(tx.now).push(", ").bind(me.organisation_id().map(|id| id.0)).push(", ");
    sql.bind(me.kind).push(", ").bind(me.person_id().map(|id| id.0)).push(", ");
    sql.bind(me.session_id().map(|id| id.0)).push(", ").bind(act.kind).push(", ");
    sql.bind(target_kind).push(", ").bind(target_id).push(", ").bind(act.side(1)).push(", ").bind(act.side(2));
    sql.push(", ").bind(tx.request_id).push(", ").bind(outcome).push(")");
    sql.execute(tx.conn())?;
    let mut details = Sql::named("audit::details", "insert into audit_details (event_id, address, browser) values (");
    details.bind(id).push(", ").bind(&*me.address).push(", ").bind(&*me.browser).push(")");
    details.execute(tx.conn())?;
    Ok(())
}

/// Keeps a refusal, in a transaction of its own after the roll-back; repeated ones within a minute are left out.
pub fn record_refusal(tx: &mut Tx, me: &Actor, error: &Error, route: &str) -> Result<()> {
    let Error::Forbidden(reason) = error else { return Ok(()) };
    let mut recent = Sql::named("audit::recent_refusal", "select 1 as one from audit_events where action = ");
    recent.bind(ActKind::Refused).push(" and actor_id is not distinct from ").bind(me.person_id().map(|id| id.0));
    recent.push(" and at > ").bind(tx.now - chrono::Duration::seconds(REFUSAL_WINDOW_SECONDS)).push(" limit 1");
    if recent.execute(tx.conn())? > 0 {
        return Ok(());
    }
    let act = Act::new(ActKind::Refused).note("reason", reason.key).note("route", route);
    write_event(tx, me, &act, "denied")
}

/// A failed sign-in. Who it was stays out unless the account exists; one event a minute and source, the caller counts.
pub fn record_failed_sign_in(tx: &mut Tx, me: &Actor, person: Option<PersonId>, failures: i32) -> Result<()> {
    let mut act = Act::new(ActKind::SignInFailed).note("failures", json!(failures));
    if let Some(person) = person {
        act = act.target("person", person);
    }
    write_event(tx, me, &act, "failed")
}
