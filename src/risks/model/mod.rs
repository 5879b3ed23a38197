//! Risks: made, weighed, edited field by field, closed, listed.

mod change;
mod closure;
mod list;

pub use change::*;
pub use closure::*;
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
use diesel::sql_types::{Date, Nullable, SmallInt, Text, Uuid as SqlUuid};

typed_id!(RiskId);

text_enum!(Status {
    Open = "open", Mitigating = "mitigating", Accepted = "accepted", Mitigated = "mitigated", Materialised = "materialised",
    Closed = "closed",
});

text_enum!(
    /// What a score asks of us. Chosen so that no single 5 is low, and that 4 × 4 is already critical.
    Level { Low = "low", Moderate = "moderate", High = "high", Critical = "critical" }
);

/// Likelihood and impact alike: rare to almost certain, slight to critical.
pub const SCALE: [i16; 5] = [1, 2, 3, 4, 5];

impl Status {
    pub fn tone(self) -> &'static str {
        match self {
            Status::Open | Status::Closed => "grey",
            Status::Mitigating => "amber",
            Status::Accepted => "violet",
            Status::Mitigated => "green",
            Status::Materialised => "red",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Status::Open => "status-todo",
            Status::Mitigating => "status-in_progress",
            Status::Accepted => "status-in_review",
            Status::Mitigated => "status-done",
            Status::Materialised => "status-blocked",
            Status::Closed => "status-canceled",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("risk-status-{self}")
    }
}

impl Level {
    pub fn of(score: i16) -> Level {
        match score {
            ..=4 => Level::Low,
            5..=9 => Level::Moderate,
            10..=15 => Level::High,
            _ => Level::Critical,
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("level-{self}")
    }
}

/// One of `SCALE`; None for anything else.
pub fn parse_weight(text: &str) -> Option<i16> {
    text.trim().parse().ok().filter(|weight| SCALE.contains(weight))
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Risk {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text)]
    pub status: Status,
    /// One word or few, as tags are written; empty for none.
    #[diesel(sql_type = Text)]
    pub category: String,
    /// Markdown, as the next two.
    #[diesel(sql_type = Text)]
    pub description: String,
    #[diesel(sql_type = Text)]
    pub mitigation: String,
    #[diesel(sql_type = Text)]
    pub contingency: String,
    #[diesel(sql_type = SmallInt)]
    pub likelihood: i16,
    #[diesel(sql_type = SmallInt)]
    pub impact: i16,
    /// Computed by the database: likelihood × impact.
    #[diesel(sql_type = SmallInt)]
    pub score: i16,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub risk_owner_id: Option<PersonId>,
    #[diesel(sql_type = Nullable<Date>)]
    pub review_on: Option<NaiveDate>,
}

// The record has an `owner_id` too: whose it is when private.
const COLUMNS: &str =
    ", k.status, k.category, k.description, k.mitigation, k.contingency, k.likelihood, k.impact, k.score,
    k.owner_id as risk_owner_id, k.review_on";

impl Risk {
    pub fn level(&self) -> Level {
        Level::of(self.score)
    }

    /// By display ID; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Risk> {
        let mut sql = Sql::named(
            "risks::find",
            &format!("select {RECORD_COLUMNS}{COLUMNS} from records r join risks k on k.id = r.id where r.kind = "),
        );
        sql.bind(Kind::Risk).push(" and r.display_id = ").bind(display_id);
        sql.push(" and ").append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The newest state, held until the transaction ends.
    fn find_locked(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Risk> {
        Record::find(tx, me, Kind::Risk, display_id)?.lock(tx)?;
        Risk::find(tx, me, display_id)
    }
}

/// A risk about to be made; open, and its author's.
#[derive(Debug, Clone)]
pub struct NewRisk {
    pub place: Place,
    pub title: Title,
    pub category: Option<Tag>,
    pub description: Body,
    pub mitigation: Body,
    pub contingency: Body,
    /// Of `SCALE`, as `impact`.
    pub likelihood: i16,
    pub impact: i16,
    pub review_on: Option<NaiveDate>,
    pub tags: Vec<Tag>,
}

impl NewRisk {
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<Risk> {
        let new = NewRecord { kind: Kind::Risk, place: self.place, title: self.title.clone() };
        let (record, permit) = new.insert(tx, me)?;
        let mut sql = Sql::named(
            "risks::insert",
            "insert into risks (id, status, category, description, mitigation, contingency, likelihood, impact, owner_id, review_on)",
        );
        let values: [Bind; 10] = [
            record.id.into(),
            Status::Open.into(),
            self.category.as_ref().map(Tag::as_str).unwrap_or_default().into(),
            self.description.as_str().into(),
            self.mitigation.as_str().into(),
            self.contingency.as_str().into(),
            Bind::Int(self.likelihood.into()),
            Bind::Int(self.impact.into()),
            me.person_id().map(|id| id.0).into(),
            self.review_on.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values);
        sql.execute(tx.conn())?;
        let texts =
            [("description", &self.description), ("mitigation", &self.mitigation), ("contingency", &self.contingency)];
        record.furnish(tx, me, &self.tags, &texts)?;
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        Risk::find(tx, me, &record.display_id)
    }
}
