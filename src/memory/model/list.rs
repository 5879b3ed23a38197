//! Listing; and what counts as context, which is the one way to ask what the company knows.

use super::{COLUMNS, Item, Standing, Status, Type, today};
use crate::access::{Actor, Kind, ProjectId, visible};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use crate::records::{BY_CREATED, BY_TITLE, BY_UPDATED, List, RECORD_COLUMNS, Sort, Which, tagged, title_contains};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};

/// By their word in the address; the first is the default.
pub const SORTS: [Sort; 6] = [
    BY_UPDATED,
    Sort::new("importance", "m.importance", "int4").descending(),
    Sort::new("confidence", "m.confidence", "int4").descending(),
    Sort::new("until", "m.valid_until", "date").nullable(),
    BY_CREATED,
    BY_TITLE,
];

/// Items handed out as context.
pub const MAX_CONTEXT: i32 = 500;

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub words: Option<String>,
    pub kind: Option<Type>,
    /// None for all but the archived.
    pub standing: Option<Standing>,
    pub needs_review: bool,
    pub importance: Option<i16>,
    pub tag: Option<String>,
    pub project: Option<ProjectId>,
}

/// An item as a row shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub item: Item,
    /// Display ID of its first source, when the reader may read it.
    #[diesel(sql_type = Nullable<Text>)]
    pub source: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub sort_value: Option<String>,
}

/// True for what one may rely on; beginning with ` and `. `memory_items` is aliased `m`, `records` `r`.
pub(super) fn counts(today: NaiveDate) -> Sql {
    let mut sql = Sql::new(" and r.archived_at is null and m.status = ");
    sql.bind(Status::Active).push(" and (m.valid_from is null or m.valid_from <= ").bind(today);
    sql.push(") and (m.valid_until is null or m.valid_until >= ").bind(today).push(")");
    sql
}

/// What the company knows, as far as `me` may read it: active and valid, the most important first, then the surest. With a project,
/// that project's and the whole organisation's.
pub fn context(tx: &mut Tx, me: &Actor, project: Option<ProjectId>, limit: i32) -> Result<Vec<Item>> {
    context_of(tx, me, (project, None), limit)
}

/// As `context`, of one type alone when it is named.
pub fn context_of(
    tx: &mut Tx,
    me: &Actor,
    (project, kind): (Option<ProjectId>, Option<Type>),
    limit: i32,
) -> Result<Vec<Item>> {
    let mut sql = Sql::named(
        "memory::context",
        &format!("select {RECORD_COLUMNS}{COLUMNS} from records r join memory_items m on m.id = r.id where r.kind = "),
    );
    sql.bind(Kind::Memory).append(&counts(today(tx, me))).push(" and ").append(&visible::records(me));
    if let Some(kind) = kind {
        sql.push(" and m.item_type = ").bind(kind);
    }
    if let Some(project) = project {
        sql.push(" and (r.project_id = ").bind(project).push(" or r.scope = 'organisation')");
    }
    sql.push(" order by m.importance desc, m.confidence desc, r.updated_at desc, r.id limit ");
    sql.bind(limit.clamp(0, MAX_CONTEXT));
    Ok(sql.load(tx.conn())?)
}

impl Filter {
    fn list(&self, tx: &Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> List {
        const JOIN: &str = "join memory_items m on m.id = r.id";
        let mut list = List::new(Kind::Memory, "memory::list", ROW, JOIN);
        list.filters = self.conditions(today(tx, me));
        list.sort = sort;
        list.after = after;
        list.project = self.project;
        list.which = Which::archived(self.standing == Some(Standing::Archived));
        list
    }

    pub fn page(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> Result<Page<Row>> {
        let page =
            self.list(tx, me, sort, after).page(tx, me, |row: &Row| (row.sort_value.clone(), row.item.record.id.0))?;
        super::with_first_sources(tx, me, page)
    }

    /// Whole items.
    pub fn items(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>, size: usize) -> Result<Page<Item>> {
        let list = List { size, ..self.list(tx, me, sort, after) };
        Ok(list.page(tx, me, |row: &Row| (row.sort_value.clone(), row.item.record.id.0))?.map(|row| row.item))
    }

    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        self.list(tx, me, BY_UPDATED, None).count(tx, me)
    }

    fn conditions(&self, today: NaiveDate) -> Sql {
        let mut sql = Sql::new("");
        if let Some(words) = &self.words {
            sql.append(&title_contains(words));
        }
        match self.standing {
            Some(Standing::Counts) => drop(sql.append(&counts(today))),
            Some(Standing::Expired) => {
                sql.push(" and m.status = 'active' and m.valid_until < ").bind(today);
            }
            Some(Standing::Early) => {
                sql.push(" and m.status = 'active' and m.valid_from > ").bind(today);
            }
            Some(Standing::Superseded) => drop(sql.push(" and m.status = 'superseded'")),
            Some(Standing::Archived) | None => {}
        }
        if let Some(kind) = self.kind {
            sql.push(" and m.item_type = ").bind(kind);
        }
        if self.needs_review {
            sql.push(" and m.needs_review and m.status = 'active'");
        }
        if let Some(importance) = self.importance {
            sql.push(" and m.importance = ").bind(Bind::Int(importance.into()));
        }
        if let Some(tag) = &self.tag {
            sql.append(&tagged(tag));
        }
        sql
    }
}

const ROW: &str =
    ", m.item_type, m.status, m.body, m.confidence, m.importance, m.valid_from, m.valid_until, m.needs_review,
    null::text as source";
