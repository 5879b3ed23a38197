//! `/settings/ai` and a project's own.

use super::group::above_label;
use crate::ai::{Budget, Call, Fault, Level, Policy, Reason};
use crate::config::Ai;
use crate::error::{Error, Msg, Problems, Result};
use crate::ui::thousands as digits;
use crate::ui::{Choice, Sample, Shell, filters, sample, say, say_with, text};
use crate::web::Form;
use askama::Template;
use std::collections::BTreeSet;

/// Of a budget; more is as good as none.
pub const MAX_MONTHLY_TOKENS: i64 = 1_000_000_000_000;
/// Models a policy names.
pub const MAX_MODELS: usize = 50;
/// Words that are masked.
pub const MAX_MASKED_WORDS: usize = 200;
/// Of one; shorter ones would mask half of every text.
pub const MASKED_WORD_CHARS: std::ops::RangeInclusive<usize> = 3..=100;

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
    pub theirs: Vec<&'static str>,
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

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct PolicyForm {
    pub level: String,
    pub models: Vec<String>,
    pub monthly_tokens: String,
    pub person_monthly_tokens: String,
    pub masks_addresses: bool,
    pub masks_secrets: bool,
    /// A line each.
    pub masked_words: String,
    pub version: String,
}

impl PolicyForm {
    pub fn of(form: &Form) -> Self {
        PolicyForm {
            level: form.text("level").to_owned(),
            models: form.all("model").map(str::to_owned).collect(),
            monthly_tokens: form.text("monthly_tokens").to_owned(),
            person_monthly_tokens: form.text("person_monthly_tokens").to_owned(),
            masks_addresses: form.is_checked("masks_addresses"),
            masks_secrets: form.is_checked("masks_secrets"),
            masked_words: form.text("masked_words").to_owned(),
            version: form.text("version").to_owned(),
        }
    }

    pub fn of_policy(policy: &Policy, ai: &Ai) -> Self {
        PolicyForm {
            level: policy.level.to_string(),
            models: policy.models.clone().unwrap_or_else(|| configured(ai)),
            monthly_tokens: number(policy.monthly_tokens),
            person_monthly_tokens: number(policy.person_monthly_tokens),
            masks_addresses: policy.masks_addresses,
            masks_secrets: policy.masks_secrets,
            masked_words: policy.masked_words.join("\n"),
            version: policy.version.to_string(),
        }
    }

    /// All models ticked is as good as no list: a model that tow.yaml names tomorrow is allowed then.
    pub fn check(&self, ai: &Ai, saved: &Policy) -> Result<Policy> {
        let mut problems = Problems::default();
        let level = problems.take("level", Level::parse(&self.level).ok_or(Msg::new("problem-choice")));
        let monthly_tokens = problems.take("monthly_tokens", tokens(&self.monthly_tokens)).flatten();
        let person_monthly_tokens =
            problems.take("person_monthly_tokens", tokens(&self.person_monthly_tokens)).flatten();
        let masked_words = problems.take("masked_words", masked_words(&self.masked_words)).unwrap_or_default();
        let ticked: BTreeSet<&String> = self.models.iter().filter(|name| !name.trim().is_empty()).collect();
        // Those offered: of tow.yaml, or of an older one.
        let old = saved.models.as_deref().unwrap_or_default();
        let is_offered = |name: &&&String| old.contains(name) || configured(ai).contains(name);
        let is_sound = ticked.len() <= MAX_MODELS && ticked.iter().filter(is_offered).count() == ticked.len();
        if ticked.is_empty() || !is_sound {
            problems.add("model", if ticked.is_empty() { "problem-ai-no-model" } else { "problem-choice" });
        }
        let is_all = configured(ai).iter().all(|name| ticked.contains(name));
        let models = (!is_all).then(|| ticked.into_iter().cloned().collect());
        let version = problems.take("version", self.version.parse().map_err(|_| Msg::new("problem-choice")));
        match (level, version) {
            (Some(level), Some(version)) if problems.is_empty() => {
                let (masks_addresses, masks_secrets) = (self.masks_addresses, self.masks_secrets);
                let masks = Policy { masks_addresses, masks_secrets, masked_words, ..Policy::default() };
                Ok(Policy { level, models, monthly_tokens, person_monthly_tokens, version, ..masks })
            }
            _ => Err(Error::Invalid(problems)),
        }
    }
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct ProjectForm {
    pub level: String,
    pub monthly_tokens: String,
    pub version: String,
}

impl ProjectForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        ProjectForm { level: text("level"), monthly_tokens: text("monthly_tokens"), version: text("version") }
    }

    pub fn of_policy(policy: &Policy) -> Self {
        ProjectForm {
            level: policy.level.to_string(),
            monthly_tokens: number(policy.monthly_tokens),
            version: policy.version.to_string(),
        }
    }

    pub fn check(&self) -> Result<Policy> {
        let mut problems = Problems::default();
        let level = problems.take("level", Level::parse(&self.level).ok_or(Msg::new("problem-choice")));
        let monthly_tokens = problems.take("monthly_tokens", tokens(&self.monthly_tokens)).flatten();
        let version = problems.take("version", self.version.parse().map_err(|_| Msg::new("problem-choice")));
        match (level, version) {
            (Some(level), Some(version)) if problems.is_empty() => {
                Ok(Policy { level, monthly_tokens, version, ..Policy::default() })
            }
            _ => Err(Error::Invalid(problems)),
        }
    }
}

fn number(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// None when blank: no limit. Spaces and commas between digits are how people write.
fn tokens(typed: &str) -> Result<Option<i64>, Msg> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, ',' | '.' | '’' | '_')).collect();
    if plain.is_empty() {
        return Ok(None);
    }
    let number = plain.parse().ok().filter(|number| (0..=MAX_MONTHLY_TOKENS).contains(number));
    number.map(Some).ok_or_else(|| Msg::new("problem-ai-tokens").with("max", digits(MAX_MONTHLY_TOKENS)))
}

/// One a line, in lower case, each once.
fn masked_words(typed: &str) -> Result<Vec<String>, Msg> {
    let words: BTreeSet<String> =
        typed.lines().map(|line| line.trim().to_lowercase()).filter(|line| !line.is_empty()).collect();
    let is_sound = words.iter().all(|word| MASKED_WORD_CHARS.contains(&word.chars().count()));
    if is_sound && words.len() <= MAX_MASKED_WORDS {
        return Ok(words.into_iter().collect());
    }
    let msg = Msg::new("problem-ai-masked-words").with("most", MAX_MASKED_WORDS);
    Err(msg.with("least", MASKED_WORD_CHARS.start()).with("chars", MASKED_WORD_CHARS.end()))
}

/// The models that tow.yaml names, each once.
fn configured(ai: &Ai) -> Vec<String> {
    let all = [
        ai.openai_reasoning_model.as_str(),
        &ai.openai_fast_model,
        ai.title_model(),
        ai.onboarding_model(),
        &ai.openai_embedding_model,
    ];
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|name| seen.insert(*name)).map(str::to_owned).collect()
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

/// The labels of what two policies say differently.
pub fn differing(mine: &Policy, theirs: &Policy) -> Vec<&'static str> {
    let label = |field: &str| match field {
        "level" => "ai-level",
        "models" => "ai-models",
        "monthly_tokens" => "ai-monthly-tokens",
        "person_monthly_tokens" => "ai-person-monthly-tokens",
        "masks_addresses" => "ai-masks-addresses",
        "masks_secrets" => "ai-masks-secrets",
        _ => "ai-masked-words",
    };
    mine.differences(theirs).into_iter().map(|(field, ..)| label(field)).collect()
}

pub fn level_choices(chosen: &str) -> Vec<Choice> {
    // The widest first: it is what most have.
    let label = |level: Level| match level {
        Level::All => "ai-level-all",
        Level::NoWeb => "ai-level-no-web",
        Level::Embeddings => "ai-level-embeddings",
        Level::Off => "ai-level-off",
    };
    Level::ALL.iter().rev().map(|level| Choice::new(level, text(label(*level)), level.as_str() == chosen)).collect()
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
            theirs: vec!["ai-level", "ai-models"],
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
            problems: Problems::default(),
        }
    }
}

pub fn samples() -> Vec<Sample> {
    vec![sample("ai/index", &Index::sample()), sample("ai/project", &ProjectPage::sample())]
}
