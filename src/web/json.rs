//! JSON that was sent, read into a type of ours; what is wrong is said beside the field.

use crate::error::{Error, Msg, Result};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

/// `Invalid` with the field's path: `tags[2]`, or nothing for the whole.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // No text of ours holds a NUL byte; JSON can only spell one.
    if bytes.windows(6).any(|part| part.eq_ignore_ascii_case(b"\\u0000"))
        && let Ok(value) = serde_json::from_slice::<Value>(bytes)
        && let Some(path) = nul_in(&value)
    {
        return Err(Error::invalid(&path, "problem-nul"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        fault(error.into_inner(), if path == "." { "" } else { &path })
    })?;
    json.end().map_err(|error| fault(error, ""))?;
    Ok(value)
}

/// The field of the first text with a NUL byte.
fn nul_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(list) => list.iter().find_map(nul_in),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| nul_in(value).map(|_| name.clone())),
        _ => None,
    }
}

fn fault(error: serde_json::Error, path: &str) -> Error {
    if !error.is_data() {
        let place = Msg::new("problem-json").with("line", error.line()).with("column", error.column());
        return Error::invalid("", place);
    }
    let text = error.to_string();
    let named = text.split('`').nth(1).unwrap_or_default();
    let begins = |word: &str| text.starts_with(word);
    if begins("unknown field") {
        return Error::invalid(named, "problem-field-unknown");
    }
    if begins("missing field") {
        return Error::invalid(named, "problem-field-missing");
    }
    if begins("duplicate field") {
        return Error::invalid(named, "problem-field-twice");
    }
    let wanted = text.split_once("expected ").map(|(_, rest)| rest.split(" at line ").next().unwrap_or(rest));
    Error::invalid(path, Msg::new("problem-field-kind").with("wanted", wanted.unwrap_or("something else")))
}

/// A field of a change: left out (it stays), null (it is emptied) or a value. It wants `#[serde(default)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent<T>(Option<Option<T>>);

impl<T> Sent<T> {
    /// None when it was left out.
    pub fn or_stays(self) -> Option<Option<T>> {
        self.0
    }
}

impl<T: ToString> Sent<T> {
    /// As a form would send it; None when it was left out.
    pub fn text(self) -> Option<String> {
        self.0.map(|value| value.map(|value| value.to_string()).unwrap_or_default())
    }
}

impl<T> Default for Sent<T> {
    fn default() -> Self {
        Sent(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sent<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> std::result::Result<Self, D::Error> {
        Option::deserialize(json).map(|value| Sent(Some(value)))
    }
}
