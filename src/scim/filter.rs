//! The filter language of RFC 7644 section 3.4.2.2, read into a tree. What becomes of the tree is decided elsewhere: `model/select`
//! makes SQL with binds of it, `holds` asks one value in memory (PATCH). Nothing is ever taken for "everything".

use crate::error::{Error, Msg, Result};
use crate::scim::attributes::{CORE_USER, ENTERPRISE, GROUP_SCHEMA};
use serde_json::Value;

/// A filter's bytes; longer ones are no question a directory asks.
pub const MAX_FILTER_BYTES: usize = 4_096;
/// Brackets within brackets.
pub const MAX_FILTER_DEPTH: usize = 8;
/// Comparisons in one filter.
pub const MAX_FILTER_TERMS: usize = 50;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

/// `name`, `name.sub`, `name[filter]`, `name[filter].sub`, each also after the URN of a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// As the schema writes it; None when no schema stood before the name.
    pub schema: Option<&'static str>,
    /// Empty for a whole extension.
    pub name: String,
    pub filter: Option<Box<Filter>>,
    pub sub: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// `pr`, and a value path without anything after it.
    Present(Path),
    /// The value is a text, a number, true, false or null.
    Is(Path, Op, Value),
}

/// `Invalid` under `invalidFilter`.
pub fn wrong(key: &'static str) -> Error {
    Error::invalid("invalidFilter", key)
}

impl Filter {
    pub fn parse(text: &str) -> Result<Filter> {
        if text.len() > MAX_FILTER_BYTES {
            return Err(Error::invalid("invalidFilter", Msg::new("scim-filter-long").with("max", MAX_FILTER_BYTES)));
        }
        let mut reader = Reader { rest: text, depth: 0, terms: 0 };
        let filter = reader.any()?;
        reader.skip();
        if reader.rest.is_empty() { Ok(filter) } else { Err(wrong("scim-filter-syntax")) }
    }

    /// Whether a value of a list (an e-mail address with its type) answers it; `is_exact` by the name of the part.
    pub fn holds(&self, value: &Value, is_exact: &impl Fn(&str) -> bool) -> bool {
        match self {
            Filter::And(all) => all.iter().all(|one| one.holds(value, is_exact)),
            Filter::Or(all) => all.iter().any(|one| one.holds(value, is_exact)),
            Filter::Not(one) => !one.holds(value, is_exact),
            Filter::Present(path) => part(value, path).is_some_and(|found| !is_empty(found)),
            Filter::Is(path, op, wanted) => op.holds(part(value, path), wanted, is_exact(&path.name)),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// The part of a complex value; of a simple one, itself under the name `value`.
fn part<'v>(value: &'v Value, path: &Path) -> Option<&'v Value> {
    match value {
        Value::Object(map) => {
            map.iter().find(|(name, _)| name.eq_ignore_ascii_case(&path.name)).map(|(_, found)| found)
        }
        other if path.name.eq_ignore_ascii_case("value") => Some(other),
        _ => None,
    }
}

impl Op {
    const WORDS: [(&'static str, Op); 9] = [
        ("eq", Op::Eq),
        ("ne", Op::Ne),
        ("co", Op::Co),
        ("sw", Op::Sw),
        ("ew", Op::Ew),
        ("gt", Op::Gt),
        ("ge", Op::Ge),
        ("lt", Op::Lt),
        ("le", Op::Le),
    ];

    fn holds(self, found: Option<&Value>, wanted: &Value, is_exact: bool) -> bool {
        let found = found.filter(|found| !is_empty(found));
        match (found, wanted) {
            (None, Value::Null) => self == Op::Eq,
            (None, _) | (Some(_), Value::Null) => self == Op::Ne,
            (Some(Value::String(found)), Value::String(wanted)) if is_exact => self.compares(found, wanted),
            (Some(Value::String(found)), Value::String(wanted)) => {
                self.compares(&found.to_lowercase(), &wanted.to_lowercase())
            }
            // Entra writes the truth of `primary` as a text.
            (Some(Value::Bool(found)), wanted) => {
                let is_same = truth(wanted) == Some(*found);
                matches!((self, is_same), (Op::Eq, true) | (Op::Ne, false))
            }
            (Some(found), wanted) => match self {
                Op::Eq => found == wanted,
                Op::Ne => found != wanted,
                _ => false,
            },
        }
    }

    fn compares(self, found: &str, wanted: &str) -> bool {
        match self {
            Op::Eq => found == wanted,
            Op::Ne => found != wanted,
            Op::Co => found.contains(wanted),
            Op::Sw => found.starts_with(wanted),
            Op::Ew => found.ends_with(wanted),
            Op::Gt => found > wanted,
            Op::Ge => found >= wanted,
            Op::Lt => found < wanted,
            Op::Le => found <= wanted,
        }
    }
}

/// true, false, and both as texts in any case.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

impl Path {
    /// A path as PATCH, `attributes` and `sortBy` write it. `Invalid` under `invalidPath`.
    pub fn parse(text: &str) -> Result<Path> {
        let bad = |_| Error::invalid("invalidPath", "scim-path-syntax");
        if text.len() > MAX_FILTER_BYTES {
            return Err(bad(Error::NotFound));
        }
        let mut reader = Reader { rest: text.trim(), depth: 0, terms: 0 };
        let path = reader.path().map_err(bad)?;
        if reader.rest.is_empty() { Ok(path) } else { Err(bad(Error::NotFound)) }
    }
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
    terms: usize,
}

impl<'t> Reader<'t> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes a word that ends where a space or bracket begins.
    fn keyword(&mut self, word: &str) -> bool {
        self.skip();
        let Some((head, tail)) = self.rest.split_at_checked(word.len()) else { return false };
        let ends = tail.is_empty() || tail.starts_with([' ', '\t', '(', ')', ']']);
        if ends && head.eq_ignore_ascii_case(word) {
            self.rest = tail;
            return true;
        }
        false
    }

    fn mark(&mut self, mark: char) -> bool {
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> Result<Filter> {
        let mut all = vec![self.all()?];
        while self.keyword("or") {
            all.push(self.all()?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Filter::Or(all) })
    }

    fn all(&mut self) -> Result<Filter> {
        let mut all = vec![self.one()?];
        while self.keyword("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { Filter::And(all) })
    }

    fn one(&mut self) -> Result<Filter> {
        let is_not = self.keyword("not");
        self.skip();
        if self.mark('(') {
            let inner = self.inside(')')?;
            return Ok(if is_not { Filter::Not(Box::new(inner)) } else { inner });
        }
        if is_not { Err(wrong("scim-filter-syntax")) } else { self.term() }
    }

    fn inside(&mut self, end: char) -> Result<Filter> {
        self.depth += 1;
        if self.depth > MAX_FILTER_DEPTH {
            let msg = Msg::new("scim-filter-deep").with("max", MAX_FILTER_DEPTH);
            return Err(Error::invalid("invalidFilter", msg));
        }
        let inner = self.any()?;
        self.skip();
        if !self.mark(end) {
            return Err(wrong("scim-filter-syntax"));
        }
        self.depth -= 1;
        Ok(inner)
    }

    fn term(&mut self) -> Result<Filter> {
        self.terms += 1;
        if self.terms > MAX_FILTER_TERMS {
            let msg = Msg::new("scim-filter-many").with("max", MAX_FILTER_TERMS);
            return Err(Error::invalid("invalidFilter", msg));
        }
        let path = self.path()?;
        if self.keyword("pr") {
            return Ok(Filter::Present(path));
        }
        let op = Op::WORDS.into_iter().find(|(word, _)| self.keyword(word)).map(|(_, op)| op);
        match op {
            Some(op) => Ok(Filter::Is(path, op, self.value()?)),
            None if path.filter.is_some() && path.sub.is_none() => Ok(Filter::Present(path)),
            None => Err(wrong("scim-filter-syntax")),
        }
    }

    /// A JSON text, number, true, false or null.
    fn value(&mut self) -> Result<Value> {
        self.skip();
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<Value>();
        let value = values.next().and_then(|value| value.ok());
        let end = values.byte_offset();
        match value {
            None | Some(Value::Array(_) | Value::Object(_)) => Err(wrong("scim-filter-syntax")),
            Some(Value::String(text)) if text.contains('\0') => Err(wrong("scim-filter-syntax")),
            Some(value) => {
                self.rest = self.rest.get(end..).unwrap_or_default();
                let ends = self.rest.is_empty() || self.rest.starts_with([' ', '\t', ')', ']']);
                if ends { Ok(value) } else { Err(wrong("scim-filter-syntax")) }
            }
        }
    }

    fn path(&mut self) -> Result<Path> {
        self.skip();
        let schema = self.schema();
        let name = self.name();
        if name.is_empty() && (schema.is_none() || !self.rest.is_empty()) {
            return Err(wrong("scim-filter-syntax"));
        }
        let filter = if self.mark('[') { Some(Box::new(self.inside(']')?)) } else { None };
        let sub = if self.mark('.') {
            let sub = self.name();
            if sub.is_empty() {
                return Err(wrong("scim-filter-syntax"));
            }
            Some(sub)
        } else {
            None
        };
        Ok(Path { schema, name, filter, sub })
    }

    /// The URN of a schema that we know, and the colon after it.
    fn schema(&mut self) -> Option<&'static str> {
        let known = [ENTERPRISE, CORE_USER, GROUP_SCHEMA];
        let found = known.into_iter().find(|urn| {
            self.rest.split_at_checked(urn.len()).is_some_and(|(head, tail)| {
                head.eq_ignore_ascii_case(urn) && (tail.is_empty() || tail.starts_with(':'))
            })
        })?;
        let rest = self.rest.get(found.len()..).unwrap_or_default();
        self.rest = rest.strip_prefix(':').unwrap_or(rest);
        Some(found)
    }

    fn name(&mut self) -> String {
        let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'));
        let (name, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        name.to_owned()
    }
}
