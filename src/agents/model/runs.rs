//! Runs: begun, looked at, cancelled, published. Their state is seen by who sees what they are about, their contents by fewer.

use super::{AgentId, Trigger};
use crate::access::{Actor, Kind, Permission, Permit, Place, ProjectId, Thing, Verb, can, may, visible};
use crate::ai::{Fault, Reason};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::PersonId;
use crate::records::Record;
use crate::{text_enum, typed_id};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use std::collections::BTreeSet;
use uuid::Uuid;

typed_id!(RunId);

/// On an agent's page, the newest.
pub const LISTED_RUNS: i64 = 20;

text_enum!(
    RunState {
        Queued = "queued", Running = "running", Completed = "completed", Failed = "failed", Cancelled = "cancelled",
    }
);

impl RunState {
    pub fn tone(self) -> &'static str {
        match self {
            RunState::Queued | RunState::Running => "blue",
            RunState::Completed => "green",
            RunState::Failed => "red",
            RunState::Cancelled => "grey",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            RunState::Queued | RunState::Running => "refresh",
            RunState::Completed => "status-done",
            RunState::Failed => "risk",
            RunState::Cancelled => "status-canceled",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("agent-run-{self}")
    }

    pub fn has_ended(self) -> bool {
        matches!(self, RunState::Completed | RunState::Failed | RunState::Cancelled)
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Run {
    #[diesel(sql_type = SqlUuid)]
    pub id: RunId,
    #[diesel(sql_type = SqlUuid)]
    pub agent_id: AgentId,
    /// Of its agent.
    #[diesel(sql_type = Text)]
    pub key: String,
    #[diesel(sql_type = Text)]
    pub trigger: Trigger,
    #[diesel(sql_type = Text)]
    scope: String,
    #[diesel(sql_type = SqlUuid)]
    place_id: Uuid,
    /// What it is about, where that is one record.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub record_id: Option<Uuid>,
    /// The type of a snapshot; else empty.
    #[diesel(sql_type = Text)]
    pub variant: String,
    /// None for the clock.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub person_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub asked_by: Option<String>,
    /// None for what came with the server.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub version_id: Option<Uuid>,
    /// Of the version; None for a draft.
    #[diesel(sql_type = Nullable<Int4>)]
    pub number: Option<i32>,
    #[diesel(sql_type = Text)]
    pub state: RunState,
    #[diesel(sql_type = Bool)]
    pub is_stopping: bool,
    #[diesel(sql_type = Int4)]
    pub attempts: i32,
    #[diesel(sql_type = Bool)]
    pub by_rules: bool,
    #[diesel(sql_type = Text)]
    pub model: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Text)]
    pub about: String,
    #[diesel(sql_type = BigInt)]
    pub tokens_in: i64,
    #[diesel(sql_type = BigInt)]
    pub tokens_out: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub diff_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub snapshot_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub published_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub published_by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub queued_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub finished_at: Option<DateTime<Utc>>,
}

pub(in crate::agents) const RUN: &str =
    "select x.id, x.agent_id, a.key, x.trigger, x.scope, x.place_id, x.record_id, x.variant, x.person_id,
    (select p.name from people p where p.id = x.person_id) as asked_by, x.version_id, x.number, x.state, x.is_stopping, x.attempts,
    x.model = '' and x.state = 'completed' as by_rules, x.model, x.reason, x.about, x.tokens_in, x.tokens_out, x.diff_id, x.snapshot_id, x.published_at,
    (select p.name from people p where p.id = x.published_by_id) as published_by, x.queued_at, x.finished_at
    from agent_runs x join agents a on a.id = x.agent_id where ";

/// What a run said and read.
#[derive(Debug, Clone, Default, QueryableByName)]
pub struct Contents {
    #[diesel(sql_type = Text)]
    pub result: String,
    #[diesel(sql_type = Array<SqlUuid>)]
    pub records: Vec<Uuid>,
}

impl Run {
    pub fn place(&self) -> Result<Place> {
        Place::of(&self.scope, self.place_id).ok_or_else(|| Error::broken("a run without a place"))
    }

    pub fn path(&self) -> String {
        format!("/agents/runs/{}", self.id)
    }

    pub fn has_ended(&self) -> bool {
        self.state.has_ended()
    }

    fn visible(name: &str, me: &Actor) -> Sql {
        let mut sql = Sql::named(name, RUN);
        sql.push("x.place_id in (").append(&visible::place_ids(me));
        sql.push(") and (x.record_id is null or exists (select 1 from records r where r.id = x.record_id and ");
        sql.append(&visible::records(me)).push("))");
        sql
    }

    /// `NotFound` for who does not see what it is about.
    pub fn find(tx: &mut Tx, me: &Actor, id: RunId) -> Result<Run> {
        let mut sql = Run::visible("agents::run", me);
        sql.push(" and x.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Of one agent, the newest first.
    pub fn list(tx: &mut Tx, me: &Actor, agent: AgentId) -> Result<Vec<Run>> {
        let mut sql = Run::visible("agents::runs", me);
        sql.push(" and x.agent_id = ").bind(agent).push(" order by x.id desc limit ").bind(LISTED_RUNS);
        Ok(sql.load(tx.conn())?)
    }

    /// Whether its contents are this reader's: the person's it ran for, a scope's managers', everybody's once it is published.
    pub fn can_open(&self, me: &Actor) -> bool {
        self.published_at.is_some() || self.place().is_ok_and(|place| manages(me, place))
    }

    /// `NotFound` for who may not open them.
    pub fn contents(&self, tx: &mut Tx, me: &Actor) -> Result<Contents> {
        if !self.can_open(me) {
            return Err(Error::NotFound);
        }
        let mut sql = Sql::named("agents::contents", "select x.result, x.records from agent_runs x where x.id = ");
        sql.bind(self.id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Whether what was sent is this reader's: publishing shows the result, not the request.
    pub fn can_see_sent(&self, me: &Actor) -> bool {
        self.place().is_ok_and(|place| manages(me, place))
    }

    pub fn can_publish(&self, me: &Actor) -> bool {
        let is_shared = !matches!(self.place(), Ok(Place::Person(_)) | Err(_));
        is_shared && self.state == RunState::Completed && self.published_at.is_none() && self.can_see_sent(me)
    }

    pub fn can_cancel(&self, me: &Actor) -> bool {
        !self.has_ended() && !self.is_stopping && (me.is(self.person_id) || self.can_see_sent(me))
    }

    /// At once when it waits; else as soon as its worker hears of it. Twice changes nothing.
    pub fn cancel(tx: &mut Tx, me: &Actor, id: RunId) -> Result<()> {
        let run = Run::find(tx, me, id)?;
        let permit = match me.person_id().filter(|_| me.is(run.person_id)) {
            Some(person) => may(tx, me, Verb::Edit, &Thing::Own(person))?,
            None => leave_to_manage(tx, me, run.place()?)?,
        };
        let mut sql = Sql::named(
            "agents::cancel",
            "update agent_runs set is_stopping = true, state = case state when 'queued' then 'cancelled' else state end, finished_at = case state when 'queued' then ",
        );
        sql.bind(tx.now).push(" end where state in ('queued', 'running') and not is_stopping and id = ").bind(id);
        if sql.execute(tx.conn())? == 0 {
            permit.unused(tx);
            return Ok(());
        }
        audit::record(tx, permit, run.act(ActKind::AgentRunCancelled))
    }

    /// Its result is shown to everybody who sees what it is about.
    pub fn publish(tx: &mut Tx, me: &Actor, id: RunId) -> Result<()> {
        let run = Run::find(tx, me, id)?;
        let permit = leave_to_manage(tx, me, run.place()?)?;
        if !run.can_publish(me) {
            permit.unused(tx);
            return Ok(());
        }
        if !run.is_whole(tx, me)? {
            permit.unused(tx);
            return Err(Error::invalid("", "problem-agent-closed"));
        }
        let mut sql = Sql::named("agents::publish_run", "update agent_runs set published_at = ");
        sql.bind(tx.now).push(", published_by_id = ").bind(me.person_id().map(|id| id.0));
        sql.push(" where published_at is null and id = ").bind(id);
        sql.execute(tx.conn())?;
        audit::record(tx, permit, run.act(ActKind::AgentRunPublished))
    }

    /// Whether all that went in is open to this reader: nobody shows on what they cannot check.
    fn is_whole(&self, tx: &mut Tx, me: &Actor) -> Result<bool> {
        let read: BTreeSet<Uuid> = self.contents(tx, me)?.records.into_iter().collect();
        Ok(Record::find_ids(tx, me, read.iter().copied().collect())?.len() == read.len())
    }

    pub(super) fn act(&self, kind: ActKind) -> Act {
        let act = Act::new(kind).target("agent_run", self.id);
        if self.scope == "project" { act.in_project(ProjectId(self.place_id)) } else { act }
    }

    /// Why it failed, in words; None while it has not.
    pub fn fault(&self) -> Option<Msg> {
        let reason = self.reason.as_deref()?;
        Some(match Reason::parse(reason) {
            Some(reason) => Fault::new(reason).about(&self.about).msg(),
            None => Msg::new(Ended::parse(reason).unwrap_or(Ended::Broken).words()).with("about", &self.about),
        })
    }

    /// For samples.
    pub fn sample(state: RunState) -> Run {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        Run {
            id: RunId(Uuid::nil()),
            agent_id: AgentId(Uuid::nil()),
            key: "doc_memory_reviewer".to_owned(),
            trigger: Trigger::Manual,
            scope: "organisation".to_owned(),
            place_id: Uuid::nil(),
            record_id: None,
            variant: String::new(),
            person_id: None,
            asked_by: Some("Ada Lindqvist".to_owned()),
            version_id: None,
            number: Some(0),
            state,
            is_stopping: false,
            attempts: 1,
            by_rules: false,
            model: "gpt-5.2".to_owned(),
            reason: (state == RunState::Failed).then(|| Ended::OddAnswer.to_string()),
            about: "answer.items is missing".to_owned(),
            tokens_in: 1200,
            tokens_out: 90,
            diff_id: None,
            snapshot_id: None,
            published_at: None,
            published_by: None,
            queued_at: now,
            finished_at: state.has_ended().then_some(now),
        }
    }
}

text_enum!(
    /// Why a run failed, where no call of a model did; `agent-ended-WORD` says it.
    Ended {
        OddAnswer = "odd_answer",
        /// What it is about is not there any more, or not to be read by this place.
        Gone = "gone",
        /// Who asked may not any more.
        Refused = "refused",
        Off = "off",
        /// Its server stopped each time.
        Lost = "lost",
        /// Nothing to read, so nothing was sent.
        Empty = "empty",
        /// Something that went in was closed or removed before the end.
        Closed = "closed",
        /// No statement named a record that went in.
        Uncited = "uncited",
        Broken = "broken",
    }
);

impl Ended {
    pub fn words(self) -> &'static str {
        match self {
            Ended::OddAnswer => "agent-ended-odd-answer",
            Ended::Gone => "agent-ended-gone",
            Ended::Empty => "agent-ended-empty",
            Ended::Closed => "agent-ended-closed",
            Ended::Refused => "agent-ended-refused",
            Ended::Off => "agent-ended-off",
            Ended::Lost => "agent-ended-lost",
            Ended::Uncited => "agent-ended-uncited",
            Ended::Broken => "agent-ended-broken",
        }
    }
}

/// Who opens, starts and publishes what runs for a place: its person, a project's lead, elsewhere who manages AI and reads it.
fn managing(place: Place) -> (Verb, Thing) {
    match place {
        Place::Person(person) => (Verb::Edit, Thing::Own(person)),
        Place::Project(id) => (Verb::Administer, Thing::Project(id)),
        Place::Organisation(_) | Place::Group(_) => (Verb::Administer, Thing::Organisation(Permission::AiManage)),
    }
}

pub fn manages(me: &Actor, place: Place) -> bool {
    let (verb, thing) = managing(place);
    let inside = Thing::Record { id: Uuid::nil(), kind: Kind::Memory, place, author: None };
    can(me, verb, &thing) && can(me, Verb::See, &inside)
}

pub(super) fn leave_to_manage(tx: &mut Tx, me: &Actor, place: Place) -> Result<Permit> {
    if let Place::Group(_) = place {
        let inside = Thing::Record { id: Uuid::nil(), kind: Kind::Memory, place, author: None };
        may(tx, me, Verb::See, &inside)?.unused(tx);
    }
    let (verb, thing) = managing(place);
    may(tx, me, verb, &thing)
}
