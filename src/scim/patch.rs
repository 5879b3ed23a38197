//! PATCH (RFC 7644 section 3.5.2), with the habits of directories: an operation in any case, a value without a path whose keys are
//! paths, truth as a text. All of it is done to a copy in memory, so that the last operation that fails undoes the first.

use crate::error::{Error, Msg, Result};
use crate::scim::attributes::{Attribute, ENTERPRISE, Kind, Resource, Spot, Writing, named};
use crate::scim::filter::{Filter, Op, Path};
use crate::scim::shape::{Map, clean, home, is_primary, object};
use serde_json::{Value, json};

pub const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Operations in one PATCH.
pub const MAX_PATCH_OPERATIONS: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Add,
    Replace,
    Remove,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub deed: Deed,
    pub path: Option<Path>,
    pub value: Value,
}

fn syntax(key: &'static str) -> Error {
    Error::invalid("invalidSyntax", key)
}

/// The operations of a body, in order.
pub fn operations(body: Value) -> Result<Vec<Operation>> {
    let mut map = object(body, PATCH_SCHEMA)?;
    let name = map.keys().find(|name| name.eq_ignore_ascii_case("operations")).cloned();
    let Some(Value::Array(all)) = name.and_then(|name| map.remove(&name)) else {
        return Err(syntax("scim-operations"));
    };
    if all.is_empty() || all.len() > MAX_PATCH_OPERATIONS {
        let msg = Msg::new("scim-operations-many").with("max", MAX_PATCH_OPERATIONS);
        return Err(Error::invalid("invalidSyntax", msg));
    }
    all.into_iter().map(Operation::of).collect()
}

impl Operation {
    fn of(value: Value) -> Result<Operation> {
        let Value::Object(map) = value else { return Err(syntax("scim-operations")) };
        let of = |wanted: &str| {
            map.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.clone())
        };
        let word = of("op").and_then(|op| op.as_str().map(str::to_ascii_lowercase)).unwrap_or_default();
        let deed = match word.as_str() {
            "add" => Deed::Add,
            "replace" => Deed::Replace,
            "remove" => Deed::Remove,
            _ => return Err(syntax("scim-op")),
        };
        let path = match of("path") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::String(text)) => Some(Path::parse(&text)?),
            Some(_) => return Err(Error::invalid("invalidPath", "scim-path-syntax")),
        };
        Ok(Operation { deed, path, value: of("value").unwrap_or_default() })
    }

    /// Does it to a resource.
    pub fn apply(self, resource: Resource, all: &mut Map) -> Result<()> {
        match self.path {
            Some(path) => at(resource, all, self.deed, &path, self.value),
            None if self.deed == Deed::Remove => Err(Error::invalid("noTarget", "scim-remove-path")),
            None => {
                let Value::Object(map) = self.value else {
                    return Err(Error::invalid("invalidValue", "scim-patch-value"));
                };
                map.into_iter().try_for_each(|(name, value)| without_path(resource, all, self.deed, &name, value))
            }
        }
    }
}

/// One key of a value that came without a path. What is not known or not to be written is passed over, as in a PUT.
fn without_path(resource: Resource, all: &mut Map, deed: Deed, name: &str, value: Value) -> Result<()> {
    let Ok(path) = Path::parse(name) else { return Ok(()) };
    let is_whole = path.schema == Some(ENTERPRISE) && path.name.is_empty();
    let is_open = |spot: Spot| is_written(spot).is_ok();
    if is_whole || resource.find(&path).is_some_and(is_open) {
        return at(resource, all, deed, &path, value);
    }
    Ok(())
}

fn is_written(spot: Spot) -> Result<()> {
    let is_closed = |attribute: &Attribute| attribute.writing == Writing::ReadOnly;
    if is_closed(spot.attribute) || spot.part.is_some_and(is_closed) {
        return Err(Error::invalid("mutability", Msg::new("scim-read-only").with("name", spot.attribute.name)));
    }
    Ok(())
}

fn at(resource: Resource, all: &mut Map, deed: Deed, path: &Path, value: Value) -> Result<()> {
    if path.schema == Some(ENTERPRISE) && path.name.is_empty() && resource == Resource::User {
        return whole_extension(resource, all, deed, value);
    }
    let unknown = || Error::invalid("invalidPath", Msg::new("scim-path-unknown").with("name", &path.name));
    let spot = resource.find(path).ok_or_else(unknown)?;
    is_written(spot)?;
    let Some(home) = home(all, spot.is_extension) else { return Err(unknown()) };
    match (&path.filter, spot.attribute.is_list) {
        (Some(filter), true) => chosen(home, spot, deed, filter, value),
        (Some(_), false) => Err(unknown()),
        (None, true) => whole_list(home, spot, deed, value),
        (None, false) => single(home, spot, deed, value),
    }
}

fn whole_extension(resource: Resource, all: &mut Map, deed: Deed, value: Value) -> Result<()> {
    if deed == Deed::Remove {
        all.remove(ENTERPRISE);
        return Ok(());
    }
    let Value::Object(map) = value else { return Err(Error::invalid("invalidValue", "scim-patch-value")) };
    map.into_iter().try_for_each(|(name, value)| {
        let path = Path { schema: Some(ENTERPRISE), name, filter: None, sub: None };
        match resource.find(&path) {
            Some(_) => at(resource, all, deed, &path, value),
            None => Ok(()),
        }
    })
}

/// Not a list: a plain value, a complex one, or a part of it.
fn single(home: &mut Map, spot: Spot, deed: Deed, value: Value) -> Result<()> {
    let name = spot.attribute.name;
    if deed == Deed::Remove && spot.attribute.is_required {
        return Err(Error::invalid("mutability", Msg::new("scim-required").with("name", name)));
    }
    match (spot.part, deed) {
        (None, Deed::Remove) => drop(home.remove(name)),
        (None, _) => match clean(spot.attribute, value)? {
            None if spot.attribute.is_required => {
                return Err(Error::invalid("mutability", Msg::new("scim-required").with("name", name)));
            }
            None => drop(home.remove(name)),
            // Parts that are not named stay as they are (RFC 7644 section 3.5.2.3).
            Some(Value::Object(parts)) => {
                let there = home.entry(name).or_insert_with(|| json!({}));
                there.as_object_mut().into_iter().for_each(|there| there.extend(parts.clone()));
            }
            Some(value) => drop(home.insert(name.to_owned(), value)),
        },
        (Some(part), deed) => {
            let there = home.entry(name).or_insert_with(|| json!({}));
            set_part(there, part, if deed == Deed::Remove { Value::Null } else { value })?;
            if there.as_object().is_some_and(Map::is_empty) {
                home.remove(name);
            }
        }
    }
    Ok(())
}

fn set_part(there: &mut Value, part: &Attribute, value: Value) -> Result<()> {
    let Some(there) = there.as_object_mut() else { return Ok(()) };
    match clean(part, value)? {
        Some(value) => drop(there.insert(part.name.to_owned(), value)),
        None => drop(there.remove(part.name)),
    }
    Ok(())
}

fn values(home: &Map, name: &str) -> Vec<Value> {
    home.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Puts a list back. `touched` were written just now: a new primary takes the place of the old one.
fn put_back(home: &mut Map, attribute: &Attribute, mut list: Vec<Value>, touched: &[usize]) -> Result<()> {
    let first = touched.iter().rev().find(|index| list.get(**index).is_some_and(is_primary)).copied();
    if let Some(first) = first {
        let others = list.iter_mut().enumerate().filter(|(index, _)| *index != first);
        others.filter_map(|(_, value)| value.as_object_mut()).for_each(|value| {
            if value.get("primary") == Some(&Value::Bool(true)) {
                value.insert("primary".to_owned(), Value::Bool(false));
            }
        });
    }
    list.retain(|value| value.as_object().is_none_or(|map| !map.is_empty()));
    match clean(attribute, Value::Array(list))? {
        Some(list) => drop(home.insert(attribute.name.to_owned(), list)),
        None => drop(home.remove(attribute.name)),
    }
    Ok(())
}

/// A list without a filter: all of it, or a part of each of its values.
fn whole_list(home: &mut Map, spot: Spot, deed: Deed, value: Value) -> Result<()> {
    let mut list = values(home, spot.attribute.name);
    // An empty list of what goes is nothing that goes.
    let is_none_named = deed == Deed::Remove && value.as_array().is_some_and(Vec::is_empty);
    if is_none_named && spot.part.is_none() {
        return Ok(());
    }
    if let Some(part) = spot.part {
        if list.is_empty() && deed != Deed::Remove {
            list.push(json!({}));
        }
        let value = if deed == Deed::Remove { Value::Null } else { value };
        list.iter_mut().try_for_each(|there| set_part(there, part, value.clone()))?;
        return put_back(home, spot.attribute, list, &[]);
    }
    let sent = match clean(spot.attribute, value)? {
        Some(Value::Array(sent)) => sent,
        _ => Vec::new(),
    };
    match deed {
        Deed::Replace => put_back(home, spot.attribute, sent, &[]),
        // Entra names what goes in the value.
        Deed::Remove if !sent.is_empty() => {
            list.retain(|there| !sent.iter().any(|gone| there == gone || has_value_of(there, gone)));
            put_back(home, spot.attribute, list, &[])
        }
        Deed::Remove => put_back(home, spot.attribute, Vec::new(), &[]),
        Deed::Add => {
            let fresh: Vec<Value> = sent.into_iter().filter(|value| !list.contains(value)).collect();
            let from = list.len();
            list.extend(fresh);
            let touched: Vec<usize> = (from..list.len()).collect();
            put_back(home, spot.attribute, list, &touched)
        }
    }
}

fn has_value_of(there: &Value, gone: &Value) -> bool {
    there.get("value").is_some() && there.get("value") == gone.get("value")
}

/// The values of a list that a filter chooses.
fn chosen(home: &mut Map, spot: Spot, deed: Deed, filter: &Filter, value: Value) -> Result<()> {
    let parts = spot.attribute.parts;
    check_names(filter, parts)?;
    let is_exact = |name: &str| named(parts, name).is_some_and(|part| part.is_exact);
    let mut list = values(home, spot.attribute.name);
    let mut touched: Vec<usize> =
        list.iter().enumerate().filter(|(_, value)| filter.holds(value, &is_exact)).map(|(index, _)| index).collect();
    match deed {
        Deed::Remove if touched.is_empty() => return Ok(()),
        Deed::Replace if touched.is_empty() => return Err(Error::invalid("noTarget", "scim-no-target")),
        Deed::Add if touched.is_empty() => {
            touched.push(list.len());
            list.push(Value::Object(meant(filter, parts)));
        }
        _ => {}
    }
    match (deed, spot.part) {
        (Deed::Remove, None) => {
            let mut index = 0;
            list.retain(|_| {
                index += 1;
                !touched.contains(&(index - 1))
            });
            return put_back(home, spot.attribute, list, &[]);
        }
        (deed, Some(part)) => {
            let value = if deed == Deed::Remove { Value::Null } else { value };
            let mut those = list.iter_mut().enumerate().filter(|(index, _)| touched.contains(index));
            those.try_for_each(|(_, there)| set_part(there, part, value.clone()))?;
        }
        (deed, None) => {
            let sent = match clean(&Attribute { is_list: false, ..*spot.attribute }, value)? {
                Some(Value::Object(sent)) => sent,
                _ => return Err(Error::invalid("invalidValue", "scim-patch-value")),
            };
            for there in
                list.iter_mut().enumerate().filter(|(index, _)| touched.contains(index)).map(|(_, there)| there)
            {
                match (deed, there.as_object_mut()) {
                    (Deed::Add, Some(there)) => there.extend(sent.clone()),
                    _ => *there = Value::Object(sent.clone()),
                }
            }
        }
    }
    put_back(home, spot.attribute, list, &touched)
}

/// `Invalid` under `invalidFilter` for a part that the attribute has not, and for a path within.
fn check_names(filter: &Filter, parts: &'static [Attribute]) -> Result<()> {
    match filter {
        Filter::And(all) | Filter::Or(all) => all.iter().try_for_each(|one| check_names(one, parts)),
        Filter::Not(one) => check_names(one, parts),
        Filter::Present(path) | Filter::Is(path, ..) => {
            let is_plain = path.filter.is_none() && path.sub.is_none() && path.schema.is_none();
            match named(parts, &path.name) {
                Some(_) if is_plain => Ok(()),
                _ => Err(Error::invalid("invalidFilter", Msg::new("scim-filter-unknown").with("name", &path.name))),
            }
        }
    }
}

/// What a value must have to answer the filter: `type eq "work"` means a type.
fn meant(filter: &Filter, parts: &'static [Attribute]) -> Map {
    match filter {
        Filter::And(all) => all.iter().flat_map(|one| meant(one, parts)).collect(),
        Filter::Is(path, Op::Eq, value) => {
            let part = named(parts, &path.name).filter(|part| part.kind != Kind::Complex);
            part.and_then(|part| Some((part.name.to_owned(), clean(part, value.clone()).ok()??))).into_iter().collect()
        }
        _ => Map::new(),
    }
}
