//! Snapshots: ordered, assembled, edited, activated, listed.

mod assemble;
mod change;
mod list;
mod statements;
mod write;

pub use assemble::*;
pub use change::*;
pub use list::*;
pub use statements::*;
pub use write::*;

use crate::access::{Actor, Kind, visible};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::records::{RECORD_COLUMNS, Record, RecordId};
use crate::text_enum;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz};

text_enum!(
    /// What it looks at.
    Type {
        Company = "current_company_state", Daily = "daily_summary", Weekly = "weekly_review", Cto = "cto_state",
        Strategy = "strategy_state",
    }
);

text_enum!(
    Status {
        Generating = "generating", Pending = "pending_review", Active = "active", Superseded = "superseded",
        Failed = "failed",
    }
);

impl Type {
    /// How far it looks back, in days.
    pub fn days(self) -> i64 {
        match self {
            Type::Daily => 1,
            Type::Weekly => 7,
            Type::Company | Type::Cto | Type::Strategy => 30,
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("snapshot-type-{}", self.as_str().replace('_', "-"))
    }
}

impl Status {
    pub fn tone(self) -> &'static str {
        match self {
            Status::Generating => "blue",
            Status::Pending => "amber",
            Status::Active => "green",
            Status::Superseded => "grey",
            Status::Failed => "red",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Status::Generating => "refresh",
            Status::Pending => "status-in_review",
            Status::Active => "status-done",
            Status::Superseded => "history",
            Status::Failed => "status-canceled",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("snapshot-status-{}", self.as_str().replace('_', "-"))
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Snapshot {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text, column_name = snapshot_type)]
    pub kind: Type,
    #[diesel(sql_type = Text)]
    pub status: Status,
    /// Markdown.
    #[diesel(sql_type = Text)]
    pub body: String,
    /// It looks back to here.
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    /// None until it is assembled.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub made_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub activated_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub activated_by: Option<String>,
}

const COLUMNS: &str = ", s.snapshot_type, s.status, s.body, s.since, s.made_at, s.activated_at,
    (select p.name from people p where p.id = s.activated_by_id) as activated_by";

impl Snapshot {
    /// By display ID; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Snapshot> {
        let mut sql = Snapshot::visible("snapshots::find", me);
        sql.push(" and r.display_id = ").bind(display_id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    fn find_id(tx: &mut Tx, me: &Actor, id: RecordId) -> Result<Snapshot> {
        let mut sql = Snapshot::visible("snapshots::find_id", me);
        sql.push(" and r.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The newest state, held until the transaction ends.
    fn find_locked(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Snapshot> {
        Record::find(tx, me, Kind::Snapshot, display_id)?.lock(tx)?;
        Snapshot::find(tx, me, display_id)
    }

    fn visible(name: &str, me: &Actor) -> Sql {
        let mut sql = Sql::named(
            name,
            &format!("select {RECORD_COLUMNS}{COLUMNS} from records r join snapshots s on s.id = r.id where r.kind = "),
        );
        sql.bind(Kind::Snapshot).push(" and ").append(&visible::records(me));
        sql
    }
}
