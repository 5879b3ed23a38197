//! Words that an answer wants to look up in the web, and the pages it was made from. Once text of a record is in the context, the words
//! wait for the person's click: a text may have told the model to carry others out.

use super::{Chat, State, Turn, TurnId, readable, run_again};
use crate::access::Actor;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::{text_enum, typed_id};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Date, Int4, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(SearchId);

text_enum!(SearchState { Asked = "asked", Allowed = "allowed", Refused = "refused" });

#[derive(Debug, Clone, QueryableByName)]
pub struct WebSearch {
    #[diesel(sql_type = SqlUuid)]
    pub id: SearchId,
    #[diesel(sql_type = SqlUuid)]
    pub turn_id: TurnId,
    #[diesel(sql_type = Text)]
    pub query: String,
    #[diesel(sql_type = Text)]
    pub state: SearchState,
}

/// A page of the web, as an answer cites it.
#[derive(Debug, Clone, QueryableByName)]
pub struct CitedPage {
    #[diesel(sql_type = SqlUuid)]
    pub turn_id: TurnId,
    /// W1 is 1.
    #[diesel(sql_type = Int4)]
    pub number: i32,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Text)]
    pub address: String,
    #[diesel(sql_type = Nullable<Date>)]
    pub published_on: Option<NaiveDate>,
}

impl WebSearch {
    /// Of these turns, in the order they were asked.
    pub fn list(tx: &mut Tx, turns: &[Uuid]) -> Result<Vec<WebSearch>> {
        let mut sql = Sql::named(
            "chats::searches",
            "select s.id, s.turn_id, s.query, s.state from chat_searches s where s.turn_id = any(",
        );
        sql.bind(turns.to_vec()).push(") order by s.asked_at, s.id");
        Ok(sql.load(tx.conn())?)
    }

    /// What the person decided about the words of one turn, the first first.
    pub(in crate::chat) fn of_turn(tx: &mut Tx, turn: TurnId) -> Result<Vec<WebSearch>> {
        WebSearch::list(tx, &[turn.0])
    }

    /// What the person decided about these words in this turn; they are asked when nobody was yet. For `Chore::Chat`.
    pub(in crate::chat) fn ask(tx: &mut Tx, turn: TurnId, query: &str) -> Result<SearchState> {
        if let Some(known) = WebSearch::of_turn(tx, turn)?.into_iter().find(|search| search.query == query) {
            return Ok(known.state);
        }
        let id = tx.new_id();
        let mut sql = Sql::named(
            "chats::want_search",
            "insert into chat_searches (id, turn_id, query, state, asked_at) values (",
        );
        sql.bind(id).push(", ").bind(turn).push(", ").bind(query).push(", 'asked', ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
        Ok(SearchState::Asked)
    }

    /// The person's click; the turn runs again. `NotFound` when nothing waits (any more).
    pub fn decide(tx: &mut Tx, me: &Actor, display_id: &str, id: SearchId, is_allowed: bool) -> Result<TurnId> {
        let chat = Chat::find_locked(tx, me, display_id)?;
        let turns = Turn::list(tx, &chat)?;
        let mut waiting = Vec::new();
        for turn in turns.into_iter().filter(|turn| turn.state == State::Waiting) {
            let readable = readable(tx, me, &turn.records)?;
            // Words made from what is closed now do not leave, whoever clicks.
            if turn.records.iter().all(|record| readable.contains(record)) {
                waiting.push(turn.id.0);
            }
        }
        let wanted = WebSearch::list(tx, &waiting)?.into_iter().find(|search| search.id == id);
        let search = wanted.filter(|search| search.state == SearchState::Asked).ok_or(Error::NotFound)?;
        let state = if is_allowed { SearchState::Allowed } else { SearchState::Refused };
        let mut sql = Sql::named("chats::decide_search", "update chat_searches set state = ");
        sql.bind(state).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        // Of several, the last click lets it go on.
        if !WebSearch::of_turn(tx, search.turn_id)?.iter().any(|search| search.state == SearchState::Asked) {
            run_again(tx, search.turn_id)?;
        }
        Ok(search.turn_id)
    }
}

impl CitedPage {
    pub fn list(tx: &mut Tx, turns: &[Uuid]) -> Result<Vec<CitedPage>> {
        let mut sql = Sql::named(
            "chats::pages",
            "select p.turn_id, p.number, p.title, p.address, p.published_on from chat_pages p where p.turn_id = any(",
        );
        sql.bind(turns.to_vec()).push(") order by p.turn_id, p.number");
        Ok(sql.load(tx.conn())?)
    }

    /// Once per number. For `Chore::Chat`.
    pub(in crate::chat) fn keep(&self, tx: &mut Tx) -> Result<()> {
        let id = tx.new_id();
        let mut sql = Sql::named(
            "chats::keep_page",
            "insert into chat_pages (id, turn_id, number, title, address, published_on) values (",
        );
        sql.bind(id).push(", ").bind(self.turn_id).push(", ").bind(self.number).push(", ").bind(self.title.as_str());
        sql.push(", ").bind(self.address.as_str()).push(", ").bind(self.published_on).push(") on conflict do nothing");
        sql.execute(tx.conn())?;
        Ok(())
    }
}
