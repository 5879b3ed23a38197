//! How search by meaning stands.

use super::model::*;
use crate::ai::{Fault, Reason};
use crate::ui::{Sample, Shell, filters, sample, text, thousands};
use askama::Template;
use chrono::{DateTime, Duration, Utc};

#[derive(Template)]
#[template(path = "vectors/index.html")]
pub struct Index {
    pub shell: Shell,
    pub is_configured: bool,
    pub tally: Tally,
    /// None before anything is embedded.
    pub serving: Option<Standing>,
    /// While `tow reembed` is under way or was stopped.
    pub building: Option<Standing>,
    /// Why something is held back.
    pub holds: Vec<Reason>,
}

impl Index {
    /// Message keys with their numbers.
    pub fn numbers(&self) -> [(&'static str, String); 6] {
        let vectors = self.serving.as_ref().map(|standing| standing.vectors).unwrap_or_default();
        [
            ("vectors-passages", thousands(self.tally.passages)),
            ("vectors-embedded", thousands(vectors)),
            ("vectors-waiting", thousands(self.tally.waiting)),
            ("vectors-held", thousands(self.tally.held)),
            ("vectors-kept", thousands(self.tally.kept)),
            ("vectors-failed", thousands(self.tally.failed)),
        ]
    }

    /// Tone, icon and message key.
    pub fn state(&self) -> (&'static str, &'static str, &'static str) {
        match &self.serving {
            _ if !self.is_configured => ("grey", "x", "vectors-state-off"),
            None => ("grey", "clock", "vectors-state-empty"),
            Some(standing) if standing.set.fault.is_some() => ("amber", "risk", "vectors-state-rests"),
            Some(_) if self.tally.waiting > 0 => ("blue", "clock", "vectors-state-works"),
            Some(_) if self.tally.held > 0 => ("amber", "clock", "vectors-state-held"),
            Some(_) => ("green", "check", "vectors-state-done"),
        }
    }

    /// 0 to 100.
    pub fn percent(&self) -> i64 {
        let vectors = self.serving.as_ref().map(|standing| standing.vectors).unwrap_or_default();
        percent(vectors, self.tally.passages - self.tally.kept)
    }

    /// Of the next set, 0 to 100.
    pub fn built(&self) -> i64 {
        let vectors = self.building.as_ref().map(|standing| standing.vectors).unwrap_or_default();
        percent(vectors, self.tally.passages - self.tally.kept)
    }

    /// Why it does not go on, and when it is tried again.
    pub fn rest(&self) -> Option<(Fault, DateTime<Utc>)> {
        let set = &self.serving.as_ref()?.set;
        let about = set.fault_about.as_deref().unwrap_or_default();
        Some((Fault::new(Reason::parse(set.fault.as_deref()?)?).about(about), set.rests_until?))
    }

    /// "budget used up, model not allowed"; empty when nothing is held back.
    pub fn why_held(&self) -> String {
        let word = |reason: &Reason| text(&format!("ai-reason-{}", reason.as_str().replace('_', "-")));
        self.holds.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    pub fn sample() -> Self {
        let at = DateTime::<Utc>::UNIX_EPOCH + Duration::days(20_000);
        let set = Set {
            id: 1,
            model: "text-embedding-3-small".to_owned(),
            dim: 1536,
            state: SetState::Serving,
            created_at: at,
            tries: 1,
            fault: Some(Reason::Dimension.to_string()),
            fault_about: Some("384".to_owned()),
            rests_until: Some(at),
            has_bits: true,
            leased_until: None,
        };
        let building = Set {
            id: 2,
            model: "text-embedding-3-large".to_owned(),
            dim: 3072,
            state: SetState::Building,
            ..set.clone()
        };
        Index {
            shell: Shell::sample("settings"),
            is_configured: true,
            tally: Tally { passages: 12_420, waiting: 96, kept: 1_020, held: 12, failed: 1 },
            serving: Some(Standing { set, vectors: 11_291 }),
            building: Some(Standing { set: building, vectors: 4_000 }),
            holds: vec![Reason::Budget, Reason::Model],
        }
    }

    fn quiet_sample() -> Self {
        let nothing = Index { holds: Vec::new(), serving: None, building: None, ..Index::sample() };
        Index { is_configured: false, tally: Tally::default(), ..nothing }
    }
}

impl Standing {
    pub fn count(&self) -> String {
        thousands(self.vectors)
    }
}

fn percent(part: i64, all: i64) -> i64 {
    if all <= 0 { 0 } else { (part.saturating_mul(100) / all).clamp(0, 100) }
}

pub fn samples() -> Vec<Sample> {
    vec![sample("vectors/index", &Index::sample()), sample("vectors/index-off", &Index::quiet_sample())]
}
