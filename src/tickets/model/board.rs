//! The columns of a board: cards of one status in the order people gave them.

use super::{Filter, ROW_COLUMNS, Row, Status};
use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::paging::{COLUMN_SIZE, Cursor, Page};
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{List, Sort};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};

const BY_RANK: Sort = Sort::new("rank", "t.rank", "text collate \"C\"").within("t.place_id");

/// A column counts its cards up to here; beyond, the list tells more.
pub const COLUMN_COUNT_LIMIT: i64 = 100;

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
        list.filters = self.conditions(BY_RANK);
        list.filters.push(" and t.kind <> 'epic' and t.status = ");
        match self.is_planned_once(me) {
            true => list.filters.push("'").push(status.as_str()).push("'"),
            false => list.filters.bind(status),
        };
        list.sort = BY_RANK;
        list.after = after;
        list.project = self.place();
        list.which = self.which();
        list.size = COLUMN_SIZE;
        list.page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    /// Else whoever reads two places among hundreds would get the plan of somebody who reads most: all that was ever done is looked through.
    fn is_planned_once(&self, me: &Actor) -> bool {
        self.place().is_some() || !visible::names_places(me)
    }

    /// All counts in one query, each up to `COLUMN_COUNT_LIMIT` + 1, so that a board costs the same however much was ever done.
    pub fn column_counts(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<ColumnCount>> {
        let filters = self.conditions(BY_RANK);
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
            .append(&filters)
            .push(" order by t.rank, t.id limit ")
            .number(COLUMN_COUNT_LIMIT + 1);
        sql.push(") few) as count from unnest('{");
        for (index, status) in Status::ALL.iter().enumerate() {
            sql.push(if index > 0 { "," } else { "" }).push(status.as_str());
        }
        sql.push("}'::text[]) as s(status)");
        if !filters.binds().is_empty() || !self.is_planned_once(me) {
            sql.plan_anew();
        }
        Ok(sql.load(tx.conn())?)
    }
}
