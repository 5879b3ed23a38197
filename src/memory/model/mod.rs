//! Memory: made, edited field by field, superseded, listed; with its sources and its history.

mod change;
mod decided;
mod found;
mod history;
mod list;
mod place;
mod sources;
mod supersede;

pub use change::*;
pub use decided::*;
pub use found::*;
pub use history::*;
pub use list::*;
pub use sources::*;

use crate::access::{Actor, Kind, Place, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Msg, Result};
use crate::records::{NewRecord, RECORD_COLUMNS, Record};
use crate::text::value::{Body, Tag, Title};
use crate::{text_enum, typed_id};
use chrono::NaiveDate;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Date, Nullable, SmallInt, Text};

typed_id!(ItemId);

text_enum!(
    /// What sort of knowledge it is.
    Type {
        Priority = "priority", Constraint = "constraint", NonGoal = "non_goal", Assumption = "assumption", Fact = "fact",
        Commitment = "commitment", Learning = "learning", Preference = "preference", Status = "status",
    }
);

text_enum!(
    /// As stored; archived is said by the record.
    Status { Active = "active", Superseded = "superseded" }
);

text_enum!(
    /// Whether one may rely on it today, and if not, why.
    Standing {
        Counts = "counts", Early = "early", Expired = "expired", Superseded = "superseded", Archived = "archived",
    }
);

/// An item is short: what is longer belongs into a page, which it then names as its source.
pub const MAX_BODY_CHARS: usize = 4_000;
/// Least to most important.
pub const IMPORTANCE: [i16; 5] = [1, 2, 3, 4, 5];
/// What a form offers before somebody judges.
pub const USUAL_CONFIDENCE: i16 = 80;
pub const USUAL_IMPORTANCE: i16 = 3;

impl Type {
    pub fn icon(self) -> &'static str {
        match self {
            Type::Priority => "star",
            Type::Constraint => "lock",
            Type::NonGoal => "x",
            Type::Assumption => "help",
            Type::Fact => "info",
            Type::Commitment => "check",
            Type::Learning => "experiment",
            Type::Preference => "flag",
            Type::Status => "clock",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("memory-type-{}", self.as_str().replace('_', "-"))
    }
}

impl Standing {
    pub fn tone(self) -> &'static str {
        match self {
            Standing::Counts => "green",
            Standing::Early => "blue",
            Standing::Expired => "amber",
            Standing::Superseded | Standing::Archived => "grey",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Standing::Counts => "status-done",
            Standing::Early | Standing::Expired => "clock",
            Standing::Superseded => "history",
            Standing::Archived => "archive",
        }
    }

    /// Message key.
    pub fn label(self) -> String {
        format!("memory-standing-{self}")
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Item {
    #[diesel(embed)]
    pub record: Record,
    #[diesel(sql_type = Text, column_name = item_type)]
    pub kind: Type,
    #[diesel(sql_type = Text)]
    pub status: Status,
    /// Markdown; empty when the title says it all.
    #[diesel(sql_type = Text)]
    pub body: String,
    /// Percent.
    #[diesel(sql_type = SmallInt)]
    pub confidence: i16,
    /// Of `IMPORTANCE`.
    #[diesel(sql_type = SmallInt)]
    pub importance: i16,
    /// First day on which it counts; None from the beginning.
    #[diesel(sql_type = Nullable<Date>)]
    pub valid_from: Option<NaiveDate>,
    /// Last day on which it counts; None for ever.
    #[diesel(sql_type = Nullable<Date>)]
    pub valid_until: Option<NaiveDate>,
    /// Somebody doubts it. It counts until it is changed.
    #[diesel(sql_type = Bool)]
    pub needs_review: bool,
}

const COLUMNS: &str =
    ", m.item_type, m.status, m.body, m.confidence, m.importance, m.valid_from, m.valid_until, m.needs_review";

/// The day of `me`: validity is a matter of days.
pub fn today(tx: &Tx, me: &Actor) -> NaiveDate {
    tx.now.with_timezone(&me.zone()).date_naive()
}

impl Item {
    /// By display ID; the invisible is `NotFound`.
    pub fn find(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Item> {
        let mut sql = Sql::named(
            "memory::find",
            &format!(
                "select {RECORD_COLUMNS}{COLUMNS} from records r join memory_items m on m.id = r.id where r.kind = "
            ),
        );
        sql.bind(Kind::Memory).push(" and r.display_id = ").bind(display_id);
        sql.push(" and ").append(&visible::records(me));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The newest state, held until the transaction ends.
    pub(in crate::memory) fn find_locked(tx: &mut Tx, me: &Actor, display_id: &str) -> Result<Item> {
        Record::find(tx, me, Kind::Memory, display_id)?.lock(tx)?;
        Item::find(tx, me, display_id)
    }

    pub fn standing(&self, today: NaiveDate) -> Standing {
        match self.status {
            _ if self.record.is_archived() => Standing::Archived,
            Status::Superseded => Standing::Superseded,
            Status::Active if self.valid_until.is_some_and(|until| until < today) => Standing::Expired,
            Status::Active if self.valid_from.is_some_and(|from| from > today) => Standing::Early,
            Status::Active => Standing::Counts,
        }
    }
}

/// An item about to be made.
#[derive(Debug, Clone)]
pub struct NewItem {
    pub place: Place,
    pub kind: Type,
    pub title: Title,
    pub body: Body,
    /// Percent.
    pub confidence: i16,
    /// Of `IMPORTANCE`.
    pub importance: i16,
    pub valid_from: Option<NaiveDate>,
    pub valid_until: Option<NaiveDate>,
    pub tags: Vec<Tag>,
    pub sources: Vec<NewSource>,
    /// Display IDs of the narrower sources that the person saw when they said that the item may be read more widely.
    pub widen: Vec<String>,
    /// Display ID of the item it replaces.
    pub supersedes: Option<String>,
}

impl NewItem {
    /// Without tags and sources, and in nobody's place.
    pub fn of_state(place: Place, state: State) -> Self {
        NewItem {
            place,
            kind: state.kind,
            title: state.title,
            body: state.body,
            confidence: state.confidence,
            importance: state.importance,
            valid_from: state.valid_from,
            valid_until: state.valid_until,
            tags: Vec::new(),
            sources: Vec::new(),
            widen: Vec::new(),
            supersedes: None,
        }
    }

    /// `Invalid` under `widen` when a source is narrower than the place and not named there.
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<Item> {
        check_days(self.valid_from, self.valid_until)?;
        let sources = self.sources.iter().map(|source| source.found(tx, me)).collect::<Result<Vec<_>>>()?;
        if let Some(old) = &self.supersedes {
            Item::hold_older(tx, me, old, None)?;
        }
        let new = NewRecord { kind: Kind::Memory, place: self.place, title: self.title.clone() };
        let (record, permit) = new.insert(tx, me)?;
        let mut sql = Sql::named(
            "memory::insert",
            "insert into memory_items (id, item_type, status, body, confidence, importance, valid_from, valid_until)",
        );
        let values: [Bind; 8] = [
            record.id.into(),
            self.kind.into(),
            Status::Active.into(),
            self.body.as_str().into(),
            Bind::Int(self.confidence.into()),
            Bind::Int(self.importance.into()),
            self.valid_from.into(),
            self.valid_until.into(),
        ];
        sql.add(" values (?, ?, ?, ?, ?, ?, ?, ?)", values);
        sql.execute(tx.conn())?;
        record.furnish(tx, me, &self.tags, &[("body", &self.body)])?;
        let item = Item::find(tx, me, &record.display_id)?;
        for (source, passage) in sources {
            item.insert_source(tx, me, &Carried::of(&source, passage))?;
        }
        item.remember(tx, me)?;
        audit::record(tx, permit, Act::new(ActKind::Created).on(record.id))?;
        item.widen_to(tx, me, self.place, &self.widen)?;
        if let Some(old) = &self.supersedes {
            item.supersede(tx, me, old)?;
        }
        Ok(item)
    }
}

/// "80" or "80 %"; None outside 0 to 100.
pub fn parse_confidence(typed: &str) -> Option<i16> {
    typed.trim().trim_end_matches('%').trim().parse().ok().filter(|percent| (0..=100).contains(percent))
}

/// One of `IMPORTANCE`; None for anything else.
pub fn parse_importance(typed: &str) -> Option<i16> {
    typed.trim().parse().ok().filter(|weight| IMPORTANCE.contains(weight))
}

/// At most `MAX_BODY_CHARS`.
pub fn parse_body(typed: &str) -> Result<Body, Msg> {
    let body = Body::parse(typed.trim_end())?;
    match body.as_str().chars().count() {
        ..=MAX_BODY_CHARS => Ok(body),
        _ => Err(Msg::new("problem-too-long").with("max", MAX_BODY_CHARS)),
    }
}

/// `Invalid` when it would end before it begins.
pub fn check_days(from: Option<NaiveDate>, until: Option<NaiveDate>) -> Result<()> {
    match (from, until) {
        (Some(from), Some(until)) if until < from => Err(Error::invalid("valid_until", "problem-memory-days")),
        _ => Ok(()),
    }
}
