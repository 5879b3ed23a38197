//! The columns of a board: cards of one status in the order people gave them.

use super::{Filter, ROW_COLUMNS, Row, Status};
use crate::access::{Actor, Kind};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{List, Sort};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};

/// Cards of a column that come with the page; the rest follow as one scrolls.
pub const COLUMN_SIZE: usize = 30;

const BY_RANK: Sort = Sort { key: "rank", expression: "t.rank", cast: "text collate \"C\"", descending: false };

/// Number of cards in each column, up to the limit to which lists count.
#[derive(Debug, Clone, QueryableByName)]
pub struct ColumnCount {
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

impl Filter {
    /// One column from `after` on. Epics stay out: they are what the cards add up to.
    pub fn column(&self, tx: &mut Tx, me: &Actor, status: Status, after: Option<Cursor>) -> Result<Page<Row>> {
        let mut list = List::new(Kind::Ticket, "tickets::column", ROW_COLUMNS, "join tickets t on t.id = r.id");
        list.filters = self.conditions();
        list.filters.push(" and t.kind <> 'epic' and t.status = ").bind(status);
        list.sort = BY_RANK;
        list.after = after;
        list.project = self.project;
        list.size = COLUMN_SIZE;
        list.page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    /// All counts in one query.
    pub fn column_counts(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<ColumnCount>> {
        let mut sql = Sql::named(
            "tickets::column_counts",
            "select t.status, count(*) as count from records r join tickets t on t.id = r.id where r.kind = 'ticket'
             and r.archived_at is null and t.kind <> 'epic' and ",
        );
        sql.append(&crate::access::visible::records(me));
        if let Some(project) = self.project {
            sql.push(" and t.place_id = ").bind(project);
        }
        sql.append(&self.conditions()).push(" group by t.status");
        Ok(sql.load(tx.conn())?)
    }
}
