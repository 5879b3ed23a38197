//! Experiments: planned, run, ended, listed.

mod change;
mod list;

pub use change::*;
pub use list::*;

use crate::access::{Actor, Kind, Place, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::people::PersonId;
use crate::records::{NewRecord, RECORD_COLUMNS, Record};
use crate::text::value::{Body, Tag, Title};
use crate::{text_enum, typed_id};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Date, Nullable, Text, Uuid as SqlUuid};

typed_id!(ExperimentId);

text_enum!(Status {
    Planned = "planned", Running = "running", Succeeded = "succeeded", Failed = "failed", Stopped = "stopped",
});

impl Status {
    pub fn tone(self) -> &'static str {
        match self {
            Status::Planned | Status::Stopped => "grey",
            Status::Running => "amber",
            Status::Succeeded => "green",
            Status::Failed => "red",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Status::Planned => "status-todo",
            Status::Running => "status-in_progress",
            Status::Succeeded => "status-done",
            Status::Failed => "status-blocked",
            Status::Stopped => "status-canceled",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("experiment-status-{self}")
    }

    pub fn is_over(self) -> bool {
        matches!(self, Status::Succeeded | Status::Failed | Status::Stopped)
    }

    /// A result needs a run before it; what is over can be taken up again.
    pub fn may_become(self, next: Status) -> bool {
        match (self, next) {
            (Status::Planned, Status::Running | Status::Stopped) => true,
            (Status::Running, next) => next != Status::Running,
            (_, Status::Running) => true,
            (from, Status::Planned) => from == Status::Stopped,
            _ => false,
        }
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Experiment {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub status: Status,
    /// Markdown, as the next five.
    #[diesel(sql_type = Text)]
    pub hypothesis: String,
    #[diesel(sql_type = Text)]
    pub method: String,
    #[diesel(sql_type = Text)]
    pub metric: String,
    #[diesel(sql_type = Text)]
    pub target: String,
    #[diesel(sql_type = Text)]
    pub result: String,
    #[diesel(sql_type = Text)]
    pub learnings: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub experiment_owner_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<Date>)]
    pub start_on: Option<NaiveDate>,
    /// Never before `start_on`.
    #[diesel(sql_type = Nullable<Date>)]
    pub end_on: Option<NaiveDate>,
}

// The record has an `owner_id` too: whose it is when private.
const COLUMNS: &str = ", x.status, x.hypothesis, x.method, x.metric, x.target, x.result, x.learnings,
    x.owner_id as experiment_owner_id, x.start_on, x.end_on";

impl Experiment {
    /// By display ID; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Experiment> {
        let mut sql = Sql::named(
            "experiments::find",
            &format!(
                "select {RECORD_COLUMNS}{COLUMNS} from records r join experiments x on x.id = r.id where r.kind = "
            ),
        );
        sql.bind(Kind::Experiment).push(" and r.display_id = ").bind(display_id);
        sql.push(" and ").append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The newest state, held until the transaction ends.
    fn find_locked(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Experiment> {
        Record::find(tx, me, Kind::Experiment, display_id)?.lock(tx)?;
        Experiment::find(tx, me, display_id)
    }
}

/// An experiment about to be written down; its author's. It may be over already.
#[derive(Debug, Clone)]
pub struct NewExperiment {
    pub place: Place,
    pub title: Title,
    pub status: Status,
    pub hypothesis: Body,
    pub method: Body,
    pub metric: Body,
    pub target: Body,
    pub start_on: Option<NaiveDate>,
    /// `Invalid` before `start_on`.
    pub end_on: Option<NaiveDate>,
    pub tags: Vec<Tag>,
}

impl NewExperiment {
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<Experiment> {
        check_days(self.start_on, self.end_on, "end_on")?;
        let new = NewRecord { kind: Kind::Experiment, place: self.place, title: self.title.clone() };
        let (record, permit) = new.insert(tx, me)?;
        let mut sql = Sql::named(
            "experiments::insert",
            "insert into experiments (id, status, hypothesis, method, metric, target, owner_id, start_on, end_on)",
        );
        let values: [Bind; 9] = [
            record.id.into(),
            self.status.into(),
            self.hypothesis.as_str().into(),
            self.method.as_str().into(),
            self.metric.as_str().into(),
            self.target.as_str().into(),
            me.person_id().map(|id| id.0).into(),
            self.start_on.into(),
            self.end_on.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?)", values);
        sql.execute(tx.conn())?;
        let texts = [
            ("hypothesis", &self.hypothesis),
            ("method", &self.method),
            ("metric", &self.metric),
            ("target", &self.target),
        ];
        record.furnish(tx, me, &self.tags, &texts)?;
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        Experiment::find(tx, me, &record.display_id)
    }
}
