//! Listing: filters, a closed set of sort columns, and what a row shows.

use super::Status;
use crate::access::{Actor, Kind, ProjectId};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::error::Result;
use crate::people::PersonId;
use crate::records::{BY_CREATED, BY_TITLE, BY_UPDATED, List, Record, Sort, Which, belongs_to, tagged, title_contains};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Date, Nullable, Text};

/// By their word in the address; the first is the default.
pub const SORTS: [Sort; 5] = [
    BY_UPDATED,
    Sort::new("start", "x.start_on", "date").descending().nullable(),
    Sort::new("end", "x.end_on", "date").descending().nullable(),
    BY_CREATED,
    BY_TITLE,
];

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub words: Option<String>,
    pub status: Option<Status>,
    /// `Some(None)`: nobody's.
    pub owner: Option<Option<PersonId>>,
    pub tag: Option<String>,
    pub project: Option<ProjectId>,
    pub archived: bool,
}

/// An experiment as a row shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub status: Status,
    /// When it began; when it ended, once it has.
    #[diesel(sql_type = Nullable<Date>)]
    pub start_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    pub end_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Text>)]
    pub owner: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub sort_value: Option<String>,
}

impl Filter {
    fn list(&self, sort: Sort, after: Option<Cursor>) -> List {
        const ROW: &str =
            ", x.status, x.start_on, x.end_on, (select p.name from people p where p.id = x.owner_id) as owner";
        let mut list = List::new(Kind::Experiment, "experiments::list", ROW, "join experiments x on x.id = r.id");
        let sql = &mut list.filters;
        if let Some(words) = &self.words {
            sql.append(&title_contains(words));
        }
        if let Some(status) = self.status {
            sql.push(" and x.status = ").bind(status);
        }
        if let Some(owner) = self.owner {
            sql.append(&belongs_to("x.owner_id", owner));
        }
        if let Some(tag) = &self.tag {
            sql.append(&tagged(tag));
        }
        List { sort, after, project: self.project, which: Which::archived(self.archived), ..list }
    }

    pub fn page(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> Result<Page<Row>> {
        self.list(sort, after).page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        self.list(BY_UPDATED, None).count(tx, me)
    }
}
