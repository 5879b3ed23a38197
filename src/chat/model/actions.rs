//! What an answer would do. A model only ever proposes: the words wait, as data, until the person applies them with their own rights.

use super::cards::{check, fields_of, perform};
use super::{Chat, Turn, TurnId};
use crate::access::Actor;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::records::Record;
use crate::{text_enum, typed_id};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Jsonb, Nullable, Text, Uuid as SqlUuid};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

typed_id!(ActionId);

/// Proposed by one answer; further ones are refused.
pub const MAX_ACTIONS: usize = 10;
/// Of one field of an action.
pub const MAX_FIELD_CHARS: usize = 20_000;

text_enum!(
    ActionKind {
        CreateTicket = "create_ticket", ChangeTicket = "change_ticket", WriteComment = "write_comment",
        KeepMemory = "keep_memory",
    }
);

text_enum!(ActionState { Pending = "pending", Applied = "applied", Dismissed = "dismissed" });

/// By name, as the card shows and edits them.
pub type Fields = BTreeMap<String, String>;

impl ActionKind {
    pub fn icon(self) -> &'static str {
        match self {
            ActionKind::CreateTicket | ActionKind::ChangeTicket => "ticket",
            ActionKind::WriteComment => "chat",
            ActionKind::KeepMemory => "memory",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("chat-action-{}", self.as_str().replace('_', "-"))
    }

    /// Names of its fields, in the order they are shown; no other is kept.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            ActionKind::CreateTicket => &["title", "body", "place", "priority", "assignee", "due_on"],
            ActionKind::ChangeTicket => &["ticket", "field", "value"],
            ActionKind::WriteComment => &["record", "body"],
            ActionKind::KeepMemory => &["title", "body", "type", "place"],
        }
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Action {
    #[diesel(sql_type = SqlUuid)]
    pub id: ActionId,
    #[diesel(sql_type = SqlUuid)]
    pub turn_id: TurnId,
    #[diesel(sql_type = Text)]
    pub kind: ActionKind,
    #[diesel(sql_type = Int4)]
    position: i32,
    #[diesel(sql_type = Jsonb)]
    fields: Value,
    #[diesel(sql_type = Text)]
    pub state: ActionState,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub result_id: Option<Uuid>,
}

impl Action {
    pub fn fields(&self) -> Fields {
        fields_of(self.kind, &self.fields)
    }

    pub fn is_pending(&self) -> bool {
        self.state == ActionState::Pending
    }

    /// Of these turns, as they were proposed.
    pub fn list(tx: &mut Tx, turns: &[Uuid]) -> Result<Vec<Action>> {
        let mut sql = Sql::named(
            "chats::actions",
            "select a.id, a.turn_id, a.kind, a.position, a.fields, a.state, a.result_id from chat_actions a where a.turn_id = any(",
        );
        sql.bind(turns.to_vec()).push(") order by a.turn_id, a.position");
        Ok(sql.load(tx.conn())?)
    }

    /// Keeps what the model wants. `Invalid` with what is wrong with it, which the model is told. For `Chore::Chat`.
    pub(in crate::chat) fn propose(
        tx: &mut Tx,
        me: &Actor,
        turn: TurnId,
        kind: ActionKind,
        said: &Value,
    ) -> Result<()> {
        let fields = fields_of(kind, said);
        check(tx, me, kind, &fields)?;
        let others = Action::list(tx, &[turn.0])?;
        if others.len() >= MAX_ACTIONS {
            return Err(Error::invalid("", "problem-chat-actions-many"));
        }
        let id = tx.new_id();
        let mut sql = Sql::named(
            "chats::propose",
            "insert into chat_actions (id, turn_id, position, kind, fields, state) values (",
        );
        // Of those before a search was allowed, only the decided ones stayed.
        let position = others.iter().map(|other| other.position + 1).max().unwrap_or_default();
        sql.bind(id).push(", ").bind(turn).push(", ").bind(position).push(", ");
        sql.bind(kind).push(", ").bind(serde_json::to_value(&fields).map_err(Error::broken)?).push(", 'pending')");
        sql.execute(tx.conn())?;
        Ok(())
    }

    fn find_pending(tx: &mut Tx, chat: &Chat, id: ActionId) -> Result<Action> {
        let turns: Vec<Uuid> = Turn::list(tx, chat)?.into_iter().map(|turn| turn.id.0).collect();
        let found = Action::list(tx, &turns)?.into_iter().find(|action| action.id == id).ok_or(Error::NotFound)?;
        if found.is_pending() { Ok(found) } else { Err(Error::invalid("", "problem-chat-action-decided")) }
    }

    /// Does it, with the rights of `me` and the fields as the person left them; where what it made is.
    pub fn apply(tx: &mut Tx, me: &Actor, display_id: &str, id: ActionId, edited: Option<&Fields>) -> Result<Record> {
        let chat = Chat::find_locked(tx, me, display_id)?;
        let action = Action::find_pending(tx, &chat, id)?;
        let fields = edited.cloned().unwrap_or_else(|| action.fields());
        let result = perform(tx, me, action.kind, &fields)?;
        let mut sql = Sql::named("chats::applied", "update chat_actions set state = 'applied', fields = ");
        sql.bind(serde_json::to_value(&fields).map_err(Error::broken)?).push(", decided_at = ").bind(tx.now);
        sql.push(", result_id = ").bind(result.id).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        Ok(result)
    }

    /// For `Chore::Chat`: nothing happens, so nothing is recorded.
    pub fn dismiss(tx: &mut Tx, me: &Actor, display_id: &str, id: ActionId) -> Result<()> {
        let chat = Chat::find_locked(tx, me, display_id)?;
        Action::find_pending(tx, &chat, id)?;
        let mut sql = Sql::named("chats::dismiss", "update chat_actions set state = 'dismissed', decided_at = ");
        sql.bind(tx.now).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

impl Action {
    /// For samples in the gallery.
    pub fn sample(turn_id: TurnId) -> Action {
        Action {
            id: ActionId(Uuid::from_u128(9)),
            turn_id,
            kind: ActionKind::CreateTicket,
            position: 0,
            fields: serde_json::json!({ "title": "Were the passengers of the 11:20 repaid?", "place": "project:BEA" }),
            state: ActionState::Pending,
            result_id: None,
        }
    }
}
