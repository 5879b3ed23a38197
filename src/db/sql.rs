//! SQL put together from fragments and binds. Values only ever travel as binds, but for numbers and words of our own. Unlike diesel's `sql_query` it is
//! prepared once per shape and connection, which halves the time of a short query.

use crate::db::stats;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::sql_types::{
    Array, Bool, Bytea, Date, Int4, Int8, Jsonb, Nullable, Text, Timestamptz, Untyped, Uuid as SqlUuid,
};
use diesel::{QueryResult, RunQueryDsl};
use uuid::Uuid;

#[derive(Clone, PartialEq)]
pub enum Bind {
    Uuid(Uuid),
    MaybeUuid(Option<Uuid>),
    Uuids(Vec<Uuid>),
    Text(String),
    Texts(Vec<String>),
    Int(i32),
    MaybeInt(Option<i32>),
    Big(i64),
    Bool(bool),
    Time(DateTime<Utc>),
    Date(NaiveDate),
    MaybeDate(Option<NaiveDate>),
    Bytes(Vec<u8>),
    Json(serde_json::Value),
}

macro_rules! bind_from {
    ($($ty:ty => $variant:ident),* $(,)?) => { $(impl From<$ty> for Bind { fn from(value: $ty) -> Self { Bind::$variant(value) } })* };
}
bind_from! {
    Uuid => Uuid, Option<Uuid> => MaybeUuid, Vec<Uuid> => Uuids, String => Text, Vec<String> => Texts, i32 => Int, Option<i32> => MaybeInt, i64 => Big,
    bool => Bool, DateTime<Utc> => Time, NaiveDate => Date, Option<NaiveDate> => MaybeDate, Vec<u8> => Bytes,
    serde_json::Value => Json,
}
impl From<&str> for Bind {
    fn from(value: &str) -> Self {
        Bind::Text(value.to_owned())
    }
}

/// A `like` pattern for what contains these words, with the person's own % _ \ taken literally.
pub fn containing(text: &str) -> String {
    format!("%{}", beginning(text))
}

/// As `containing`, for what begins so.
pub fn beginning(text: &str) -> String {
    format!("{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

/// A statement in the making: text pieces with a bind between each two.
#[derive(Clone, Default)]
pub struct Sql {
    pieces: Vec<String>,
    binds: Vec<Bind>,
    is_planned_anew: bool,
}

impl Sql {
    /// `name` ends up as a leading comment, so that the database's slow log points back at the code.
    pub fn named(name: &str, text: &str) -> Self {
        Sql { pieces: vec![format!("/* {name} */ {text}")], ..Sql::default() }
    }

    pub fn new(text: &str) -> Self {
        Sql { pieces: vec![text.to_owned()], ..Sql::default() }
    }

    /// Adds fixed text. Never pass anything a person typed.
    pub fn push(&mut self, text: &str) -> &mut Self {
        match self.pieces.last_mut() {
            Some(last) => last.push_str(text),
            None => self.pieces.push(text.to_owned()),
        }
        self
    }

    pub fn bind(&mut self, value: impl Into<Bind>) -> &mut Self {
        if self.pieces.is_empty() {
            self.pieces.push(String::new());
        }
        self.binds.push(value.into());
        self.pieces.push(String::new());
        self
    }

    /// A number of ours as text, for `limit`: a bound one is taken for a tenth of all rows, and a plan for any values never looks cheaper
    /// than one for these. What a person chooses is bound, or each choice would be a statement of its own.
    pub fn number(&mut self, value: impl TryInto<i64>) -> &mut Self {
        let value = value.try_into().unwrap_or(i64::MAX);
        self.push(&value.to_string())
    }

    /// Text with `?` where each value goes; the number must match (else the statement fails loudly in the database).
    pub fn add(&mut self, text: &str, values: impl IntoIterator<Item = Bind>) -> &mut Self {
        let mut values = values.into_iter();
        for (index, part) in text.split('?').enumerate() {
            if index > 0
                && let Some(value) = values.next()
            {
                self.bind(value);
            }
            self.push(part);
        }
        self
    }

    pub fn append(&mut self, other: &Sql) -> &mut Self {
        for (index, piece) in other.pieces.iter().enumerate() {
            self.push(piece);
            if let Some(value) = other.binds.get(index) {
                self.bind(value.clone());
            }
        }
        self
    }

    /// Planned for these values each time, not once for all: for filters that leave half of a table, or five rows of it.
    pub fn plan_anew(&mut self) -> &mut Self {
        self.is_planned_anew = true;
        self
    }

    /// Rows, whose columns are found by name.
    pub fn load<T>(self, conn: &mut PgConnection) -> QueryResult<Vec<T>>
    where
        Self: for<'q> LoadQuery<'q, PgConnection, T>,
    {
        self.check()?;
        let rows: Vec<T> = RunQueryDsl::load(self, conn)?;
        stats::brought(rows.len());
        Ok(rows)
    }

    /// Runs a statement without rows; answers how many it touched.
    pub fn execute(self, conn: &mut PgConnection) -> QueryResult<usize> {
        self.check()?;
        RunQueryDsl::execute(self, conn)
    }

    /// PostgreSQL takes no NUL in a text, and its refusal would spoil the transaction: it is refused before it gets there.
    fn check(&self) -> QueryResult<()> {
        let has_nul = self.binds.iter().any(|bind| match bind {
            Bind::Text(text) => text.contains('\0'),
            Bind::Texts(texts) => texts.iter().any(|text| text.contains('\0')),
            _ => false,
        });
        if has_nul { Err(diesel::result::Error::QueryBuilderError(NulInText.into())) } else { Ok(()) }
    }

    /// The text with `$n` in place of binds. For EXPLAIN, benchmarks and tests.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (index, piece) in self.pieces.iter().enumerate() {
            if index > 0 {
                text.push_str(&format!("${index}"));
            }
            text.push_str(piece);
        }
        text
    }

    pub fn is_empty(&self) -> bool {
        self.binds.is_empty() && self.pieces.iter().all(String::is_empty)
    }

    pub fn binds(&self) -> &[Bind] {
        &self.binds
    }
}

/// Why a statement was not sent; `Error::from` makes a problem of the form of it.
#[derive(Debug)]
pub struct NulInText;

impl std::fmt::Display for NulInText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text with a NUL byte")
    }
}

impl std::error::Error for NulInText {}

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.is_planned_anew {
            out.unsafe_to_cache_prepared();
        }
        for (index, piece) in self.pieces.iter().enumerate() {
            out.push_sql(piece);
            match self.binds.get(index) {
                Some(Bind::Uuid(value)) => out.push_bind_param::<SqlUuid, _>(value)?,
                Some(Bind::MaybeUuid(value)) => out.push_bind_param::<Nullable<SqlUuid>, _>(value)?,
                Some(Bind::Uuids(value)) => out.push_bind_param::<Array<SqlUuid>, _>(value)?,
                Some(Bind::Text(value)) => out.push_bind_param::<Text, _>(value)?,
                Some(Bind::Texts(value)) => out.push_bind_param::<Array<Text>, _>(value)?,
                Some(Bind::Int(value)) => out.push_bind_param::<Int4, _>(value)?,
                Some(Bind::MaybeInt(value)) => out.push_bind_param::<Nullable<Int4>, _>(value)?,
                Some(Bind::Big(value)) => out.push_bind_param::<Int8, _>(value)?,
                Some(Bind::Bool(value)) => out.push_bind_param::<Bool, _>(value)?,
                Some(Bind::Time(value)) => out.push_bind_param::<Timestamptz, _>(value)?,
                Some(Bind::Date(value)) => out.push_bind_param::<Date, _>(value)?,
                Some(Bind::MaybeDate(value)) => out.push_bind_param::<Nullable<Date>, _>(value)?,
                Some(Bind::Bytes(value)) => out.push_bind_param::<Bytea, _>(value)?,
                Some(Bind::Json(value)) => out.push_bind_param::<Jsonb, _>(value)?,
                None => {}
            }
        }
        Ok(())
    }
}

impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

impl RunQueryDsl<PgConnection> for Sql {}
