//! The one way to list records: visible places, filters, a closed set of sort columns, keyset paging.

use crate::access::{Actor, Kind, ProjectId, visible};
use crate::db::Tx;
use crate::db::paging::{COUNT_LIMIT, Cursor, PAGE_SIZE, Page};
use crate::db::sql::{Bind, Sql, containing};
use crate::error::{Error, Result};
use crate::people::PersonId;
use diesel::QueryableByName;
use diesel::pg::PgConnection;
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::BigInt;
use uuid::Uuid;

/// One sortable column of a list. `expression`, `cast` and `place` are ours, never a person's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// Its word in addresses and cursors.
    pub key: &'static str,
    pub expression: &'static str,
    /// SQL type a cursor's text is cast back to.
    pub cast: &'static str,
    pub descending: bool,
    /// Whether rows may have no value. Only then the order says where they come: an index serves an order it matches in every word.
    pub nullable: bool,
    /// The place column of the table with the expression, so that one index holds place and order. `records` keeps the copies true.
    pub place: &'static str,
}

impl Sort {
    /// A column that every row has a value in.
    pub const fn new(key: &'static str, expression: &'static str, cast: &'static str) -> Self {
        Sort { key, expression, cast, descending: false, nullable: false, place: "r.place_id" }
    }

    pub const fn descending(self) -> Self {
        Sort { descending: true, ..self }
    }

    /// Rows without a value come last, in either direction.
    pub const fn nullable(self) -> Self {
        Sort { nullable: true, ..self }
    }

    pub const fn within(self, place: &'static str) -> Self {
        Sort { place, ..self }
    }

    fn order(self) -> &'static str {
        match (self.descending, self.nullable) {
            (true, true) => "desc nulls last",
            (true, false) => "desc",
            (false, _) => "asc",
        }
    }
}

/// Newest change first: every kind can be sorted so.
pub const BY_UPDATED: Sort = Sort::new("updated", "r.updated_at", "timestamptz").descending();
pub const BY_CREATED: Sort = Sort::new("created", "r.created_at", "timestamptz").descending();
pub const BY_TITLE: Sort = Sort::new("title", "lower(r.title)", "text");

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
    pub after: Option<Cursor>,
    pub project: Option<ProjectId>,
    pub archived: bool,
    pub size: usize,
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
            after: None,
            project: None,
            archived: false,
            size: PAGE_SIZE,
        }
    }

    /// A page of rows, each giving its sort value (column `sort_value`) and id.
    pub fn page<T>(&self, tx: &mut Tx, me: &Actor, key: impl Fn(&T) -> (Option<String>, Uuid)) -> Result<Page<T>>
    where
        Sql: for<'q> LoadQuery<'q, PgConnection, T>,
    {
        let rows: Vec<T> = self.statement(me)?.load(tx.conn())?;
        let sort = self.sort.key;
        Ok(Page::cut(rows, self.size, |row| {
            let (value, id) = key(row);
            Cursor { sort: sort.to_owned(), value, id }
        }))
    }

    /// How many there are, up to `COUNT_LIMIT` + 1.
    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        let mut sql = Sql::named(
            &format!("{}_count", self.name),
            &format!("select count(*) as count from (select 1 from records r {} where ", self.joins),
        );
        sql.append(&self.conditions(me)).push(" limit ").bind(COUNT_LIMIT + 1).push(") few");
        self.plan(&mut sql);
        Ok(sql.load::<Count>(tx.conn())?.first().map(|row| row.count).unwrap_or_default())
    }

    /// The statement of the page. One row more than a page, to know of a next one.
    pub fn statement(&self, me: &Actor) -> Result<Sql> {
        let few = match self.project {
            Some(_) => None,
            None => visible::few_places(me),
        };
        let by_place = few.is_some();
        let mut sql = Sql::named(self.name, "select * from (");
        if let Some(places) = few {
            sql.push("select x.* from unnest(")
                .bind(Bind::Uuids(places))
                .push("::uuid[]) as place(id) cross join lateral (");
        }
        sql.push(&format!(
            "select {}{}, {} as sort_key, {}::text as sort_value from records r {} where ",
            super::RECORD_COLUMNS,
            self.columns,
            self.sort.expression,
            self.sort.expression,
            self.joins
        ));
        if by_place {
            sql.push(self.sort.place).push(" = place.id and ").append(&self.narrowing()).append(&visible::kinds(me));
        } else {
            sql.append(&self.conditions(me));
        }
        self.keyset(&mut sql)?;
        let order = self.sort.order();
        let tail = if self.sort.descending { "desc" } else { "asc" };
        let limit = i64::try_from(self.size + 1).unwrap_or(i64::MAX);
        sql.push(&format!(" order by {} {order}, r.id {tail} limit ", self.sort.expression)).bind(limit);
        if by_place {
            sql.push(") x");
        }
        sql.push(&format!(") page order by sort_key {order}, id {tail} limit ")).bind(limit);
        self.plan(&mut sql);
        Ok(sql)
    }

    /// A tag may stand on every second record or on three: one plan for both is wrong for one of them by a factor of a hundred.
    fn plan(&self, sql: &mut Sql) {
        if !self.filters.binds().is_empty() {
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
        let mut sql = Sql::new("r.kind = ");
        sql.bind(self.kind);
        sql.push(if self.archived { " and r.archived_at is not null" } else { " and r.archived_at is null" });
        sql.append(&self.filters);
        sql
    }

    /// Rows after the cursor; empty values come last in either direction.
    fn keyset(&self, sql: &mut Sql) -> Result<()> {
        let Some(cursor) = &self.after else { return Ok(()) };
        if cursor.sort != self.sort.key {
            return Err(Error::invalid("after", "problem-cursor"));
        }
        let Sort { expression, cast, .. } = self.sort;
        let than = if self.sort.descending { "<" } else { ">" };
        match &cursor.value {
            Some(value) => {
                check_cursor_value(cast, value)?;
                sql.push(&format!(" and (({expression}, r.id) {than} ("))
                    .bind(value.as_str())
                    .push(&format!("::text::{cast}, "));
                sql.bind(cursor.id).push(")");
                sql.push(&if self.sort.nullable { format!(" or {expression} is null)") } else { ")".to_owned() });
            }
            None => {
                sql.push(&format!(" and {expression} is null and r.id {than} ")).bind(cursor.id);
            }
        }
        Ok(())
    }
}

/// A forged cursor must be a clear error, not a failed cast in the database.
fn check_cursor_value(cast: &str, value: &str) -> Result<()> {
    let fits = match cast {
        "timestamptz" => chrono::DateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S%.f%#z").is_ok(),
        "date" => chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok(),
        "int4" => value.parse::<i32>().is_ok(),
        _ => !value.contains('\0'),
    };
    if fits { Ok(()) } else { Err(Error::invalid("after", "problem-cursor")) }
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
