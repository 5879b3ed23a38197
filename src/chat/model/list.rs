//! One's own chats, the latest first.

use super::{COLUMNS, Chat};
use crate::access::{Actor, Kind, ProjectId, visible};
use crate::db::Tx;
use crate::db::paging::{Cursor, PAGE_SIZE, Page};
use crate::db::sql::{Sql, containing};
use crate::error::{Error, Result};
use crate::records::{RECORD_COLUMNS, title_contains};
use chrono::{DateTime, SecondsFormat, Utc};

const SORT: &str = "updated_at";

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct ChatFilter {
    /// In the title, or in a question.
    pub words: Option<String>,
    pub project: Option<ProjectId>,
    pub is_starred: bool,
    pub is_archived: bool,
}

impl ChatFilter {
    pub fn page(&self, tx: &mut Tx, me: &Actor, after: Option<&Cursor>) -> Result<Page<Chat>> {
        let mut sql = Sql::named(
            "chats::list",
            &format!("select {RECORD_COLUMNS}{COLUMNS} from records r join chats c on c.id = r.id where r.kind = "),
        );
        sql.bind(Kind::Chat).push(" and ").append(&visible::records(me));
        sql.push(if self.is_archived { " and r.archived_at is not null" } else { " and r.archived_at is null" });
        if let Some(words) = &self.words {
            let mut title = Sql::new("");
            title.append(&title_contains(words));
            sql.push(" and ((true").append(&title);
            sql.push(") or exists (select from chat_turns t where t.chat_id = c.id and t.question ilike ");
            sql.bind(containing(words)).push("))");
        }
        if let Some(project) = self.project {
            sql.push(" and c.project_id = ").bind(project);
        }
        if self.is_starred {
            sql.push(" and c.starred_at is not null");
        }
        if let Some(after) = after {
            let at = after.value.as_deref().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
            let at = at.ok_or_else(|| Error::invalid("after", "problem-cursor"))?.with_timezone(&Utc);
            sql.push(" and (r.updated_at, r.id) < (").bind(at).push(", ").bind(after.id).push(")");
        }
        let size = i32::try_from(PAGE_SIZE).unwrap_or(i32::MAX);
        sql.push(" order by r.updated_at desc, r.id desc limit ").bind(size + 1);
        let rows: Vec<Chat> = sql.load(tx.conn())?;
        Ok(Page::cut(rows, PAGE_SIZE, |chat| Cursor {
            sort: SORT.to_owned(),
            value: Some(chat.record.updated_at.to_rfc3339_opts(SecondsFormat::Micros, true)),
            id: chat.record.id.0,
        }))
    }
}
