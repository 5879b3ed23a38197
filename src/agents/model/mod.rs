//! Agents: what there is, what each is told, where each may run.

mod bindings;
mod progress;
mod reading;
mod rhythm;
mod runs;
mod start;
mod versions;

pub use bindings::*;
pub use progress::*;
pub use reading::*;
pub use rhythm::*;
pub use runs::*;
pub use start::*;
pub use versions::*;

use crate::access::{Actor, Kind, Permission, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Msg, Result};
use crate::text::value::Name;
use crate::{text_enum, typed_id};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(AgentId);

/// Of the organisation's own, archived ones aside.
pub const MAX_AGENTS: usize = 50;
pub const MAX_ABOUT_CHARS: usize = 500;

text_enum!(
    /// Those that come with the server. Their names are `agent-name-WORD`, dashes for underscores; the words never change.
    BuiltIn {
        SnapshotGenerator = "snapshot_generator", DocMemoryReviewer = "doc_memory_reviewer",
        DecisionReviewReminder = "decision_review_reminder",
    }
);

text_enum!(
    /// What must come of a run.
    Contract {
        Text = "text",
        /// Proposed changes of memory, each decided by a person.
        MemoryDiff = "memory_diff",
        /// A snapshot that waits for its review.
        Snapshot = "snapshot",
        /// JSON of the version's schema.
        Json = "json",
    }
);

text_enum!(Category { Memory = "memory", Reports = "reports", Reminders = "reminders", Own = "own" });

impl Contract {
    /// Message key.
    pub fn label(self) -> String {
        format!("agent-contract-{}", self.as_str().replace('_', "-"))
    }

    /// Whether something is proposed, which a version may switch off.
    pub fn proposes(self) -> bool {
        matches!(self, Contract::MemoryDiff | Contract::Snapshot)
    }
}

impl Category {
    /// Message key.
    pub fn label(self) -> String {
        format!("agent-category-{self}")
    }
}

impl BuiltIn {
    fn word(self) -> String {
        self.as_str().replace('_', "-")
    }

    pub fn category(self) -> Category {
        match self {
            BuiltIn::SnapshotGenerator => Category::Reports,
            BuiltIn::DocMemoryReviewer => Category::Memory,
            BuiltIn::DecisionReviewReminder => Category::Reminders,
        }
    }

    pub fn contract(self) -> Contract {
        match self {
            BuiltIn::SnapshotGenerator => Contract::Snapshot,
            BuiltIn::DocMemoryReviewer => Contract::MemoryDiff,
            BuiltIn::DecisionReviewReminder => Contract::Text,
        }
    }

    /// Whether it asks a model; what works by rules has nothing to be told.
    pub fn asks_a_model(self) -> bool {
        self != BuiltIn::DecisionReviewReminder
    }

    /// What it reads.
    pub fn kinds(self) -> Vec<Kind> {
        match self {
            BuiltIn::SnapshotGenerator => {
                vec![Kind::Ticket, Kind::Decision, Kind::Risk, Kind::Experiment, Kind::Memory]
            }
            BuiltIn::DocMemoryReviewer => vec![Kind::Doc],
            BuiltIn::DecisionReviewReminder => vec![Kind::Decision],
        }
    }

    pub fn instructions(self) -> &'static str {
        match self {
            BuiltIn::SnapshotGenerator => {
                "Write for somebody who was away. Say first what needs a person. Put together what belongs together; leave out what \
                 changes nothing."
            }
            BuiltIn::DocMemoryReviewer => {
                "Keep only what will still matter in a month: decisions, promises, limits, assumptions, lessons. Leave out plans of \
                 the day and what is plainly a draft."
            }
            BuiltIn::DecisionReviewReminder => "",
        }
    }

    fn agent(self) -> Agent {
        Agent {
            id: None,
            key: self.to_string(),
            name: crate::ui::text(&format!("agent-name-{}", self.word())),
            about: crate::ui::text(&format!("agent-about-{}", self.word())),
            category: self.category(),
            contract: self.contract(),
            is_archived: false,
        }
    }
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// None for a built-in one about which nothing was decided yet.
    pub id: Option<AgentId>,
    /// A built-in word, or its id.
    pub key: String,
    pub name: String,
    pub about: String,
    pub category: Category,
    pub contract: Contract,
    pub is_archived: bool,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: AgentId,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    about: String,
    #[diesel(sql_type = Text)]
    category: Category,
    #[diesel(sql_type = Text)]
    contract: Contract,
    #[diesel(sql_type = Bool)]
    is_built_in: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    archived_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl Agent {
    pub fn built_in(&self) -> Option<BuiltIn> {
        BuiltIn::parse(&self.key)
    }

    /// Whether there is something to be told.
    pub fn has_versions(&self) -> bool {
        self.built_in().is_none_or(BuiltIn::asks_a_model)
    }

    pub fn path(&self) -> String {
        format!("/settings/ai/agents/{}", self.key)
    }

    /// The built-in ones, then the organisation's own by name; archived ones last.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Agent>> {
        let organisation = me.organisation_id().ok_or(Error::NotFound)?;
        let mut sql = Sql::named(
            "agents::list",
            "select id, key, name, about, category, contract, is_built_in, archived_at from agents where organisation_id = ",
        );
        sql.bind(organisation).push(" order by archived_at is not null, lower(name), id");
        let rows: Vec<Row> = sql.load(tx.conn())?;
        let id_of = |key: &str| rows.iter().find(|row| row.is_built_in && row.key == key).map(|row| row.id);
        let built_in: Vec<Agent> =
            BuiltIn::ALL.iter().map(|one| Agent { id: id_of(one.as_str()), ..one.agent() }).collect();
        Ok(built_in.into_iter().chain(rows.into_iter().filter(|row| !row.is_built_in).map(Agent::from)).collect())
    }

    /// `NotFound` for one that is not there.
    pub fn find(tx: &mut Tx, me: &Actor, key: &str) -> Result<Agent> {
        Agent::list(tx, me)?.into_iter().find(|agent| agent.key == key).ok_or(Error::NotFound)
    }

    /// Its row, made for a built-in one when first something is kept about it.
    pub fn ensure(&self, tx: &mut Tx, me: &Actor) -> Result<AgentId> {
        if let Some(id) = self.id {
            return Ok(id);
        }
        let id = AgentId(tx.new_id());
        self.insert(tx, me, id, " on conflict (organisation_id, key) do nothing")?;
        let mut sql = Sql::named("agents::ensured", "select id from agents where key = ");
        sql.bind(self.key.as_str()).push(" and organisation_id = ").bind(me.organisation_id().map(|id| id.0));
        #[derive(QueryableByName)]
        struct Id {
            #[diesel(sql_type = SqlUuid)]
            id: AgentId,
        }
        sql.load::<Id>(tx.conn())?.first().map(|row| row.id).ok_or(Error::NotFound)
    }

    fn insert(&self, tx: &mut Tx, me: &Actor, id: AgentId, unless: &'static str) -> Result<()> {
        let mut sql = Sql::named(
            "agents::insert",
            "insert into agents (id, organisation_id, key, name, about, category, contract, is_built_in, created_by_id, created_at)",
        );
        let by = me.person_id().map(|id| id.0).filter(|_| self.built_in().is_none());
        let values: [Bind; 10] = [
            id.into(),
            me.organisation_id().map(|id| id.0).into(),
            self.key.as_str().into(),
            self.name.as_str().into(),
            self.about.as_str().into(),
            self.category.into(),
            self.contract.into(),
            self.built_in().is_some().into(),
            by.into(),
            tx.now.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values).push(unless);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// It runs no more, and what it did stays. The built-in ones are switched off instead.
    pub fn archive(tx: &mut Tx, me: &Actor, key: &str) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
        let agent = Agent::find(tx, me, key)?;
        let Some(id) = agent.id.filter(|_| agent.built_in().is_none()) else {
            return Err(Error::NotFound);
        };
        let mut sql = Sql::named("agents::archive", "update agents set archived_at = coalesce(archived_at, ");
        sql.bind(tx.now).push(") where id = ").bind(id);
        sql.execute(tx.conn())?;
        audit::record(tx, permit, Act::new(ActKind::AgentChanged).target("agent", id).note("archived", true))
    }

    /// For samples.
    pub fn samples() -> Vec<Agent> {
        BuiltIn::ALL.iter().map(|one| one.agent()).collect()
    }
}

impl From<Row> for Agent {
    fn from(row: Row) -> Self {
        let Row { id, key, name, about, category, contract, archived_at, .. } = row;
        Agent { id: Some(id), key, name, about, category, contract, is_archived: archived_at.is_some() }
    }
}

/// One of the organisation's own, as a form sends it.
#[derive(Debug, Clone, Default)]
pub struct AgentForm {
    pub name: String,
    pub about: String,
    pub contract: String,
}

/// What one of the organisation's own may be asked for.
pub const OWN_CONTRACTS: [Contract; 2] = [Contract::Text, Contract::Json];

impl AgentForm {
    /// With an empty draft; it cannot run before that is published.
    pub fn create(&self, tx: &mut Tx, me: &Actor) -> Result<Agent> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
        let name = Name::parse(&self.name).map_err(|msg| Error::invalid("name", msg))?;
        let contract = Contract::parse(&self.contract).filter(|contract| OWN_CONTRACTS.contains(contract));
        let contract = contract.ok_or_else(|| Error::invalid("contract", "problem-choice"))?;
        let about = self.about.replace("\r\n", "\n").replace('\0', "").trim().to_owned();
        if about.chars().count() > MAX_ABOUT_CHARS {
            return Err(Error::invalid("about", Msg::new("problem-too-long").with("max", MAX_ABOUT_CHARS)));
        }
        let others = Agent::list(tx, me)?;
        let mut living = others.iter().filter(|other| !other.is_archived);
        if living.any(|other| other.name.to_lowercase() == name.as_str().to_lowercase()) {
            return Err(Error::invalid("name", "problem-agent-taken"));
        }
        let own = others.iter().filter(|other| other.built_in().is_none() && !other.is_archived).count();
        if own >= MAX_AGENTS {
            return Err(Error::invalid("name", Msg::new("problem-agents-many").with("max", MAX_AGENTS)));
        }
        let id = AgentId(tx.new_id());
        let (key, name, category) = (id.to_string(), name.as_str().to_owned(), Category::Own);
        let agent = Agent { id: Some(id), key, name, about, category, contract, is_archived: false };
        agent.insert(tx, me, id, "")?;
        let act = Act::new(ActKind::AgentChanged).target("agent", id).note("name", agent.name.as_str());
        audit::record(tx, permit, act)?;
        Ok(agent)
    }
}
