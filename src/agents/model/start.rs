//! A run about to begin: whether it may, by which words, and once for what begins it.

use super::{Agent, AgentId, Binding, Contract, Leave, Level, Run, RunId, RunState, Trigger, Version, Versions};
use crate::access::{Actor, Kind, Permission, Permit, Place, Thing, Verb, may};
use crate::agents::jobs::RunAgent;
use crate::audit::{self, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Msg, Result};
use crate::people::PersonId;
use crate::queue::enqueue;
use crate::records::Record;
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use uuid::Uuid;

/// Runs of one person that have not ended.
pub const MAX_OPEN_RUNS: i64 = 10;

/// A run about to begin.
#[derive(Debug, Clone)]
pub struct NewRun {
    pub agent: Agent,
    pub place: Place,
    pub record: Option<Record>,
    pub variant: String,
    pub trigger: Trigger,
}

impl NewRun {
    /// What is about one record is started by who may add to the place; what reads a whole place by who manages that.
    pub fn leave(&self, tx: &mut Tx, me: &Actor) -> Result<Permit> {
        match (&self.record, self.trigger) {
            (Some(record), Trigger::Manual) => {
                let author = me.person_id();
                may(
                    tx,
                    me,
                    Verb::Add,
                    &Thing::Record { id: record.id.0, kind: Kind::Memory, place: self.place, author },
                )
            }
            // A draft is tried by who may change it.
            (_, Trigger::Test) => {
                super::runs::leave_to_manage(tx, me, self.place)?.unused(tx);
                may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))
            }
            _ => super::runs::leave_to_manage(tx, me, self.place),
        }
    }

    /// By which version it would run. `Invalid` where it is off, archived, or was never told anything.
    pub fn version(&self, tx: &mut Tx) -> Result<Version> {
        let leave = self.binding(tx)?;
        let unpublished = || Error::invalid("", "agent-unpublished");
        if self.agent.is_archived {
            return Err(Error::invalid("", "problem-agent-archived"));
        }
        // A try sends texts too.
        if let Some(level) = leave.off_at {
            return Err(Error::invalid("", off_problem(level)));
        }
        match leave.version {
            _ if self.trigger == Trigger::Test => Versions::of(tx, &self.agent)?.draft.ok_or_else(unpublished),
            Some(number) => Versions::find(tx, &self.agent, number),
            None => Versions::of(tx, &self.agent)?.newest().cloned().ok_or_else(unpublished),
        }
    }

    fn binding(&self, tx: &mut Tx) -> Result<Leave> {
        self.agent.id.map_or(Ok(Leave::default()), |id| Binding::leave(tx, id, self.place))
    }

    /// Whether it may run nowhere here at all, by whichever version.
    pub fn is_off(&self, tx: &mut Tx) -> Result<bool> {
        Ok(self.agent.is_archived || self.binding(tx)?.off_at.is_some())
    }

    pub fn start(&self, tx: &mut Tx, me: &Actor) -> Result<Run> {
        let permit = self.leave(tx, me)?;
        if let Some(person) = me.person_id()
            && open_runs(tx, person)? >= MAX_OPEN_RUNS
        {
            return Err(Error::invalid("", Msg::new("problem-agent-runs").with("max", MAX_OPEN_RUNS)));
        }
        let version = self.version(tx)?;
        let agent = self.agent.ensure(tx, me)?;
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        let whom = me.person_id().map(|id| id.0);
        let id = self.insert(tx, (agent, organisation.0), whom, &version, None)?.ok_or(Error::NotFound)?;
        enqueue(tx, whom, &RunAgent { run: id })?;
        let run = Run::find(tx, me, id)?;
        audit::record(tx, permit, run.act(ActKind::AgentRunStarted))?;
        Ok(run)
    }

    /// None when a run of this slot is there already.
    pub(in crate::agents) fn insert(
        &self,
        tx: &mut Tx,
        (agent, organisation): (AgentId, Uuid),
        whom: Option<Uuid>,
        version: &Version,
        slot: Option<&str>,
    ) -> Result<Option<RunId>> {
        let id = RunId(tx.new_id());
        let column = |scope: &str| (self.place.scope() == scope).then(|| self.place.id());
        let mut sql = Sql::named(
            "agents::insert_run",
            "insert into agent_runs (id, organisation_id, agent_id, trigger, scope, project_id, group_id, owner_id, record_id, variant,
               person_id, version_id, number, state, queued_at, slot)",
        );
        let values: [Bind; 15] = [
            id.into(),
            organisation.into(),
            agent.into(),
            self.trigger.into(),
            self.place.scope().into(),
            column("project").into(),
            column("group").into(),
            column("user").into(),
            self.record.as_ref().map(|record| record.id.0).into(),
            self.variant.as_str().into(),
            whom.into(),
            version.id.into(),
            Bind::MaybeInt(version.number),
            RunState::Queued.into(),
            tx.now.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(", values);
        sql.bind(slot.unwrap_or_default()).push(", '')) on conflict (slot) do nothing");
        Ok((sql.execute(tx.conn())? > 0).then_some(id))
    }

    pub fn is_off_by_mode(&self, version: &Version) -> bool {
        self.trigger == Trigger::Test || version.mode == super::Mode::Off || self.agent.contract == Contract::Text
    }
}

/// Message key.
fn off_problem(level: Level) -> &'static str {
    match level {
        Level::Server => "problem-agent-off-server",
        Level::Organisation => "problem-agent-off-organisation",
        Level::Project => "problem-agent-off-project",
        Level::User => "problem-agent-off-user",
    }
}

fn open_runs(tx: &mut Tx, person: PersonId) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Open {
        #[diesel(sql_type = BigInt)]
        open: i64,
    }
    let mut sql = Sql::named(
        "agents::open_runs",
        "select count(*) as open from agent_runs where state in ('queued', 'running') and person_id = ",
    );
    sql.bind(person);
    Ok(sql.load::<Open>(tx.conn())?.first().map(|row| row.open).unwrap_or_default())
}
