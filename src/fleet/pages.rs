//! The pages about the machinery.

use super::{Trouble, trouble};
use crate::queue::{FORGET_SILENT_HOURS, Role, SILENT_SECONDS, Sighting};
use crate::ui::{Sample, Shell, filters, sample, text};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

#[derive(Template)]
#[template(path = "fleet/instances.html")]
pub struct Instances {
    pub shell: Shell,
    pub lines: Vec<Line>,
    pub trouble: Option<Trouble>,
}

/// An instance in the table.
pub struct Line {
    pub of: Sighting,
    pub is_silent: bool,
    /// The one that answered.
    pub is_here: bool,
}

impl Instances {
    pub fn new(shell: Shell, instances: Vec<Sighting>, here: Uuid, now: DateTime<Utc>) -> Self {
        // Before the first beat of the only one, nothing is known and nothing is wrong.
        let trouble = if instances.is_empty() { None } else { trouble(&instances, now) };
        let line = |of: Sighting| Line { is_silent: of.is_silent(now), is_here: of.id == here, of };
        Instances { shell, lines: instances.into_iter().map(line).collect(), trouble }
    }

    pub fn is_alone(&self) -> bool {
        self.lines.len() < 2
    }

    /// Tone, message key.
    pub fn banner(&self) -> Option<(&'static str, &'static str)> {
        self.trouble.map(|trouble| match trouble {
            Trouble::NoWorker => ("red", "instances-no-worker"),
            Trouble::Silent => ("amber", "instances-some-silent"),
            Trouble::Versions => ("blue", "instances-versions"),
        })
    }

    pub fn silent_seconds(&self) -> i64 {
        SILENT_SECONDS
    }

    pub fn forget_hours(&self) -> i64 {
        FORGET_SILENT_HOURS
    }

    pub fn sample() -> Self {
        let now = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_001);
        let of = |number: u128, host: &str, role: Role| Sighting {
            id: Uuid::from_u128(number),
            host: host.to_owned(),
            version: "1.4.0".to_owned(),
            role,
            started_at: now - Duration::hours(30),
            heard_at: now - Duration::seconds(3),
            leads: false,
            requests: 3,
            jobs: 0,
            leases: 0,
        };
        let worker = Sighting { leads: true, requests: 0, jobs: 2, leases: 2, ..of(2, "kelp-work", Role::Worker) };
        let silent = Sighting {
            heard_at: now - Duration::minutes(4),
            leads: true,
            version: "1.3.2".to_owned(),
            ..of(3, "kelp-old", Role::All)
        };
        let all = vec![of(1, "kelp-web", Role::Web), worker, silent];
        Instances::new(Shell::sample("settings"), all, Uuid::from_u128(1), now)
    }

    fn of_sample(keep: impl Fn(&Sighting) -> bool) -> Self {
        let now = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_001);
        let all = Instances::sample().lines.into_iter().map(|line| line.of).filter(keep).collect();
        Instances::new(Shell::sample("settings"), all, Uuid::from_u128(1), now)
    }
}

impl Line {
    /// Tone, icon, message key.
    pub fn state(&self) -> (&'static str, &'static str, &'static str) {
        if self.is_silent { ("amber", "risk", "instance-silent") } else { ("green", "check", "instance-there") }
    }

    pub fn leads(&self) -> bool {
        self.of.leads && !self.is_silent
    }

    pub fn role_label(&self) -> String {
        text(&format!("instance-role-{}", self.of.role.as_str()))
    }

    /// The last digits of its id, which the log of its start names too.
    pub fn short(&self) -> String {
        let id = self.of.id.simple().to_string();
        id.get(id.len().saturating_sub(8)..).unwrap_or_default().to_owned()
    }
}

pub fn samples() -> Vec<Sample> {
    vec![
        sample("fleet/instances", &Instances::sample()),
        sample("fleet/instances-no-worker", &Instances::of_sample(|one| one.role == Role::Web)),
        sample("fleet/instances-one", &Instances::of_sample(|one| one.role == Role::Worker)),
        sample("fleet/instances-none", &Instances::of_sample(|_| false)),
    ]
}
