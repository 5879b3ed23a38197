//! The address of a database without its password: a program's arguments can be read by every user of the machine, so the password
//! travels in the child's environment.

use crate::secret::Secret;
use url::form_urlencoded;

#[derive(Debug, Clone)]
pub struct Address {
    /// As `--dbname` takes it.
    pub text: String,
    pub password: Option<Secret>,
}

impl Address {
    /// Of a PostgreSQL URL, or of `key=value` words.
    pub fn of(url: &Secret) -> Address {
        match url.reveal().split_once("://") {
            Some((scheme, rest)) => of_url(scheme, rest),
            None => of_words(url.reveal()),
        }
    }
}

/// Cut as libpq cuts it, which knows several hosts (`h1:5432,h2:5432`) where a parser of URLs knows one.
fn of_url(scheme: &str, rest: &str) -> Address {
    let (who, place) = match end_of_login(rest) {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        None => ("", rest),
    };
    let (hosts, query) = place.split_once('?').unwrap_or((place, ""));
    let (user, mut password) = match who.split_once(':') {
        Some((user, password)) => (user, Some(unescaped(password))),
        None => (who, None),
    };
    let mut words = Vec::new();
    for word in query.split('&').filter(|word| !word.is_empty()) {
        match word.strip_prefix("password=") {
            Some(value) => password = Some(unescaped(value)),
            None => words.push(word),
        }
    }
    let mut text = format!("{scheme}://");
    text.extend([user, if user.is_empty() { "" } else { "@" }, hosts]);
    text.extend([if words.is_empty() { "" } else { "?" }, words.join("&").as_str()]);
    Address { text, password: password.map(Secret::new) }
}

/// Where the `@` behind user and password is: libpq looks for it as far as the first `/`, so a password may hold a `?`. Of several before
/// the query it is the last, so that no piece of a password is taken for a host.
fn end_of_login(rest: &str) -> Option<usize> {
    let place = rest.split('/').next().unwrap_or_default();
    let first = place.find('@')?;
    let query = place.get(first..)?.find('?').map_or(place.len(), |at| first + at);
    place.get(..query)?.rfind('@')
}

/// A `+` of a password is a `+`, not a space as in a form.
fn unescaped(text: &str) -> String {
    let pair = format!("p={}", text.replace('+', "%2B"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
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
