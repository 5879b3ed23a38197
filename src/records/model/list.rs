//! The one way to list records: visible places, filters, a closed set of sort columns, keyset paging.

use super::sort::{BY_UPDATED, Order, Sort};
use crate::access::{Actor, Kind, ProjectId, visible};
use crate::db::Tx;
use crate::db::paging::{COLUMN_SIZE, Cursor, LIST_COUNT_LIMIT, PAGE_SIZE, Page};
use crate::db::sql::{Bind, Sql, containing};
use crate::error::Result;
use crate::people::PersonId;
use diesel::QueryableByName;
use diesel::pg::PgConnection;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::BigInt;
use uuid::Uuid;

/// What of the archived a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    #[default]
    Active,
    Archived,
    All,
}

impl Which {
    pub fn archived(is_archived: bool) -> Which {
        if is_archived { Which::Archived } else { Which::Active }
    }

    /// Of `r`; empty, or beginning with ` and `.
    pub fn condition(self) -> &'static str {
        match self {
            Which::Active => " and r.archived_at is null",
            Which::Archived => " and r.archived_at is not null",
            Which::All => "",
        }
    }
}

/// What a list is asked for.
#[derive(Clone)]
pub struct List {
    pub kind: Kind,
    /// Name in the database's logs.
    pub name: &'static str,
    /// Further columns, beginning with a comma.
    pub columns: &'static str,
    /// `join tickets t on t.id = r.id`
    pub joins: &'static str,
    /// Conditions, each beginning with ` and `.
    pub filters: Sql,
    pub sort: Sort,
    /// Further columns, where the first has the same value.
    pub then: Vec<Sort>,
    pub after: Option<Cursor>,
    pub project: Option<ProjectId>,
    pub which: Which,
    pub size: usize,
    /// The filter finds what it leaves by an index of its own: asked place by place it would look through all of that for each.
    pub is_narrow: bool,
    /// What the filter leaves is guessed wrongly by a planner (a history does that), but it is found among the newest.
    pub counts_newest: bool,
}

impl List {
    pub fn new(kind: Kind, name: &'static str, columns: &'static str, joins: &'static str) -> Self {
        List {
            kind,
            name,
            columns,
            joins,
            filters: Sql::new(""),
            sort: BY_UPDATED,
            then: Vec::new(),
            after: None,
            project: None,
            which: Which::Active,
            size: PAGE_SIZE,
            is_narrow: false,
            counts_newest: false,
        }
    }

    /// A page of rows, each giving its sort value (column `sort_value`) and id.
    pub fn page<T>(&self, tx: &mut Tx, me: &Actor, key: impl Fn(&T) -> (Option<String>, Uuid)) -> Result<Page<T>>
    where
        Sql: for<'q> LoadQuery<'q, PgConnection, T>,
    {
        let rows: Vec<T> = self.statement(me)?.load(tx.conn())?;
        let sort = Order { sort: self.sort, then: &self.then }.key();
        Ok(Page::cut(rows, self.size, |row| {
            let (value, id) = key(row);
            Cursor { sort: sort.clone(), value, id }
        }))
    }

    /// How many there are, up to `LIST_COUNT_LIMIT` + 1.
    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        // Each record has its row in the table of its kind, so that one is only looked up when it is asked about.
        let joins = if self.filters.is_empty() && self.project.is_none() { "" } else { self.joins };
        let mut sql = Sql::named(
            &format!("{}_count", self.name),
            &format!("select count(*) as count from (select 1 from records r {joins} where "),
        );
        sql.append(&self.conditions(me));
        sql.push(if self.counts_newest { " order by r.updated_at desc, r.id desc" } else { "" })
            .push(" limit ")
            .number(LIST_COUNT_LIMIT + 1)
            .push(") few");
        self.plan(&mut sql, me);
        Ok(sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
    }

    /// The statement of the page.
    pub fn statement(&self, me: &Actor) -> Result<Sql> {
        let few = match self.project {
            None if !self.is_narrow => visible::few_places(me),
            _ => None,
        };
        let by_place = few.is_some();
        let mut sql = Sql::named(self.name, "select * from (");
        if let Some(places) = few {
            sql.push("select x.* from unnest(")
                .bind(Bind::Uuids(places))
                .push("::uuid[]) as place(id) cross join lateral (");
        }
        let order = Order { sort: self.sort, then: &self.then };
        sql.push(&format!(
            "select {}{}{} from records r {} where ",
            super::RECORD_COLUMNS,
            self.columns,
            order.columns(),
            self.joins
        ));
        if by_place {
            sql.push(self.sort.place).push(" = place.id and ").append(&self.narrowing()).append(&visible::kinds(me));
        } else {
            sql.append(&self.conditions(me));
        }
        if let Some(cursor) = &self.after {
            sql.append(&order.behind(cursor)?);
        }
        self.limit(sql.push(&format!(" order by {}", order.inside())));
        if by_place {
            sql.push(") x");
        }
        self.limit(sql.push(&format!(") page order by {}", order.outside())));
        self.plan(&mut sql, me);
        Ok(sql)
    }

    /// One row more than a page, to know of a next one. Programs ask for pages of any size, which are not worth a statement each.
    fn limit(&self, sql: &mut Sql) {
        sql.push(" limit ");
        match self.size {
            PAGE_SIZE | COLUMN_SIZE => sql.number(self.size + 1),
            other => sql.bind(i64::try_from(other + 1).unwrap_or(i64::MAX)),
        };
    }

    /// A tag may stand on every second record or on three: one plan for both is wrong for one of them by a factor of a hundred. So is one
    /// for many places, which are taken for ten.
    fn plan(&self, sql: &mut Sql, me: &Actor) {
        let has_many_places = self.project.is_none() && visible::has_many_places(me);
        if !self.filters.binds().is_empty() || has_many_places {
            sql.plan_anew();
        }
    }

    /// What `r` must fulfil, without paging: for figures over the same rows.
    pub fn conditions(&self, me: &Actor) -> Sql {
        let mut sql = match self.project {
            Some(project) => visible::in_project(me, project, self.sort.place),
            None => visible::records(me),
        };
        sql.push(" and ").append(&self.narrowing());
        sql
    }

    fn narrowing(&self) -> Sql {
        // As text: a plan for any kind takes the most frequent one for a rare one.
        let mut sql = Sql::new("r.kind = '");
        sql.push(self.kind.as_str()).push("'").push(self.which.condition());
        sql.append(&self.filters);
        sql
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// A condition "title contains": case-insensitive, with the person's % and _ taken literally.
pub fn title_contains(words: &str) -> Sql {
    let mut sql = Sql::new(" and r.title ilike ");
    sql.bind(containing(words));
    sql
}

/// A condition "is this person's", or nobody's. `column` is ours.
pub fn belongs_to(column: &'static str, person: Option<PersonId>) -> Sql {
    let mut sql = Sql::new(" and ");
    match person {
        Some(person) => sql.push(column).push(" = ").bind(person),
        None => sql.push(column).push(" is null"),
    };
    sql
}

/// A condition "has this tag".
pub fn tagged(tag: &str) -> Sql {
    let mut sql = Sql::new(" and exists (select 1 from record_tags rt where rt.record_id = r.id and rt.tag = ");
    sql.bind(tag).push(")");
    sql
}
