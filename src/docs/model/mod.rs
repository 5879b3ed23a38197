//! One file per ability.

mod bin;
mod create;
mod edit;
mod import;
mod list;
mod merging;
mod moving;
mod revisions;
mod starters;
mod tree;

pub use bin::*;
pub use create::*;
pub use edit::*;
pub use import::*;
pub use list::*;
pub use merging::*;
pub use moving::*;
pub use revisions::*;
pub use starters::*;
pub use tree::*;

use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::records::{RECORD_COLUMNS, Record};
use crate::typed_id;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(DocId);

/// A page with its parent row.
#[derive(Debug, Clone, QueryableByName)]
pub struct Doc {
    #[diesel(embed)]
    pub record: Record,
    /// None for a page at the top of its place.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub parent_id: Option<DocId>,
    #[diesel(sql_type = Text)]
    pub rank: String,
    /// Name of a symbol, empty for the usual one.
    #[diesel(sql_type = Text)]
    pub icon: String,
    /// Markdown.
    #[diesel(sql_type = Text)]
    pub body: String,
    /// Number of the newest revision.
    #[diesel(sql_type = Int4)]
    pub revision: i32,
    /// In the bin since.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub removed_at: Option<DateTime<Utc>>,
}

pub(in crate::docs) const DOC_COLUMNS: &str = ", d.parent_id, d.rank, d.icon, d.body, d.revision, d.removed_at";

/// Symbols a page may wear in the tree; the empty one is the usual page.
pub const ICONS: [&str; 12] =
    ["", "star", "flag", "board", "calendar", "users", "shield", "building", "key", "chart", "server", "mail"];

impl Doc {
    pub fn id(&self) -> DocId {
        DocId(self.record.id.0)
    }

    pub fn is_removed(&self) -> bool {
        self.removed_at.is_some()
    }

    /// By display ID, also from the bin; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Doc> {
        let mut sql = Sql::named(
            "docs::find",
            &format!("select {RECORD_COLUMNS}{DOC_COLUMNS} from records r join docs d on d.id = r.id where r.kind = "),
        );
        sql.bind(Kind::Doc).push(" and r.display_id = ").bind(display_id).push(" and ").append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// As `find`, and holds the row until the transaction ends, so that two editors take turns.
    pub fn find_locked(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Doc> {
        let mut sql =
            Sql::named("docs::lock", "select 1 as one from docs d join records r on r.id = d.id where r.kind = ");
        sql.bind(Kind::Doc).push(" and r.display_id = ").bind(display_id).push(" and ").append(&visible::records(me));
        sql.push(" for no key update of d, r");
        sql.execute(tx.conn())?;
        Doc::find(tx, me, display_id)
    }

    /// `Forbidden` for a page in the bin: it is changed by bringing it back first.
    pub fn check_alive(&self) -> Result<()> {
        if self.is_removed() { Err(Error::forbidden("refused-doc-removed")) } else { Ok(()) }
    }
}

/// One who changes the shape of the tree at a time, so that two halves of a circle cannot be made at once, and nothing is put
/// below a page while that goes away.
pub(in crate::docs) fn lock_tree(tx: &mut Tx) -> Result<()> {
    Sql::named("docs::lock_tree", "select pg_advisory_xact_lock(7461, 2)").execute(tx.conn())?;
    Ok(())
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    text: String,
}

#[derive(QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = Int4)]
    number: i32,
}

/// Who acts, as a column takes it.
pub(in crate::docs) fn me_id(me: &Actor) -> Option<Uuid> {
    me.person_id().map(|PersonId(id)| id)
}

/// What pages say, for the search index; those in the bin say nothing.
pub fn texts(tx: &mut Tx, ids: &[uuid::Uuid]) -> Result<Vec<crate::records::RecordText>> {
    let mut sql = Sql::named(
        "docs::texts",
        "select id as record_id, 'body' as source, body as text, null::uuid as author_id, null::timestamptz as at
         from docs where removed_at is null and id = any(",
    );
    sql.bind(ids.to_vec()).push(")");
    Ok(sql.load(tx.conn())?)
}
