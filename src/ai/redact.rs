//! What is masked before it leaves, by the policy of the organisation: addresses of mail, what looks like a secret, and words that the
//! company names. It is done on the finished request, so that no way to make one goes around it; a masked text says what stood there.

use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// What a masked piece becomes.
pub const ADDRESS: &str = "[e-mail address]";
pub const SECRET: &str = "[secret]";
pub const WORD: &str = "[masked]";
/// Shorter ones are words.
const LEAST_SECRET_CHARS: usize = 16;
/// How secrets of the usual makers begin; ours among them.
const BEGINNINGS: [&str; 16] = [
    "sk-",
    "sk_",
    "rk_",
    "pk_live_",
    "tow_",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "xox",
    "AKIA",
    "ASIA",
    "AIza",
    "eyJ",
];

/// Of memory that one pattern may take.
pub const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// What is masked.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Masks {
    pub addresses: bool,
    pub secrets: bool,
    /// Found whatever the case in the text, and over line breaks.
    pub words: Vec<String>,
    /// Regular expressions, as `check_pattern` takes them.
    pub patterns: Vec<String>,
}

impl Masks {
    pub fn is_empty(&self) -> bool {
        *self == Masks::default()
    }

    /// Every text of a request: what people and records say, and what tools gave. Our own instructions stay.
    pub fn mask(&self, body: &mut Value, fence: &str) {
        if self.is_empty() {
            return;
        }
        let words = Finder::of(self, fence);
        if let Some(input) = body.get_mut("input") {
            self.mask_within(input, &words, input_is_plain);
        }
        // What the web is asked.
        for name in ["query", "urls"] {
            if let Some(asked) = body.get_mut(name) {
                self.mask_within(asked, &words, |_| false);
            }
        }
    }

    /// One text.
    pub fn masked(&self, text: &str) -> String {
        self.text(text, &Finder::of(self, ""))
    }

    fn mask_within(&self, value: &mut Value, words: &Finder, is_text: fn(&str) -> bool) {
        match value {
            Value::String(text) => *text = self.text(text, words),
            Value::Array(all) => all.iter_mut().for_each(|inner| self.mask_within(inner, words, is_text)),
            Value::Object(fields) => {
                for (name, inner) in fields.iter_mut() {
                    let is_nested = matches!(inner, Value::Array(_) | Value::Object(_));
                    if is_nested || is_text(name) {
                        self.mask_within(inner, words, is_text);
                    }
                }
            }
            _ => {}
        }
    }

    /// What tools take and give is JSON as text, where a line break is two letters: there each text is masked by itself.
    fn text(&self, text: &str, words: &Finder) -> String {
        // A mask that hit the fence would let any text forge one.
        if !words.fence.is_empty() && text.contains(&words.fence) {
            return text.split(&words.fence).map(|part| self.plain(part, words)).collect::<Vec<_>>().join(&words.fence);
        }
        let inner = serde_json::from_str(text).ok().filter(|inner| matches!(inner, Value::Array(_) | Value::Object(_)));
        let Some(inner) = inner else { return self.plain(text, words) };
        let masked = self.json(&inner, words);
        if masked == inner { text.to_owned() } else { masked.to_string() }
    }

    fn json(&self, value: &Value, words: &Finder) -> Value {
        match value {
            Value::String(text) => Value::String(self.plain(text, words)),
            Value::Array(all) => Value::Array(all.iter().map(|inner| self.json(inner, words)).collect()),
            Value::Object(fields) => {
                fields.iter().map(|(name, inner)| (self.plain(name, words), self.json(inner, words))).collect()
            }
            other => other.clone(),
        }
    }

    fn plain(&self, text: &str, words: &Finder) -> String {
        let mut text = text.to_owned();
        if self.secrets {
            text = replaced(&without_keys(&text), &secrets, SECRET);
        }
        if self.addresses {
            text = replaced(&text, &addresses, ADDRESS);
        }
        let Some(patterns) = &words.patterns else { return WORD.to_owned() };
        for pattern in patterns {
            text = replaced(&text, &|text| found(pattern, text), WORD);
        }
        replaced(&text, &|text| words.words.found(text), WORD)
    }
}

/// What is looked for in every text of a request.
struct Finder {
    words: Words,
    /// None where one of them cannot be read: then everything is masked.
    patterns: Option<Vec<Regex>>,
    /// Ours, and never masked; empty for none.
    fence: String,
}

impl Finder {
    fn of(masks: &Masks, fence: &str) -> Self {
        let patterns = masks.patterns.iter().map(|pattern| read(pattern).ok()).collect();
        Finder { words: Words::of(&masks.words), patterns, fence: fence.to_owned() }
    }
}

fn read(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES).build()
}

fn found(pattern: &Regex, text: &str) -> Vec<Range<usize>> {
    pattern.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty()).collect()
}

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadPattern {
    /// In the library's words.
    Unreadable(String),
    /// It takes more memory than a pattern may.
    TooLarge,
    /// It fits where nothing stands, so everywhere.
    FitsNothing,
}

/// Whether it can be looked for. Time is linear in the text, whatever the pattern.
pub fn check_pattern(pattern: &str) -> Result<(), BadPattern> {
    let regex = read(pattern).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => BadPattern::TooLarge,
        // The last line of a drawing says it in words.
        other => {
            let words = other.to_string();
            let last = words.lines().next_back().unwrap_or_default();
            BadPattern::Unreadable(last.trim_start_matches("error:").trim().to_owned())
        }
    })?;
    if regex.is_match("") { Err(BadPattern::FitsNothing) } else { Ok(()) }
}

/// Fields that carry words. Ids, kinds and encrypted thoughts stay as they are, or the provider would not take them back.
fn input_is_plain(name: &str) -> bool {
    matches!(name, "text" | "output" | "arguments" | "refusal")
}

/// The text with these places, which are in order and apart, replaced.
fn replaced(text: &str, find: &dyn Fn(&str) -> Vec<Range<usize>>, by: &str) -> String {
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for place in find(text) {
        out.push_str(text.get(done..place.start).unwrap_or_default());
        out.push_str(by);
        done = place.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Runs of characters that addresses are made of. What follows a backslash may be the letter of a line break.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '%');
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(is_inner)).map(|start| at + start) {
        let run = text.get(start..).unwrap_or_default();
        let run = run.get(..run.find(|c| !is_inner(c)).unwrap_or(run.len())).unwrap_or_default();
        at = start + run.len();
        let start = if is_escaped(text, start) { start + 1 } else { start };
        let end = start + text.get(start..at).unwrap_or_default().trim_end_matches('.').len();
        if text.get(start..end).is_some_and(is_address) {
            found.push(start..end);
        }
    }
    found
}

fn is_address(piece: &str) -> bool {
    let Some((name, host)) = piece.rsplit_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !host.starts_with('.')
}

/// Whether the letter at this place is that of a line break or tab written as two.
fn is_escaped(text: &str, at: usize) -> bool {
    let letter = text.get(at..).and_then(|rest| rest.chars().next());
    letter.is_some_and(|c| "nrtbf".contains(c)) && text.get(..at).is_some_and(|before| before.ends_with('\\'))
}

/// From each beginning of a maker on, as far as keys go.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%' | '=' | '/');
    let (mut found, mut at): (Vec<Range<usize>>, usize) = (Vec::new(), 0);
    for (start, _) in text.char_indices() {
        let rest = text.get(start..).unwrap_or_default();
        let is_beginning = start >= at && BEGINNINGS.iter().any(|beginning| rest.starts_with(beginning));
        if !is_beginning || !is_begun(text, start) {
            continue;
        }
        let run = rest.get(..rest.find(|c| !is_inner(c)).unwrap_or(rest.len())).unwrap_or_default();
        let run = run.trim_end_matches('.');
        if run.chars().count() >= LEAST_SECRET_CHARS {
            at = start + run.len();
            found.push(start..at);
        }
    }
    found
}

/// Whether no word goes on here: letters before it belong to one, unless they are an escape, as in `\nsk-` and `%20sk-`.
fn is_begun(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let Some(last) = before.chars().next_back().filter(|c| c.is_alphanumeric()) else { return true };
    let is_number = |digits: &str| digits.chars().all(|c| c.is_ascii_hexdigit());
    let ends = |mark: &str, digits: usize| {
        let number = before.len().checked_sub(digits).and_then(|cut| before.split_at_checked(cut));
        number.is_some_and(|(before, number)| before.ends_with(mark) && is_number(number))
    };
    is_escaped(text, at - last.len_utf8()) || ends("%", 2) || ends("\\u", 4)
}

/// Blocks of PEM with a private key in them; one without an end is masked to the end of the text.
fn without_keys(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("-----BEGIN ") {
        let kind = after.split_once("-----").map(|(kind, _)| kind).unwrap_or_default();
        out.push_str(before);
        if !kind.contains("PRIVATE KEY") {
            out.push_str("-----BEGIN ");
            rest = after;
            continue;
        }
        out.push_str(SECRET);
        let end = format!("-----END {kind}-----");
        rest = after.split_once(end.as_str()).map(|(_, rest)| rest).unwrap_or_default();
    }
    out + rest
}

/// The company's words, folded, by their first letter; the longest first.
struct Words(HashMap<char, Vec<Vec<char>>>);

impl Words {
    fn of(words: &[String]) -> Self {
        let mut by_first: HashMap<char, Vec<Vec<char>>> = HashMap::new();
        for word in words {
            let letters: Vec<char> = folded(word.trim()).into_iter().map(|(letter, _)| letter).collect();
            if let Some(first) = letters.first() {
                by_first.entry(*first).or_default().push(letters);
            }
        }
        by_first.values_mut().for_each(|all| all.sort_by_key(|word| std::cmp::Reverse(word.len())));
        Words(by_first)
    }

    /// All of them in one pass over the text.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let (letters, mut found, mut at) = (folded(text), Vec::new(), 0);
        while let Some((letter, place)) = letters.get(at) {
            let fits = |word: &&Vec<char>| {
                let here = letters.get(at..at + word.len());
                here.is_some_and(|here| here.iter().zip(word.iter()).all(|((one, _), other)| one == other))
            };
            match self.0.get(letter).and_then(|words| words.iter().find(fits)) {
                Some(word) => {
                    let end = letters.get(at + word.len() - 1).map_or(place.end, |(_, last)| last.end);
                    found.push(place.start..end);
                    at += word.len();
                    // What is left of a letter whose lower case is longer belongs to what was replaced.
                    while letters.get(at).is_some_and(|(_, next)| next.start < end) {
                        at += 1;
                    }
                }
                None => at += 1,
            }
        }
        found
    }
}

/// Its letters without their case, each with its place in the text; white space of any length is one blank.
fn folded(text: &str) -> Vec<(char, Range<usize>)> {
    let mut letters: Vec<(char, Range<usize>)> = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices() {
        let place = start..start + c.len_utf8();
        match letters.last_mut() {
            Some((' ', blank)) if c.is_whitespace() => blank.end = place.end,
            _ if c.is_whitespace() => letters.push((' ', place)),
            // The sigma at the end of a word is another letter.
            _ => letters.extend(c.to_lowercase().map(|c| (if c == '\u{3c2}' { '\u{3c3}' } else { c }, place.clone()))),
        }
    }
    letters
}

/// How many; the words themselves are what must not be told.
impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Masks");
        shown.field("addresses", &self.addresses).field("secrets", &self.secrets);
        shown.field("words", &self.words.len()).field("patterns", &self.patterns.len()).finish()
    }
}
