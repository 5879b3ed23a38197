//! References: what a text names so that readers can follow it. Found in running text only, never in code or links.

/// Longest title between `[[` and `]]`, in characters.
pub const MAX_TITLE_CHARS: usize = 255;
/// Longest handle after `@`, in characters.
pub const MAX_HANDLE_CHARS: usize = 64;
/// Different references taken from one text; what comes after stays plain text.
pub const MAX_REFERENCES: usize = 2_000;

/// Something a text names. It may not exist, and the reader may not see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// A display ID such as `APP-42`.
    Id { prefix: String, number: i32 },
    /// A title in double brackets, trimmed.
    Title(String),
    /// A person by handle, without the `@`, as typed.
    Handle(String),
    /// A person by full name, `@[Ada Lovelace]`, trimmed.
    Name(String),
}

/// Where a reference leads, for one reader. The address is trusted: it comes from the server, not from the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    pub href: String,
    /// Shown on hover.
    pub title: Option<String>,
    /// Shown instead of what was typed.
    pub label: Option<String>,
    /// Added to the class `ref`, for instance when the thing is closed.
    pub class: Option<&'static str>,
}

/// A stretch of running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// The reference and what was typed for it.
    Reference(Reference, &'a str),
}

/// What an address inside this server names: `/docs/DOC-12`, with or without a part or query after it.
pub fn of_address(url: &str) -> Option<Reference> {
    let path = url.split(['#', '?']).next()?;
    let (word, id) = path.strip_prefix('/')?.split_once('/')?;
    if word.is_empty() || !word.chars().all(|c| c.is_ascii_lowercase()) {
        return None;
    }
    display_id(id).filter(|(_, len)| *len == id.len()).map(|(reference, _)| reference)
}

/// Cuts running text into plain stretches and references; the pieces joined are the text again.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    let mut before = None;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        match find_at(rest, c, before) {
            Some((reference, len)) => {
                push_text(&mut found, text, plain_from, at);
                let typed = rest.get(..len).unwrap_or_default();
                found.push(Piece::Reference(reference, typed));
                at += len;
                plain_from = at;
                before = typed.chars().next_back();
            }
            None => {
                // A run of letters is passed as a whole, so that nothing begins in the middle of a word.
                let step = word_len(rest).max(c.len_utf8());
                before = rest.get(..step).and_then(|passed| passed.chars().next_back());
                at += step;
            }
        }
    }
    push_text(&mut found, text, plain_from, text.len());
    found
}

fn push_text<'a>(found: &mut Vec<Piece<'a>>, text: &'a str, from: usize, to: usize) {
    if let Some(plain) = text.get(from..to).filter(|plain| !plain.is_empty()) {
        found.push(Piece::Text(plain));
    }
}

fn word_len(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())
}

fn find_at(rest: &str, first: char, before: Option<char>) -> Option<(Reference, usize)> {
    match first {
        '[' => title(rest),
        '@' if before.is_none_or(|c| !is_wordy(c) && !matches!(c, '/' | '.' | '@')) => person(rest),
        'A'..='Z' if before.is_none_or(|c| !is_wordy(c) && c != '/') => display_id(rest),
        _ => None,
    }
}

fn is_wordy(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

fn title(rest: &str) -> Option<(Reference, usize)> {
    let inner = rest.strip_prefix("[[")?;
    let (title, len) = bracketed(inner, "]]")?;
    Some((Reference::Title(title), 2 + len))
}

fn person(rest: &str) -> Option<(Reference, usize)> {
    let after = rest.strip_prefix('@')?;
    if let Some(inner) = after.strip_prefix('[') {
        let (name, len) = bracketed(inner, "]")?;
        return Some((Reference::Name(name), 2 + len));
    }
    let end = after.find(|c: char| !is_wordy(c) && c != '.').unwrap_or(after.len());
    let handle = after.get(..end)?.trim_end_matches(['.', '-', '_']);
    let starts_well = handle.chars().next().is_some_and(char::is_alphanumeric);
    let fits = handle.chars().count() <= MAX_HANDLE_CHARS;
    (starts_well && fits).then(|| (Reference::Handle(handle.to_owned()), 1 + handle.len()))
}

/// The trimmed text up to `close` on the same line, and the length with `close`.
fn bracketed(inner: &str, close: &str) -> Option<(String, usize)> {
    let mut seen = 0;
    let end = inner.find(|c: char| {
        seen += 1;
        matches!(c, ']' | '[' | '\n') || seen > MAX_TITLE_CHARS + 1
    })?;
    let text = inner.get(..end)?;
    let closes = inner.get(end..)?.starts_with(close);
    let trimmed = text.trim();
    (closes && !trimmed.is_empty()).then(|| (trimmed.to_owned(), end + close.len()))
}

/// `[A-Z][A-Z0-9]{1,9}-\d{1,9}`, and no letter, digit or further dash after it (so not ISO-8859-1).
fn display_id(rest: &str) -> Option<(Reference, usize)> {
    let prefix_len = rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit())?;
    if !(2..=10).contains(&prefix_len) {
        return None;
    }
    let (prefix, after) = rest.split_at_checked(prefix_len)?;
    let digits = after.strip_prefix('-')?;
    let digits_len = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if !(1..=9).contains(&digits_len) {
        return None;
    }
    let (number, tail) = digits.split_at_checked(digits_len)?;
    let mut next = tail.chars();
    let goes_on = match next.next() {
        Some('-' | '.') => next.next().is_some_and(char::is_alphanumeric),
        Some(c) => c.is_alphanumeric() || c == '_',
        None => false,
    };
    let number = number.parse().ok().filter(|_| !goes_on)?;
    Some((Reference::Id { prefix: prefix.to_owned(), number }, prefix_len + 1 + digits_len))
}
