//! Listing: filters, a closed set of sort columns, what a row shows, and the figures of the heat map.

use super::{Level, Risk, Status};
use crate::access::{Actor, Kind, ProjectId, visible};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::db::sql::{Bind, Sql};
use crate::error::Result;
use crate::people::PersonId;
use crate::records::{BY_CREATED, BY_TITLE, BY_UPDATED, List, Record, Sort, Which, belongs_to, tagged, title_contains};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Date, Nullable, SmallInt, Text};

/// By their word in the address; the first is the default.
pub const SORTS: [Sort; 5] = [
    Sort::new("score", "k.score", "int4").descending(),
    BY_UPDATED,
    Sort::new("review", "k.review_on", "date").nullable(),
    BY_CREATED,
    BY_TITLE,
];

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub words: Option<String>,
    pub status: Option<Status>,
    pub category: Option<String>,
    /// `Some(None)`: nobody's.
    pub owner: Option<Option<PersonId>>,
    pub tag: Option<String>,
    pub likelihood: Option<i16>,
    pub impact: Option<i16>,
    /// Hides the closed, unless the status asks for them.
    pub open_only: bool,
    pub project: Option<ProjectId>,
    pub archived: bool,
}

/// A risk as a row shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub status: Status,
    #[diesel(sql_type = SmallInt)]
    pub score: i16,
    #[diesel(sql_type = Nullable<Date>)]
    pub review_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Text>)]
    pub owner: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub sort_value: Option<String>,
}

impl Row {
    pub fn level(&self) -> Level {
        Level::of(self.score)
    }
}

/// How many risks stand in one cell of the heat map; empty cells are not named.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Tally {
    #[diesel(sql_type = SmallInt)]
    pub likelihood: i16,
    #[diesel(sql_type = SmallInt)]
    pub impact: i16,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

#[derive(QueryableByName)]
struct Category {
    #[diesel(sql_type = Text)]
    category: String,
}

const JOIN: &str = "join risks k on k.id = r.id";
const ROW: &str = ", k.status, k.score, k.review_on, (select p.name from people p where p.id = k.owner_id) as owner";

/// A risk in a list of whole ones.
#[derive(QueryableByName)]
struct Whole {
    #[diesel(embed)]
    risk: Risk,
    #[diesel(sql_type = Nullable<Text>)]
    sort_value: Option<String>,
}

const WITHOUT_TEXTS: &str =
    ", k.status, k.category, '' as description, '' as mitigation, '' as contingency, k.likelihood,
    k.impact, k.score, k.owner_id as risk_owner_id, k.review_on";

impl Filter {
    /// Whole risks but for their texts, which are empty.
    pub fn risks(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>, size: usize) -> Result<Page<Risk>> {
        let list = List { columns: WITHOUT_TEXTS, name: "risks::list_whole", size, ..self.list(sort, after) };
        let page = list.page(tx, me, |row: &Whole| (row.sort_value.clone(), row.risk.record.id.0))?;
        Ok(page.map(|row| row.risk))
    }

    fn list(&self, sort: Sort, after: Option<Cursor>) -> List {
        let mut list = List::new(Kind::Risk, "risks::list", ROW, JOIN);
        list.filters = self.conditions();
        list.sort = sort;
        list.after = after;
        list.project = self.project;
        list.which = Which::archived(self.archived);
        list
    }

    pub fn page(&self, tx: &mut Tx, me: &Actor, sort: Sort, after: Option<Cursor>) -> Result<Page<Row>> {
        self.list(sort, after).page(tx, me, |row: &Row| (row.sort_value.clone(), row.record.id.0))
    }

    pub fn count(&self, tx: &mut Tx, me: &Actor) -> Result<i64> {
        self.list(BY_UPDATED, None).count(tx, me)
    }

    /// Over what the list shows without its own cell, and only what `me` may see.
    pub fn heat(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Tally>> {
        let everywhere = Filter { likelihood: None, impact: None, ..self.clone() };
        let mut sql = Sql::named(
            "risks::heat",
            &format!("select k.likelihood, k.impact, count(*) as count from records r {JOIN} where "),
        );
        sql.append(&everywhere.list(BY_UPDATED, None).conditions(me)).push(" group by k.likelihood, k.impact");
        Ok(sql.load(tx.conn())?)
    }

    fn conditions(&self) -> Sql {
        let mut sql = Sql::new("");
        if let Some(words) = &self.words {
            sql.append(&title_contains(words));
        }
        match self.status {
            Some(status) => sql.push(" and k.status = ").bind(status),
            None if self.open_only => sql.push(" and k.status <> 'closed'"),
            None => &mut sql,
        };
        if let Some(category) = &self.category {
            sql.push(" and k.category = ").bind(category.as_str());
        }
        if let Some(owner) = self.owner {
            sql.append(&belongs_to("k.owner_id", owner));
        }
        if let Some(tag) = &self.tag {
            sql.append(&tagged(tag));
        }
        for (column, weight) in [(" and k.likelihood = ", self.likelihood), (" and k.impact = ", self.impact)] {
            if let Some(weight) = weight {
                sql.push(column).bind(Bind::Int(weight.into()));
            }
        }
        sql
    }
}

/// Categories offered by menus.
pub const MAX_CATEGORIES: i32 = 100;

/// The categories in use on what `me` may see, most used first.
pub fn categories(tx: &mut Tx, me: &Actor) -> Result<Vec<String>> {
    let mut sql = Sql::named(
        "risks::categories",
        &format!("select k.category from records r {JOIN} where k.category <> '' and r.archived_at is null and "),
    );
    sql.append(&visible::records(me)).push(" group by k.category order by count(*) desc, k.category limit ");
    sql.bind(MAX_CATEGORIES);
    Ok(sql.load::<Category>(tx.conn())?.into_iter().map(|row| row.category).collect())
}
