//! The list of one's own chats beside a chat.

use crate::chat::model::*;
use crate::db::paging::Page;
use crate::related::Address;
use crate::ui::{Tab, text};
use chrono::{DateTime, Datelike, Utc};

/// The words of its address.
pub const WORDS: [&str; 3] = ["q", "show", "project"];

/// Chats of one stretch of time.
pub struct Stretch {
    /// Message key.
    pub label: &'static str,
    pub chats: Vec<Chat>,
}

pub struct Pane {
    pub stretches: Vec<Stretch>,
    pub query: Address,
    pub tabs: Vec<Tab>,
    /// Display ID of the one that is open.
    pub open: String,
    pub next: Option<String>,
}

impl Pane {
    pub fn new(page: Page<Chat>, query: Address, open: &str, now: DateTime<Utc>, zone: chrono_tz::Tz) -> Self {
        let today = now.with_timezone(&zone).date_naive();
        let mut stretches: Vec<Stretch> = Vec::new();
        let next = page.next.as_ref().map(|cursor| query.next(cursor));
        for chat in page.rows {
            let day = chat.record.updated_at.with_timezone(&zone).date_naive();
            let label = match (today - day).num_days() {
                ..=0 => "chat-today",
                1 => "chat-yesterday",
                2..=6 => "chat-this-week",
                _ if day.year() == today.year() && day.month() == today.month() => "chat-this-month",
                _ => "chat-earlier",
            };
            match stretches.last_mut().filter(|stretch| stretch.label == label) {
                Some(stretch) => stretch.chats.push(chat),
                None => stretches.push(Stretch { label, chats: vec![chat] }),
            }
        }
        let tabs = vec![
            query.tab(text("tab-all"), ""),
            query.tab(text("chat-starred"), "show=starred"),
            query.tab(text("tab-archived"), "show=archived"),
        ];
        Pane { stretches, tabs, query, open: open.to_owned(), next }
    }

    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }
}
