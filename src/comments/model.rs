//! Rows of comments and what can be done to them. Four beats: may, change, remember, return.

use crate::access::{Actor, Permit, Thing, Verb, can, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::files::{File, shown_in};
use crate::people::PersonId;
use crate::records::{RECORD_COLUMNS, Record, RecordId, check_seen};
use crate::text::value::Body;
use crate::typed_id;
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(CommentId);

/// A longer text is a document.
pub const MAX_COMMENT_BYTES: usize = 64 * 1024;
pub const MAX_QUOTE_CHARS: usize = 2000;
/// People that one comment can make watch.
pub const MAX_MENTIONS: usize = 50;
/// The words of a removed comment are kept this long, for `restore`.
pub const BIN_DAYS: i64 = 30;

#[derive(Debug, Clone, QueryableByName)]
pub struct Comment {
    #[diesel(sql_type = SqlUuid)]
    pub id: CommentId,
    #[diesel(sql_type = SqlUuid)]
    pub record_id: RecordId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub author_id: Option<PersonId>,
    /// Of the person, else of the key that wrote it; None when an import could not tell.
    #[diesel(sql_type = Nullable<Text>)]
    pub author_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub body: String,
    /// The passage it is about.
    #[diesel(sql_type = Nullable<Text>)]
    pub quote: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub edited_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub removed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub resolved_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub resolved_by: Option<String>,
}

const COLUMNS: &str =
    "c.id, c.record_id, c.author_id, coalesce(p.name, k.name) as author_name, c.body, c.quote, c.created_at, c.edited_at,
    c.removed_at, c.resolved_at, q.name as resolved_by
    from comments c left join people p on p.id = c.author_id left join tokens k on k.id = c.token_id
      left join people q on q.id = c.resolved_by_id";

/// A comment about to be made, as checked.
#[derive(Debug, Clone)]
pub struct NewComment {
    pub body: String,
    pub quote: Option<String>,
}

impl NewComment {
    /// `Invalid` beside `body` or `quote`.
    pub fn parse(body: &str, quote: Option<&str>) -> Result<NewComment> {
        let quote = quote.map(|quote| check_quote(quote).map_err(|msg| Error::invalid("quote", msg))).transpose()?;
        Ok(NewComment { body: check_body(body)?, quote })
    }

    /// The author and whom it mentions watch the record from then on.
    pub fn write(self, tx: &mut Tx, me: &Actor, record: &Record) -> Result<Comment> {
        let permit = may(tx, me, Verb::Add, &remark(record, me.person_id()))?;
        let id = CommentId(tx.new_id());
        let mut sql = Sql::named(
            "comments::insert",
            "insert into comments (id, record_id, author_id, token_id, body, quote, created_at) values (",
        );
        sql.bind(id).push(", ").bind(record.id).push(", ").bind(me.person_id().map(|id| id.0)).push(", ");
        sql.bind(me.token_id().map(|id| id.0)).push(", ");
        sql.bind(self.body.as_str()).push(", ");
        match self.quote {
            Some(quote) => sql.bind(quote),
            None => sql.push("null"),
        };
        sql.push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
        if let Some(author) = me.person_id() {
            record.add_watcher(tx, author)?;
        }
        read_text(tx, me, record, id, &self.body)?;
        audit::record(tx, permit, act(ActKind::Commented, record, id))?;
        Comment::find(tx, me, id)
    }
}

impl Comment {
    /// Within what `me` may see; also a removed one.
    pub fn find(tx: &mut Tx, me: &Actor, id: CommentId) -> Result<Comment> {
        let mut sql = Sql::named(
            "comments::find",
            &format!("select {COLUMNS} join records r on r.id = c.record_id where c.id = "),
        );
        sql.bind(id).push(" and ").append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// As `find`, and held until the transaction ends, so that two who change it take turns.
    fn find_locked(tx: &mut Tx, me: &Actor, id: CommentId) -> Result<(Comment, Record)> {
        let mut sql = Sql::named("comments::lock", "select 1 as one from comments where id = ");
        sql.bind(id).push(" for no key update");
        sql.execute(tx.conn())?;
        let comment = Comment::find(tx, me, id)?;
        let record = comment.record(tx, me)?;
        Ok((comment, record))
    }

    /// The newest `limit` of a record, oldest first, removed ones included. The record must have been found for the reader.
    pub(super) fn list(tx: &mut Tx, record: &Record, limit: i32) -> Result<Vec<Comment>> {
        let mut sql = Sql::named("comments::list", &format!("select * from (select {COLUMNS} where c.record_id = "));
        sql.bind(record.id).push(" order by c.created_at desc, c.id desc limit ").bind(limit);
        sql.push(") newest order by created_at, id");
        Ok(sql.load(tx.conn())?)
    }

    /// A page of those that are there, the oldest first. The record must have been found for the reader.
    pub fn page(tx: &mut Tx, record: &Record, after: Option<&Cursor>, size: usize) -> Result<Page<Comment>> {
        let mut sql =
            Sql::named("comments::page", &format!("select {COLUMNS} where c.removed_at is null and c.record_id = "));
        sql.bind(record.id);
        if let Some(after) = after {
            // Ids sort by the time of making, and an import keeps its order.
            sql.push(" and c.id > ").bind(after.id);
        }
        sql.push(" order by c.id limit ").bind(i64::try_from(size + 1).unwrap_or(i64::MAX));
        let cursor = |comment: &Comment| Cursor { sort: "id".to_owned(), value: None, id: comment.id.0 };
        Ok(Page::cut(sql.load(tx.conn())?, size, cursor))
    }

    pub fn record(&self, tx: &mut Tx, me: &Actor) -> Result<Record> {
        Record::find_id(tx, me, self.record_id)
    }

    /// Where it stands on its record's page.
    pub fn path(&self, record: &Record) -> String {
        format!("{}#comment-{}", record.path(), self.id)
    }

    pub fn is_removed(&self) -> bool {
        self.removed_at.is_some()
    }

    pub fn is_resolved(&self) -> bool {
        self.resolved_at.is_some()
    }

    pub(super) fn may_be(&self, me: &Actor, record: &Record, verb: Verb) -> bool {
        can(me, verb, &remark(record, self.author_id))
    }

    /// For the edit page: `Forbidden` for another's, `NotFound` once removed.
    pub fn find_editable(tx: &mut Tx, me: &Actor, id: CommentId) -> Result<(Comment, Record)> {
        let comment = Comment::find(tx, me, id)?;
        let record = comment.record(tx, me)?;
        crate::access::check(me, Verb::Edit, &remark(&record, comment.author_id))?;
        if comment.is_removed() { Err(Error::NotFound) } else { Ok((comment, record)) }
    }

    /// `Conflict` when its author changed it elsewhere since `was` (a fingerprint) was read.
    pub fn edit(tx: &mut Tx, me: &Actor, id: CommentId, body: &str, was: &str) -> Result<(Comment, Record)> {
        let (comment, record) = Comment::find_locked(tx, me, id)?;
        let permit = may(tx, me, Verb::Edit, &remark(&record, comment.author_id))?;
        if comment.is_removed() {
            return Err(Error::NotFound);
        }
        let body = check_body(body)?;
        check_seen("body", was, &comment.body, &body)?;
        if body == comment.body {
            permit.unused(tx);
            return Ok((comment, record));
        }
        let mut sql = Sql::named("comments::edit", "update comments set body = ");
        sql.bind(body.as_str()).push(", edited_at = ").bind(tx.now).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        read_text(tx, me, &record, id, &body)?;
        audit::record(tx, permit, act(ActKind::CommentEdited, &record, id))?;
        Ok((Comment::find(tx, me, id)?, record))
    }

    /// Its words, files and references are gone for everybody; a line says that there was one.
    pub fn remove(tx: &mut Tx, me: &Actor, id: CommentId) -> Result<(Comment, Record)> {
        let (comment, record, permit) = Comment::find_for(tx, me, id, Verb::Remove)?;
        if comment.is_removed() {
            permit.unused(tx);
            return Ok((comment, record));
        }
        let now = tx.now;
        set_time(tx, "removed_at", id, Some(now))?;
        File::remove_of_comment(tx, id.0)?;
        record.refer(tx, me, &source(id), "")?;
        audit::record(tx, permit, act(ActKind::CommentRemoved, &record, id))?;
        Ok((comment, record))
    }

    /// Undoes `remove`, with the files that went along, while the words are kept.
    pub fn restore(tx: &mut Tx, me: &Actor, id: CommentId) -> Result<(Comment, Record)> {
        let (comment, record, permit) = Comment::find_for(tx, me, id, Verb::Remove)?;
        let Some(removed_at) = comment.removed_at else {
            permit.unused(tx);
            return Ok((comment, record));
        };
        if comment.body.is_empty() {
            return Err(Error::NotFound);
        }
        set_time(tx, "removed_at", id, None)?;
        File::restore_of_comment(tx, id.0, removed_at)?;
        record.refer(tx, me, &source(id), &comment.body)?;
        audit::record(tx, permit, act(ActKind::CommentRestored, &record, id))?;
        Ok((comment, record))
    }

    /// A question about a passage is settled. Whoever may comment may say so.
    pub fn resolve(tx: &mut Tx, me: &Actor, id: CommentId) -> Result<(Comment, Record)> {
        Comment::set_resolved(tx, me, id, true)
    }

    /// Undoes `resolve`.
    pub fn reopen(tx: &mut Tx, me: &Actor, id: CommentId) -> Result<(Comment, Record)> {
        Comment::set_resolved(tx, me, id, false)
    }

    fn set_resolved(tx: &mut Tx, me: &Actor, id: CommentId, is_resolved: bool) -> Result<(Comment, Record)> {
        let (comment, record, permit) = Comment::find_for(tx, me, id, Verb::Add)?;
        if comment.quote.is_none() || comment.is_removed() {
            return Err(Error::invalid("", "problem-comment-not-resolvable"));
        }
        if comment.is_resolved() == is_resolved {
            permit.unused(tx);
            return Ok((comment, record));
        }
        let (now, by) = (tx.now, me.person_id().map(|id| id.0));
        set_time(tx, "resolved_at", id, is_resolved.then_some(now))?;
        let mut sql = Sql::named("comments::resolved_by", "update comments set resolved_by_id = ");
        sql.bind(by.filter(|_| is_resolved)).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        let kind = if is_resolved { ActKind::CommentResolved } else { ActKind::CommentReopened };
        audit::record(tx, permit, act(kind, &record, id))?;
        Ok((comment, record))
    }

    fn find_for(tx: &mut Tx, me: &Actor, id: CommentId, verb: Verb) -> Result<(Comment, Record, Permit)> {
        let (comment, record) = Comment::find_locked(tx, me, id)?;
        let permit = may(tx, me, verb, &remark(&record, comment.author_id))?;
        Ok((comment, record, permit))
    }
}

/// Empties comments that were removed `BIN_DAYS` ago. For a job; how many.
pub fn forget_removed(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named(
        "comments::forget_removed",
        "update comments set body = '', quote = null, resolved_at = null where body <> '' and removed_at < ",
    );
    sql.bind(tx.now - Duration::days(BIN_DAYS));
    Ok(sql.execute(tx.conn())?)
}

/// Whether `me` may comment on the record.
pub fn may_comment(me: &Actor, record: &Record) -> bool {
    can(me, Verb::Add, &remark(record, me.person_id()))
}

fn remark(record: &Record, author: Option<PersonId>) -> Thing {
    Thing::Remark { record: record.id.0, kind: record.kind, place: record.place(), author }
}

fn act(kind: ActKind, record: &Record, comment: CommentId) -> Act {
    Act::new(kind).on(record.id).note("comment", comment)
}

/// The name of a comment's text in `record_references`.
fn source(id: CommentId) -> String {
    format!("comment:{id}")
}

/// One column of ours.
fn set_time(tx: &mut Tx, column: &'static str, id: CommentId, at: Option<DateTime<Utc>>) -> Result<()> {
    let mut sql = Sql::named("comments::set_time", &format!("update comments set {column} = "));
    match at {
        Some(at) => sql.bind(at),
        None => sql.push("null"),
    };
    sql.push(" where id = ").bind(id);
    sql.execute(tx.conn())?;
    Ok(())
}

/// What a text causes: references, files that now belong to it, and watchers among those who can see the record.
fn read_text(tx: &mut Tx, me: &Actor, record: &Record, id: CommentId, body: &str) -> Result<()> {
    File::claim(tx, me, record, id.0, shown_in(body))?;
    for person in record.refer(tx, me, &source(id), body)?.into_iter().take(MAX_MENTIONS) {
        let sees = match Actor::of_person(tx, person) {
            Ok(reader) => can(&reader, Verb::See, &record.thing()),
            Err(Error::NotFound) => false,
            Err(error) => return Err(error),
        };
        if sees {
            record.add_watcher(tx, person)?;
        }
    }
    Ok(())
}

fn check_body(body: &str) -> Result<String> {
    let body = Body::parse(body).map_err(|msg| Error::invalid("body", msg))?;
    let text = body.as_str().trim();
    match text.len() {
        0 => Err(Error::invalid("body", "problem-comment-missing")),
        1..=MAX_COMMENT_BYTES => Ok(text.to_owned()),
        size => Err(Error::invalid("body", too_long(size))),
    }
}

fn too_long(size: usize) -> Msg {
    Msg::new("problem-body-too-long").with("size", size.div_ceil(1024)).with("max", MAX_COMMENT_BYTES / 1024)
}

fn check_quote(quote: &str) -> Result<String, Msg> {
    let body = Body::parse(quote)?;
    let text = body.as_str().trim();
    match text.chars().count() {
        0..=MAX_QUOTE_CHARS => Ok(text.to_owned()),
        _ => Err(Msg::new("problem-too-long").with("max", MAX_QUOTE_CHARS)),
    }
}

/// The named records, as far as `me` may see them.
pub(super) fn others(tx: &mut Tx, me: &Actor, ids: Vec<RecordId>) -> Result<Vec<Record>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::named("comments::others", &format!("select {RECORD_COLUMNS} from records r where r.id = any("));
    sql.bind(ids.into_iter().map(|id| id.0).collect::<Vec<_>>()).push(") and ").append(&visible::records(me));
    Ok(sql.load(tx.conn())?)
}

/// What comments say, for the search index.
pub fn texts(tx: &mut Tx, records: &[uuid::Uuid]) -> Result<Vec<crate::records::RecordText>> {
    let mut sql = Sql::named(
        "comments::texts",
        "select record_id, 'comment:' || id as source, body as text, author_id, coalesce(edited_at, created_at) as at
         from comments where removed_at is null and record_id = any(",
    );
    sql.bind(records.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
