//! Chats: begun, named, starred, deleted; their turns, and what those want to do.

mod actions;
mod assistants;
mod cards;
mod history;
mod list;
mod searches;
mod texts;
mod turns;

pub use actions::*;
pub use assistants::*;
pub use cards::*;
pub use history::*;
pub use list::*;
pub use searches::*;
pub use texts::*;
pub use turns::*;

use crate::access::{Actor, Kind, Place, ProjectId, Verb, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::records::{NewRecord, RECORD_COLUMNS, Record};
use crate::text::value::Title;
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// Of a title made from the first question.
const TITLE_CHARS: usize = 60;

text_enum!(
    /// What an answer may be made from; the person switches each on or off.
    SourceGroup {
        Memory = "memory", Docs = "docs", Tickets = "tickets", Decisions = "decisions", Risks = "risks",
        Snapshots = "snapshots", Web = "web",
    }
);

impl SourceGroup {
    /// The kinds of records behind it; none for the web.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            SourceGroup::Memory => &[Kind::Memory],
            SourceGroup::Docs => &[Kind::Doc],
            SourceGroup::Tickets => &[Kind::Ticket],
            SourceGroup::Decisions => &[Kind::Decision, Kind::Experiment],
            SourceGroup::Risks => &[Kind::Risk],
            SourceGroup::Snapshots => &[Kind::Snapshot],
            SourceGroup::Web => &[],
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            SourceGroup::Memory => "memory",
            SourceGroup::Docs => "doc",
            SourceGroup::Tickets => "ticket",
            SourceGroup::Decisions => "decision",
            SourceGroup::Risks => "risk",
            SourceGroup::Snapshots => "snapshot",
            SourceGroup::Web => "globe",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("chat-source-{self}")
    }

    /// Those on the list; words that are none are left out.
    pub fn parse_all<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Vec<SourceGroup> {
        let mut found: Vec<SourceGroup> =
            words.into_iter().filter_map(|word| SourceGroup::parse(word.as_ref())).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// As a text column keeps them.
pub(in crate::chat) fn words_of(sources: &[SourceGroup]) -> Vec<String> {
    sources.iter().map(|source| source.to_string()).collect()
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Chat {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Nullable<SqlUuid>, column_name = about_project_id)]
    about_project_id: Option<Uuid>,
    /// A built-in key, or the id of one of the organisation's own.
    #[diesel(sql_type = Text)]
    pub assistant: String,
    #[diesel(sql_type = Array<Text>)]
    sources: Vec<String>,
    /// Whether a person named it.
    #[diesel(sql_type = Bool)]
    pub is_named: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub starred_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub head_id: Option<TurnId>,
}

const COLUMNS: &str = ", c.project_id as about_project_id, c.assistant, c.sources, c.is_named, c.starred_at, c.head_id";

impl Chat {
    /// For samples in the gallery.
    pub fn sample(record: Record) -> Chat {
        Chat {
            record,
            about_project_id: None,
            assistant: "chief_of_staff".to_owned(),
            sources: Vec::new(),
            is_named: false,
            starred_at: None,
            head_id: None,
        }
    }

    /// By display ID; anybody else's is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Chat> {
        let mut sql = Chat::visible("chats::find", me);
        sql.push(" and r.display_id = ").bind(display_id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    pub fn find_id(tx: &mut Tx, me: &Actor, id: Uuid) -> Result<Chat> {
        let mut sql = Chat::visible("chats::find_id", me);
        sql.push(" and r.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The newest state, held until the transaction ends.
    pub(in crate::chat) fn find_locked(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Chat> {
        Record::find(tx, me, Kind::Chat, display_id)?.lock(tx)?;
        Chat::find(tx, me, display_id)
    }

    fn visible(name: &str, me: &Actor) -> Sql {
        let mut sql = Sql::named(
            name,
            &format!("select {RECORD_COLUMNS}{COLUMNS} from records r join chats c on c.id = r.id where r.kind = "),
        );
        sql.bind(Kind::Chat).push(" and ").append(&visible::records(me));
        sql
    }

    pub fn sources(&self) -> Vec<SourceGroup> {
        SourceGroup::parse_all(&self.sources)
    }

    /// What it is about; None when that project is not theirs to see any more.
    pub fn project(&self, me: &Actor) -> Option<ProjectId> {
        let id = ProjectId(self.about_project_id?);
        me.project_by_id(id).map(|project| project.id)
    }

    pub fn is_starred(&self) -> bool {
        self.starred_at.is_some()
    }

    /// By hand: no model names it again.
    pub fn rename(tx: &mut Tx, me: &Actor, display_id: &str, title: &str) -> Result<Chat> {
        let chat = Chat::find_locked(tx, me, display_id)?;
        let title = Title::parse(title).map_err(|msg| Error::invalid("title", msg))?;
        let permit = may(tx, me, Verb::Edit, &chat.record.thing())?;
        let act = chat.record.retitle(tx, title.as_str())?;
        chat.set(tx, "is_named = true")?;
        chat.record.settle(tx, permit, act)?;
        Chat::find(tx, me, display_id)
    }

    /// By a model, unless a person was faster. For `Chore::Chat`.
    pub(in crate::chat) fn name(tx: &mut Tx, me: &Actor, id: Uuid, title: &Title) -> Result<()> {
        let chat = Chat::find_id(tx, me, id)?;
        if chat.is_named {
            return Ok(());
        }
        chat.record.rename(tx, title)
    }

    /// A preference: no act, and its place among the latest stays.
    pub fn star(tx: &mut Tx, me: &Actor, display_id: &str, is_starred: bool) -> Result<()> {
        let chat = Chat::find(tx, me, display_id)?;
        let mut sql = Sql::named("chats::star", "update chats set starred_at = ");
        match is_starred {
            true => sql.push("coalesce(starred_at, ").bind(tx.now).push(")"),
            false => sql.push("null"),
        };
        sql.push(" where id = ").bind(chat.record.id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// With every question, answer and file in it, and what was kept of its requests.
    pub fn delete(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<()> {
        let chat = Chat::find_locked(tx, me, display_id)?;
        let permit = may(tx, me, Verb::Remove, &chat.record.thing())?;
        crate::records::delete_for_good(tx, vec![chat.record.id.0])?;
        audit::record(tx, permit, Act::new(ActKind::Deleted).target("chat", chat.record.id))
    }

    fn set(&self, tx: &mut Tx, what: &'static str) -> Result<()> {
        let mut sql = Sql::named("chats::set", &format!("update chats set {what} where id = "));
        sql.bind(self.record.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

/// A chat about to be begun.
#[derive(Debug, Clone)]
pub struct NewChat {
    pub project: Option<ProjectId>,
    pub assistant: String,
    pub sources: Vec<SourceGroup>,
    /// Its first words are the title until there is a better one.
    pub question: String,
}

impl NewChat {
    /// Without a turn: that is asked next, in the same transaction.
    pub fn begin(self, tx: &mut Tx, me: &Actor) -> Result<Chat> {
        let person = me.person_id().ok_or(Error::SignIn)?;
        let title = title_of(&self.question)?;
        let new = NewRecord { kind: Kind::Chat, place: Place::Person(person), title };
        let (record, permit) = new.insert(tx, me)?;
        let mut sql = Sql::named("chats::insert", "insert into chats (id, project_id, assistant, sources) values (");
        sql.bind(record.id).push(", ").bind(self.project.map(|id| id.0)).push(", ").bind(self.assistant.as_str());
        sql.push(", ").bind(words_of(&self.sources)).push(")");
        sql.execute(tx.conn())?;
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        Chat::find(tx, me, &record.display_id)
    }
}

/// The first words of a question, cut at a word.
fn title_of(question: &str) -> Result<Title> {
    let line = crate::text::excerpt(question, TITLE_CHARS);
    let line = if line.trim().is_empty() { crate::ui::text("chat-untitled") } else { line };
    Title::parse(&line).map_err(|msg| Error::invalid("question", msg))
}
