//! The one gate: whatever leaves for a provider passes here, with what it carries. It holds the policy, the budgets, the limit of
//! calls at a time and the pause after an outage; the ledger's row is written before the first byte leaves. All of it are rows, so
//! that it holds across instances and restarts.

use super::request::keep;
use super::turn::crowd;
use super::{BYTES_PER_TOKEN, Body, Budget, Keeper, Kept, Level, Standing, holders, masks, outage};
use crate::access::{Actor, ProjectId};
use crate::ai::{Fault, Marks, Masks, Reason, Usage, site, site_of};
use crate::config::Ai;
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::people::{OrganisationId, PersonId};
use crate::text_enum;
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use std::sync::Arc;
use uuid::Uuid;

/// A call that gave no sign of life for so long holds no place any more.
pub const LEASE_SECONDS: i64 = 60;
/// And after so long its server is taken for gone.
pub const LOST_AFTER_SECONDS: i64 = 300;
/// Taken while the gate looks and writes, so that two cannot both be the last.
pub const GATE_LOCK: i64 = 0x746f_775f_6761_7465;

text_enum!(
    /// What a call is for; `ai-purpose-WORD` says it. Everything that can leave for a provider stands here.
    Purpose {
        ConnectionTest = "connection_test",
        /// Texts of records, made into vectors in the background.
        Passages = "passages",
        /// What a person looks for, made into one.
        Search = "search",
        /// An answer in a chat.
        Chat = "chat",
        /// A title for a chat, from its first question.
        ChatTitle = "chat_title",
        /// A run of an agent.
        Agent = "agent",
    }
);

text_enum!(
    Endpoint {
        Responses = "responses", Stream = "stream", Embeddings = "embeddings",
        /// A query, to be answered with pages of the web.
        WebSearch = "web_search",
        /// An address, to be answered with the text of its page.
        WebFetch = "web_fetch",
    }
);

/// In SQL: what is of the web.
pub const OF_THE_WEB: &str = "endpoint in ('web_search', 'web_fetch')";

impl Endpoint {
    /// Answered by the web search provider, not by a model.
    pub fn is_web(self) -> bool {
        matches!(self, Endpoint::WebSearch | Endpoint::WebFetch)
    }

    /// The least that a policy must allow.
    pub fn needs(self) -> Level {
        match self {
            Endpoint::Embeddings => Level::Embeddings,
            Endpoint::Responses | Endpoint::Stream => Level::NoWeb,
            Endpoint::WebSearch | Endpoint::WebFetch => Level::All,
        }
    }
}

text_enum!(
    CallOutcome {
        Open = "open", Done = "done", Refused = "refused", Failed = "failed", Cut = "cut", Cancelled = "cancelled",
        Lost = "lost",
    }
);

/// Who asks, and what for.
#[derive(Debug, Clone)]
pub struct Asking {
    pub purpose: Purpose,
    pub organisation: OrganisationId,
    /// None for work that is everybody's.
    pub person: Option<PersonId>,
    /// Whose budget and policy also count, beside those of the records.
    pub project: Option<ProjectId>,
    /// What the request belongs to, where it is kept for the person to read.
    pub kept: Option<Kept>,
    /// Who answers: the key of an assistant or agent.
    pub assistant: Option<String>,
}

impl Asking {
    pub fn of(me: &Actor, purpose: Purpose) -> Result<Self> {
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        Ok(Asking::new(purpose, organisation, me.person_id()))
    }

    pub fn new(purpose: Purpose, organisation: OrganisationId, person: Option<PersonId>) -> Self {
        Asking { purpose, organisation, person, project: None, kept: None, assistant: None }
    }

    /// The request is kept for its person, with the chat or run `record`, of which it serves `part`.
    pub fn kept_with(self, record: Uuid, part: Uuid) -> Self {
        Asking { kept: Some(Kept { with: Keeper::Record(record), part }), ..self }
    }

    /// The request is kept with a run of an agent, for whoever may open that.
    pub fn kept_with_run(self, run: Uuid, part: Uuid) -> Self {
        Asking { kept: Some(Kept { with: Keeper::Run(run), part }), ..self }
    }

    /// Answered by this assistant or agent, whose key policies name.
    pub fn by(self, assistant: &str) -> Self {
        Asking { assistant: Some(assistant.to_owned()), ..self }
    }

    pub fn in_project(self, project: Option<ProjectId>) -> Self {
        Asking { project, ..self }
    }
}

/// What is about to leave.
#[derive(Debug, Clone)]
pub struct Sending {
    pub endpoint: Endpoint,
    /// With its port, unless it is the usual one.
    pub host: String,
    pub model: String,
    pub records: Vec<Uuid>,
    pub bytes: i64,
    pub hash: Vec<u8>,
    /// All of it, and where passages stand in it: for who keeps it.
    pub body: Body,
    pub marks: Arc<Marks>,
    /// What was masked in it.
    pub masks: Masks,
    pub attempt: i32,
}

/// What a call cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// By the provider.
    Counted(Usage),
    /// It left, and nobody said: as much as its bytes tell.
    Guessed,
    /// Nothing left, or it was refused.
    Nothing,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub struct Ended {
    pub bytes: usize,
    pub cost: Cost,
    pub took: std::time::Duration,
    pub fault: Option<Fault>,
}

#[derive(Debug)]
pub enum Gate {
    /// The ledger's row.
    Open(Uuid),
    Shut(Fault),
    /// Not now: wait a little and ask again.
    Full,
    /// What is masked was changed since: mask anew, by these.
    Stale(Masks),
}

/// Asks whether it may leave, and writes down that it does, or why not.
pub fn gate_open(tx: &mut Tx, asking: &Asking, sending: &Sending, is_last: bool) -> Result<Gate> {
    let mut sql = Sql::named("ai::gate", "select pg_advisory_xact_lock(");
    sql.bind(GATE_LOCK).push(")");
    sql.execute(tx.conn())?;
    let masks = masks(tx, asking)?;
    if masks != sending.masks {
        return Ok(Gate::Stale(masks));
    }
    let fault = match refusal(tx, asking, sending)? {
        None => {
            let call = write(tx, asking, sending, None)?;
            keep(tx, call, asking, sending)?;
            return Ok(Gate::Open(call));
        }
        Some(fault) if fault.reason == Reason::Busy && !is_last => return Ok(Gate::Full),
        Some(fault) => fault,
    };
    write(tx, asking, sending, Some(&fault))?;
    Ok(Gate::Shut(fault))
}

/// What is asked first is what a person can least change.
fn refusal(tx: &mut Tx, asking: &Asking, sending: &Sending) -> Result<Option<Fault>> {
    let standing = Standing::of(tx, asking, &sending.records)?;
    if let Some(fault) = standing.refusal(sending.endpoint, &sending.host, &sending.model) {
        return Ok(Some(fault));
    }
    if let Some(fault) = Budget::refusal(tx, asking, &sending.records)? {
        return Ok(Some(fault));
    }
    if let Some(fault) = outage(tx, &sending.host)? {
        return Ok(Some(fault));
    }
    crowd(tx, asking)
}

/// A call that is not made yet: where it would go, and with what.
#[derive(Debug, Clone)]
pub struct Target {
    endpoint: Endpoint,
    host: String,
    model: String,
    has_key: bool,
}

impl Target {
    /// `model` says nothing for the web.
    pub fn of(ai: &Ai, endpoint: Endpoint, model: &str) -> Self {
        let (host, key) = match endpoint.is_web() {
            true => (site_of(&ai.exa_base_url), &ai.exa_api_key),
            false => (site(ai), &ai.openai_api_key),
        };
        Target { endpoint, host, model: model.to_owned(), has_key: key.is_some() }
    }
}

/// Whether it would be refused now with texts of these records, by a lacking key, a policy or a budget; asked without sending
/// anything, for who would only fill the ledger with refusals.
pub fn foresee(tx: &mut Tx, asking: &Asking, target: &Target, records: &[Uuid]) -> Result<Option<Fault>> {
    if !target.has_key {
        return Ok(Some(Fault::new(if target.endpoint.is_web() { Reason::WebOff } else { Reason::NoKey })));
    }
    match Standing::of(tx, asking, records)?.refusal(target.endpoint, &target.host, &target.model) {
        Some(fault) => Ok(Some(fault)),
        // What calls under way hold is free again in a moment.
        None => Ok(Budget::refusal(tx, asking, records)?.filter(|fault| fault.reason == Reason::Budget)),
    }
}

fn write(tx: &mut Tx, asking: &Asking, sending: &Sending, refused: Option<&Fault>) -> Result<Uuid> {
    let (id, holders) = (tx.new_id(), holders(tx, asking, &sending.records)?);
    let outcome = if refused.is_some() { CallOutcome::Refused } else { CallOutcome::Open };
    let mut sql = Sql::named(
        "ai::open",
        "insert into ai_calls (id, organisation_id, at, purpose, endpoint, host, model, person_id, project_id, records, attempt,
           bytes_out, hash, holders, agent, outcome, reason, finished_at) values (",
    );
    sql.bind(id).push(", ").bind(asking.organisation).push(", ").bind(tx.now).push(", ").bind(asking.purpose);
    sql.push(", ")
        .bind(sending.endpoint)
        .push(", ")
        .bind(sending.host.as_str())
        .push(", ")
        .bind(sending.model.as_str());
    sql.push(", ").bind(asking.person.map(|id| id.0)).push(", ").bind(asking.project.map(|id| id.0));
    sql.push(", ").bind(Bind::Uuids(sending.records.clone())).push(", ").bind(sending.attempt);
    // What was refused did not leave.
    sql.push(", ").bind(if refused.is_some() { 0 } else { sending.bytes }).push(", ").bind(sending.hash.clone());
    sql.push(", ").bind(Bind::Uuids(holders)).push(", nullif(").bind(asking.assistant.as_deref().unwrap_or_default());
    sql.push(", ''), ").bind(outcome).push(", ");
    match refused {
        Some(fault) => sql.bind(fault.reason).push(", ").bind(tx.now),
        None => sql.push("null, null"),
    };
    sql.push(")");
    sql.execute(tx.conn())?;
    Ok(id)
}

/// Says that it is still under way; a fault when it may not be any more.
pub fn gate_beat(tx: &mut Tx, call: Uuid, asking: &Asking, sending: &Sending) -> Result<Option<Fault>> {
    let mut sql = Sql::named("ai::beat", "update ai_calls set alive_at = ");
    sql.bind(tx.now).push(" where id = ").bind(call).push(" and outcome = 'open'");
    if sql.execute(tx.conn())? == 0 {
        return Ok(Some(Fault::new(Reason::Slow)));
    }
    let standing = Standing::of(tx, asking, &sending.records)?;
    Ok(standing.refusal(sending.endpoint, &sending.host, &sending.model))
}

#[derive(QueryableByName)]
struct Closed {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Array<SqlUuid>)]
    holders: Vec<Uuid>,
    #[diesel(sql_type = BigInt)]
    tokens: i64,
}

const CLOSED: &str = " returning id, model, holders, tokens_in + tokens_out as tokens";

/// Writes down how it ended, and adds its tokens to the month; nothing when it was closed already.
pub fn gate_close(tx: &mut Tx, call: Uuid, ended: &Ended) -> Result<()> {
    let outcome = match ended.fault.as_ref().map(|fault| fault.reason) {
        None => CallOutcome::Done,
        Some(Reason::Cancelled) => CallOutcome::Cancelled,
        Some(Reason::Cut) => CallOutcome::Cut,
        Some(_) => CallOutcome::Failed,
    };
    let bytes = i64::try_from(ended.bytes).unwrap_or(i64::MAX);
    let mut sql = Sql::named("ai::close", "update ai_calls set outcome = ");
    sql.bind(outcome).push(", finished_at = ").bind(tx.now).push(", bytes_in = ").bind(bytes);
    match ended.cost {
        Cost::Counted(usage) => sql
            .push(", tokens_in = ")
            .bind(i64::from(usage.input_tokens))
            .push(", tokens_out = ")
            .bind(i64::from(usage.output_tokens)),
        Cost::Guessed => sql
            .push(", is_estimate = true, tokens_in = bytes_out / ")
            .bind(BYTES_PER_TOKEN)
            .push(", tokens_out = ")
            .bind(bytes / BYTES_PER_TOKEN),
        Cost::Nothing => &mut sql,
    };
    sql.push(", milliseconds = ").bind(i32::try_from(ended.took.as_millis()).unwrap_or(i32::MAX));
    if let Some(fault) = &ended.fault {
        sql.push(", reason = ").bind(fault.reason).push(", code = nullif(").bind(fault.code.as_str()).push(", '')");
        sql.push(", status = ").bind(fault.status.map(i32::from));
    }
    sql.push(" where id = ").bind(call).push(" and outcome = 'open'").push(CLOSED);
    let closed: Vec<Closed> = sql.load(tx.conn())?;
    spend(tx, &closed)
}

fn spend(tx: &mut Tx, closed: &[Closed]) -> Result<()> {
    let calls: Vec<(&[Uuid], i64)> = closed.iter().map(|call| (call.holders.as_slice(), call.tokens)).collect();
    if calls.is_empty() { Ok(()) } else { Budget::spend(tx, &calls) }
}

/// Calls whose server went away before they ended: what came of them nobody knows, so they count as what was sent.
pub fn close_lost(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named(
        "ai::lost",
        "update ai_calls set outcome = 'lost', is_estimate = endpoint not like 'web%', tokens_in = ",
    );
    // Only models count in tokens.
    sql.push(&format!("case when {OF_THE_WEB} then 0 else bytes_out / ")).bind(BYTES_PER_TOKEN).push(" end");
    sql.push(", finished_at = ").bind(tx.now);
    sql.push(" where outcome = 'open' and coalesce(alive_at, at) < ");
    sql.bind(tx.now - Duration::seconds(LOST_AFTER_SECONDS)).push(CLOSED);
    let lost: Vec<Closed> = sql.load(tx.conn())?;
    for Closed { id, model, .. } in &lost {
        tracing::warn!(name = "ai.call_lost", call = %id, model, "a call to a provider never ended; its server was stopped");
    }
    spend(tx, &lost)?;
    Ok(lost.len())
}
