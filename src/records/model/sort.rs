//! The order of a list, and what comes behind a cursor in it. Rows without a value come last, in either direction.

use crate::db::paging::Cursor;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use chrono::Datelike;

const OF_RECORDS: &str = "r.place_id";

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
        Sort { key, expression, cast, descending: false, nullable: false, place: OF_RECORDS }
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

    /// Of `records`, whose indexes have the order of change, and not of the kind's own table.
    pub fn is_of_records(self) -> bool {
        self.place == OF_RECORDS
    }

    /// Ascending needs no word for where the empty come: last.
    fn order(self) -> &'static str {
        match (self.descending, self.nullable) {
            (true, true) => "desc nulls last",
            (true, false) => "desc",
            (false, _) => "asc",
        }
    }

    fn than(self) -> &'static str {
        if self.descending { "<" } else { ">" }
    }
}

/// Newest change first: every kind can be sorted so.
pub const BY_UPDATED: Sort = Sort::new("updated", "r.updated_at", "timestamptz").descending();
pub const BY_CREATED: Sort = Sort::new("created", "r.created_at", "timestamptz").descending();
pub const BY_TITLE: Sort = Sort::new("title", "lower(r.title)", "text");

/// A column, those that follow it, and the id.
pub(super) struct Order<'l> {
    pub sort: Sort,
    pub then: &'l [Sort],
}

impl Order<'_> {
    fn sorts(&self) -> impl Iterator<Item = Sort> {
        std::iter::once(self.sort).chain(self.then.iter().copied())
    }

    /// What a cursor of this order is known by.
    pub fn key(&self) -> String {
        self.sorts().map(|sort| sort.key).collect::<Vec<_>>().join(",")
    }

    /// Columns to select: `sort_key`, `sort_key_1`…, and `sort_value`, which a cursor carries.
    pub fn columns(&self) -> String {
        let mut columns = format!(", {} as sort_key", self.sort.expression);
        for (index, sort) in self.then.iter().enumerate() {
            columns.push_str(&format!(", {} as sort_key_{}", sort.expression, index + 1));
        }
        let texts: Vec<String> = self.sorts().map(|sort| format!("{}::text", sort.expression)).collect();
        match self.then.is_empty() {
            true => columns.push_str(&format!(", {} as sort_value", texts.concat())),
            false => columns.push_str(&format!(", json_build_array({})::text as sort_value", texts.join(", "))),
        }
        columns
    }

    /// Over the records.
    pub fn inside(&self) -> String {
        let parts: Vec<String> = self.sorts().map(|sort| format!("{} {}", sort.expression, sort.order())).collect();
        format!("{}, r.id {}", parts.join(", "), self.tail())
    }

    /// Over the columns of `columns`.
    pub fn outside(&self) -> String {
        let mut parts = vec![format!("sort_key {}", self.sort.order())];
        for (index, sort) in self.then.iter().enumerate() {
            parts.push(format!("sort_key_{} {}", index + 1, sort.order()));
        }
        format!("{}, id {}", parts.join(", "), self.tail())
    }

    fn tail(&self) -> &'static str {
        if self.sort.descending { "desc" } else { "asc" }
    }

    /// A condition, beginning with ` and `. `Invalid` for a cursor of another order, or a forged one.
    pub fn behind(&self, cursor: &Cursor) -> Result<Sql> {
        if cursor.sort != self.key() {
            return Err(Error::invalid("after", "problem-cursor"));
        }
        match self.then.is_empty() {
            true => self.behind_one(cursor),
            false => self.behind_many(cursor),
        }
    }

    /// Compared as a row, which an index walks.
    fn behind_one(&self, cursor: &Cursor) -> Result<Sql> {
        let Sort { expression, cast, nullable, .. } = self.sort;
        let than = self.sort.than();
        let mut sql = Sql::new("");
        match &cursor.value {
            Some(value) => {
                check_cursor_value(cast, value)?;
                sql.push(&format!(" and (({expression}, r.id) {than} ("))
                    .bind(value.as_str())
                    .push(&format!("::text::{cast}, "));
                sql.bind(cursor.id).push(")");
                sql.push(&if nullable { format!(" or {expression} is null)") } else { ")".to_owned() });
            }
            None => {
                sql.push(&format!(" and {expression} is null and r.id {than} ")).bind(cursor.id);
            }
        }
        Ok(sql)
    }

    /// Behind in the first column; or equal there and behind in the second; and so on to the id.
    fn behind_many(&self, cursor: &Cursor) -> Result<Sql> {
        let forged = || Error::invalid("after", "problem-cursor");
        let values: Vec<Option<String>> =
            serde_json::from_str(cursor.value.as_deref().unwrap_or_default()).map_err(|_| forged())?;
        if values.len() != self.then.len() + 1 {
            return Err(forged());
        }
        let (mut sql, mut equal) = (Sql::new(" and ("), Sql::new(""));
        for (sort, value) in self.sorts().zip(&values) {
            let Sort { expression, cast, .. } = sort;
            let mut same = Sql::new(expression);
            match value {
                Some(value) => {
                    check_cursor_value(cast, value)?;
                    sql.push("(").append(&equal).push(&format!("({expression} {} ", sort.than()));
                    sql.bind(value.as_str()).push(&format!("::text::{cast}"));
                    sql.push(&if sort.nullable {
                        format!(" or {expression} is null)) or ")
                    } else {
                        ")) or ".to_owned()
                    });
                    same.push(" = ").bind(value.as_str()).push(&format!("::text::{cast}"));
                }
                // Nothing comes behind what is empty.
                None => drop(same.push(" is null")),
            }
            equal.append(&same).push(" and ");
        }
        let than = self.sort.than();
        sql.push("(").append(&equal).push(&format!("r.id {than} ")).bind(cursor.id).push("))");
        Ok(sql)
    }
}

/// A forged cursor must be a clear error, not a failed cast in the database.
fn check_cursor_value(cast: &str, value: &str) -> Result<()> {
    // PostgreSQL knows no year 0, and no zone that far away.
    const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;
    const MAX_ZONE_SECONDS: i32 = 15 * 3600;
    let is_plain = value.starts_with(|c: char| c.is_ascii_digit());
    let fits = match cast {
        "timestamptz" => chrono::DateTime::parse_from_str(value, "%Y-%m-%d %H:%M:%S%.f%#z").is_ok_and(|at| {
            is_plain && YEARS.contains(&at.year()) && at.offset().local_minus_utc().abs() <= MAX_ZONE_SECONDS
        }),
        "date" => {
            chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok_and(|on| is_plain && YEARS.contains(&on.year()))
        }
        "int4" => value.parse::<i32>().is_ok(),
        _ => !value.contains('\0'),
    };
    if fits { Ok(()) } else { Err(Error::invalid("after", "problem-cursor")) }
}
