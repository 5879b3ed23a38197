//! The texts of records as the rooms hand them to whoever reads all of them (search, export): a room gives what is its own.

use crate::db::Tx;
use crate::error::Result;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// One text of a record.
#[derive(Debug, Clone, QueryableByName)]
pub struct RecordText {
    #[diesel(sql_type = SqlUuid)]
    pub record_id: Uuid,
    /// `body` for the record's own words (all fields together), else `comment:ID` or `file:ID`.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// Markdown.
    #[diesel(sql_type = Text)]
    pub text: String,
    /// Of a comment or file; None for the record's own.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub author_id: Option<Uuid>,
    /// Of a comment or file; None for the record's own.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub at: Option<DateTime<Utc>>,
}

/// The texts that a room has of these records, whatever their kind; none of those it does not know.
pub type TextLoader = fn(&mut Tx, &[Uuid]) -> Result<Vec<RecordText>>;
