//! What an answer must look like: a small part of JSON Schema, which providers can be held to and which we check ourselves.

use crate::error::Msg;
use serde_json::{Map, Value, json};

/// Objects and lists within each other.
pub const MAX_DEPTH: usize = 5;
/// Of one object.
pub const MAX_FIELDS: usize = 40;

/// A schema that a person wrote. Taken: `type` (object, array, string, number, integer, boolean), `properties`, `items`, `enum`,
/// `description`, `title`; `required` and `additionalProperties` are ours.
pub fn parse(text: &str) -> Result<Value, Msg> {
    let wrong = |about: &str| Msg::new("problem-agent-schema").with("about", about);
    let value: Value = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    let strict = strict(&value, 1).map_err(|about| wrong(&about))?;
    match strict.get("type").and_then(Value::as_str) {
        Some("object") => Ok(strict),
        _ => Err(wrong("the outermost type must be object")),
    }
}

/// The same with every field asked for and no other allowed, as providers want it.
fn strict(schema: &Value, depth: usize) -> Result<Value, String> {
    const KNOWN: [&str; 8] =
        ["type", "properties", "items", "enum", "description", "title", "required", "additionalProperties"];
    let fields = schema.as_object().ok_or("each part must be an object with a type")?;
    if depth > MAX_DEPTH {
        return Err(format!("more than {MAX_DEPTH} levels"));
    }
    if let Some(other) = fields.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(format!("{other} is not supported"));
    }
    if fields.contains_key("enum") && fields.get("type").is_some_and(|kind| kind == "object" || kind == "array") {
        return Err("enum goes with string, number, integer or boolean".to_owned());
    }
    let mut own: Map<String, Value> = fields.clone();
    match fields.get("type").and_then(Value::as_str) {
        Some("object") => {
            let inner = fields.get("properties").and_then(Value::as_object).ok_or("an object needs properties")?;
            if inner.is_empty() || inner.len() > MAX_FIELDS {
                return Err(format!("an object has 1 to {MAX_FIELDS} properties"));
            }
            let checked: Result<Map<String, Value>, String> =
                inner.iter().map(|(name, part)| Ok((name.clone(), strict(part, depth + 1)?))).collect();
            own.insert("properties".to_owned(), Value::Object(checked?));
            own.insert("required".to_owned(), json!(inner.keys().collect::<Vec<_>>()));
            own.insert("additionalProperties".to_owned(), json!(false));
        }
        Some("array") => {
            let items = fields.get("items").ok_or("an array needs items")?;
            own.insert("items".to_owned(), strict(items, depth + 1)?);
        }
        Some("string" | "number" | "integer" | "boolean") => {
            let plain = json!({ "type": fields.get("type") });
            let fits = |all: &Vec<Value>| !all.is_empty() && all.iter().all(|one| misfit(&plain, one, "").is_none());
            if fields.get("enum").is_some_and(|words| !words.as_array().is_some_and(fits)) {
                return Err("enum must be a list of values of its type".to_owned());
            }
        }
        _ => return Err("type must be object, array, string, number, integer or boolean".to_owned()),
    }
    Ok(own.into())
}

/// What is wrong with it, in words made of the schema's own names; None when it fits.
pub fn misfit(schema: &Value, value: &Value, at: &str) -> Option<String> {
    let is_kind = match schema.get("type").and_then(Value::as_str) {
        Some("object") => return misfit_of_object(schema, value, at),
        Some("array") => {
            let Some(all) = value.as_array() else { return Some(format!("{at} must be a list")) };
            let items = schema.get("items").unwrap_or(&Value::Null);
            return all.iter().find_map(|one| misfit(items, one, &format!("{at}[]")));
        }
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    if !is_kind {
        return Some(format!("{at} has the wrong type"));
    }
    let words = schema.get("enum").and_then(Value::as_array);
    words.filter(|words| !words.contains(value)).map(|_| format!("{at} is not among its words"))
}

fn misfit_of_object(schema: &Value, value: &Value, at: &str) -> Option<String> {
    let Some(fields) = value.as_object() else { return Some(format!("{at} must be an object")) };
    let known = schema.get("properties").and_then(Value::as_object)?;
    if fields.keys().any(|name| !known.contains_key(name)) {
        return Some(format!("{at} has a field that is not in the schema"));
    }
    known.iter().find_map(|(name, part)| match fields.get(name) {
        None => Some(format!("{at}.{name} is missing")),
        Some(inner) => misfit(part, inner, &format!("{at}.{name}")),
    })
}
