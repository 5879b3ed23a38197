//! What is typed about what may leave, and its checks.

use super::settings::level_label;
use crate::ai::{BadPattern, Level, Policy, check_pattern};
use crate::config::Ai;
use crate::error::{Error, Msg, Problems, Result};
use crate::ui::{text, thousands as digits};
use crate::web::Form;
use std::collections::BTreeSet;

/// The answer to who saved what somebody else had changed meanwhile.
pub const LOST_RACE: u16 = 409;
/// Of a budget; more is as good as none.
pub const MAX_MONTHLY_TOKENS: i64 = 1_000_000_000_000;
/// Models a policy names.
pub const MAX_MODELS: usize = 50;
/// Providers, and assistants, that a policy names.
pub const MAX_NAMED: usize = 50;
/// Of the key of an assistant.
pub const MAX_KEY_CHARS: usize = 60;
/// Patterns that are masked.
pub const MAX_MASKED_PATTERNS: usize = 20;
/// Of one.
pub const MAX_PATTERN_CHARS: usize = 200;
/// Words that are masked.
pub const MAX_MASKED_WORDS: usize = 200;
/// Of one; shorter ones would mask half of every text.
pub const MASKED_WORD_CHARS: std::ops::RangeInclusive<usize> = 3..=100;

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
    pub masked_patterns: String,
    pub hosts: String,
    pub assistants: String,
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
            masked_patterns: form.text("masked_patterns").to_owned(),
            hosts: form.text("hosts").to_owned(),
            assistants: form.text("assistants").to_owned(),
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
            masked_patterns: policy.masked_patterns.join("\n"),
            hosts: lines(&policy.hosts),
            assistants: lines(&policy.assistants),
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
        let masked_patterns =
            problems.take("masked_patterns", masked_patterns(&self.masked_patterns)).unwrap_or_default();
        let hosts = problems.take("hosts", hosts(&self.hosts)).flatten();
        let assistants = problems.take("assistants", assistants(&self.assistants)).flatten();
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
                let masks =
                    Policy { masks_addresses, masks_secrets, masked_words, masked_patterns, ..Policy::default() };
                Ok(Policy { level, models, hosts, assistants, monthly_tokens, person_monthly_tokens, version, ..masks })
            }
            _ => Err(Error::Invalid(problems)),
        }
    }
}

/// As typed.
#[derive(Debug, Clone, Default)]
pub struct ProjectForm {
    pub level: String,
    pub hosts: String,
    pub assistants: String,
    pub monthly_tokens: String,
    pub version: String,
}

impl ProjectForm {
    pub fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        let (hosts, assistants) = (text("hosts"), text("assistants"));
        let (level, monthly_tokens, version) = (text("level"), text("monthly_tokens"), text("version"));
        ProjectForm { level, hosts, assistants, monthly_tokens, version }
    }

    pub fn of_policy(policy: &Policy) -> Self {
        ProjectForm {
            level: policy.level.to_string(),
            hosts: lines(&policy.hosts),
            assistants: lines(&policy.assistants),
            monthly_tokens: number(policy.monthly_tokens),
            version: policy.version.to_string(),
        }
    }

    pub fn check(&self) -> Result<Policy> {
        let mut problems = Problems::default();
        let level = problems.take("level", Level::parse(&self.level).ok_or(Msg::new("problem-choice")));
        let monthly_tokens = problems.take("monthly_tokens", tokens(&self.monthly_tokens)).flatten();
        let hosts = problems.take("hosts", hosts(&self.hosts)).flatten();
        let assistants = problems.take("assistants", assistants(&self.assistants)).flatten();
        let version = problems.take("version", self.version.parse().map_err(|_| Msg::new("problem-choice")));
        match (level, version) {
            (Some(level), Some(version)) if problems.is_empty() => {
                Ok(Policy { level, hosts, assistants, monthly_tokens, version, ..Policy::default() })
            }
            _ => Err(Error::Invalid(problems)),
        }
    }
}

fn number(number: Option<i64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// None when blank: no limit. Between groups of three digits people write blanks, commas and points; 1.5 is no number of tokens.
fn tokens(typed: &str) -> Result<Option<i64>, Msg> {
    let groups: Vec<&str> = typed.trim().split([' ', '\u{a0}', '\u{202f}', ',', '.', '’', '_']).collect();
    let is_grouped =
        groups.iter().skip(1).all(|group| group.len() == 3) && groups.first().is_some_and(|group| group.len() <= 3);
    let plain = if groups.len() == 1 || is_grouped { groups.concat() } else { "?".to_owned() };
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

/// As a field has them; nothing for no list.
fn lines(list: &Option<Vec<String>>) -> String {
    list.as_ref().map(|names| names.join("\n")).unwrap_or_default()
}

/// A list of lines, in lower case, each once; None when blank, which means all.
fn named(typed: &str, read: impl Fn(&str) -> Option<String>) -> Result<Option<Vec<String>>, ()> {
    let lines = typed.lines().map(|line| line.trim().to_lowercase()).filter(|line| !line.is_empty());
    let names: Option<BTreeSet<String>> = lines.map(|line| read(&line)).collect();
    let names = names.filter(|names| names.len() <= MAX_NAMED).ok_or(())?;
    Ok((!names.is_empty()).then(|| names.into_iter().collect()))
}

/// Hosts, with a port where one is meant; what stands behind them does not belong here.
fn hosts(typed: &str) -> Result<Option<Vec<String>>, Msg> {
    let read = |line: &str| {
        let url = url::Url::parse(&format!("https://{line}/")).ok()?;
        let is_bare =
            url.path() == "/" && url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
        Some(crate::ai::site_of(&url)).filter(|site| is_bare && !site.is_empty())
    };
    named(typed, read).map_err(|()| Msg::new("problem-ai-hosts").with("most", MAX_NAMED))
}

fn assistants(typed: &str) -> Result<Option<Vec<String>>, Msg> {
    let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let read = |line: &str| (line.len() <= MAX_KEY_CHARS && line.chars().all(is_key)).then(|| line.to_owned());
    named(typed, read)
        .map_err(|()| Msg::new("problem-ai-assistants").with("most", MAX_NAMED).with("chars", MAX_KEY_CHARS))
}

/// One a line, as typed, each once.
fn masked_patterns(typed: &str) -> Result<Vec<String>, Msg> {
    let patterns: BTreeSet<&str> = typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if patterns.len() > MAX_MASKED_PATTERNS
        || patterns.iter().any(|pattern| pattern.chars().count() > MAX_PATTERN_CHARS)
    {
        let msg = Msg::new("problem-ai-masked-patterns").with("most", MAX_MASKED_PATTERNS);
        return Err(msg.with("chars", MAX_PATTERN_CHARS));
    }
    for pattern in &patterns {
        check_pattern(pattern).map_err(|bad| match bad {
            BadPattern::Unreadable(why) => Msg::new("problem-ai-pattern").with("pattern", pattern).with("why", why),
            BadPattern::TooLarge => Msg::new("problem-ai-pattern-large").with("pattern", pattern),
            BadPattern::FitsNothing => Msg::new("problem-ai-pattern-empty").with("pattern", pattern),
        })?;
    }
    Ok(patterns.into_iter().map(str::to_owned).collect())
}

/// The models that tow.yaml names, each once.
pub fn configured(ai: &Ai) -> Vec<String> {
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

/// Somebody else was faster: what they saved, where it differs from what was typed.
#[derive(Debug, Clone)]
pub struct Differing {
    /// Message key.
    pub label: &'static str,
    pub theirs: String,
}

/// Of a lost race only. `mine` is what was typed, if it can be read.
pub fn differing(status: u16, mine: Result<Policy>, theirs: &Policy) -> Vec<Differing> {
    let Some(mine) = mine.ok().filter(|_| status == LOST_RACE) else { return Vec::new() };
    let label = |field: &str| match field {
        "level" => "ai-level",
        "models" => "ai-models",
        "hosts" => "ai-hosts",
        "assistants" => "ai-assistants",
        "masked_patterns" => "ai-masked-patterns",
        "monthly_tokens" => "ai-monthly-tokens",
        "person_monthly_tokens" => "ai-person-monthly-tokens",
        "masks_addresses" => "ai-masks-addresses",
        "masks_secrets" => "ai-masks-secrets",
        _ => "ai-masked-words",
    };
    let words = |value: String| match value.as_str() {
        "" => text("none"),
        "true" => text("yes"),
        "false" => text("no"),
        word => Level::parse(word).map_or(value.clone(), |level| text(level_label(level))),
    };
    let line = |(field, theirs, _): (&str, String, String)| Differing { label: label(field), theirs: words(theirs) };
    mine.differences(theirs).into_iter().map(line).collect()
}
