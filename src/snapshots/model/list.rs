//! Listing.

use super::{Status, Type};
use crate::access::{Actor, Kind, ProjectId};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{BY_CREATED, BY_TITLE, BY_UPDATED, List, Record, Sort, Which, title_contains};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};

/// By their word in the address; the first is the default.
pub const SORTS: [Sort; 3] = [BY_CREATED, BY_UPDATED, BY_TITLE];

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub words: Option<String>,
    pub kind: Option<Type>,
    pub status: Option<Status>,
    pub project: Option<ProjectId>,
    pub archived: bool,
}

/// A snapshot as a row shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text, column_name = snapshot_type)]
    pub kind: Type,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = Nullable<Text>)]
    pub sort_value: Option<String>,
}

impl Filter {
    fn list(&self, sort: Sort, after: Option<Cursor>) -> List {
        const ROW: &str = ", s.snapshot_type, s.status";
        let mut list = List::new(Kind::Snapshot, "snapshots::list", ROW, "join snapshots s on s.id = r.id");
        list.filters = self.conditions();
        list.sort = sort;
        list.after = after;
        list.project = self.project;
        list.which = Which::archived(self.archived);
        list
    }

    fn conditions(&self) -> Sql {
        let mut sql = Sql::new("");
        if let Some(words) = &self.words {
            sql.append(&title_contains(words));
        }
        if let Some(kind) = self.kind {
            sql.push(" and s.snapshot_type = ").bind(kind);
        }
        if let Some(status) = self.status {
            sql.push(" and s.status = ").bind(status);
        }
        sql
    }

    pub fn page(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> Result<Page<Row>> {
        self.list(sort, after).page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        self.list(BY_UPDATED, None).count(tx, me)
    }
}
