//! An answer while it comes: what was said so far, for whoever looks, on this server. Others read the row, which is a second behind.

use super::model::TurnId;
use crate::ai::Stop;
use crate::text_enum;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tokio::sync::watch;
use uuid::Uuid;

text_enum!(
    /// What the model does before it says (more); `chat-doing-WORD` says it.
    Doing { Thinking = "thinking", Searching = "searching", Reading = "reading", Web = "web", Writing = "writing" }
);

/// As far as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Markdown.
    pub text: String,
    pub doing: Doing,
    pub records: Vec<Uuid>,
    pub is_over: bool,
}

pub struct Board {
    id: TurnId,
    seen: watch::Sender<Seen>,
    pub stop: Stop,
}

static BOARDS: LazyLock<Mutex<HashMap<Uuid, Arc<Board>>>> = LazyLock::new(Mutex::default);

impl Board {
    /// For a turn that begins; found by its id until the answer is dropped.
    pub fn open(id: TurnId) -> OpenBoard {
        let nothing = Seen { text: String::new(), doing: Doing::Thinking, records: Vec::new(), is_over: false };
        let board = Arc::new(Board { id, seen: watch::channel(nothing).0, stop: Stop::default() });
        boards().insert(id.0, board.clone());
        OpenBoard(board)
    }

    /// None when nobody answers it here.
    pub fn find(id: TurnId) -> Option<Arc<Board>> {
        boards().get(&id.0).cloned()
    }

    pub fn watch(&self) -> watch::Receiver<Seen> {
        self.seen.subscribe()
    }

    pub fn now(&self) -> Seen {
        self.seen.borrow().clone()
    }

    pub fn say(&self, more: &str) {
        self.seen.send_modify(|seen| {
            // No row takes a NUL.
            seen.text.push_str(&more.replace('\0', ""));
            seen.doing = Doing::Writing;
        });
    }

    /// A new round begins on a line of its own.
    pub fn turn_to(&self, doing: Doing) {
        self.seen.send_modify(|seen| {
            if !seen.text.is_empty() && !seen.text.ends_with("\n\n") {
                seen.text.push_str("\n\n");
            }
            seen.doing = doing;
        });
    }

    /// Whose text it has read by now.
    pub fn has_read(&self, records: Vec<Uuid>) {
        self.seen.send_modify(|seen| seen.records = records);
    }
}

/// Held by who answers. Dropped after the row was written, so that whoever looks now reads that; or by a panic, so that nothing keeps
/// looking alive that nobody answers.
pub struct OpenBoard(Arc<Board>);

impl OpenBoard {
    pub fn shared(&self) -> Arc<Board> {
        self.0.clone()
    }
}

impl Deref for OpenBoard {
    type Target = Board;

    fn deref(&self) -> &Board {
        &self.0
    }
}

impl Drop for OpenBoard {
    fn drop(&mut self) {
        boards().remove(&self.0.id.0);
        self.0.seen.send_modify(|seen| seen.is_over = true);
    }
}

fn boards() -> std::sync::MutexGuard<'static, HashMap<Uuid, Arc<Board>>> {
    BOARDS.lock().unwrap_or_else(PoisonError::into_inner)
}
