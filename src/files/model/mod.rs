//! Rows of files: attached, found within what one may see, removed and brought back, and cleaned up at last.

mod clean_up;

pub use clean_up::{CONTENT_LOCK, clean_up, forget_without_content};

use super::picture::Prepared;
use crate::access::{Actor, Kind, Permit, Place, Thing, Verb, can, check, may, may_each, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::records::{Record, RecordId};
use crate::storage::Store;
use crate::typed_id;
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(FileId);

/// A removed file can be brought back this long.
pub const BIN_DAYS: i64 = 30;
/// Content without a file stays this long, so that an upload under way may still use it.
pub const LOOSE_HOURS: i64 = 24;
/// Files a record's page lists.
pub const MAX_LISTED: i32 = 500;

/// A file on a record, without its content.
#[derive(Debug, Clone, QueryableByName)]
pub struct File {
    #[diesel(sql_type = SqlUuid)]
    pub id: FileId,
    #[diesel(sql_type = SqlUuid)]
    pub record_id: RecordId,
    /// The comment that shows it; None when it hangs on the record alone.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub comment_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub content_type: String,
    #[diesel(sql_type = BigInt)]
    pub bytes: i64,
    #[diesel(sql_type = Text)]
    pub hash: String,
    /// Set, with `height`, for pictures that may be shown.
    #[diesel(sql_type = Nullable<Int4>)]
    pub width: Option<i32>,
    #[diesel(sql_type = Nullable<Int4>)]
    pub height: Option<i32>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub author_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<Text>)]
    pub author_name: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str =
    "f.id, f.record_id, f.comment_id, f.name, f.content_type, f.bytes, f.hash, f.width, f.height, f.author_id,
    p.name as author_name, f.created_at from files f left join people p on p.id = f.author_id";

/// Whoever writes a record may attach to it; a file goes by its author, or by who may remove the record.
fn thing(record: &Record, author: Option<PersonId>) -> Thing {
    Thing::Remark { record: record.id.0, kind: record.kind, place: record.place(), author }
}

impl File {
    /// Before an upload begins, so that a refusal comes first.
    pub fn check_attach(me: &Actor, record: &Record) -> Result<()> {
        check(me, Verb::Add, &thing(record, me.person_id()))
    }

    /// Keeps all of them, in the order given. Content lands on disk before the rows are committed.
    pub fn attach(
        tx: &mut Tx,
        me: &Actor,
        record: &Record,
        uploads: Vec<Prepared>,
        store: &Store,
    ) -> Result<Vec<File>> {
        let permit = may(tx, me, Verb::Add, &thing(record, me.person_id()))?;
        if uploads.is_empty() {
            return Err(Error::invalid("file", "problem-file-missing"));
        }
        let mut files = Vec::with_capacity(uploads.len());
        for upload in uploads {
            let id = Kept::of(tx, upload, store)?.insert(tx, me, record.id)?;
            files.push(File::find(tx, me, id)?);
        }
        let acts = files.iter().map(|file| file.act(ActKind::Attached)).collect();
        audit::record_each(tx, permit, acts)?;
        Ok(files)
    }

    /// As an import does: each content (by its place among the uploads) on many records of one kind and place, under one permit. Answers
    /// the address of each, in the order of the pairs.
    pub fn attach_each(
        tx: &mut Tx,
        me: &Actor,
        (kind, place): (Kind, Place),
        pairs: &[(RecordId, usize)],
        (uploads, store): (Vec<Prepared>, &Store),
    ) -> Result<Vec<String>> {
        let author = me.person_id();
        let things: Vec<Thing> =
            pairs.iter().map(|(record, _)| Thing::Remark { record: record.0, kind, place, author }).collect();
        let permit = may_each(tx, me, Verb::Add, &things)?;
        let kept = uploads.into_iter().map(|upload| Kept::of(tx, upload, store)).collect::<Result<Vec<_>>>()?;
        let (mut addresses, mut acts) = (Vec::with_capacity(pairs.len()), Vec::with_capacity(pairs.len()));
        for (record, index) in pairs {
            let kept = kept.get(*index).ok_or(Error::NotFound)?;
            let id = kept.insert(tx, me, *record)?;
            addresses.push(address(id, &kept.name));
            acts.push(attaching(ActKind::Attached, *record, id, &kept.name));
        }
        audit::record_each(tx, permit, acts)?;
        Ok(addresses)
    }

    fn act(&self, kind: ActKind) -> Act {
        attaching(kind, self.record_id, self.id, &self.name)
    }

    /// Within what `me` may see; a removed one is not found.
    pub fn find(tx: &mut Tx, me: &Actor, id: FileId) -> Result<File> {
        find(tx, me, id, &Sql::new("f.removed_at is null"))
    }

    /// Out of sight at once; `restore` brings it back within `BIN_DAYS`. Answers where it was.
    pub fn remove(tx: &mut Tx, me: &Actor, id: FileId) -> Result<Record> {
        let file = File::find(tx, me, id)?;
        let (record, permit) = file.may_remove(tx, me)?;
        set_removed(tx, id, true)?;
        audit::record(tx, permit, file.act(ActKind::Detached))?;
        Ok(record)
    }

    /// Undoes `remove`, within `BIN_DAYS`; after them its content may be gone.
    pub fn restore(tx: &mut Tx, me: &Actor, id: FileId) -> Result<Record> {
        let mut is_in_bin = Sql::new("f.removed_at >= ");
        is_in_bin.bind(tx.now - Duration::days(BIN_DAYS));
        let file = find(tx, me, id, &is_in_bin)?;
        let (record, permit) = file.may_remove(tx, me)?;
        set_removed(tx, id, false)?;
        audit::record(tx, permit, file.act(ActKind::Attached))?;
        Ok(record)
    }

    fn may_remove(&self, tx: &mut Tx, me: &Actor) -> Result<(Record, Permit)> {
        let record = Record::find_id(tx, me, self.record_id)?;
        let permit = may(tx, me, Verb::Remove, &thing(&record, self.author_id))?;
        Ok((record, permit))
    }

    /// Files that a comment's text shows belong to it from then on: only its author's own, on the same record, and free ones.
    pub fn claim(tx: &mut Tx, me: &Actor, record: &Record, comment: Uuid, ids: Vec<Uuid>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::named("files::claim", "update files set comment_id = ");
        sql.bind(comment).push(" where comment_id is null and record_id = ").bind(record.id);
        sql.push(" and author_id = ").bind(me.person_id().map(|id| id.0)).push(" and id = any(").bind(ids).push(")");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// A removed comment takes its files along. The comment's verb has asked for permission.
    pub fn remove_of_comment(tx: &mut Tx, comment: Uuid) -> Result<()> {
        let mut sql = Sql::named("files::remove_of_comment", "update files set removed_at = ");
        sql.bind(tx.now).push(" where removed_at is null and comment_id = ").bind(comment);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Undoes `remove_of_comment` for the files that went at that time.
    pub fn restore_of_comment(tx: &mut Tx, comment: Uuid, removed_at: DateTime<Utc>) -> Result<()> {
        let mut sql = Sql::named("files::restore_of_comment", "update files set removed_at = null where comment_id = ");
        sql.bind(comment).push(" and removed_at = ").bind(removed_at);
        sql.execute(tx.conn())?;
        Ok(())
    }

    pub fn is_picture(&self) -> bool {
        self.width.is_some()
    }

    pub fn path(&self) -> String {
        address(self.id, &self.name)
    }

    /// What an editor puts in: a picture, or a link.
    pub fn markdown(&self) -> String {
        let name: String = self
            .name
            .chars()
            .flat_map(|c| {
                matches!(c, '[' | ']' | '\\' | '`' | '*' | '_' | '<' | '&' | '@' | '!')
                    .then_some('\\')
                    .into_iter()
                    .chain([c])
            })
            .collect();
        format!("{}[{name}]({})", if self.is_picture() { "!" } else { "" }, self.path())
    }
}

fn attaching(kind: ActKind, record: RecordId, id: FileId, name: &str) -> Act {
    Act::new(kind).on(record).note("file", id).note("name", name)
}

/// Its last part is for people and for the name of the download; nothing looks it up.
fn address(id: FileId, name: &str) -> String {
    let name = match name {
        // These are addresses of acts.
        "removal" | "restoration" => "file",
        name => name,
    };
    format!("/files/{id}/{}", percent(name))
}

fn find(tx: &mut Tx, me: &Actor, id: FileId, state: &Sql) -> Result<File> {
    let mut sql =
        Sql::named("files::find", &format!("select {COLUMNS} join records r on r.id = f.record_id where f.id = "));
    sql.bind(id).push(" and ").append(state).push(" and ").append(&visible::records(me));
    sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
}

fn set_removed(tx: &mut Tx, id: FileId, is_removed: bool) -> Result<()> {
    let mut sql = Sql::named("files::set_removed", "update files set removed_at = ");
    match is_removed {
        true => sql.bind(tx.now),
        false => sql.push("null"),
    };
    sql.push(" where id = ").bind(id);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Content that is in the store, with its row: any number of files may show it.
struct Kept {
    name: String,
    content_type: &'static str,
    hash: String,
    bytes: i64,
    size: Option<(u32, u32)>,
}

impl Kept {
    /// Blob row, content, file row, in this order: the blob's row stays locked, so that a clean-up at the same time waits or is waited
    /// for.
    fn of(tx: &mut Tx, upload: Prepared, store: &Store) -> Result<Kept> {
        let Prepared { name, content_type, file, hash, bytes, size } = upload;
        let bytes = i64::try_from(bytes).map_err(Error::broken)?;
        let mut blob = Sql::named("files::insert_blob", "insert into blobs (hash, bytes, created_at) values (");
        blob.bind(hash.as_str()).push(", ").bind(bytes).push(", ").bind(tx.now);
        blob.push(") on conflict (hash) do update set created_at = excluded.created_at");
        blob.execute(tx.conn())?;
        store.keep(file, &hash)?;
        Ok(Kept { name, content_type, hash, bytes, size })
    }

    fn insert(&self, tx: &mut Tx, me: &Actor, record: RecordId) -> Result<FileId> {
        let side = |side: u32| i32::try_from(side).ok();
        let (width, height) = (self.size.and_then(|size| side(size.0)), self.size.and_then(|size| side(size.1)));
        let id = FileId(tx.new_id());
        let mut sql = Sql::named(
            "files::insert",
            "insert into files (id, record_id, name, content_type, bytes, hash, width, height, author_id, created_at) values (",
        );
        sql.bind(id).push(", ").bind(record).push(", ").bind(self.name.as_str()).push(", ").bind(self.content_type);
        sql.push(", ").bind(self.bytes).push(", ").bind(self.hash.as_str()).push(", ").bind(width).push(", ");
        sql.bind(height).push(", ").bind(me.person_id().map(|id| id.0)).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
        Ok(id)
    }
}

/// The files of one record, for its page.
#[derive(Debug, Clone, Default)]
pub struct Attachments {
    /// Oldest first, at most `MAX_LISTED`.
    pub files: Vec<File>,
    /// Those that `me` may remove.
    removable: Vec<FileId>,
    pub can_attach: bool,
}

impl Attachments {
    pub fn load(tx: &mut Tx, me: &Actor, record: &Record) -> Result<Attachments> {
        let mut sql =
            Sql::named("files::list", &format!("select {COLUMNS} where f.removed_at is null and f.record_id = "));
        sql.bind(record.id).push(" order by f.created_at, f.id limit ").number(MAX_LISTED);
        let files: Vec<File> = sql.load(tx.conn())?;
        let may_go = files.iter().filter(|file| can(me, Verb::Remove, &thing(record, file.author_id)));
        let removable = may_go.map(|file| file.id).collect();
        let can_attach = can(me, Verb::Add, &thing(record, me.person_id()));
        Ok(Attachments { files, removable, can_attach })
    }

    /// For the gallery.
    pub fn sample() -> Self {
        Attachments { can_attach: true, ..Attachments::default() }
    }

    pub fn can_remove(&self, file: &File) -> bool {
        self.removable.contains(&file.id)
    }
}

/// Ids of the files that a text shows: `/files/ID/…`.
pub fn shown_in(text: &str) -> Vec<Uuid> {
    text.split("/files/").skip(1).filter_map(|rest| rest.get(..36)?.parse().ok()).collect()
}

/// One part of a path (RFC 3986), and safe inside a Markdown link.
fn percent(name: &str) -> String {
    let mut path = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => path.push(char::from(b)),
            b => path.push_str(&format!("%{b:02X}")),
        }
    }
    path
}

/// The names of files, for the search index.
pub fn texts(tx: &mut Tx, records: &[Uuid]) -> Result<Vec<crate::records::RecordText>> {
    let mut sql = Sql::named(
        "files::texts",
        "select record_id, 'file:' || id as source, name || ' ' || translate(name, '._-', '   ') as text, author_id, created_at as at
         from files where removed_at is null and record_id = any(",
    );
    sql.bind(records.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
