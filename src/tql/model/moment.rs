//! Days and instants as they are written: ISO dates, `-7d`, functions.

use super::tree::{Form, Value};
use crate::clock::midnight;
use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use std::ops::RangeInclusive;

/// Functions of no value, or of how far from now: `startOfWeek(-1w)`.
pub const FUNCTIONS: [&str; 8] =
    ["today", "now", "startOfDay", "startOfWeek", "startOfMonth", "endOfDay", "endOfWeek", "endOfMonth"];
const YEARS: RangeInclusive<i32> = 1900..=2200;

/// From the first instant up to and without the second; none long for an instant. `day` is the day of it, in the reader's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub day: NaiveDate,
}

/// When it is asked, and where.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    pub now: DateTime<Utc>,
    pub zone: Tz,
}

impl Here {
    /// None when it is no time, or none between the years 1900 and 2200.
    pub fn span(self, value: &Value) -> Option<Span> {
        let span = match &value.form {
            Form::Call(args) => self.call(&value.text, args)?,
            _ => self.written(value.text.trim())?,
        };
        YEARS.contains(&span.day.year()).then_some(span)
    }

    /// An instant as the day that it is in; what lasts, as it is.
    pub fn lasting_a_day(self, span: Span) -> Span {
        if span.from == span.to { self.whole(span.day).unwrap_or(span) } else { span }
    }

    fn written(self, text: &str) -> Option<Span> {
        if let Some(moved) = self.moved(text) {
            return Some(self.instant(moved));
        }
        if let Ok(day) = text.parse::<NaiveDate>() {
            return YEARS.contains(&day.year()).then(|| self.whole(day)).flatten();
        }
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Some(self.lasting(at.with_timezone(&Utc), Duration::seconds(1)));
        }
        const FORMS: [(&str, i64); 2] = [("%Y-%m-%dT%H:%M:%S", 1), ("%Y-%m-%dT%H:%M", 60)];
        let text = text.replacen(' ', "T", 1);
        let (naive, seconds) =
            FORMS.iter().find_map(|(form, s)| Some((NaiveDateTime::parse_from_str(&text, form).ok()?, *s)))?;
        let at = naive.and_local_timezone(self.zone).earliest()?.with_timezone(&Utc);
        YEARS.contains(&naive.year()).then(|| self.lasting(at, Duration::seconds(seconds)))
    }

    fn call(self, name: &str, args: &[String]) -> Option<Span> {
        let name = FUNCTIONS.iter().find(|known| known.eq_ignore_ascii_case(name))?;
        let at = match args.first() {
            None => self.now,
            Some(_) if ["now", "today"].contains(name) => return None,
            Some(offset) => self.moved(offset)?,
        };
        let day = at.with_timezone(&self.zone).date_naive();
        let week = day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))?;
        let month = day.with_day(1)?;
        match *name {
            "now" => Some(self.instant(self.now)),
            "today" => self.whole(day),
            "startOfDay" => self.start(day),
            "startOfWeek" => self.start(week),
            "startOfMonth" => self.start(month),
            "endOfDay" => self.end(day),
            "endOfWeek" => self.end(week.checked_add_days(Days::new(6))?),
            _ => self.end(month.checked_add_months(Months::new(1))?.pred_opt()?),
        }
    }

    /// `-7d`, `+2w`, `1m`, `1y`, from now; a month and a year end where the month is shorter.
    fn moved(self, text: &str) -> Option<DateTime<Utc>> {
        let (back, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let unit = rest.chars().last()?;
        let number: u32 =
            rest.strip_suffix(unit).filter(|n| n.len() <= 5 && n.chars().all(|c| c.is_ascii_digit()))?.parse().ok()?;
        let (days, months) = (|n: u32| Days::new(n.into()), Months::new);
        let moved = match (unit.to_ascii_lowercase(), back) {
            ('d', true) => self.now.checked_sub_days(days(number)),
            ('d', false) => self.now.checked_add_days(days(number)),
            ('w', true) => self.now.checked_sub_days(days(number.checked_mul(7)?)),
            ('w', false) => self.now.checked_add_days(days(number.checked_mul(7)?)),
            ('m', true) => self.now.checked_sub_months(months(number)),
            ('m', false) => self.now.checked_add_months(months(number)),
            ('y', true) => self.now.checked_sub_months(months(number.checked_mul(12)?)),
            ('y', false) => self.now.checked_add_months(months(number.checked_mul(12)?)),
            _ => None,
        };
        moved.filter(|moved| YEARS.contains(&moved.year()))
    }

    fn instant(self, at: DateTime<Utc>) -> Span {
        self.lasting(at, Duration::zero())
    }

    fn lasting(self, at: DateTime<Utc>, long: Duration) -> Span {
        Span { from: at, to: at.checked_add_signed(long).unwrap_or(at), day: at.with_timezone(&self.zone).date_naive() }
    }

    fn whole(self, day: NaiveDate) -> Option<Span> {
        Some(Span { from: midnight(day, self.zone), to: midnight(day.succ_opt()?, self.zone), day })
    }

    fn start(self, day: NaiveDate) -> Option<Span> {
        self.whole(day).map(|span| Span { to: span.from, ..span })
    }

    /// The last microsecond, which is what the database can tell apart.
    fn end(self, day: NaiveDate) -> Option<Span> {
        let end = self.whole(day)?.to - Duration::microseconds(1);
        Some(Span { from: end, to: end, day })
    }
}
