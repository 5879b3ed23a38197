//! `/settings/ai` and a project's own.

use super::forms::{Differing, PolicyForm, ProjectForm, configured};
use super::group::above_label;
use crate::ai::{Budget, Call, Fault, Level, Policy, Reason};
use crate::config::Ai;
use crate::error::{Msg, Problems};
use crate::ui::thousands as digits;
use crate::ui::{Choice, Sample, Shell, filters, sample, say, say_with, text};
use askama::Template;

#[derive(Template)]
#[template(path = "ai/index.html")]
pub struct Index {
    pub shell: Shell,
    pub connection: Vec<(&'static str, String)>,
    pub is_configured: bool,
    /// While the provider is left alone after an outage.
    pub outage: Option<Fault>,
    /// The last that succeeded and the last that failed, newest first.
    pub last: Vec<Call>,
    pub form: PolicyForm,
    pub policy: Policy,
    /// After a lost race, message keys of what differs from what was saved meanwhile.
    pub theirs: Vec<Differing>,
    pub levels: Vec<Choice>,
    pub models: Vec<ModelChoice>,
    pub can_manage: bool,
    pub spent: i64,
    pub budgets: Vec<Budget>,
    pub keeps_out: bool,
    pub tested: Vec<Tested>,
    pub problems: Problems,
}

/// What came of one part of a test.
#[derive(Debug, Clone)]
pub struct Tested {
    /// Message key.
    pub what: &'static str,
    pub fault: Option<Fault>,
    pub milliseconds: u128,
}

#[derive(Debug, Clone)]
pub struct ModelChoice {
    pub name: String,
    pub is_allowed: bool,
    /// Named in tow.yaml today.
    pub is_configured: bool,
}

#[derive(Template)]
#[template(path = "ai/project.html")]
pub struct ProjectPage {
    pub shell: Shell,
    pub of: Heading,
    pub form: ProjectForm,
    pub policy: Policy,
    pub levels: Vec<Choice>,
    /// What the organisation allows, which a project can only narrow.
    pub above: Level,
    pub spent: i64,
    pub theirs: Vec<Differing>,
    pub can_manage: bool,
    pub problems: Problems,
}

/// The project as its pages name it.
#[derive(Debug, Clone)]
pub struct Heading {
    pub key: String,
    pub name: String,
}

impl Heading {
    pub fn path(&self) -> String {
        format!("/projects/{}", self.key)
    }
}

/// The configured ones, and those of an older configuration that are still ticked.
pub fn model_choices(ai: &Ai, ticked: &[String]) -> Vec<ModelChoice> {
    let configured = configured(ai);
    let old = ticked.iter().filter(|name| !configured.contains(name)).map(|name| (name.clone(), false));
    let all: Vec<(String, bool)> = configured.iter().map(|name| (name.clone(), true)).chain(old).collect();
    all.into_iter()
        .map(|(name, is_configured)| ModelChoice { is_allowed: ticked.contains(&name), name, is_configured })
        .collect()
}

pub fn level_choices(chosen: &str) -> Vec<Choice> {
    // The widest first: it is what most have.
    let choice = |level: &Level| Choice::new(level, text(level_label(*level)), level.as_str() == chosen);
    Level::ALL.iter().rev().map(choice).collect()
}

/// Message key.
pub fn level_label(level: Level) -> &'static str {
    match level {
        Level::All => "ai-level-all",
        Level::NoWeb => "ai-level-no-web",
        Level::Embeddings => "ai-level-embeddings",
        Level::Off => "ai-level-off",
    }
}

/// What tow.yaml says of it: message key and value.
pub fn connection(ai: &Ai) -> Vec<(&'static str, String)> {
    vec![
        ("ai-provider", ai.openai_base_url.host_str().unwrap_or_default().to_owned()),
        ("ai-reasoning-model", format!("{} · {}", ai.openai_reasoning_model, ai.openai_reasoning_effort)),
        ("ai-fast-model", ai.openai_fast_model.clone()),
        ("ai-title-model", ai.title_model().to_owned()),
        ("ai-onboarding-model", ai.onboarding_model().to_owned()),
        ("ai-embedding-model", format!("{} · {}", ai.openai_embedding_model, ai.embedding_dim)),
        ("ai-web", web(ai)),
    ]
}

/// Where the web is asked, or what the operator must set.
fn web(ai: &Ai) -> String {
    match &ai.exa_api_key {
        Some(_) => ai.exa_base_url.host_str().unwrap_or_default().to_owned(),
        None => text("ai-web-off"),
    }
}

impl Index {
    /// Green, amber or red, icon and words.
    pub fn state(&self) -> (&'static str, &'static str, &'static str) {
        match (self.is_configured, self.policy.level, &self.outage) {
            (false, ..) => ("grey", "stop", "ai-state-no-key"),
            (_, Level::Off, _) => ("grey", "stop", "ai-state-off"),
            (_, _, Some(_)) => ("red", "risk", "ai-state-outage"),
            _ if self.last.first().is_some_and(Call::is_failed) => ("amber", "risk", "ai-state-failing"),
            _ if self.last.is_empty() => ("blue", "info", "ai-state-unused"),
            _ => ("green", "check", "ai-state-working"),
        }
    }

    pub fn state_tone(&self) -> &'static str {
        self.state().0
    }

    pub fn state_icon(&self) -> &'static str {
        self.state().1
    }

    pub fn state_words(&self) -> &'static str {
        self.state().2
    }

    pub fn spent_digits(&self) -> String {
        digits(self.spent)
    }

    pub fn sample() -> Self {
        let policy = Policy { level: Level::NoWeb, version: 2, monthly_tokens: Some(5_000_000), ..Policy::default() };
        let budget = Budget {
            holder: uuid::Uuid::nil(),
            name: "Halden".to_owned(),
            limit: 5_000_000,
            spent: 1_920_400,
            open: 0,
        };
        Index {
            shell: Shell::sample("settings"),
            connection: vec![
                ("ai-provider", "api.openai.com".to_owned()),
                ("ai-fast-model", "gpt-5.2".to_owned()),
                ("ai-web", text("ai-web-off")),
            ],
            is_configured: true,
            outage: None,
            last: vec![Call::sample()],
            form: PolicyForm { level: "no_web".to_owned(), version: "2".to_owned(), ..PolicyForm::default() },
            levels: level_choices("no_web"),
            models: vec![ModelChoice { name: "gpt-5.2".to_owned(), is_allowed: true, is_configured: true }],
            policy,
            theirs: vec![
                Differing { label: "ai-level", theirs: text("ai-level-off") },
                Differing { label: "ai-models", theirs: text("none") },
            ],
            can_manage: true,
            spent: 1_920_400,
            budgets: vec![budget],
            keeps_out: false,
            tested: vec![
                Tested { what: "ai-test-answer", fault: None, milliseconds: 812 },
                Tested { what: "ai-test-vectors", fault: Some(Fault::new(Reason::Key)), milliseconds: 120 },
            ],
            problems: Problems::one("monthly_tokens", Msg::new("problem-ai-tokens").with("max", "1,000")),
        }
    }
}

impl Tested {
    /// That it went well, and how fast.
    pub fn words(&self) -> String {
        let (part, milliseconds) = (text(self.what), self.milliseconds.to_string());
        say_with("ai-tested-done", [("part", part.as_str()), ("milliseconds", milliseconds.as_str())])
    }
}

impl Fault {
    /// Its sentence, for people.
    pub fn words(&self) -> String {
        say(&self.msg())
    }
}

impl Budget {
    pub fn words(&self) -> String {
        let msg = Msg::new(if self.name.is_empty() { "ai-budget-yours" } else { "ai-budget-of" });
        say(&msg.with("name", &self.name).with("spent", digits(self.spent)).with("limit", digits(self.limit)))
    }
}

impl ProjectPage {
    pub fn spent_digits(&self) -> String {
        digits(self.spent)
    }

    pub fn above_label(&self) -> &'static str {
        above_label(self.above)
    }

    pub fn sample() -> Self {
        ProjectPage {
            shell: Shell::sample("projects"),
            of: Heading { key: "ATL".to_owned(), name: "Atlas".to_owned() },
            form: ProjectForm { level: "off".to_owned(), ..ProjectForm::default() },
            policy: Policy::default(),
            levels: level_choices("off"),
            above: Level::NoWeb,
            spent: 0,
            can_manage: true,
            theirs: Vec::new(),
            problems: Problems::default(),
        }
    }
}

pub fn samples() -> Vec<Sample> {
    vec![sample("ai/index", &Index::sample()), sample("ai/project", &ProjectPage::sample())]
}
