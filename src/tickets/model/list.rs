//! Listing: filters, a closed set of sort columns, and what a row shows.

use super::{Status, Ticket, TicketKind};
use crate::access::{Actor, Kind, ProjectId};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::records::{BY_CREATED, BY_TITLE, BY_UPDATED, List, Record, Sort, Which, belongs_to, tagged, title_contains};
use crate::tql::Plan;
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Date, Nullable, SmallInt, Text};
use std::sync::Arc;

pub(super) const BY_PRIORITY: Sort = Sort::new("priority", "t.priority", "int4").within("t.place_id");

/// Sort columns by their word in the address; the first is the default.
pub const SORTS: [Sort; 5] = [
    BY_UPDATED,
    BY_PRIORITY,
    Sort::new("due", "t.due_on", "date").nullable().within("t.place_id"),
    BY_CREATED,
    BY_TITLE,
];

/// A query that takes longer to count is not counted.
const COUNT_PATIENCE_MS: i32 = 500;

/// What a list is narrowed to. Empty means all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub words: Option<String>,
    pub statuses: Vec<Status>,
    pub kinds: Vec<TicketKind>,
    pub priorities: Vec<i16>,
    /// `Some(None)`: nobody.
    pub assignee: Option<Option<PersonId>>,
    pub tag: Option<String>,
    /// Hides what is done, unless a status asks for it.
    pub open_only: bool,
    pub due_before: Option<NaiveDate>,
    pub project: Option<ProjectId>,
    pub archived: bool,
    /// What was asked for in TQL: it narrows on, and its order and its archived tickets stand before those here.
    pub plan: Option<Arc<Plan>>,
}

/// A ticket as a row shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub ticket_kind: TicketKind,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = SmallInt)]
    pub priority: i16,
    #[diesel(sql_type = Nullable<Date>)]
    pub due_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Text>)]
    pub assignee: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    pub tags: Vec<String>,
    #[diesel(sql_type = BigInt)]
    pub children: i64,
    #[diesel(sql_type = BigInt)]
    pub children_done: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub sort_value: Option<String>,
}

pub(super) const ROW_COLUMNS: &str = ", t.kind as ticket_kind, t.status, t.priority, t.due_on,
    (select p.name from people p where p.id = t.assignee_id) as assignee,
    array(select rt.tag from record_tags rt where rt.record_id = r.id order by rt.tag) as tags,
    (select count(*) from tickets c where c.parent_id = t.id) as children,
    (select count(*) from tickets c where c.parent_id = t.id and c.status in ('done', 'canceled')) as children_done";

/// A ticket in a list of whole ones.
#[derive(QueryableByName)]
struct Whole {
    #[diesel(embed)]
    ticket: Ticket,
    #[diesel(sql_type = Nullable<Text>)]
    sort_value: Option<String>,
}

// Texts stay where they are: two hundred of them may be two hundred megabytes.
const WITHOUT_BODY: &str =
    ", t.kind as ticket_kind, t.status, t.priority, '' as body, t.assignee_id, t.reporter_id, t.parent_id,
    t.start_on, t.due_on, t.estimate, t.rank, t.resolved_at";

impl Filter {
    /// Whole tickets but for the body, which is empty.
    pub fn tickets(
        &self,
        tx: &mut Tx,
        me: &Actor,
        sort: Sort,
        after: Option<Cursor>,
        size: usize,
    ) -> Result<Page<Ticket>> {
        let list = List { columns: WITHOUT_BODY, name: "tickets::list_whole", size, ..self.list(sort, after) };
        let page = list.page(tx, me, |row: &Whole| (row.sort_value.clone(), row.ticket.record.id.0))?;
        Ok(page.map(|row| row.ticket))
    }

    pub fn list(&self, sort: Sort, after: Option<Cursor>) -> List {
        let mut list = List::new(Kind::Ticket, "tickets::list", ROW_COLUMNS, "join tickets t on t.id = r.id");
        list.filters = self.conditions(sort);
        list.sort = sort;
        list.after = after;
        list.project = self.place();
        list.which = self.which();
        list.is_narrow =
            matches!(self.assignee, Some(Some(_))) || self.plan.as_ref().is_some_and(|plan| plan.is_somebodys);
        if let Some((first, then)) = self.plan.as_ref().and_then(|plan| plan.sorts.split_first()) {
            (list.sort, list.then) = (*first, then.to_vec());
        }
        list
    }

    pub fn page(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> Result<Page<Row>> {
        self.list(sort, after).page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        // In a project: by the tickets' own column of places, whose indexes know status and priority too. Few tickets are archived.
        let counts_newest = self.plan.as_ref().is_some_and(|plan| plan.asks_history);
        let sort = if self.which() == Which::Active && !counts_newest { BY_PRIORITY } else { BY_UPDATED };
        let list = List { counts_newest, sort, ..self.list(sort, None) };
        list.count(tx, me)
    }

    /// As `count`, unless that takes longer than `COUNT_PATIENCE_MS`: then None. What few match is found quickly among the newest, and may
    /// yet take long to count.
    pub fn count_in_time(&self, tx: &mut Tx, me: &Actor) -> Result<Option<i64>> {
        Sql::new("savepoint counting").execute(tx.conn())?;
        let mut patience = Sql::new("select set_config('statement_timeout', least(nullif(setting::int, 0), ");
        patience.bind(COUNT_PATIENCE_MS).push(")::text, true) from pg_settings where name = 'statement_timeout'");
        patience.execute(tx.conn())?;
        let counted = match self.count(tx, me) {
            Err(error) if error.is_too_slow() => None,
            counted => Some(counted?),
        };
        // Back to where the rest of the transaction has its own patience.
        Sql::new("rollback to savepoint counting").execute(tx.conn())?;
        Ok(counted)
    }

    pub(super) fn which(&self) -> Which {
        self.plan.as_ref().and_then(|plan| plan.which).unwrap_or(Which::archived(self.archived))
    }

    /// The project that all of it is in.
    pub(super) fn place(&self) -> Option<ProjectId> {
        self.project.or(self.plan.as_ref().and_then(|plan| plan.project))
    }

    /// For a list in this order.
    pub(super) fn conditions(&self, sort: Sort) -> Sql {
        let mut sql = Sql::new("");
        if let Some(words) = &self.words {
            sql.append(&title_contains(words));
        }
        if !self.statuses.is_empty() {
            sql.push(" and t.status = any(").bind(words_of(&self.statuses, |status| status.as_str())).push(")");
        } else if self.open_only {
            sql.push(" and t.status not in ('done', 'canceled')");
        }
        if !self.kinds.is_empty() {
            sql.push(" and t.kind = any(").bind(words_of(&self.kinds, |kind| kind.as_str())).push(")");
        }
        if !self.priorities.is_empty() {
            sql.push(" and t.priority = any(")
                .bind(self.priorities.iter().map(i16::to_string).collect::<Vec<_>>())
                .push("::text[]::smallint[])");
        }
        if let Some(assignee) = self.assignee {
            // In its records somebody's own are read in the order of change; what else has an index with whose it is finds that faster by it.
            let is_by_change = sort.is_of_records() && self.priorities.is_empty() && self.due_before.is_none();
            let column = if is_by_change && assignee.is_some() { "r.assignee_id" } else { "t.assignee_id" };
            sql.append(&belongs_to(column, assignee));
        }
        if let Some(tag) = &self.tag {
            sql.append(&tagged(tag));
        }
        if let Some(before) = self.due_before {
            sql.push(" and t.due_on < ").bind(before);
        }
        if let Some(plan) = &self.plan {
            sql.append(&plan.conditions);
            if let (Some(_), Some(project)) = (self.project, plan.project) {
                sql.push(" and r.project_id = ").bind(project);
            }
        }
        sql
    }
}

fn words_of<T: Copy>(list: &[T], word: impl Fn(T) -> &'static str) -> Vec<String> {
    list.iter().map(|item| word(*item).to_owned()).collect()
}

impl Row {
    /// One ticket as a row; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Row> {
        let mut list = Filter { open_only: false, ..Filter::default() }.list(BY_UPDATED, None);
        list.filters.push(" and r.display_id = ").bind(display_id);
        list.size = 1;
        let page: Page<Row> = list.page(tx, me, |row: &Row| (None, row.record.id.0))?;
        page.rows.into_iter().next().ok_or(Error::NotFound)
    }

    /// Message key, and the name of the symbol.
    pub fn priority_label(&self) -> String {
        super::priority_label(self.priority)
    }
}
