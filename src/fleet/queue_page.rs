//! The queue, and what runs by the clock.

use super::Sight;
use crate::db::paging::Page;
use crate::queue::{Entry, EntryRun, GivenUp, KindTally, UnderWay};
use crate::ui::{Sample, Shell, filters, is_known, sample, say_with, text};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

#[derive(Template)]
#[template(path = "fleet/queue.html")]
pub struct Queue {
    pub shell: Shell,
    pub sight: Sight,
    pub entries: Vec<EntryLine>,
    /// On further pages only what was given up is shown.
    pub is_first: bool,
    pub next: Option<String>,
}

/// A line of the schedule.
pub struct EntryLine {
    pub name: &'static str,
    pub every: std::time::Duration,
    /// None before it ever ran.
    pub run: Option<EntryRun>,
}

impl Queue {
    pub fn new(shell: Shell, sight: Sight, schedule: &[Entry], is_first: bool) -> Self {
        let run = |name: &str| sight.runs.iter().find(|run| run.name == name).cloned();
        let line = |entry: &Entry| EntryLine { name: entry.name, every: entry.every, run: run(entry.name) };
        let mut entries: Vec<EntryLine> = schedule.iter().map(line).collect();
        // What failed comes first.
        entries.sort_by_key(|line| !line.has_failed());
        let next = sight.given_up.next.as_ref().map(|next| format!("/settings/queue?after={}", next.encode()));
        Queue { shell, sight, entries, is_first, next }
    }

    pub fn sample() -> Self {
        let now = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_001);
        let kind = |kind: &str, due: i64, given_up: i64| KindTally {
            kind: kind.to_owned(),
            due,
            later: due / 2,
            under_way: due.min(1),
            given_up,
            oldest_at: (due > 0).then_some(now - Duration::minutes(3)),
        };
        let under_way = UnderWay {
            id: Uuid::from_u128(1),
            kind: "exports.make".to_owned(),
            host: Some("kelp-work".to_owned()),
            leased_until: now + Duration::seconds(40),
            attempts: 2,
            max_attempts: 8,
        };
        let lost =
            UnderWay { id: Uuid::from_u128(2), kind: "rooms.unknown".to_owned(), host: None, ..under_way.clone() };
        let given_up = GivenUp {
            id: Uuid::from_u128(3),
            kind: "mail.send".to_owned(),
            failed_at: now - Duration::hours(2),
            attempts: 8,
            error: "away: connection refused".to_owned(),
        };
        let run = |name: &str, error: Option<&str>| EntryRun {
            name: name.to_owned(),
            last_run_at: now - Duration::hours(5),
            took_ms: 1_240,
            error: error.map(str::to_owned),
        };
        let sight = Sight {
            kinds: vec![kind("exports.make", 1, 0), kind("mail.send", 12, 1)],
            under_way: vec![under_way, lost],
            given_up: Page { rows: vec![given_up], next: None },
            runs: vec![
                run("docs.empty_bin", Some("away: a lock was waited for too long")),
                run("sessions.forget", None),
            ],
        };
        let entry = |name, seconds| Entry {
            name,
            every: std::time::Duration::from_secs(seconds),
            wakes_on: None,
            run: |_| Ok(()),
        };
        let schedule = [
            entry("audit.seal", 1),
            entry("sessions.forget", 86_400),
            entry("docs.empty_bin", 86_400),
            entry("exports.expire", 1_797),
        ];
        Queue::new(Shell::sample("settings"), sight, &schedule, true)
    }

    fn quiet_sample() -> Self {
        let sight = Sight {
            kinds: Vec::new(),
            under_way: Vec::new(),
            given_up: Page { rows: Vec::new(), next: None },
            runs: Vec::new(),
        };
        Queue { sight, ..Queue::sample() }
    }
}

/// What it does, in people's words; of a kind that only a newer version knows, its name.
pub fn kind_words(kind: &str) -> String {
    words(format!("job-kind-{}", dashed(kind)), kind)
}

fn words(key: String, name: &str) -> String {
    if is_known(&key) { text(&key) } else { name.to_owned() }
}

fn dashed(name: &str) -> String {
    name.replace(['.', '_'], "-")
}

impl EntryLine {
    pub fn words(&self) -> String {
        words(format!("entry-{}", dashed(self.name)), self.name)
    }

    pub fn has_failed(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.error.is_some())
    }

    /// "every day"; periods are odd so that they do not meet, people read the nearest even one.
    pub fn rhythm(&self) -> String {
        let seconds = self.every.as_secs();
        let (key, count) = match seconds {
            0..60 => ("queue-every-seconds", seconds),
            60..3_000 => ("queue-every-minutes", (seconds + 30) / 60),
            3_000..80_000 => ("queue-every-hours", (seconds + 1_800) / 3_600),
            _ => ("queue-every-days", (seconds + 43_200) / 86_400),
        };
        say_with(key, [("count", count.to_string().as_str())])
    }

    /// None before the first run, and of what runs every few seconds.
    pub fn next_at(&self) -> Option<DateTime<Utc>> {
        let every = Duration::from_std(self.every).ok().filter(|every| *every >= Duration::minutes(1))?;
        Some(self.run.as_ref()?.last_run_at + every)
    }
}

impl EntryRun {
    /// "0.03 s"
    pub fn took(&self) -> String {
        format!("{}.{:02}\u{a0}s", self.took_ms / 1000, self.took_ms % 1000 / 10)
    }
}

impl GivenUp {
    pub fn words(&self) -> String {
        kind_words(&self.kind)
    }

    pub fn path(&self) -> String {
        format!("/settings/queue/{}", self.id)
    }
}

impl UnderWay {
    pub fn words(&self) -> String {
        kind_words(&self.kind)
    }
}

impl KindTally {
    pub fn words(&self) -> String {
        kind_words(&self.kind)
    }
}

pub fn samples() -> Vec<Sample> {
    let further = Queue { is_first: false, ..Queue::sample() };
    vec![
        sample("fleet/queue", &Queue::sample()),
        sample("fleet/queue-quiet", &Queue::quiet_sample()),
        sample("fleet/queue-further", &further),
    ]
}
