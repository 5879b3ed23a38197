//! Small views that many pages show.

use crate::error::{Msg, Problems};

/// "AL" of "Ada Lindqvist"; one letter of a single name.
pub fn initials_of(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// A tone that depends on the text alone, so that a tag or person keeps its colour.
pub fn tone_of(text: &str) -> &'static str {
    const TONES: [&str; 6] = ["blue", "green", "amber", "red", "violet", "grey"];
    let sum = text.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    TONES.get(sum % TONES.len()).copied().unwrap_or("grey")
}

/// One choice of a menu or select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub icon: String,
    pub tone: &'static str,
    pub is_chosen: bool,
}

impl Choice {
    pub fn new(value: impl ToString, label: impl ToString, is_chosen: bool) -> Self {
        Choice { value: value.to_string(), label: label.to_string(), icon: String::new(), tone: "", is_chosen }
    }

    pub fn icon(mut self, icon: impl ToString, tone: &'static str) -> Self {
        self.icon = icon.to_string();
        self.tone = tone;
        self
    }
}

/// The choice of one person. While they are few, `choices` is the whole select; when `typed` is set, one types, and `choices` are only
/// those who come to mind first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chooser {
    pub choices: Vec<Choice>,
    pub typed: Option<String>,
    /// What is wrong with the words of an address.
    pub problem: Option<Msg>,
}

impl Chooser {
    /// Nobody can be chosen: no list and no field.
    pub fn is_nobody(&self) -> bool {
        self.typed.is_none() && self.choices.iter().all(|choice| choice.value.is_empty())
    }

    /// Of a large company, with words that name nobody; for samples.
    pub fn many() -> Chooser {
        let choice = |name: &str, handle: &str| Choice::new(format!("{name} (@{handle})"), name, false);
        let choices = vec![choice("Ada Lindqvist", "ada"), choice("Ben Okafor", "ben")];
        let problem = Msg::new("problem-person-nobody").with("typed", "Cloe");
        Chooser { choices, typed: Some("Cloe".to_owned()), problem: Some(problem) }
    }
}

/// A link among others of which one is current (sorting, filters).
#[derive(Debug, Clone)]
pub struct Pick {
    pub href: String,
    pub label: String,
    pub is_current: bool,
}

/// A tab of saved views.
#[derive(Debug, Clone)]
pub struct Tab {
    pub href: String,
    pub label: String,
    pub is_current: bool,
    pub is_shared: bool,
    /// Set for a view that its owner may remove.
    pub remove: Option<String>,
}

/// The problem beside a field, for templates: `{% if let Some(msg) = problems.get("title") %}`.
pub fn problem<'p>(problems: &'p Problems, field: &str) -> Option<&'p Msg> {
    problems.get(field)
}

/// "114", or "200+" above the limit to which lists count.
pub fn list_count(count: i64) -> String {
    count_up_to(count, crate::db::paging::LIST_COUNT_LIMIT)
}

/// "214", or "1,000+" above the limit to which the rest counts.
pub fn count_label(count: i64) -> String {
    count_up_to(count, crate::db::paging::COUNT_LIMIT)
}

/// "214", or "200+" above what was counted to.
pub fn count_up_to(count: i64, limit: i64) -> String {
    if count > limit { format!("{}+", thousands(limit)) } else { thousands(count) }
}

/// 12345 as "12,345".
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}
