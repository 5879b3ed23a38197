//! What is masked before it leaves, by the policy of the organisation: addresses of mail, what looks like a secret, and words that the
//! company names. It is done on the finished request, so that no way to make one goes around it; a masked text says what stood there.

use serde_json::Value;

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

/// What is masked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Masks {
    pub addresses: bool,
    pub secrets: bool,
    /// In lower case; found whatever the case in the text.
    pub words: Vec<String>,
}

impl Masks {
    pub fn is_empty(&self) -> bool {
        *self == Masks::default()
    }

    /// Every text of a request: what people and records say, and what tools gave. Our own instructions stay.
    pub fn mask(&self, body: &mut Value) {
        if self.is_empty() {
            return;
        }
        if let Some(input) = body.get_mut("input") {
            self.mask_within(input, input_is_plain);
        }
    }

    fn mask_within(&self, value: &mut Value, is_text: fn(&str) -> bool) {
        match value {
            Value::String(text) => *text = self.masked(text),
            Value::Array(all) => all.iter_mut().for_each(|inner| self.mask_within(inner, is_text)),
            Value::Object(fields) => {
                for (name, inner) in fields.iter_mut() {
                    let is_nested = matches!(inner, Value::Array(_) | Value::Object(_));
                    if is_nested || is_text(name) {
                        self.mask_within(inner, is_text);
                    }
                }
            }
            _ => {}
        }
    }

    /// One text.
    pub fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.secrets {
            text = without_keys(&text);
        }
        if self.addresses || self.secrets {
            text = pieces(&text).map(|piece| self.piece(piece)).collect();
        }
        self.words.iter().fold(text, |text, word| without(&text, word))
    }

    fn piece<'t>(&self, piece: &'t str) -> &'t str {
        match piece {
            piece if self.addresses && is_address(piece) => ADDRESS,
            piece if self.secrets && is_secret(piece) => SECRET,
            piece => piece,
        }
    }
}

/// Fields that carry words. Ids, kinds and encrypted thoughts stay as they are, or the provider would not take them back.
fn input_is_plain(name: &str) -> bool {
    matches!(name, "text" | "output" | "arguments" | "refusal")
}

/// Runs of characters that addresses and secrets are made of, and what stands between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '%');
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_run = is_inner(first);
        let end = rest.find(|c| is_inner(c) != is_run).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn is_address(piece: &str) -> bool {
    let piece = piece.trim_end_matches('.');
    let Some((name, host)) = piece.split_once('@') else { return false };
    !name.is_empty() && host.contains('.') && !host.contains('@') && !host.starts_with('.')
}

fn is_secret(piece: &str) -> bool {
    piece.chars().count() >= LEAST_SECRET_CHARS && BEGINNINGS.iter().any(|beginning| piece.starts_with(beginning))
}

/// Blocks of PEM with a private key in them; one without an end is masked to the end of the text.
fn without_keys(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("-----BEGIN ") {
        let kind = after.split_once("-----").map(|(kind, _)| kind).unwrap_or_default();
        if !kind.ends_with("PRIVATE KEY") {
            out.push_str(before);
            out.push_str("-----BEGIN ");
            rest = after;
            continue;
        }
        out.push_str(before);
        out.push_str(SECRET);
        let end = format!("-----END {kind}-----");
        rest = after.split_once(end.as_str()).map(|(_, rest)| rest).unwrap_or_default();
    }
    out + rest
}

/// Without this word, whatever its case. Lower case can be longer than what it is made of, so places are counted in characters.
fn without(text: &str, word: &str) -> String {
    let wanted: Vec<char> = word.chars().collect();
    let letters: Vec<char> = text.chars().collect();
    if wanted.is_empty() {
        return text.to_owned();
    }
    let is_same = |one: &char, other: &char| one == other || one.to_lowercase().eq(other.to_lowercase());
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(letter) = letters.get(at) {
        let fits =
            letters.get(at..at + wanted.len()).is_some_and(|here| here.iter().zip(&wanted).all(|(a, b)| is_same(a, b)));
        if fits {
            out.push_str(WORD);
            at += wanted.len();
        } else {
            out.push(*letter);
            at += 1;
        }
    }
    out
}
