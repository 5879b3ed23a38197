//! Values parsed at the door: whoever holds one need not check it again. Each `parse` trims, mends what it may
//! (line ends, invisible direction marks) and answers with a message a person can act on.

use crate::error::Msg;
use std::fmt;

pub const MAX_TITLE_CHARS: usize = 255;
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
pub const MAX_NAME_CHARS: usize = 80;
pub const MAX_EMAIL_CHARS: usize = 254;
pub const MAX_TAG_CHARS: usize = 40;
pub const KEY_CHARS: std::ops::RangeInclusive<usize> = 2..=10;
/// Prefixes of display IDs that no project may take.
pub const RESERVED_KEYS: [&str; 10] = ["TOW", "DEC", "RISK", "EXP", "DOC", "MEM", "SNAP", "CHK", "CHAT", "WEB"];

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_value!(
    /// One line of 1 to 255 characters.
    Title
);
text_value!(
    /// Markdown of at most 1 MiB, with `\n` line ends; may be empty.
    Body
);
text_value!(
    /// Of a person, group or other thing: one line of 1 to 80 characters, as the tables check.
    Name
);
text_value!(
    /// An address in lower case, so that it can be compared.
    Email
);
text_value!(
    /// 2 to 10 capital letters and digits, a letter first, not reserved.
    ProjectKey
);
text_value!(
    /// A label in lower case, without commas, 1 to 40 characters.
    Tag
);

impl Title {
    pub fn parse(input: &str) -> Result<Self, Msg> {
        one_line(input, "problem-title-missing", MAX_TITLE_CHARS).map(Title)
    }
}

impl Name {
    pub fn parse(input: &str) -> Result<Self, Msg> {
        one_line(input, "problem-name-missing", MAX_NAME_CHARS).map(Name)
    }
}

impl Body {
    pub fn parse(input: &str) -> Result<Self, Msg> {
        if input.contains('\0') {
            return Err(Msg::new("problem-nul"));
        }
        let text = match input.contains('\r') {
            true => input.replace("\r\n", "\n").replace('\r', "\n"),
            false => input.to_owned(),
        };
        match text.len() <= MAX_BODY_BYTES {
            true => Ok(Body(text)),
            false => Err(Msg::new("problem-body-too-long")
                .with("size", text.len() / 1024)
                .with("max", MAX_BODY_BYTES / 1024)),
        }
    }
}

impl Default for Body {
    /// The empty text.
    fn default() -> Self {
        Body(String::new())
    }
}

impl Email {
    /// Pragmatic: one `@`, no spaces, a domain with a dot. Only a mail that arrives proves an address.
    pub fn parse(input: &str) -> Result<Self, Msg> {
        let address = input.trim();
        if address.is_empty() {
            return Err(Msg::new("problem-email-missing"));
        }
        if address.chars().count() > MAX_EMAIL_CHARS {
            return Err(too_long(MAX_EMAIL_CHARS));
        }
        let (local, domain) = address.rsplit_once('@').unwrap_or_default();
        match is_local_part(local) && is_domain(domain) {
            true => Ok(Email(address.to_lowercase())),
            false => Err(Msg::new("problem-email-wrong")),
        }
    }

    /// What stands after the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl ProjectKey {
    /// Small letters are taken as capitals.
    pub fn parse(input: &str) -> Result<Self, Msg> {
        let key = input.trim().to_ascii_uppercase();
        let well_formed = key.starts_with(|c: char| c.is_ascii_uppercase())
            && key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            && KEY_CHARS.contains(&key.len());
        match well_formed {
            false => Err(Msg::new("problem-key-wrong").with("min", KEY_CHARS.start()).with("max", KEY_CHARS.end())),
            true if RESERVED_KEYS.contains(&key.as_str()) => Err(Msg::new("problem-key-reserved").with("key", key)),
            true => Ok(ProjectKey(key)),
        }
    }
}

impl Tag {
    pub fn parse(input: &str) -> Result<Self, Msg> {
        let tag = one_line(input, "problem-tag-missing", MAX_TAG_CHARS)?.to_lowercase();
        match tag.contains(',') {
            true => Err(Msg::new("problem-tag-comma")),
            false => within(tag, MAX_TAG_CHARS).map(Tag),
        }
    }

    /// A list typed with commas between; empty parts and repetitions are passed over.
    pub fn parse_list(input: &str) -> Result<Vec<Self>, Msg> {
        let mut tags = Vec::new();
        for part in input.split(',').filter(|part| !part.trim().is_empty()) {
            let tag = Tag::parse(part)?;
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        Ok(tags)
    }
}

/// Marks that reorder what one sees, so that a name can pose as another: embeddings, overrides, isolates.
pub fn is_disguise(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn one_line(input: &str, missing: &'static str, max: usize) -> Result<String, Msg> {
    let mut line = String::with_capacity(input.len());
    for c in input.trim().chars().filter(|c| !is_disguise(*c)) {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{85}' => {
                if !line.ends_with(' ') {
                    line.push(' ');
                }
            }
            c if c.is_control() => return Err(Msg::new("problem-control-character")),
            c => line.push(c),
        }
    }
    let line = line.trim();
    // Zero-width characters alone would make a link that nobody can see.
    if line
        .chars()
        .all(|c| c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{2060}' | '\u{AD}'))
    {
        return Err(Msg::new(missing));
    }
    within(line.to_owned(), max)
}

fn within(text: String, max: usize) -> Result<String, Msg> {
    if text.chars().count() <= max { Ok(text) } else { Err(too_long(max)) }
}

fn too_long(max: usize) -> Msg {
    Msg::new("problem-too-long").with("max", max)
}

fn is_local_part(local: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !is_disguise(c) && !"@()<>[],;:\\\"".contains(c);
    (1..=64).contains(&local.len()) && local.chars().all(plain) && !local.starts_with('.') && !local.ends_with('.')
}

fn is_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    labels.len() >= 2 && labels.iter().all(label)
}
