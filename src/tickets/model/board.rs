//! The columns of a board: cards of one status in the order people gave them.

use super::{Filter, ROW_COLUMNS, Row, Status};
use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{List, Sort};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};

/// Cards of a column that come with the page; the rest follow as one scrolls.
pub const COLUMN_SIZE: usize = 30;

const BY_RANK: Sort = Sort::new("rank", "t.rank", "text collate \"C\"").within("t.place_id");

/// A column counts its cards up to here; beyond, the list tells more.
pub const COLUMN_COUNT_LIMIT: i64 = 200;

/// Number of cards in each column.
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
        list.project = self.place();
        list.which = self.which();
        list.size = COLUMN_SIZE;
        list.page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    /// All counts in one query, each up to `COLUMN_COUNT_LIMIT` + 1, so that a board costs the same however much was ever done.
    pub fn column_counts(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<ColumnCount>> {
        let statuses = Status::ALL.iter().map(|status| status.as_str().to_owned()).collect::<Vec<_>>();
        let mut sql = Sql::named(
            "tickets::column_counts",
            "select s.status, (select count(*) from (select 1 from tickets t join records r on r.id = t.id where t.status = s.status
             and t.kind <> 'epic' and ",
        );
        sql.append(&match self.place() {
            Some(project) => visible::in_project(me, project, BY_RANK.place),
            None => visible::records(me),
        });
        // In the order of the cards, because that index knows the status: else all of them are looked through for a rare one.
        sql.push(self.which().condition())
            .append(&self.conditions())
            .push(" order by t.rank, t.id limit ")
            .number(COLUMN_COUNT_LIMIT + 1);
        sql.push(") few) as count from unnest(").bind(statuses).push("::text[]) as s(status)").plan_anew();
        Ok(sql.load(tx.conn())?)
    }
}
