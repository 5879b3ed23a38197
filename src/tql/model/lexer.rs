//! Cuts a text into words, quoted texts and signs, each with where it stands.

use crate::error::Msg;

/// A longer text is no query.
pub const MAX_BYTES: usize = 8 * 1024;
/// What an error repeats of what was typed.
const MAX_SAID_CHARS: usize = 60;

/// Bytes from `at` up to and without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    pub at: usize,
    pub end: usize,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub spot: Spot,
    pub msg: Msg,
}

impl Trouble {
    pub fn new(spot: Spot, key: &'static str) -> Self {
        Trouble { spot, msg: Msg::new(key) }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.msg = self.msg.with(name, value.chars().take(MAX_SAID_CHARS).collect::<String>());
        self
    }

    /// As `with`, of words of ours, whole.
    pub fn with_all(mut self, name: &'static str, value: &str) -> Self {
        self.msg = self.msg.with(name, value);
        self
    }

    /// The sentence, which begins with the number of the character, counted from one.
    pub fn say(&self, text: &str) -> Msg {
        let before = text.get(..self.spot.at).unwrap_or(text);
        self.msg.clone().with("at", before.chars().count() + 1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
    Like,
    Unlike,
}

impl Sign {
    pub fn as_str(self) -> &'static str {
        match self {
            Sign::Equal => "=",
            Sign::Unequal => "!=",
            Sign::Below => "<",
            Sign::AtMost => "<=",
            Sign::Above => ">",
            Sign::AtLeast => ">=",
            Sign::Like => "~",
            Sign::Unlike => "!~",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(String),
    Quoted(String),
    Sign(Sign),
    Open,
    Close,
    Comma,
}

/// Longer signs first.
const SIGNS: [(&str, Sign); 8] = [
    ("!=", Sign::Unequal),
    ("<=", Sign::AtMost),
    (">=", Sign::AtLeast),
    ("!~", Sign::Unlike),
    ("=", Sign::Equal),
    ("<", Sign::Below),
    (">", Sign::Above),
    ("~", Sign::Like),
];

/// Whether a bare word may hold it.
pub fn is_of_word(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"(),\"'=<>~!".contains(c)
}

pub fn cut(text: &str) -> Result<Vec<(Spot, Token)>, Trouble> {
    if text.len() > MAX_BYTES {
        return Err(Trouble::new(Spot { at: 0, end: 0 }, "tql-too-long").with("max", &MAX_BYTES.to_string()));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let (len, token) = match first {
            c if c.is_whitespace() || c.is_control() => (c.len_utf8(), None),
            '(' => (1, Some(Token::Open)),
            ')' => (1, Some(Token::Close)),
            ',' => (1, Some(Token::Comma)),
            '"' | '\'' => {
                let (len, inside) =
                    quoted(rest, first).ok_or_else(|| Trouble::new(Spot { at, end: text.len() }, "tql-quote-open"))?;
                (len, Some(Token::Quoted(inside)))
            }
            _ => match SIGNS.iter().find(|(word, _)| rest.starts_with(word)) {
                Some((word, sign)) => (word.len(), Some(Token::Sign(*sign))),
                None if first == '!' => {
                    return Err(Trouble::new(Spot { at, end: at + 1 }, "tql-stray").with("word", "!"));
                }
                None => {
                    let word: String = rest.chars().take_while(|c| is_of_word(*c)).collect();
                    (word.len(), Some(Token::Word(word)))
                }
            },
        };
        if let Some(token) = token {
            tokens.push((Spot { at, end: at + len }, token));
        }
        at += len;
    }
    Ok(tokens)
}

/// Bytes with both quotes, and what is between them; a backslash takes the next character as it is. None without a closing one.
fn quoted(rest: &str, quote: char) -> Option<(usize, String)> {
    let mut inside = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => inside.push(chars.next()?.1),
            c if c == quote => return Some((at + c.len_utf8(), inside)),
            c => inside.push(c),
        }
    }
    None
}
