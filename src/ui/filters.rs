//! Filters of templates: words, times, icons' addresses, initials.

use crate::error::Msg;
use crate::ui::{Moment, asset_path, say, say_with, text};
use askama::{Result, Values};
use chrono::{DateTime, Datelike, NaiveDate, Utc};

/// `{{ "tickets-new"|t }}`: a message of the catalogue.
#[askama::filter_fn]
pub fn t<K: AsRef<str>>(key: K, _: &dyn Values) -> Result<String> {
    Ok(text(key.as_ref()))
}

/// `{{ "tickets-count"|t1("count", n) }}`: a message with one argument.
#[askama::filter_fn]
pub fn t1<K: AsRef<str>, V: std::fmt::Display>(key: K, _: &dyn Values, name: &str, value: V) -> Result<String> {
    Ok(say_with(key.as_ref(), [(name, value.to_string().as_str())]))
}

/// A message with two arguments.
#[askama::filter_fn]
pub fn t2<K: AsRef<str>, V: std::fmt::Display, W: std::fmt::Display>(
    key: K,
    _: &dyn Values,
    name: &str,
    value: V,
    other: &str,
    other_value: W,
) -> Result<String> {
    Ok(say_with(key.as_ref(), [(name, value.to_string().as_str()), (other, other_value.to_string().as_str())]))
}

/// A problem or refusal in words.
#[askama::filter_fn]
pub fn words(msg: &Msg, _: &dyn Values) -> Result<String> {
    Ok(say(msg))
}

/// `{{ "app.css"|asset }}`
#[askama::filter_fn]
pub fn asset(name: &str, _: &dyn Values) -> Result<&'static str> {
    Ok(asset_path(name))
}

/// The address of a symbol: `{{ "risk"|icon }}`.
#[askama::filter_fn]
pub fn icon<K: AsRef<str>>(name: K, _: &dyn Values) -> Result<String> {
    Ok(format!("{}#{}", asset_path("icons.svg"), name.as_ref()))
}

fn moment(values: &dyn Values) -> Moment {
    let unset = Moment { now: DateTime::<Utc>::UNIX_EPOCH, zone: chrono_tz::UTC };
    askama::get_value::<Moment>(values, "moment").copied().unwrap_or(unset)
}

/// "12 minutes ago", "yesterday", "18 Nov", "18 Nov 2024": shorter the longer ago.
#[askama::filter_fn]
pub fn ago(at: &DateTime<Utc>, values: &dyn Values) -> Result<String> {
    Ok(relative(*at, moment(values)))
}

/// As `ago` for narrow columns: "12 min", "3 h", "2 d", then the day.
#[askama::filter_fn]
pub fn ago_short(at: &DateTime<Utc>, values: &dyn Values) -> Result<String> {
    let moment = moment(values);
    let minutes = (moment.now - *at).num_minutes();
    let number = |key: &str, count: i64| say_with(key, [("count", count.to_string().as_str())]);
    Ok(match minutes {
        ..=0 => text("time-now"),
        1..=59 => number("time-min", minutes),
        60..=1439 => number("time-h", minutes / 60),
        1440..=10079 => number("time-d", minutes / 1440),
        _ => short_day(at.with_timezone(&moment.zone).date_naive(), today(values)),
    })
}

/// The exact time in the reader's zone, for `title`.
#[askama::filter_fn]
pub fn exact(at: &DateTime<Utc>, values: &dyn Values) -> Result<String> {
    let moment = moment(values);
    Ok(at.with_timezone(&moment.zone).format("%-d %B %Y, %H:%M %Z").to_string())
}

/// For `datetime`.
#[askama::filter_fn]
pub fn iso(at: &DateTime<Utc>, _: &dyn Values) -> Result<String> {
    Ok(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// "today", "tomorrow", "Wed", "18 Nov", "18 Nov 2024".
#[askama::filter_fn]
pub fn day(on: &NaiveDate, values: &dyn Values) -> Result<String> {
    Ok(short_day(*on, today(values)))
}

/// "overdue 2 d" for an open thing whose day has passed, else as `day`.
#[askama::filter_fn]
pub fn due(on: &NaiveDate, values: &dyn Values) -> Result<String> {
    Ok(overdue(*on, today(values)).unwrap_or_else(|| short_day(*on, today(values))))
}

/// "overdue 2 d", or nothing as long as there is time: beside the day itself.
#[askama::filter_fn]
pub fn late(on: &NaiveDate, values: &dyn Values) -> Result<String> {
    Ok(overdue(*on, today(values)).unwrap_or_default())
}

fn overdue(on: NaiveDate, today: NaiveDate) -> Option<String> {
    let late = (today - on).num_days();
    (late > 0).then(|| say_with("time-overdue", [("days", late.to_string().as_str())]))
}

/// `red` when late or due by tomorrow, `amber` within a week, else nothing.
#[askama::filter_fn]
pub fn due_tone(on: &NaiveDate, values: &dyn Values) -> Result<&'static str> {
    Ok(match (*on - today(values)).num_days() {
        ..=1 => "red",
        2..=6 => "amber",
        _ => "",
    })
}

fn today(values: &dyn Values) -> NaiveDate {
    let moment = moment(values);
    moment.now.with_timezone(&moment.zone).date_naive()
}

fn short_day(on: NaiveDate, today: NaiveDate) -> String {
    match (on - today).num_days() {
        0 => text("time-today"),
        1 => text("time-tomorrow"),
        -1 => text("time-yesterday"),
        2..=6 => on.format("%a").to_string(),
        _ if on.year() == today.year() => on.format("%-d %b").to_string(),
        _ => on.format("%-d %b %Y").to_string(),
    }
}

pub(crate) fn relative(at: DateTime<Utc>, moment: Moment) -> String {
    let minutes = (moment.now - at).num_minutes();
    let day = at.with_timezone(&moment.zone).date_naive();
    let today = moment.now.with_timezone(&moment.zone).date_naive();
    match minutes {
        ..=0 => text("time-just-now"),
        1..=59 => say_with("time-minutes-ago", [("minutes", minutes.to_string().as_str())]),
        _ if day == today => say_with("time-hours-ago", [("hours", (minutes / 60).to_string().as_str())]),
        _ => match (today - day).num_days() {
            1 => text("time-yesterday"),
            2..=6 => say_with("time-days-ago", [("days", (today - day).num_days().to_string().as_str())]),
            _ => short_day(day, today),
        },
    }
}

/// "AL" of "Ada Lindqvist".
#[askama::filter_fn]
pub fn initials<K: AsRef<str>>(name: K, _: &dyn Values) -> Result<String> {
    Ok(crate::ui::initials_of(name.as_ref()))
}

/// One of the tones, always the same for the same text.
#[askama::filter_fn]
pub fn tone<K: AsRef<str>>(name: K, _: &dyn Values) -> Result<&'static str> {
    Ok(crate::ui::tone_of(name.as_ref()))
}
