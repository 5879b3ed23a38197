//! Chats, as they leave in an export of their person. A chat with an answer made from something that the person can no longer open
//! leaves without its turns; what waits for a click stays behind.

use super::model::State;
use crate::db::portable::Portable;

const OPEN: &str = "x.chat_id in ({visible}) and x.state <> 'running' and x.chat_id not in (select t.chat_id from chat_turns t, unnest(t.records) u (id) where u.id not in ({visible}))";

pub const TABLES: [Portable; 3] = [
    Portable::new("chats", &["id", "project_id", "assistant", "sources", "is_named", "starred_at"], "x.id")
        .within("x.id in ({visible})"),
    Portable::new(
        "chat_turns",
        &[
            "id",
            "chat_id",
            "parent_id",
            "assistant",
            "sources",
            "question",
            "asked_at",
            "state",
            "answer",
            "model",
            "records",
            "reason",
            "about",
            "alive_at",
            "finished_at",
        ],
        "x.asked_at, x.id",
    )
    .within(OPEN)
    .later(&["parent_id"])
    .words(&[("state", |word| State::parse(word).is_some())]),
    Portable::new("chat_pages", &["id", "turn_id", "number", "title", "address", "published_on"], "x.id").within(
        "x.turn_id in (select t.id from chat_turns t where t.chat_id in ({visible}) and t.state <> 'running' and t.chat_id not in
           (select o.chat_id from chat_turns o, unnest(o.records) u (id) where u.id not in ({visible})))",
    ),
];
