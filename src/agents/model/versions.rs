//! What an agent is told. A draft changes nothing until it is published; what was published stays as it was.

use super::{Agent, AgentId, BuiltIn, Contract};
use crate::access::{Actor, Kind, Permission, Thing, Verb, may};
use crate::agents::shape;
use crate::ai::Model;
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Conflict, Error, Msg, Problems, Result};
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

pub const MAX_INSTRUCTIONS_CHARS: usize = 8_000;
pub const MAX_SCHEMA_CHARS: usize = 4_000;
/// Versions that a page lists, the newest.
pub const MAX_LISTED: i64 = 50;

text_enum!(
    /// What may come of a run.
    Mode {
        /// Its words stay with the run.
        Off = "off",
        /// What a person then decides.
        Propose = "propose",
        /// Not offered: text of records is always in the context, and with that every write would be a proposal.
        Write = "write",
    }
);

/// The models an agent may be given.
pub const BRAINS: [Model; 2] = [Model::Reasoning, Model::Fast];
/// The kinds an agent may read.
pub const READABLE: [Kind; 7] =
    [Kind::Memory, Kind::Doc, Kind::Ticket, Kind::Decision, Kind::Risk, Kind::Experiment, Kind::Snapshot];

#[derive(Debug, Clone, QueryableByName)]
pub struct Version {
    /// None for what came with the server.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub id: Option<Uuid>,
    /// None for the draft, 0 for what came with the server.
    #[diesel(sql_type = Nullable<Int4>)]
    pub number: Option<i32>,
    #[diesel(sql_type = Text)]
    pub instructions: String,
    #[diesel(sql_type = Text)]
    pub model: Model,
    #[diesel(sql_type = Text)]
    pub mode: Mode,
    #[diesel(sql_type = Array<Text>)]
    kinds: Vec<String>,
    /// A JSON schema; empty unless the contract asks for one.
    #[diesel(sql_type = Text)]
    pub schema: String,
    #[diesel(sql_type = Int4)]
    pub edition: i32,
    #[diesel(sql_type = Nullable<Int4>)]
    pub copied_from: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    pub author: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub saved_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "select v.id, v.number, v.instructions, v.model, v.mode, v.kinds, v.schema, v.edition, v.copied_from,
    (select p.name from people p where p.id = v.author_id) as author, v.saved_at from agent_versions v where v.agent_id = ";

/// What an agent is told, was told, and shall be told.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    /// Published, the newest first; what came with the server is the last.
    pub published: Vec<Version>,
    pub draft: Option<Version>,
}

impl Version {
    /// What came with the server.
    pub fn of_built_in(built_in: BuiltIn) -> Version {
        let (instructions, kinds) = (built_in.instructions().to_owned(), built_in.kinds());
        let kinds = kinds.iter().map(|kind| kind.to_string()).collect();
        Version { number: Some(0), instructions, kinds, ..Version::blank() }
    }

    /// To begin with.
    pub fn blank() -> Version {
        Version {
            id: None,
            number: None,
            instructions: String::new(),
            model: Model::Reasoning,
            mode: Mode::Propose,
            kinds: Vec::new(),
            schema: String::new(),
            edition: 0,
            copied_from: None,
            author: None,
            saved_at: None,
        }
    }

    pub fn kinds(&self) -> Vec<Kind> {
        self.kinds.iter().filter_map(|word| Kind::parse(word)).collect()
    }

    /// Message key.
    pub fn model_label(&self) -> String {
        format!("agent-model-{}", self.model)
    }

    /// Message key.
    pub fn mode_label(&self) -> String {
        format!("agent-mode-{}", self.mode)
    }

    /// Message keys.
    pub fn kind_labels(&self) -> Vec<String> {
        self.kinds.iter().map(|kind| format!("search-kind-{kind}")).collect()
    }

    /// All that was decided, in one text, for comparing.
    pub fn text(&self) -> String {
        let Version { instructions, model, mode, schema, .. } = self;
        format!("model: {model}\nmode: {mode}\nreads: {}\n\n{instructions}\n\n{schema}", self.kinds.join(", "))
            .trim_end()
            .to_owned()
    }
}

impl Versions {
    pub fn of(tx: &mut Tx, agent: &Agent) -> Result<Versions> {
        let mut all: Vec<Version> = Vec::new();
        if let Some(id) = agent.id {
            let mut sql = Sql::named("agents::versions", COLUMNS);
            sql.bind(id).push(" order by v.number desc nulls first limit ").number(MAX_LISTED);
            all = sql.load(tx.conn())?;
        }
        let (mut published, drafts): (Vec<Version>, Vec<Version>) =
            all.into_iter().partition(|version| version.number.is_some());
        published.extend(agent.built_in().map(Version::of_built_in));
        Ok(Versions { published, draft: drafts.into_iter().next() })
    }

    /// `NotFound` for a number that was never published.
    pub fn find(tx: &mut Tx, agent: &Agent, number: i32) -> Result<Version> {
        if let Some(built_in) = agent.built_in().filter(|_| number == 0) {
            return Ok(Version::of_built_in(built_in));
        }
        let id = agent.id.ok_or(Error::NotFound)?;
        let mut sql = Sql::named("agents::version", COLUMNS);
        sql.bind(id).push(" and v.number = ").bind(number);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The one that runs, unless a binding names another; None before the first was published.
    pub fn newest(&self) -> Option<&Version> {
        self.published.first()
    }
}

/// A draft, as a form sends it.
#[derive(Debug, Clone, Default)]
pub struct DraftForm {
    pub instructions: String,
    pub model: String,
    pub mode: String,
    pub kinds: Vec<String>,
    pub schema: String,
    /// What was seen; 0 where there was none.
    pub edition: i32,
}

impl DraftForm {
    pub fn of(version: &Version, edition: i32) -> DraftForm {
        DraftForm {
            instructions: version.instructions.clone(),
            model: version.model.to_string(),
            mode: version.mode.to_string(),
            kinds: version.kinds.clone(),
            schema: version.schema.clone(),
            edition,
        }
    }

    /// `Invalid` by field.
    fn check(&self, agent: &Agent) -> Result<Version> {
        let mut problems = Problems::default();
        let instructions = self.instructions.replace("\r\n", "\n").replace('\0', "").trim().to_owned();
        match instructions.chars().count() {
            0 => problems.add("instructions", "problem-agent-empty"),
            1..=MAX_INSTRUCTIONS_CHARS => {}
            _ => problems.add("instructions", Msg::new("problem-too-long").with("max", MAX_INSTRUCTIONS_CHARS)),
        }
        let model = problems.take("model", brain(&self.model).ok_or("problem-choice".into()));
        let mode = Mode::parse(&self.mode).filter(|mode| *mode != Mode::Write);
        let mode = problems.take("mode", mode.ok_or("problem-choice".into()));
        let kinds = problems.take("kinds", self.checked_kinds(agent));
        let schema = problems.take("schema", self.checked_schema(agent));
        match (model, mode, kinds, schema) {
            (Some(model), Some(mode), Some(kinds), Some(schema)) if problems.is_empty() => {
                Ok(Version { number: None, instructions, model, mode, kinds, schema, ..Version::blank() })
            }
            _ => Err(Error::Invalid(problems)),
        }
    }

    /// What a built-in one reads is part of what it does.
    fn checked_kinds(&self, agent: &Agent) -> Result<Vec<String>, Msg> {
        let own: Vec<Kind> = match agent.built_in() {
            Some(built_in) => built_in.kinds(),
            None => READABLE.into_iter().filter(|kind| self.kinds.iter().any(|word| word == kind.as_str())).collect(),
        };
        if own.is_empty() {
            return Err("problem-agent-kinds".into());
        }
        Ok(own.iter().map(|kind| kind.to_string()).collect())
    }

    fn checked_schema(&self, agent: &Agent) -> Result<String, Msg> {
        if agent.contract != Contract::Json {
            return Ok(String::new());
        }
        let text = self.schema.replace("\r\n", "\n").trim().to_owned();
        if text.chars().count() > MAX_SCHEMA_CHARS {
            return Err(Msg::new("problem-too-long").with("max", MAX_SCHEMA_CHARS));
        }
        shape::parse(&text).map(|_| text)
    }

    /// `Conflict` when somebody else saved meanwhile.
    pub fn save(&self, tx: &mut Tx, me: &Actor, agent: &Agent) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
        editable(agent)?;
        let draft = self.check(agent)?;
        let id = agent.ensure(tx, me)?;
        let theirs = Versions::of(tx, agent)?.draft;
        let saved = match self.edition {
            0 if theirs.is_none() => draft.insert(tx, me, id, None)?,
            edition => draft.update(tx, me, id, edition)?,
        };
        if saved == 0 {
            permit.unused(tx);
            // As it stands now: somebody else may have begun a draft, saved it, published it or thrown it away.
            let now = Versions::of(tx, &Agent { id: Some(id), ..agent.clone() })?;
            let (theirs, seen) = match (&now.draft, now.newest()) {
                (Some(draft), _) => (draft.text(), draft.edition),
                (None, Some(published)) => (published.text(), 0),
                (None, None) => (String::new(), 0),
            };
            let (yours, seen) = (self.instructions.clone(), seen.to_string());
            return Err(Error::Conflict(Box::new(Conflict { field: "instructions", theirs, yours, seen })));
        }
        audit::record(tx, permit, Act::new(ActKind::AgentChanged).target("agent", id).text_change("draft"))
    }

    /// Who throws a draft away has seen this edition of it.
    pub fn discard(tx: &mut Tx, me: &Actor, agent: &Agent, edition: i32) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
        let id = agent.id.ok_or(Error::NotFound)?;
        let mut sql = Sql::named("agents::discard", "delete from agent_versions where number is null and agent_id = ");
        sql.bind(id).push(" and edition = ").bind(edition);
        if sql.execute(tx.conn())? == 0 {
            return Err(Error::invalid("", "problem-agent-stale"));
        }
        audit::record(tx, permit, Act::new(ActKind::AgentChanged).target("agent", id).text_change("draft"))
    }
}

/// What works by rules has nothing to be told, and what is archived is told nothing more.
fn editable(agent: &Agent) -> Result<()> {
    if agent.has_versions() && !agent.is_archived { Ok(()) } else { Err(Error::NotFound) }
}

/// One of `BRAINS` by its word.
fn brain(word: &str) -> Option<Model> {
    BRAINS.into_iter().find(|model| model.as_str() == word)
}

impl Version {
    fn insert(&self, tx: &mut Tx, me: &Actor, agent: AgentId, number: Option<i32>) -> Result<usize> {
        let mut sql = Sql::named(
            "agents::insert_version",
            "insert into agent_versions (id, agent_id, number, instructions, model, mode, kinds, schema, copied_from, author_id, saved_at, published_at)",
        );
        let values: [Bind; 11] = [
            tx.new_id().into(),
            agent.into(),
            Bind::MaybeInt(number),
            self.instructions.as_str().into(),
            self.model.into(),
            self.mode.into(),
            self.kinds.clone().into(),
            self.schema.as_str().into(),
            Bind::MaybeInt(self.copied_from),
            me.person_id().map(|id| id.0).into(),
            tx.now.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ", values);
        match number {
            Some(_) => sql.bind(tx.now),
            None => sql.push("null"),
        };
        // Two may begin a draft at once.
        sql.push(") on conflict (agent_id) where number is null do nothing");
        Ok(sql.execute(tx.conn())?)
    }

    fn update(&self, tx: &mut Tx, me: &Actor, agent: AgentId, edition: i32) -> Result<usize> {
        let mut sql = Sql::named("agents::update_draft", "update agent_versions set instructions = ");
        sql.bind(self.instructions.as_str()).push(", model = ").bind(self.model).push(", mode = ").bind(self.mode);
        sql.push(", kinds = ").bind(self.kinds.clone()).push(", schema = ").bind(self.schema.as_str());
        sql.push(", author_id = ").bind(me.person_id().map(|id| id.0)).push(", saved_at = ").bind(tx.now);
        sql.push(", edition = edition + 1 where number is null and agent_id = ").bind(agent);
        sql.push(" and edition = ").bind(edition);
        Ok(sql.execute(tx.conn())?)
    }

    /// From now on it runs by this draft, of which `edition` was seen.
    pub fn publish(tx: &mut Tx, me: &Actor, agent: &Agent, edition: i32) -> Result<i32> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
        editable(agent)?;
        let id = agent.id.ok_or(Error::NotFound)?;
        let number = next_number(tx, id)?;
        let mut sql = Sql::named("agents::publish", "update agent_versions set number = ");
        sql.bind(number).push(", published_at = ").bind(tx.now).push(" where number is null and agent_id = ");
        sql.bind(id).push(" and edition = ").bind(edition);
        if sql.execute(tx.conn())? == 0 {
            return Err(Error::invalid("", "problem-agent-stale"));
        }
        audit::record(tx, permit, Act::new(ActKind::AgentPublished).target("agent", id).note("version", number))?;
        Ok(number)
    }

    /// An older one, published once more as the newest; a draft stays as it is.
    pub fn publish_again(tx: &mut Tx, me: &Actor, agent: &Agent, old: i32) -> Result<i32> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
        editable(agent)?;
        let version = Versions::find(tx, agent, old)?;
        let id = agent.ensure(tx, me)?;
        let number = next_number(tx, id)?;
        Version { copied_from: Some(old), ..version }.insert(tx, me, id, Some(number))?;
        let act = Act::new(ActKind::AgentPublished).target("agent", id).note("version", number).note("as", old);
        audit::record(tx, permit, act)?;
        Ok(number)
    }

    /// For samples.
    pub fn sample(number: Option<i32>) -> Version {
        Version {
            number,
            edition: 1,
            author: Some("Ada Lindqvist".to_owned()),
            ..Version::of_built_in(BuiltIn::DocMemoryReviewer)
        }
    }
}

/// One at a time for each agent.
fn next_number(tx: &mut Tx, agent: AgentId) -> Result<i32> {
    let mut sql = Sql::named("agents::lock", "select 1 as one from agents where id = ");
    sql.bind(agent).push(" for no key update");
    sql.execute(tx.conn())?;
    #[derive(QueryableByName)]
    struct Next {
        #[diesel(sql_type = Int4)]
        next: i32,
    }
    let mut sql = Sql::named(
        "agents::next_number",
        "select coalesce(max(number), 0) + 1 as next from agent_versions where agent_id = ",
    );
    sql.bind(agent);
    Ok(sql.load::<Next>(tx.conn())?.first().map_or(1, |row| row.next))
}
