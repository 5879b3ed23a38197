//! Writes activity and audit events. Nothing changes or deletes them.

use crate::access::{Actor, Permit, Thing};
use crate::audit::counts::count;
use crate::audit::{Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Activity rows in one statement.
const BATCH: usize = 1000;

/// Settles the permit: one activity row and, for a privileged act, an audit event, in this transaction.
pub fn record(tx: &mut Tx, permit: Permit, act: Act) -> Result<()> {
    let me = permit.actor().clone();
    let act = name_things(permit.things(), act);
    let act = match me.directory {
        Some(token) => act.note("scim_token", token),
        None => act,
    };
    if let Some(organisation) = organisation_of(&me, tx)? {
        write_activity(tx, &me, organisation, &act)?;
    }
    if act.kind.is_privileged() {
        NewEvent::of(tx, &me, &act, "succeeded").write(tx)?;
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
        "insert into activity (id, organisation_id, record_id, project_id, actor_kind, actor_id, token_id, act, details, at) values (",
    );
    sql.bind(tx.new_id()).push(", ").bind(organisation).push(", ").bind(act.record).push(", ");
    sql.bind(act.project.map(|id| id.0)).push(", ").bind(me.kind).push(", ").bind(me.person_id().map(|id| id.0));
    sql.push(", ")
        .bind(me.token_id().map(|id| id.0))
        .push(", ")
        .bind(act.kind)
        .push(", ")
        .bind(act.details())
        .push(", ")
        .bind(tx.now)
        .push(")");
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
        "insert into activity (id, organisation_id, record_id, project_id, actor_kind, actor_id, token_id, act, details, at) select v.id, ",
    );
    sql.bind(organisation)
        .push("::uuid, v.record_id, v.project_id, ")
        .bind(me.kind)
        .push(", ")
        .bind(me.person_id().map(|id| id.0));
    sql.push("::uuid, ")
        .bind(me.token_id().map(|id| id.0))
        .push("::uuid, v.act, v.details, ")
        .bind(tx.now)
        .push("::timestamptz from jsonb_populate_recordset(null::activity, ");
    sql.bind(serde_json::Value::Array(rows)).push(") as v");
    sql.execute(tx.conn())?;
    Ok(())
}

/// An audit event about to be written, or waiting for the end of its minute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::audit) struct NewEvent {
    pub actor_kind: String,
    pub actor: Option<Uuid>,
    pub organisation: Option<Uuid>,
    pub session: Option<Uuid>,
    /// Absent in what an older version left waiting.
    #[serde(default)]
    pub token: Option<Uuid>,
    pub action: String,
    pub target_kind: String,
    pub target: Option<Uuid>,
    pub before: Value,
    pub after: Value,
    pub request: Uuid,
    pub outcome: String,
    pub address: String,
    pub browser: String,
}

impl NewEvent {
    fn of(tx: &Tx, me: &Actor, act: &Act, outcome: &str) -> Self {
        let organisation = me.organisation_id().map(|id| id.0);
        let (target_kind, target) = match (act.target, act.record) {
            (Some((kind, id)), _) => (kind, Some(id)),
            (None, Some(record)) => ("record", Some(record)),
            (None, None) => ("organisation", organisation),
        };
        NewEvent {
            actor_kind: me.kind.to_string(),
            actor: me.person_id().map(|id| id.0),
            organisation,
            session: me.session_id().map(|id| id.0),
            token: me.token_id().map(|id| id.0),
            action: act.kind.to_string(),
            target_kind: target_kind.to_owned(),
            target,
            before: act.side(1),
            after: act.side(2),
            request: tx.request_id,
            outcome: outcome.to_owned(),
            address: me.address.to_string(),
            browser: me.browser.to_string(),
        }
    }

    /// Who did it, as far as that can be told: a token, a person, else an address.
    pub fn source(&self) -> String {
        self.token.or(self.actor).map_or_else(|| self.address.clone(), |id| id.to_string())
    }

    pub fn write(&self, tx: &mut Tx) -> Result<()> {
        let id = tx.new_id();
        let mut sql = Sql::named(
            "audit::event",
            "insert into audit_events (id, at, organisation_id, actor_kind, actor_id, session_id, token_id, action, target_kind, target_id,
               before, after, request_id, outcome) values (",
        );
        sql.bind(id)
            .push(", ")
            .bind(tx.now)
            .push(", ")
            .bind(self.organisation)
            .push(", ")
            .bind(self.actor_kind.as_str());
        sql.push(", ")
            .bind(self.actor)
            .push(", ")
            .bind(self.session)
            .push(", ")
            .bind(self.token)
            .push(", ")
            .bind(self.action.as_str())
            .push(", ");
        sql.bind(self.target_kind.as_str())
            .push(", ")
            .bind(self.target)
            .push(", ")
            .bind(self.before.clone())
            .push(", ");
        sql.bind(self.after.clone()).push(", ").bind(self.request).push(", ").bind(self.outcome.as_str()).push(")");
        sql.execute(tx.conn())?;
        let mut details =
            Sql::named("audit::details", "insert into audit_details (event_id, address, browser) values (");
        details.bind(id).push(", ").bind(self.address.as_str()).push(", ").bind(self.browser.as_str()).push(")");
        details.execute(tx.conn())?;
        Ok(())
    }
}

/// Keeps a refusal, in a transaction of its own after the roll-back; repeated ones make one event a minute with their number.
pub fn record_refusal(tx: &mut Tx, me: &Actor, error: &Error, route: &str) -> Result<()> {
    let Error::Forbidden(reason) = error else { return Ok(()) };
    let act = Act::new(ActKind::Refused).note("reason", reason.key).note("route", route);
    let event = NewEvent::of(tx, me, &act, "denied");
    count(tx, event)
}

/// Something that somebody should look at, and that nobody was permitted to do.
pub fn record_alert(tx: &mut Tx, me: &Actor, act: &Act) -> Result<()> {
    NewEvent::of(tx, me, act, "failed").write(tx)
}

/// A failed sign-in. Who it was stays out unless the account exists; many from one address make one event a minute with their
/// number. `failures` is what the throttle has counted.
pub fn record_failed_sign_in(tx: &mut Tx, me: &Actor, person: Option<PersonId>, failures: i32) -> Result<()> {
    let mut act = Act::new(ActKind::SignInFailed).note("failures", json!(failures));
    if let Some(person) = person {
        act = act.target("person", person);
    }
    let event = NewEvent::of(tx, me, &act, "failed");
    count(tx, event)
}

/// Removes addresses and browsers of events older than this; the chain does not cover them. How many.
pub fn forget_details(tx: &mut Tx, days: u32) -> Result<usize> {
    let mut sql = Sql::named(
        "audit::forget_details",
        "delete from audit_details d using audit_events e where e.id = d.event_id and e.at < ",
    );
    sql.bind(tx.now - chrono::Duration::days(i64::from(days)));
    Ok(sql.execute(tx.conn())?)
}
