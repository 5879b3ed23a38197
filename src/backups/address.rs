//! The address of a database without its password: a program's arguments can be read by every user of the machine, so the password
//! travels in the child's environment.

use crate::secret::Secret;
use url::{Url, form_urlencoded};

#[derive(Debug, Clone)]
pub struct Address {
    /// As `--dbname` takes it.
    pub text: String,
    pub password: Option<Secret>,
}

impl Address {
    /// Of a PostgreSQL URL, or of `key=value` words.
    pub fn of(url: &Secret) -> Address {
        match Url::parse(url.reveal()) {
            Ok(parsed) => of_url(parsed),
            Err(_) => of_words(url.reveal()),
        }
    }
}

fn of_url(mut url: Url) -> Address {
    let mut password = url.password().map(unescaped);
    if password.is_some() && url.set_password(None).is_err() {
        // A host is there when a password is, so this does not happen; better no connection than an open password.
        return Address { text: String::new(), password: None };
    }
    let (secret, rest): (Vec<_>, Vec<_>) =
        url.query_pairs().into_owned().partition(|(name, _)| name.as_str() == "password");
    if let Some((_, value)) = secret.into_iter().next() {
        password = Some(value);
        let words = rest.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>();
        url.set_query(Some(words.join("&").as_str()).filter(|words| !words.is_empty()));
    }
    Address { text: url.to_string(), password: password.map(Secret::new) }
}

/// A `+` of a password is a `+`, not a space as in a form.
fn unescaped(text: &str) -> String {
    let pair = format!("p={}", text.replace('+', "%2B"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// libpq knows no `+` for a space.
fn escaped(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

fn of_words(text: &str) -> Address {
    let (secret, rest): (Vec<_>, Vec<_>) = words(text).into_iter().partition(|(name, _)| name == "password");
    let quoted =
        |(name, value): &(String, String)| format!("{name}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
    let text = rest.iter().map(quoted).collect::<Vec<_>>().join(" ");
    Address { text, password: secret.into_iter().next().map(|(_, value)| Secret::new(value)) }
}

/// `name = value` pairs as libpq reads them: values may be quoted, with backslashes before what is meant as itself.
fn words(text: &str) -> Vec<(String, String)> {
    let mut letters = text.chars().peekable();
    let mut found = Vec::new();
    loop {
        while letters.next_if(|c| c.is_whitespace()).is_some() {}
        let mut name = String::new();
        while let Some(letter) = letters.next_if(|c| *c != '=') {
            name.push(letter);
        }
        if letters.next().is_none() {
            return found;
        }
        while letters.next_if(|c| c.is_whitespace()).is_some() {}
        let is_quoted = letters.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        while let Some(letter) = letters.next_if(|c| is_quoted && *c != '\'' || !is_quoted && !c.is_whitespace()) {
            match letter {
                '\\' => value.extend(letters.next()),
                letter => value.push(letter),
            }
        }
        if is_quoted {
            letters.next();
        }
        found.push((name.trim().to_owned(), value));
    }
}
