//! Questions and their answers: a tree, of which one branch is shown.

use super::{Chat, SourceGroup, words_of};
use crate::access::{Actor, Verb, may};
use crate::ai::{Fault, Reason};
use crate::audit::{Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::{text_enum, typed_id};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(TurnId);

/// Of a question.
pub const MAX_QUESTION_CHARS: usize = 8_000;
/// Of an answer that is kept; the rest of a longer one is cut and said to be.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// An answer is cut between two letters: so far below the limit at most.
const LONGEST_LETTER_BYTES: usize = 4;
/// In one chat, all branches together.
pub const MAX_TURNS: i64 = 500;
/// A server that answers says so at least this often, else it is taken for gone.
pub const LOST_AFTER_SECONDS: i64 = 60;

text_enum!(
    State {
        Running = "running",
        /// For the person's click on a search in the web.
        Waiting = "waiting",
        Done = "done", Stopped = "stopped", Failed = "failed",
    }
);

#[derive(Debug, Clone, QueryableByName)]
pub struct Turn {
    #[diesel(sql_type = SqlUuid)]
    pub id: TurnId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub parent_id: Option<TurnId>,
    #[diesel(sql_type = Text)]
    pub assistant: String,
    #[diesel(sql_type = Array<Text>)]
    sources: Vec<String>,
    #[diesel(sql_type = Text)]
    pub question: String,
    #[diesel(sql_type = Timestamptz)]
    pub asked_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub state: State,
    /// Markdown, as far as it came.
    #[diesel(sql_type = Text)]
    pub answer: String,
    #[diesel(sql_type = Text)]
    pub model: String,
    #[diesel(sql_type = Array<SqlUuid>)]
    pub records: Vec<Uuid>,
    /// As the ledger says it; `lost` and `broken` are our own.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Text)]
    pub about: String,
    #[diesel(sql_type = Bool)]
    pub is_stopping: bool,
    #[diesel(sql_type = Timestamptz)]
    pub alive_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub finished_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str =
    "t.id, t.parent_id, t.assistant, t.sources, t.question, t.asked_at, t.state, t.answer, t.model, t.records,
    t.reason, t.about, t.is_stopping, t.alive_at, t.finished_at";

/// The server that answered went away.
pub const LOST: &str = "lost";
/// Our own fault; the log has more.
pub const BROKEN: &str = "broken";

impl Turn {
    /// For samples in the gallery.
    pub fn sample(id: u128, state: State, question: &str, answer: &str) -> Turn {
        let at = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_000);
        Turn {
            id: TurnId(Uuid::from_u128(id)),
            parent_id: None,
            assistant: "chief_of_staff".to_owned(),
            sources: Vec::new(),
            question: question.to_owned(),
            asked_at: at,
            state,
            answer: answer.to_owned(),
            model: "gpt-5".to_owned(),
            records: Vec::new(),
            reason: None,
            about: String::new(),
            is_stopping: false,
            alive_at: at,
            finished_at: (state != State::Running).then_some(at + Duration::seconds(6)),
        }
    }

    pub fn sources(&self) -> Vec<SourceGroup> {
        SourceGroup::parse_all(&self.sources)
    }

    /// All of a chat, the oldest first. The chat was found by who may see it.
    pub fn list(tx: &mut Tx, chat: &Chat) -> Result<Vec<Turn>> {
        let mut sql = Sql::named("chats::turns", &format!("select {COLUMNS} from chat_turns t where t.chat_id = "));
        sql.bind(chat.record.id).push(" order by t.asked_at, t.id");
        let now = tx.now;
        let mut turns: Vec<Turn> = sql.load(tx.conn())?;
        turns.iter_mut().for_each(|turn| turn.notice_loss(now));
        Ok(turns)
    }

    pub fn find(tx: &mut Tx, chat: &Chat, id: TurnId) -> Result<Turn> {
        let mut sql = Sql::named("chats::turn", &format!("select {COLUMNS} from chat_turns t where t.chat_id = "));
        sql.bind(chat.record.id).push(" and t.id = ").bind(id);
        let now = tx.now;
        let mut turn: Turn = sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)?;
        turn.notice_loss(now);
        Ok(turn)
    }

    /// What nobody answers any more reads as failed before the clock writes it down.
    fn notice_loss(&mut self, now: DateTime<Utc>) {
        if self.state == State::Running && self.alive_at < now - Duration::seconds(LOST_AFTER_SECONDS) {
            self.state = State::Failed;
            self.reason = Some(LOST.to_owned());
        }
    }

    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// Whether it was longer than what is kept.
    pub fn is_cut(&self) -> bool {
        self.answer.len() > MAX_ANSWER_BYTES - LONGEST_LETTER_BYTES
    }

    /// Why there is no (whole) answer, for people; None when there is.
    pub fn problem(&self) -> Option<Msg> {
        match self.reason.as_deref()? {
            LOST => Some(Msg::new("chat-lost")),
            word => Some(
                Reason::parse(word)
                    .map_or_else(|| Msg::new("chat-broken"), |reason| Fault::new(reason).about(&self.about).msg()),
            ),
        }
    }

    /// The branch that ends at `head`, or below it: the oldest first. Of siblings further down the latest is taken.
    pub fn branch(turns: &[Turn], head: Option<TurnId>) -> Vec<Turn> {
        let Some(mut last) = head.and_then(|id| turns.iter().find(|turn| turn.id == id)).or(turns.last()) else {
            return Vec::new();
        };
        while let Some(next) = turns.iter().rev().find(|turn| turn.parent_id == Some(last.id)) {
            last = next;
        }
        let mut branch = vec![last.clone()];
        while let Some(parent) = last.parent_id.and_then(|id| turns.iter().find(|turn| turn.id == id)) {
            branch.push(parent.clone());
            last = parent;
        }
        branch.reverse();
        branch
    }
}

/// A question about to be asked.
#[derive(Debug, Clone)]
pub struct NewTurn {
    pub question: String,
    pub parent: Option<TurnId>,
    pub assistant: String,
    pub sources: Vec<SourceGroup>,
}

impl NewTurn {
    /// `Invalid` under `question` when it is empty or too long, when the last one is still being answered, or when the chat is full.
    pub fn ask(self, tx: &mut Tx, me: &Actor, chat: &Chat) -> Result<TurnId> {
        let permit = may(tx, me, Verb::Edit, &chat.record.thing())?;
        let question = check_question(&self.question)?;
        let turns = Turn::list(tx, chat)?;
        if turns.iter().any(Turn::is_running) {
            return Err(Error::invalid("question", "problem-chat-running"));
        }
        if i64::try_from(turns.len()).unwrap_or(i64::MAX) >= MAX_TURNS {
            return Err(Error::invalid("question", Msg::new("problem-chat-full").with("max", MAX_TURNS)));
        }
        if self.parent.is_some_and(|parent| !turns.iter().any(|turn| turn.id == parent)) {
            return Err(Error::NotFound);
        }
        let id = TurnId(tx.new_id());
        let mut sql = Sql::named(
            "chats::ask",
            "insert into chat_turns (id, chat_id, parent_id, assistant, sources, question, asked_at, state, alive_at) values (",
        );
        sql.bind(id).push(", ").bind(chat.record.id).push(", ").bind(self.parent.map(|id| id.0)).push(", ");
        sql.bind(self.assistant.as_str()).push(", ").bind(words_of(&self.sources)).push(", ").bind(question.as_str());
        sql.push(", ").bind(tx.now).push(", ").bind(State::Running).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
        let mut sql = Sql::named("chats::lead_on", "update chats set head_id = ");
        sql.bind(id).push(", assistant = ").bind(self.assistant.as_str()).push(", sources = ");
        sql.bind(words_of(&self.sources)).push(" where id = ").bind(chat.record.id);
        sql.execute(tx.conn())?;
        chat.record.settle(tx, permit, Some(Act::new(ActKind::Changed).on(chat.record.id).note("question", id)))?;
        Ok(id)
    }
}

/// Without invisible ends; `Invalid` under `question`.
pub fn check_question(typed: &str) -> Result<String> {
    let question = typed.replace("\r\n", "\n").replace('\0', "").trim().to_owned();
    match question.chars().count() {
        0 => Err(Error::invalid("question", "problem-chat-empty")),
        1..=MAX_QUESTION_CHARS => Ok(question),
        _ => Err(Error::invalid("question", Msg::new("problem-too-long").with("max", MAX_QUESTION_CHARS))),
    }
}

/// False when somebody answers it already, or nothing is left to answer. For `Chore::Chat`.
pub(in crate::chat) fn claim(tx: &mut Tx, id: TurnId) -> Result<bool> {
    let mut sql = Sql::named("chats::claim", "update chat_turns set claimed_at = ");
    sql.bind(tx.now).push(", alive_at = ").bind(tx.now).push(" where id = ").bind(id);
    sql.push(" and state = 'running' and claimed_at is null");
    Ok(sql.execute(tx.conn())? > 0)
}

/// How an answer ended.
#[derive(Debug, Clone)]
pub struct Ending {
    pub state: State,
    pub answer: String,
    pub model: String,
    pub records: Vec<Uuid>,
    pub reason: Option<String>,
    pub about: String,
}

impl Ending {
    pub fn broken() -> Self {
        Ending::of(State::Failed).because(BROKEN, "")
    }

    pub fn of(state: State) -> Self {
        Ending {
            state,
            answer: String::new(),
            model: String::new(),
            records: Vec::new(),
            reason: None,
            about: String::new(),
        }
    }

    fn because(self, reason: &str, about: &str) -> Self {
        Ending { reason: Some(reason.to_owned()), about: about.to_owned(), ..self }
    }

    /// Stopped by hand is no failure.
    pub fn failed(fault: &Fault) -> Self {
        match fault.reason {
            Reason::Cancelled => Ending::of(State::Stopped),
            reason => Ending::of(State::Failed).because(reason.as_str(), &fault.about),
        }
    }
}

/// Keeps what was said so far, and that somebody still answers; whether the person wants it to stop. For `Chore::Chat`.
pub(in crate::chat) fn keep_going(tx: &mut Tx, id: TurnId, answer: &str, records: &[Uuid]) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        is_stopping: bool,
    }
    let mut sql = Sql::named("chats::keep_going", "update chat_turns set answer = ");
    sql.bind(bounded(answer)).push(", records = ").bind(records.to_vec()).push(", alive_at = ").bind(tx.now);
    sql.push(" where id = ").bind(id).push(" and state = 'running' returning is_stopping");
    // Gone, or ended by somebody else: then it shall stop as well.
    Ok(sql.load::<Row>(tx.conn())?.first().is_none_or(|row| row.is_stopping))
}

/// Nothing when it ended already. For `Chore::Chat`.
pub(in crate::chat) fn finish(tx: &mut Tx, id: TurnId, ending: &Ending) -> Result<()> {
    let mut sql = Sql::named("chats::finish", "update chat_turns set state = ");
    sql.bind(ending.state).push(", answer = ").bind(bounded(&ending.answer)).push(", model = ");
    sql.bind(ending.model.replace('\0', ""))
        .push(", records = ")
        .bind(ending.records.clone())
        .push(", reason = nullif(");
    sql.bind(ending.reason.clone().unwrap_or_default()).push(", ''), about = ").bind(ending.about.as_str());
    sql.push(", finished_at = ").bind(tx.now).push(", alive_at = ").bind(tx.now).push(" where id = ").bind(id);
    sql.push(" and state = 'running'");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Asks whichever server answers to stop. What is lost ends at once.
pub fn stop_turn(tx: &mut Tx, me: &Actor, display_id: &str, id: TurnId) -> Result<()> {
    let chat = Chat::find(tx, me, display_id)?;
    let turn = Turn::find(tx, &chat, id)?;
    let mut sql = Sql::named("chats::stop", "update chat_turns set is_stopping = true");
    if turn.reason.as_deref() == Some(LOST) {
        sql.push(", state = 'stopped', finished_at = ").bind(tx.now);
    }
    sql.push(" where id = ").bind(id).push(" and state = 'running'");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Runs a turn that waited once more, from the beginning: what it proposed and found before is forgotten. For `Chore::Chat`.
pub(in crate::chat) fn run_again(tx: &mut Tx, id: TurnId) -> Result<()> {
    for pieces in ["chat_pages where", "chat_actions where state = 'pending' and"] {
        let mut sql = Sql::named("chats::forget_before", &format!("delete from {pieces} turn_id = "));
        sql.bind(id);
        sql.execute(tx.conn())?;
    }
    let mut sql = Sql::named(
        "chats::run_again",
        "update chat_turns set state = 'running', answer = '', finished_at = null, is_stopping = false, claimed_at = null, alive_at = ",
    );
    sql.bind(tx.now).push(" where id = ").bind(id).push(" and state = 'waiting'");
    sql.execute(tx.conn())?;
    Ok(())
}

/// Turns whose server went away: what came of them stays, and the person may ask again. For the clock.
pub fn close_lost(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("chats::close_lost", "update chat_turns set state = 'failed', reason = ");
    sql.bind(LOST).push(", finished_at = ").bind(tx.now).push(" where state = 'running' and alive_at < ");
    sql.bind(tx.now - Duration::seconds(LOST_AFTER_SECONDS));
    Ok(sql.execute(tx.conn())?)
}

/// Which branch is shown from now on.
pub fn show_branch(tx: &mut Tx, me: &Actor, display_id: &str, id: TurnId) -> Result<()> {
    let chat = Chat::find(tx, me, display_id)?;
    let turn = Turn::find(tx, &chat, id)?;
    let mut sql = Sql::named("chats::show_branch", "update chats set head_id = ");
    sql.bind(turn.id).push(" where id = ").bind(chat.record.id);
    sql.execute(tx.conn())?;
    Ok(())
}

/// As the column takes it; cut at a letter.
fn bounded(answer: &str) -> &str {
    answer.get(..answer.floor_char_boundary(MAX_ANSWER_BYTES)).unwrap_or_default()
}
