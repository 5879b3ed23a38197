//! The types a key can have: what is accepted, and how to say what was expected.

use super::cidr::Cidr;
use serde::Serialize;
use std::fmt;
use std::net::SocketAddr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Bool,
    /// Whole numbers, both ends included.
    Int {
        min: i64,
        max: i64,
    },
    OneOf(&'static [&'static str]),
    /// Address and port.
    Address,
    /// http(s) address of a whole site: no path, no name and password.
    Site,
    /// http(s) address, without name and password.
    Url,
    /// Host or domain name, or address, without port.
    Host,
    /// Range of addresses.
    Range,
    /// An existing, readable file.
    File,
    /// A folder, made when missing.
    Folder,
    CookieName,
    /// `a@b` or `Name <a@b>`.
    Mailbox,
    AgeRecipient,
    LogFilter,
    List(&'static Kind),
}

/// A value before it becomes a field of `Config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Setting {
    Unset,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<String>),
}

impl fmt::Display for Setting {
    /// As it would stand in `tow.yaml`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Unset => f.write_str("null"),
            Setting::Bool(value) => write!(f, "{value}"),
            Setting::Int(value) => write!(f, "{value}"),
            Setting::Text(text) => f.write_str(&scalar(text)),
            Setting::List(items) => {
                let items: Vec<_> = items.iter().map(|item| scalar(item)).collect();
                write!(f, "[{}]", items.join(", "))
            }
        }
    }
}

/// Quotes only what YAML would otherwise read as something else.
fn scalar(text: &str) -> String {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:+=@".contains(c))
        && !text.ends_with(':')
        && !matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if is_word { text.to_owned() } else { format!("{text:?}") }
}

impl Kind {
    /// What is right, to follow "Expected:".
    pub fn expected(&self) -> String {
        match self {
            Kind::Text => "text (numbers and dates in quotes)".into(),
            Kind::Bool => "true or false".into(),
            Kind::Int { min, max } => format!("a whole number from {min} to {max}"),
            Kind::OneOf(words) => format!("one of {}", words.join(", ")),
            Kind::Address => "an address and port such as 127.0.0.1:8080 or [::1]:8080".into(),
            Kind::Site => "an address such as https://tow.example.com, without path, name or password".into(),
            Kind::Url => "an http or https address, without name, password, ? or #".into(),
            Kind::Host => "a host name such as mail.example.com, without http:// and port".into(),
            Kind::Range => "a range of addresses such as 10.0.0.0/8".into(),
            Kind::File => "the path of a file that exists and that the server can read".into(),
            Kind::Folder => "the path of a folder".into(),
            Kind::CookieName => "1 to 64 letters, digits, _ or -".into(),
            Kind::Mailbox => "a mail address such as tow@example.com or TOW <tow@example.com>".into(),
            Kind::AgeRecipient => "a public age key that begins with age1".into(),
            Kind::LogFilter => "a level (error, warn, info, debug, trace) or rules such as info,tow::web=debug".into(),
            Kind::List(item) => format!("a list, each entry {}", item.expected()),
        }
    }

    /// The type in the reference, short.
    pub fn label(&self) -> String {
        match self {
            Kind::Text => "text".into(),
            Kind::Bool => "true or false".into(),
            Kind::Int { min, max } => format!("{min} to {max}"),
            Kind::OneOf(words) => words.join(", "),
            Kind::Address => "address:port".into(),
            Kind::Site | Kind::Url => "http(s) address".into(),
            Kind::Host => "host name".into(),
            Kind::Range => "address range".into(),
            Kind::File => "file".into(),
            Kind::Folder => "folder".into(),
            Kind::CookieName => "cookie name".into(),
            Kind::Mailbox => "mail address".into(),
            Kind::AgeRecipient => "age key".into(),
            Kind::LogFilter => "log filter".into(),
            Kind::List(item) => format!("list of {}", item.label()),
        }
    }

    /// Checks a value from the file. `Err` says in words what stands there instead.
    pub fn accept(&self, setting: Setting) -> Result<Setting, String> {
        match (self, setting) {
            (Kind::Bool, Setting::Bool(value)) => Ok(Setting::Bool(value)),
            (Kind::Int { min, max }, Setting::Int(value)) if (*min..=*max).contains(&value) => Ok(Setting::Int(value)),
            (Kind::List(item), Setting::List(entries)) => {
                entries.iter().try_for_each(|entry| item.accept_text(entry))?;
                Ok(Setting::List(entries))
            }
            (Kind::Bool | Kind::Int { .. } | Kind::List(_), other) => Err(described(&other)),
            (_, Setting::Text(text)) => self.accept_text(&text).map(|()| Setting::Text(text)),
            (_, other) => Err(described(&other)),
        }
    }

    /// Reads the text of a variable; a list is separated by commas, with or without [ ].
    pub fn read(&self, text: &str) -> Result<Setting, String> {
        let setting = match self {
            Kind::Bool => text.parse().map(Setting::Bool).ok(),
            Kind::Int { .. } => text.parse().map(Setting::Int).ok(),
            Kind::List(_) => Some(Setting::List(entries(text))),
            _ => None,
        };
        self.accept(setting.unwrap_or_else(|| Setting::Text(text.to_owned())))
    }

    fn accept_text(&self, text: &str) -> Result<(), String> {
        let is_right = match self {
            Kind::Text => !text.trim().is_empty() && !text.contains(char::is_control),
            Kind::OneOf(words) => words.contains(&text),
            Kind::Address => text.parse::<SocketAddr>().is_ok(),
            Kind::Site => is_url(text) && is_site(text),
            Kind::Url => is_url(text),
            Kind::Host => is_host(text),
            Kind::Range => return range(text),
            Kind::File => return readable(text),
            Kind::Folder => !text.trim().is_empty() && !text.contains('\0'),
            Kind::CookieName => is_cookie_name(text),
            Kind::Mailbox => is_mailbox(text),
            Kind::AgeRecipient => text.len() == 62 && text.starts_with("age1") && is_lower_alphanumeric(text),
            // That library logs answers it cannot read, and those hold content.
            Kind::LogFilter => {
                let is_filter = text.parse::<tracing_subscriber::EnvFilter>().is_ok() && !text.trim().is_empty();
                is_filter && !text.contains("async_openai")
            }
            Kind::Bool | Kind::Int { .. } | Kind::List(_) => false,
        };
        if is_right { Ok(()) } else { Err(described(&Setting::Text(text.to_owned()))) }
    }
}

fn entries(text: &str) -> Vec<String> {
    let inner = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let entry = |entry: &str| entry.trim().trim_matches(['"', '\'']).to_owned();
    inner.split(',').map(entry).filter(|entry| !entry.is_empty()).collect()
}

/// The value in words. An address may carry a password, and long text helps nobody: neither is repeated.
fn described(setting: &Setting) -> String {
    const LONGEST: usize = 60;
    match setting {
        Setting::Unset => "has no value".into(),
        Setting::Text(text) if text.contains("://") && text.contains('@') => {
            "is an address with a name or password in it".into()
        }
        Setting::Text(text) if text.chars().count() > LONGEST => "is a long text".into(),
        Setting::Text(text) => format!("is the text {text:?}"),
        Setting::Bool(_) | Setting::Int(_) => format!("is {setting}"),
        Setting::List(_) => "is a list".into(),
    }
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        let is_plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && is_plain
            && url.query().is_none()
            && url.fragment().is_none()
    })
}

fn is_site(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.path() == "/")
}

fn is_host(text: &str) -> bool {
    let is_name = |label: &str| {
        let is_bounded = !label.starts_with('-') && !label.ends_with('-');
        (1..=63).contains(&label.len())
            && is_bounded
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    text.parse::<std::net::IpAddr>().is_ok() || (text.len() <= 253 && text.split('.').all(is_name))
}

fn is_cookie_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn is_lower_alphanumeric(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn is_mailbox(text: &str) -> bool {
    let address = match text.split_once('<') {
        Some((_, rest)) => match rest.strip_suffix('>') {
            Some(address) => address,
            None => return false,
        },
        None => text,
    };
    let is_address = address.split_once('@').is_some_and(|(local, host)| !local.is_empty() && is_host(host));
    is_address && !address.contains(char::is_whitespace) && !text.contains(char::is_control)
}

fn range(text: &str) -> Result<(), String> {
    let range: Cidr = text.parse().map_err(|why| format!("has the entry {text:?}: {why}"))?;
    if range.is_everyone() { Err(format!("has the entry {text:?}, which is every address there is")) } else { Ok(()) }
}

fn readable(text: &str) -> Result<(), String> {
    match std::fs::File::open(text).and_then(|file| file.metadata()) {
        Ok(about) if about.is_file() => Ok(()),
        Ok(_) => Err(format!("names {text:?}, which is not a file")),
        Err(error) => Err(format!("names {text:?}, which cannot be read ({error})")),
    }
}
