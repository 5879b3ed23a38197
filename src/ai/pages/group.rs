//! A group's own policy.

use super::forms::{Differing, PolicyForm};
use super::settings::{ModelChoice, level_choices};
use crate::ai::{Level, Policy};
use crate::error::Problems;
use crate::people::GroupId;
use crate::ui::{Choice, Sample, Shell, filters, sample};
use askama::Template;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "ai/group.html")]
pub struct GroupPolicyPage {
    pub shell: Shell,
    pub id: GroupId,
    pub name: String,
    pub form: PolicyForm,
    pub policy: Policy,
    pub levels: Vec<Choice>,
    pub models: Vec<ModelChoice>,
    /// What the organisation allows, which a group can only narrow.
    pub above: Level,
    pub theirs: Vec<Differing>,
    pub can_manage: bool,
    pub problems: Problems,
}

/// Message key of what the organisation allows.
pub fn above_label(level: Level) -> &'static str {
    match level {
        Level::All => "ai-above-all",
        Level::NoWeb => "ai-above-no-web",
        Level::Embeddings => "ai-above-embeddings",
        Level::Off => "ai-above-off",
    }
}

impl GroupPolicyPage {
    pub fn above_label(&self) -> &'static str {
        above_label(self.above)
    }

    pub fn sample() -> Self {
        GroupPolicyPage {
            shell: Shell::sample("members"),
            id: GroupId(Uuid::nil()),
            name: "Planners".to_owned(),
            form: PolicyForm { level: "embeddings".to_owned(), ..PolicyForm::default() },
            policy: Policy::default(),
            levels: level_choices("embeddings"),
            models: vec![ModelChoice { name: "gpt-5.2".to_owned(), is_allowed: true, is_configured: true }],
            above: Level::NoWeb,
            can_manage: true,
            theirs: Vec::new(),
            problems: Problems::default(),
        }
    }
}

pub fn samples() -> Vec<Sample> {
    vec![sample("ai/group", &GroupPolicyPage::sample())]
}
