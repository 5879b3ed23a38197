//! What runs by the clock: the next time, and those that are due.

use super::{Agent, AgentId, Level, NewRun, RunId};
use crate::access::{Actor, Place};
use crate::agents::jobs::RunAgent;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::queue::enqueue;
use crate::text_enum;
use chrono::{DateTime, Datelike, Days, Duration, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// Begun at one look at the clock's table.
const AT_ONCE: i64 = 20;
/// The longest interval that can be chosen.
pub const MAX_EVERY_HOURS: i32 = 720;

text_enum!(
    /// Why a run began.
    Trigger { Manual = "manual", Schedule = "schedule", Event = "event", Test = "test" }
);

text_enum!(
    /// How often it runs by itself.
    Rhythm { Off = "off", Daily = "daily", Weekly = "weekly", Interval = "interval" }
);

impl Trigger {
    /// Message key.
    pub fn label(self) -> String {
        format!("agent-trigger-{self}")
    }
}

/// When it runs by itself, and what it then makes.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Schedule {
    #[diesel(sql_type = Text)]
    pub rhythm: Rhythm,
    /// After midnight, where the organisation is.
    #[diesel(sql_type = Int4)]
    pub at_minute: i32,
    /// Monday is 1.
    #[diesel(sql_type = Int4)]
    pub weekday: i32,
    #[diesel(sql_type = Int4)]
    pub every_hours: i32,
    /// The type of a snapshot.
    #[diesel(sql_type = Text)]
    pub variant: String,
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule { rhythm: Rhythm::Off, at_minute: 480, weekday: 1, every_hours: 24, variant: String::new() }
    }
}

impl Schedule {
    /// The first time after `now`; None where it does not run by itself. A time that the clocks skip comes an hour later.
    pub fn next(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        if self.rhythm == Rhythm::Interval {
            return now.checked_add_signed(Duration::hours(i64::from(self.every_hours.max(1))));
        }
        let minute = u32::try_from(self.at_minute).ok()?;
        let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0)?;
        let today = now.with_timezone(&zone).date_naive();
        (0..=8)
            .filter_map(|days| today.checked_add_days(Days::new(days)))
            .filter(|day| match self.rhythm {
                Rhythm::Off | Rhythm::Interval => false,
                Rhythm::Daily => true,
                Rhythm::Weekly => i32::try_from(day.weekday().number_from_monday()) == Ok(self.weekday),
            })
            .filter_map(|day| {
                let at = zone.from_local_datetime(&day.and_time(time)).earliest();
                at.or_else(|| zone.from_local_datetime(&(day.and_time(time) + Duration::hours(1))).earliest())
            })
            .map(|at| at.with_timezone(&Utc))
            .find(|at| *at > now)
    }
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    agent_id: AgentId,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: Uuid,
    #[diesel(sql_type = Text)]
    level: Level,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    project_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person_id: Option<Uuid>,
    #[diesel(embed)]
    schedule: Schedule,
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
}

impl Due {
    fn place(&self) -> Option<Place> {
        match self.level {
            Level::Server => None,
            Level::Organisation => Place::of("organisation", self.organisation_id),
            Level::Project => Place::of("project", self.project_id?),
            Level::User => Place::of("user", self.person_id?),
        }
    }

    /// None where it is off, or its place cannot be read (any more): the next time is kept nevertheless.
    fn begin(&self, tx: &mut Tx) -> Result<Option<RunId>> {
        let Some(place) = self.place() else { return Ok(None) };
        let scope = Actor::of_scope(tx, place)?;
        let agents = Agent::list(tx, &scope)?;
        let Some(agent) = agents.into_iter().find(|agent| agent.id == Some(self.agent_id)) else { return Ok(None) };
        let new =
            NewRun { agent, place, record: None, variant: self.schedule.variant.clone(), trigger: Trigger::Schedule };
        let version = new.version(tx)?;
        // Two clocks, or one that is set back, begin the same time once.
        let slot = format!("{}:{}", self.id, self.due_at.timestamp());
        let begun = new.insert(tx, (self.agent_id, self.organisation_id), self.person_id, &version, Some(&slot))?;
        if let Some(run) = begun {
            enqueue(tx, self.person_id, &RunAgent { run })?;
        }
        Ok(begun)
    }
}

/// For the clock: begins what is due; how many. Missed times are not made up for.
pub fn begin_due(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named(
        "agents::due",
        "select b.id, b.agent_id, a.organisation_id, b.level, b.project_id, b.person_id, b.rhythm, b.at_minute, b.weekday, b.every_hours,
           b.variant, b.due_at from agent_bindings b join agents a on a.id = b.agent_id where b.due_at <= ",
    );
    sql.bind(tx.now).push(" order by b.due_at, b.id limit ").number(AT_ONCE).push(" for update of b skip locked");
    let mut begun = 0;
    for due in sql.load::<Due>(tx.conn())? {
        let zone = Actor::of_scope(tx, Place::Organisation(crate::people::OrganisationId(due.organisation_id)))?.zone();
        match due.begin(tx) {
            Ok(run) => begun += usize::from(run.is_some()),
            Err(Error::Invalid(_) | Error::NotFound | Error::Forbidden(_)) => {}
            Err(other) => return Err(other),
        }
        let mut sql = Sql::named("agents::next_due", "update agent_bindings set due_at = ");
        match due.schedule.next(tx.now, zone) {
            Some(next) => sql.bind(next),
            None => sql.push("null"),
        };
        sql.push(" where id = ").bind(due.id);
        sql.execute(tx.conn())?;
    }
    Ok(begun)
}
