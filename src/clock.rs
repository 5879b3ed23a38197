//! The only reader of the wall clock. Tests move it; nothing sleeps.

use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, TimeZone, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// How far tests moved it, in milliseconds; 0 in production.
    shift: Arc<AtomicI64>,
}

impl Clock {
    /// Now in UTC, cut to microseconds, which is what PostgreSQL keeps.
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    pub fn now(&self) -> DateTime<Utc> {
        (Utc::now() + chrono::Duration::milliseconds(self.shift.load(Ordering::Relaxed))).trunc_subsecs(6)
    }

    /// Moves the clock forward for all who share it. For tests.
    pub fn advance(&self, by: chrono::Duration) {
        self.shift.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}

/// The first moment of a day; where the clocks jump over midnight, that of the day in UTC.
pub fn midnight(day: NaiveDate, zone: chrono_tz::Tz) -> DateTime<Utc> {
    let naive = day.and_time(NaiveTime::MIN);
    let local = zone.from_local_datetime(&naive).earliest();
    local.map_or_else(|| Utc.from_utc_datetime(&naive), |local| local.with_timezone(&Utc))
}
