//! A record's page shows comments and activity as one list, oldest first. `templates/comments/thread.html` is included by record
//! pages; it reads `thread`, `record` and `shell`.

use super::model::{Comment, may_comment};
use super::story::{Line, lines};
use crate::access::{Actor, Verb};
use crate::db::Tx;
use crate::error::Result;
use crate::records::{Event, Record, RecordId, Resolved, resolve};
use crate::text_enum;
use chrono::{DateTime, Utc};

/// Comments beside the activity; older ones wait behind a link to all comments.
pub const COMMENTS_SHOWN: i32 = 200;
/// Comments on a page of nothing else.
pub const MAX_COMMENTS: i32 = 5000;

text_enum!(
    /// `?show=` of a record's page.
    Show { All = "all", Comments = "comments", Changes = "changes" }
);

impl Show {
    /// Anything unknown shows all.
    pub fn of(query: Option<&str>) -> Show {
        query.and_then(Show::parse).unwrap_or(Show::All)
    }

    pub fn label(self) -> &'static str {
        match self {
            Show::All => "thread-all",
            Show::Comments => "thread-comments",
            Show::Changes => "thread-changes",
        }
    }
}

#[derive(Debug, Clone)]
pub enum Entry {
    Comment(Box<Remark>),
    Event(Line),
}

/// A comment ready to be shown to one reader.
#[derive(Debug, Clone)]
pub struct Remark {
    pub comment: Comment,
    /// Sanitised.
    pub html: String,
    pub can_edit: bool,
    pub can_remove: bool,
    pub can_resolve: bool,
}

#[derive(Debug, Clone)]
pub struct Thread {
    pub entries: Vec<Entry>,
    pub show: Show,
    pub can_comment: bool,
    /// There are older comments than these.
    pub is_cut: bool,
    /// Names what is typed but not sent, on the person's device.
    pub draft: String,
}

impl Entry {
    fn at(&self) -> DateTime<Utc> {
        match self {
            Entry::Comment(remark) => remark.comment.created_at,
            Entry::Event(line) => line.at,
        }
    }

    pub fn comment(&self) -> Option<&Remark> {
        match self {
            Entry::Comment(remark) => Some(remark),
            Entry::Event(_) => None,
        }
    }

    pub fn line(&self) -> Option<&Line> {
        match self {
            Entry::Comment(_) => None,
            Entry::Event(line) => Some(line),
        }
    }
}

impl Thread {
    /// What can be shown, in the order of the segments.
    pub fn choices(&self) -> &'static [Show] {
        Show::ALL
    }

    /// The record must have been found for `me`.
    pub fn load(tx: &mut Tx, me: &Actor, record: &Record, show: Show) -> Result<Thread> {
        let limit = if show == Show::Comments { MAX_COMMENTS } else { COMMENTS_SHOWN };
        let mut comments = if show == Show::Changes { Vec::new() } else { Comment::list(tx, record, limit + 1)? };
        let is_cut = i32::try_from(comments.len()).is_ok_and(|count| count > limit);
        if is_cut {
            comments.remove(0);
        }
        let events = if show == Show::Comments { Vec::new() } else { record.activity(tx)? };
        let mut entries = remarks(tx, me, record, comments)?;
        entries.extend(story(tx, me, record, &events)?);
        // Stable: what happened at the same moment keeps its order, comments first.
        entries.sort_by_key(Entry::at);
        let person = me.person_id().map(|id| id.to_string()).unwrap_or_default();
        let draft = format!("comment-{}-{person}", record.id);
        Ok(Thread { entries, show, can_comment: may_comment(me, record), is_cut, draft })
    }

    /// For the gallery.
    pub fn sample() -> Self {
        Thread {
            entries: Vec::new(),
            show: Show::All,
            can_comment: true,
            is_cut: false,
            draft: "comment-sample".to_owned(),
        }
    }
}

fn remarks(tx: &mut Tx, me: &Actor, record: &Record, comments: Vec<Comment>) -> Result<Vec<Entry>> {
    let texts: Vec<&str> =
        comments.iter().filter(|comment| !comment.is_removed()).map(|comment| comment.body.as_str()).collect();
    let resolved = resolve(tx, me, &texts)?;
    let view = |(index, comment)| Entry::Comment(Box::new(Remark::new(me, record, comment, &resolved, index)));
    Ok(comments.into_iter().enumerate().map(view).collect())
}

impl Remark {
    fn new(me: &Actor, record: &Record, comment: Comment, resolved: &Resolved, index: usize) -> Remark {
        let is_there = !comment.is_removed();
        let html = if is_there { resolved.html(&format!("c{index}"), &comment.body) } else { String::new() };
        Remark {
            html,
            can_edit: is_there && comment.may_be(me, record, Verb::Edit),
            can_remove: is_there && comment.may_be(me, record, Verb::Remove),
            can_resolve: is_there && comment.quote.is_some() && comment.may_be(me, record, Verb::Add),
            comment,
        }
    }

    pub fn author(&self) -> String {
        self.comment.author_name.clone().unwrap_or_else(|| crate::ui::text("comment-author-unknown"))
    }
}

fn story(tx: &mut Tx, me: &Actor, record: &Record, events: &[Event]) -> Result<Vec<Entry>> {
    let ids: Vec<RecordId> =
        events.iter().filter_map(|event| event.note("other")?.parse().ok().map(RecordId)).collect();
    let others = super::model::others(tx, me, ids)?;
    Ok(lines(record, events, &others).into_iter().map(Entry::Event).collect())
}
