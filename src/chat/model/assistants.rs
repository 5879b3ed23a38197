//! Who answers: five built in, and the organisation's own. An assistant is a manner and a choice of sources; it has no rights.

use super::{SourceGroup, words_of};
use crate::access::{Actor, Permission, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Msg, Result};
use crate::text::value::Name;
use crate::text_enum;
use diesel::QueryableByName;
use diesel::sql_types::{Array, Int4, Text, Uuid as SqlUuid};
use uuid::Uuid;

/// Of the organisation's own, archived ones aside.
pub const MAX_ASSISTANTS: usize = 50;
pub const MAX_INSTRUCTIONS_CHARS: usize = 4_000;

text_enum!(
    /// Built in. Its name is `assistant-WORD`, dashes for underscores.
    BuiltIn {
        Default = "default", ChiefOfStaff = "chief_of_staff", Cto = "cto", Memory = "memory",
        WeeklyReview = "weekly_review",
    }
);

impl BuiltIn {
    /// Message key.
    pub fn label(self) -> String {
        format!("assistant-{}", self.as_str().replace('_', "-"))
    }

    fn instructions(self) -> &'static str {
        match self {
            BuiltIn::Default => "Answer plainly and briefly.",
            BuiltIn::ChiefOfStaff => {
                "You are a chief of staff. Say what is decided, what is due, who owes what to whom, and what nobody owns yet. Name the \
                 one thing that most needs a person's attention."
            }
            BuiltIn::Cto => {
                "You are a chief technology officer. Weigh risks, dependencies and what it would cost to be wrong. Prefer what was \
                 decided and measured over what was said."
            }
            BuiltIn::Memory => {
                "You look after the company's memory. Answer from memory items first, say when they disagree with the records, and \
                 propose an item for each lasting fact, constraint or commitment that is missing."
            }
            BuiltIn::WeeklyReview => {
                "You write weekly reviews: what was done, what was decided, what slipped and why, and the three things for next week."
            }
        }
    }

    fn sources(self) -> Vec<SourceGroup> {
        use SourceGroup::*;
        match self {
            BuiltIn::Default | BuiltIn::ChiefOfStaff => vec![Memory, Docs, Tickets, Decisions, Risks],
            BuiltIn::Cto => vec![Docs, Tickets, Decisions, Risks],
            BuiltIn::Memory => vec![Memory, Docs, Decisions],
            BuiltIn::WeeklyReview => vec![Tickets, Decisions, Risks, Snapshots],
        }
    }

    fn assistant(self) -> Assistant {
        Assistant {
            key: self.to_string(),
            name: crate::ui::text(&self.label()),
            instructions: self.instructions().to_owned(),
            sources: self.sources(),
            version: 0,
        }
    }
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assistant {
    /// A built-in word, or the id of one of the organisation's own.
    pub key: String,
    pub name: String,
    pub instructions: String,
    /// What it reads unless the person chooses otherwise.
    pub sources: Vec<SourceGroup>,
    /// 0 for a built-in one.
    pub version: i32,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    instructions: String,
    #[diesel(sql_type = Array<Text>)]
    sources: Vec<String>,
    #[diesel(sql_type = Int4)]
    version: i32,
}

impl From<Row> for Assistant {
    fn from(row: Row) -> Self {
        Assistant {
            key: row.id.to_string(),
            name: row.name,
            instructions: row.instructions,
            sources: SourceGroup::parse_all(&row.sources),
            version: row.version,
        }
    }
}

impl Assistant {
    pub fn is_built_in(&self) -> bool {
        self.version == 0
    }

    /// The built-in ones, then the organisation's own by name.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Assistant>> {
        let organisation = me.organisation_id().filter(|_| me.role.is_some()).ok_or(Error::NotFound)?;
        let mut sql = Sql::named(
            "chats::assistants",
            "select id, name, instructions, sources, version from assistants where archived_at is null and organisation_id = ",
        );
        sql.bind(organisation).push(" order by lower(name), id");
        let own = sql.load::<Row>(tx.conn())?.into_iter().map(Assistant::from);
        Ok(BuiltIn::ALL.iter().map(|built_in| built_in.assistant()).chain(own).collect())
    }

    /// `NotFound` for one that is not there (any more).
    pub fn find(tx: &mut Tx, me: &Actor, key: &str) -> Result<Assistant> {
        Assistant::list(tx, me)?.into_iter().find(|assistant| assistant.key == key).ok_or(Error::NotFound)
    }

    /// As `find`; the default one for a chat whose own is gone.
    pub fn find_or_default(tx: &mut Tx, me: &Actor, key: &str) -> Result<Assistant> {
        match Assistant::find(tx, me, key) {
            Err(Error::NotFound) => Ok(BuiltIn::Default.assistant()),
            found => found,
        }
    }

    /// For samples in the gallery.
    pub fn samples() -> Vec<Assistant> {
        BuiltIn::ALL.iter().map(|built_in| built_in.assistant()).collect()
    }

    pub fn archive(tx: &mut Tx, me: &Actor, id: Uuid) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
        let mut sql = Sql::named("chats::archive_assistant", "update assistants set archived_at = ");
        sql.bind(tx.now).push(" where archived_at is null and id = ").bind(id).push(" and organisation_id = ");
        sql.bind(me.organisation_id().map(|id| id.0));
        if sql.execute(tx.conn())? == 0 {
            return Err(Error::NotFound);
        }
        audit::record(tx, permit, Act::new(ActKind::AiPolicyChanged).target("assistant", id).note("archived", true))
    }
}

/// One of the organisation's own, as a form sends it.
#[derive(Debug, Clone, Default)]
pub struct AssistantForm {
    pub name: String,
    pub instructions: String,
    pub sources: Vec<SourceGroup>,
    /// What was seen; 0 for a new one.
    pub version: i32,
}

impl AssistantForm {
    /// `Invalid` beside its field; `Conflict` when somebody else saved meanwhile.
    pub fn save(&self, tx: &mut Tx, me: &Actor, id: Option<Uuid>) -> Result<()> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::AiManage))?;
        let name = Name::parse(&self.name).map_err(|msg| Error::invalid("name", msg))?;
        let instructions = check_instructions(&self.instructions)?;
        let others = Assistant::list(tx, me)?;
        let key = id.map(|id| id.to_string()).unwrap_or_default();
        let is_taken =
            |other: &&Assistant| other.key != key && other.name.to_lowercase() == name.as_str().to_lowercase();
        if others.iter().any(|other| is_taken(&other)) {
            return Err(Error::invalid("name", "problem-assistant-taken"));
        }
        if id.is_none() && others.iter().filter(|other| !other.is_built_in()).count() >= MAX_ASSISTANTS {
            return Err(Error::invalid("name", Msg::new("problem-assistants-many").with("max", MAX_ASSISTANTS)));
        }
        let target = match id {
            Some(id) => self.update(tx, &others, id, name.as_str(), &instructions)?,
            None => self.insert(tx, me, name.as_str(), &instructions)?,
        };
        let mut sql = Sql::named("chats::assistant_by", "update assistants set updated_by_id = ");
        sql.bind(me.person_id().map(|id| id.0)).push(" where id = ").bind(target);
        sql.execute(tx.conn())?;
        audit::record(
            tx,
            permit,
            Act::new(ActKind::AiPolicyChanged).target("assistant", target).note("name", name.as_str()),
        )
    }

    fn insert(&self, tx: &mut Tx, me: &Actor, name: &str, instructions: &str) -> Result<Uuid> {
        let id = tx.new_id();
        let mut sql = Sql::named(
            "chats::insert_assistant",
            "insert into assistants (id, organisation_id, name, instructions, sources, updated_at) values (",
        );
        sql.bind(id)
            .push(", ")
            .bind(me.organisation_id().map(|id| id.0))
            .push(", ")
            .bind(name)
            .push(", ")
            .bind(instructions);
        sql.push(", ").bind(words_of(&self.sources)).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
        Ok(id)
    }

    fn update(&self, tx: &mut Tx, others: &[Assistant], id: Uuid, name: &str, instructions: &str) -> Result<Uuid> {
        let theirs = others.iter().find(|other| other.key == id.to_string()).ok_or(Error::NotFound)?;
        let mut sql = Sql::named("chats::update_assistant", "update assistants set name = ");
        sql.bind(name).push(", instructions = ").bind(instructions).push(", sources = ");
        sql.bind(words_of(&self.sources)).push(", updated_at = ").bind(tx.now);
        sql.push(", version = version + 1 where id = ").bind(id).push(" and version = ").bind(self.version);
        if sql.execute(tx.conn())? == 0 {
            return Err(Error::Conflict(Box::new(Conflict {
                field: "instructions",
                theirs: theirs.instructions.clone(),
                yours: self.instructions.clone(),
                seen: theirs.version.to_string(),
            })));
        }
        Ok(id)
    }
}

fn check_instructions(typed: &str) -> Result<String> {
    let text = typed.replace("\r\n", "\n").replace('\0', "").trim().to_owned();
    match text.chars().count() {
        0 => Err(Error::invalid("instructions", "problem-assistant-empty")),
        1..=MAX_INSTRUCTIONS_CHARS => Ok(text),
        _ => Err(Error::invalid("instructions", Msg::new("problem-too-long").with("max", MAX_INSTRUCTIONS_CHARS))),
    }
}
