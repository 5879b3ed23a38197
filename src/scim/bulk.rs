//! Many operations in one request (RFC 7644 section 3.7). An operation may name what another one makes by that one's `bulkId`: as a
//! text of its own in the data, within quotes in a PATCH's path, or as the id in the operation's path.

use crate::error::{Error, Msg, Result};
use crate::scim::attributes::Resource;
use crate::scim::shape::{Map, object};
use crate::web::{CONFLICT, too_large};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub const BULK_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
pub const BULK_ANSWER_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// `maxOperations`: each is a transaction of its own, so that this bounds how long one request works.
pub const MAX_BULK_OPERATIONS: usize = 1_000;
/// `maxPayloadSize`.
pub const MAX_BULK_BYTES: usize = 4 * 1024 * 1024;
pub const MAX_BULK_ID_CHARS: usize = 255;
const MARK: &str = "bulkId:";
const QUOTED_MARK: &str = "\"bulkId:";

/// A request, as it was sent.
#[derive(Debug, Clone)]
pub struct Bulk {
    pub steps: Vec<Step>,
    /// None: every operation is tried, whatever fails.
    fail_on_errors: Option<usize>,
}

#[derive(Debug, Clone, Default)]
pub struct Step {
    /// In capitals; empty when it was not sent.
    pub method: String,
    pub bulk_id: Option<String>,
    /// An ETag, which stands for `If-Match`.
    pub version: Option<String>,
    path: String,
    data: Value,
}

/// What an operation is done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    All(Resource),
    One(Resource, String),
}

/// What became of each `bulkId` so far; None for one whose operation failed.
pub type Made = BTreeMap<String, Option<String>>;

fn syntax(msg: impl Into<Msg>) -> Error {
    Error::invalid("invalidSyntax", msg)
}

impl Bulk {
    /// `Invalid` as too large for more than `MAX_BULK_OPERATIONS`.
    pub fn of(body: Value) -> Result<Bulk> {
        let mut map = object(body, BULK_SCHEMA)?;
        let Some(Value::Array(all)) = take(&mut map, "Operations") else { return Err(syntax("scim-operations")) };
        if all.len() > MAX_BULK_OPERATIONS {
            return Err(too_large(Msg::new("scim-bulk-many").with("max", MAX_BULK_OPERATIONS)));
        }
        let fail_on_errors = take(&mut map, "failOnErrors").map(fail_on_errors).transpose()?;
        let steps = all.into_iter().map(Step::of).collect::<Result<Vec<_>>>()?;
        let mut ids = BTreeSet::new();
        match steps.iter().filter_map(|step| step.bulk_id.as_deref()).find(|id| !ids.insert(*id)) {
            Some(twice) => Err(syntax(Msg::new("scim-bulk-twice").with("name", twice))),
            None => Ok(Bulk { steps, fail_on_errors }),
        }
    }

    pub fn is_enough(&self, errors: usize) -> bool {
        self.fail_on_errors.is_some_and(|max| errors >= max)
    }

    /// In the order in which they are done: as sent, but what one refers to before it. And those that refer to each other in a circle.
    pub fn order(&self) -> (Vec<usize>, BTreeSet<usize>) {
        let ids: BTreeMap<&str, usize> =
            self.steps.iter().enumerate().filter_map(|(at, step)| Some((step.bulk_id.as_deref()?, at))).collect();
        let needs = |step: &Step| step.names().iter().filter_map(|name| ids.get(name.as_str()).copied()).collect();
        let mut walk = Walk { needs: self.steps.iter().map(needs).collect(), ..Walk::default() };
        (0..self.steps.len()).for_each(|at| walk.visit(at));
        (walk.order, walk.circle)
    }
}

fn take(map: &mut Map, wanted: &str) -> Option<Value> {
    let name = map.keys().find(|name| name.eq_ignore_ascii_case(wanted)).cloned()?;
    map.remove(&name).filter(|value| !value.is_null())
}

fn fail_on_errors(value: Value) -> Result<usize> {
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0);
    number.ok_or_else(|| Error::invalid("invalidValue", "scim-bulk-errors"))
}

/// Depth first over what operations refer to.
#[derive(Default)]
struct Walk {
    needs: Vec<Vec<usize>>,
    /// Under way, outermost first.
    path: Vec<usize>,
    order: Vec<usize>,
    seen: BTreeSet<usize>,
    circle: BTreeSet<usize>,
}

impl Walk {
    fn visit(&mut self, at: usize) {
        if let Some(from) = self.path.iter().position(|other| *other == at) {
            self.circle.extend(self.path.iter().skip(from));
            return;
        }
        if !self.seen.insert(at) {
            return;
        }
        self.path.push(at);
        let needs = self.needs.get_mut(at).map(std::mem::take).unwrap_or_default();
        needs.into_iter().for_each(|next| self.visit(next));
        self.path.pop();
        self.order.push(at);
    }
}

impl Step {
    fn of(value: Value) -> Result<Step> {
        let Value::Object(mut map) = value else { return Err(syntax("scim-operations")) };
        let mut text = |name: &str| match take(&mut map, name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(syntax(Msg::new("scim-value").with("name", name))),
        };
        let (method, path) = (text("method")?.unwrap_or_default(), text("path")?.unwrap_or_default());
        let (bulk_id, version) = (text("bulkId")?, text("version")?);
        let is_plain = |id: &String| {
            (1..=MAX_BULK_ID_CHARS).contains(&id.chars().count())
                && !id.contains(['"', '/'])
                && !id.contains(char::is_control)
        };
        if !bulk_id.as_ref().is_none_or(is_plain) {
            return Err(syntax(Msg::new("scim-bulk-id").with("max", MAX_BULK_ID_CHARS)));
        }
        let data = take(&mut map, "data").unwrap_or_default();
        Ok(Step { method: method.trim().to_ascii_uppercase(), bulk_id, version, path, data })
    }

    /// The operations that it refers to.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut note = |name: &str| {
            names.push(name.to_owned());
            Ok(String::new())
        };
        // What collects the names never fails.
        let _ = self.fill(&mut note);
        names
    }

    /// What it is done to and with, every reference in its place.
    pub fn filled(&self, made: &Made) -> Result<(Target, Value)> {
        let mut find = |name: &str| match made.get(name) {
            Some(Some(id)) => Ok(id.clone()),
            Some(None) => Err(Error::invalid(CONFLICT, Msg::new("scim-bulk-failed").with("name", name))),
            None => Err(Error::invalid("invalidValue", Msg::new("scim-bulk-unknown").with("name", name))),
        };
        let (path, data) = self.fill(&mut find)?;
        let target = target(&path)?;
        match (self.method.as_str(), &target) {
            ("POST", Target::All(_)) if self.bulk_id.is_none() => Err(syntax("scim-bulk-id-missing")),
            ("POST", Target::All(_)) | ("PUT" | "PATCH" | "DELETE", Target::One(..)) => Ok((target, data)),
            ("POST" | "PUT" | "PATCH" | "DELETE", _) => Err(Error::invalid("invalidPath", "scim-bulk-path")),
            _ => Err(syntax("scim-bulk-method")),
        }
    }

    fn fill(&self, of: &mut dyn FnMut(&str) -> Result<String>) -> Result<(String, Value)> {
        let path = match self.path.rsplit_once('/') {
            Some((kind, last)) => format!("{kind}/{}", woven(last, false, of)?),
            None => self.path.clone(),
        };
        let mut data = self.data.clone();
        weave(&mut data, false, of)?;
        Ok((path, data))
    }
}

/// The kind, and the id when it has one. `Invalid` under `invalidPath`.
fn target(path: &str) -> Result<Target> {
    for resource in [Resource::User, Resource::Group] {
        match path.strip_prefix(resource.endpoint()) {
            Some("" | "/") => return Ok(Target::All(resource)),
            Some(rest) => {
                if let Some(id) = rest.strip_prefix('/').filter(|id| !id.contains(['/', '?', '#'])) {
                    return Ok(Target::One(resource, id.to_owned()));
                }
            }
            None => {}
        }
    }
    Err(Error::invalid("invalidPath", "scim-bulk-path"))
}

fn weave(value: &mut Value, is_path: bool, of: &mut dyn FnMut(&str) -> Result<String>) -> Result<()> {
    match value {
        Value::String(text) if text.contains(MARK) => *text = woven(text, is_path, of)?,
        Value::Array(all) => all.iter_mut().try_for_each(|one| weave(one, false, of))?,
        Value::Object(map) => {
            map.iter_mut().try_for_each(|(name, one)| weave(one, name.eq_ignore_ascii_case("path"), of))?;
        }
        _ => {}
    }
    Ok(())
}

/// One text with the ids in it; a path has them within quotes.
fn woven(text: &str, is_path: bool, of: &mut dyn FnMut(&str) -> Result<String>) -> Result<String> {
    if let Some(name) = text.strip_prefix(MARK) {
        return of(name);
    }
    let (mut rest, mut whole) = (text, String::new());
    while is_path && let Some((before, after)) = rest.split_once(QUOTED_MARK) {
        let (name, tail) = after.split_once('"').unwrap_or((after, ""));
        whole.push_str(&format!("{before}\"{}\"", of(name)?));
        rest = tail;
    }
    Ok(whole + rest)
}
