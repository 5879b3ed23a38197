//! What a directory sends, brought into the shape of the schema: names as the schema writes them, values of the right kind, nothing
//! that is not in it. Also what of it an answer shows.

use crate::error::{Error, Msg, Result};
use crate::scim::attributes::{Attribute, ENTERPRISE, Kind, Resource, Spot, Writing, named};
use crate::scim::filter::{Path, truth};
use crate::text::value::{Email, Name};
use serde_json::{Value, json};

pub type Map = serde_json::Map<String, Value>;

/// Characters of one text.
pub const MAX_TEXT_CHARS: usize = 1_024;
/// Of what the directory calls somebody.
pub const MAX_USER_NAME_CHARS: usize = 255;
/// Addresses, telephones and so on of one person, each.
pub const MAX_VALUES: usize = 50;

fn wrong(name: &str) -> Error {
    Error::invalid("invalidValue", Msg::new("scim-value").with("name", name))
}

/// The body of a POST or PUT, or a filter's question: an object that names its schema.
pub fn object(body: Value, schema: &str) -> Result<Map> {
    let Value::Object(map) = body else { return Err(Error::invalid("invalidSyntax", "scim-object")) };
    let schemas = map.iter().find(|(name, _)| name.eq_ignore_ascii_case("schemas")).map(|(_, value)| value);
    let is_named = schemas
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|urn| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(schema))));
    if is_named {
        Ok(map)
    } else {
        Err(Error::invalid("invalidSyntax", Msg::new("scim-schemas").with("schema", schema)))
    }
}

/// One value as the schema has it; None when it says nothing.
pub fn clean(attribute: &Attribute, value: Value) -> Result<Option<Value>> {
    if !attribute.is_list {
        return clean_one(attribute, value);
    }
    let all = match value {
        Value::Null => return Ok(None),
        Value::Array(all) => all,
        one => vec![one],
    };
    if all.len() > MAX_VALUES {
        let msg = Msg::new("scim-values-many").with("name", attribute.name).with("max", MAX_VALUES);
        return Err(Error::invalid("invalidValue", msg));
    }
    let mut kept: Vec<Value> = Vec::new();
    for value in all {
        if let Some(value) = clean_one(attribute, value)?
            && !kept.contains(&value)
        {
            kept.push(value);
        }
    }
    if kept.iter().filter(|value| is_primary(value)).count() > 1 {
        return Err(Error::invalid("invalidValue", Msg::new("scim-primary").with("name", attribute.name)));
    }
    Ok((!kept.is_empty()).then_some(Value::Array(kept)))
}

pub fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

fn clean_one(attribute: &Attribute, value: Value) -> Result<Option<Value>> {
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex, Value::Object(map)) => {
            let mut kept = Map::new();
            for (name, value) in map {
                let part = named(attribute.parts, &name).filter(|part| part.writing != Writing::ReadOnly);
                if let Some(part) = part
                    && let Some(value) = clean_one(part, value)?
                {
                    kept.insert(part.name.to_owned(), value);
                }
            }
            Ok((!kept.is_empty()).then_some(Value::Object(kept)))
        }
        // Short for the value alone: Entra names a manager so.
        (Kind::Complex, Value::String(text)) => match named(attribute.parts, "value") {
            Some(part) => Ok(clean_one(part, Value::String(text))?.map(|value| json!({ "value": value }))),
            None => Err(wrong(attribute.name)),
        },
        (Kind::Truth, value) => {
            truth(&value).map(|truth| Some(Value::Bool(truth))).ok_or_else(|| wrong(attribute.name))
        }
        (Kind::Text | Kind::Reference, Value::String(text)) => match text.chars().count() {
            0 => Ok(None),
            _ if text.contains('\0') => Err(wrong(attribute.name)),
            count if count > MAX_TEXT_CHARS => {
                let msg = Msg::new("scim-text-long").with("name", attribute.name).with("max", MAX_TEXT_CHARS);
                Err(Error::invalid("invalidValue", msg))
            }
            _ => Ok(Some(Value::String(text))),
        },
        _ => Err(wrong(attribute.name)),
    }
}

/// Where a spot's attribute lies: at the top, or in the extension, which is made when it is not there.
pub fn home(all: &mut Map, is_extension: bool) -> Option<&mut Map> {
    if !is_extension {
        return Some(all);
    }
    all.entry(ENTERPRISE).or_insert_with(|| json!({})).as_object_mut()
}

/// Everything a POST or PUT says, each under its own name. What the server alone writes, and what it does not know, is passed over
/// (RFC 7644 section 3.3).
pub fn tidy(resource: Resource, body: Map) -> Result<Map> {
    let mut kept = Map::new();
    for (name, value) in body {
        let Ok(path) = Path::parse(&name) else { continue };
        if path.schema == Some(ENTERPRISE) && path.name.is_empty() {
            let Value::Object(map) = value else { return Err(wrong(ENTERPRISE)) };
            for (name, value) in map {
                let path = Path { schema: Some(ENTERPRISE), name, filter: None, sub: None };
                put(&mut kept, resource.find(&path), value)?;
            }
            continue;
        }
        if path.filter.is_none() && path.sub.is_none() {
            put(&mut kept, resource.find(&path), value)?;
        }
    }
    Ok(kept)
}

fn put(kept: &mut Map, spot: Option<Spot>, value: Value) -> Result<()> {
    let Some(spot) = spot.filter(|spot| spot.attribute.writing != Writing::ReadOnly) else { return Ok(()) };
    if let Some(value) = clean(spot.attribute, value)?
        && let Some(home) = home(kept, spot.is_extension)
    {
        home.insert(spot.attribute.name.to_owned(), value);
    }
    Ok(())
}

/// What the directory says of a person, as this server takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub user_name: String,
    pub external_id: Option<String>,
    /// None when it does not say.
    pub is_active: Option<bool>,
    /// The rest.
    pub attributes: Map,
}

impl Said {
    /// Of what `tidy` or a PATCH has left.
    pub fn of(mut all: Map) -> Result<Said> {
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        let user_name = text(all.remove("userName")).map(|name| name.trim().to_owned()).unwrap_or_default();
        if user_name.is_empty() || user_name.chars().count() > MAX_USER_NAME_CHARS {
            let msg = Msg::new("scim-user-name").with("max", MAX_USER_NAME_CHARS);
            return Err(Error::invalid("invalidValue", msg));
        }
        let external_id = text(all.remove("externalId"));
        let is_active = all.remove("active").and_then(|value| value.as_bool());
        all.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
        Ok(Said { user_name, external_id, is_active, attributes: all })
    }

    /// The name that people see: cut to what a name may be here.
    pub fn name(&self) -> Result<Name> {
        let at = |map: Option<&Value>, name: &str| map.and_then(|map| map.get(name)?.as_str()).map(str::to_owned);
        let parts = self.attributes.get("name");
        let both =
            [at(parts, "givenName"), at(parts, "familyName")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let display = self.attributes.get("displayName").and_then(Value::as_str).map(str::to_owned);
        [display, at(parts, "formatted"), Some(both), Some(self.user_name.clone())]
            .into_iter()
            .flatten()
            .find_map(|name| one_line(&name))
            .ok_or_else(|| wrong("displayName"))
    }

    /// The account's address: the primary one, else the one for work, else the first, else a userName that is one.
    pub fn email(&self) -> Result<Email> {
        let none = Vec::new();
        let all = self.attributes.get("emails").and_then(Value::as_array).unwrap_or(&none);
        let is_work = |value: &&Value| {
            value.get("type").and_then(Value::as_str).is_some_and(|of| of.eq_ignore_ascii_case("work"))
        };
        let chosen = all.iter().find(|value| is_primary(value)).or_else(|| all.iter().find(is_work)).or(all.first());
        let address = chosen.and_then(|value| value.get("value")?.as_str()).unwrap_or(&self.user_name);
        Email::parse(address).map_err(|_| Error::invalid("invalidValue", "scim-email"))
    }
}

fn one_line(name: &str) -> Option<Name> {
    let line: String = name
        .split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    Name::parse(&line.chars().take(crate::text::value::MAX_NAME_CHARS).collect::<String>()).ok()
}

/// Which attributes an answer shows (RFC 7644 section 3.9).
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub only: Vec<Path>,
    pub without: Vec<Path>,
}

impl Shown {
    /// Names with commas between. One that does not exist shows nothing and hides nothing.
    pub fn of(only: &str, without: &str) -> Shown {
        let paths = |text: &str| text.split(',').filter_map(|name| Path::parse(name).ok()).collect::<Vec<_>>();
        Shown { only: paths(only), without: paths(without) }
    }

    /// Whether an answer has this attribute at all: what it costs to find out can be spared.
    pub fn has(&self, resource: Resource, name: &str) -> bool {
        let is = |path: &Path| resource.find(path).is_some_and(|spot| spot.attribute.name == name);
        let is_hidden = self.without.iter().any(|path| path.sub.is_none() && is(path));
        (self.only.is_empty() || self.only.iter().any(is)) && !is_hidden
    }

    pub fn cut(&self, resource: Resource, mut all: Map) -> Map {
        if !self.only.is_empty() {
            all = self.kept(resource, all);
        }
        for path in &self.without {
            match resource.find(path) {
                Some(spot) if !spot.attribute.is_always => take_out(&mut all, spot),
                None if path.schema == Some(ENTERPRISE) && path.name.is_empty() => drop(all.remove(ENTERPRISE)),
                _ => {}
            }
        }
        all.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
        all
    }

    fn kept(&self, resource: Resource, all: Map) -> Map {
        let mut kept: Map = all.iter().filter(|(name, _)| matches!(name.as_str(), "schemas" | "id")).map(own).collect();
        for path in &self.only {
            if path.schema == Some(ENTERPRISE) && path.name.is_empty() {
                kept.extend(all.get_key_value(ENTERPRISE).map(own));
                continue;
            }
            let Some(spot) = resource.find(path) else { continue };
            let from = if spot.is_extension { all.get(ENTERPRISE).and_then(Value::as_object) } else { Some(&all) };
            let Some(value) = from.and_then(|map| map.get(spot.attribute.name)) else { continue };
            if let Some(home) = home(&mut kept, spot.is_extension) {
                add_part(home, spot, value);
            }
        }
        kept
    }
}

fn own((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// The whole value, or the one part of it that was asked for, beside those asked for before.
fn add_part(home: &mut Map, spot: Spot, value: &Value) {
    let Some(part) = spot.part else {
        home.insert(spot.attribute.name.to_owned(), value.clone());
        return;
    };
    let there = home.entry(spot.attribute.name).or_insert_with(|| if value.is_array() { json!([]) } else { json!({}) });
    match (there, value) {
        (Value::Object(there), Value::Object(value)) => {
            there.extend(value.get_key_value(part.name).map(own));
        }
        (Value::Array(there), Value::Array(values)) => {
            there.resize(values.len(), json!({}));
            for (there, value) in there.iter_mut().zip(values) {
                if let (Some(there), Some(found)) = (there.as_object_mut(), value.get(part.name)) {
                    there.insert(part.name.to_owned(), found.clone());
                }
            }
        }
        _ => {}
    }
}

fn take_out(all: &mut Map, spot: Spot) {
    let from = if spot.is_extension { all.get_mut(ENTERPRISE).and_then(Value::as_object_mut) } else { Some(all) };
    let Some(from) = from else { return };
    match (spot.part, from.get_mut(spot.attribute.name)) {
        (None, _) => drop(from.remove(spot.attribute.name)),
        (Some(part), Some(Value::Object(map))) => drop(map.remove(part.name)),
        (Some(part), Some(Value::Array(list))) => {
            list.iter_mut().filter_map(Value::as_object_mut).for_each(|map| drop(map.remove(part.name)));
        }
        _ => {}
    }
}
