//! What every door of the protocol shares: bodies, queries, answers, and the note of what was asked for in vain.

use crate::access::{Actor, Api};
use crate::db::{Chore, Tx};
use crate::error::{Error, Msg, Result};
use crate::people::PersonId;
use crate::scim::attributes::Resource;
use crate::scim::filter::{Filter, Path};
use crate::scim::model::{Ask, Conflict, ScimUser, fits};
use crate::scim::shape::{Shown, object};
use crate::web::{CONFLICT, DIRECTORY_KIND, Reply, Shared, UNIQUENESS};
use actix_web::http::header;
use serde_json::{Value, json};
use uuid::Uuid;

pub const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// Entries on a page, and what a page has when nothing is asked.
pub const MAX_COUNT: i64 = 100;
/// Of one body: a group of 10,000 people with their names and addresses fits.
pub const MAX_DIRECTORY_BYTES: usize = 4 * 1024 * 1024;

/// Where the protocol lives on this server.
pub fn home(state: &Shared) -> String {
    format!("{}/scim/v2", state.config.runtime.public_app_url.as_str().trim_end_matches('/'))
}

/// The body as JSON. `Invalid` under `invalidSyntax`.
pub async fn body(api: &Api) -> Result<Value> {
    read_json(api, MAX_DIRECTORY_BYTES).await
}

/// The same of so many bytes at most.
pub async fn read_json(api: &Api, max: usize) -> Result<Value> {
    let bytes = api.body(&[DIRECTORY_KIND, "application/json"], max).await?;
    crate::web::parse_json(&bytes).map_err(|error| match error {
        Error::Invalid(problems) => Error::invalid("invalidSyntax", problems.first()),
        other => other,
    })
}

pub fn reply(status: u16, value: &Value) -> Reply {
    Reply::json_text(value.to_string()).header(header::CONTENT_TYPE, DIRECTORY_KIND).status(status)
}

/// How a page of a kind is drawn: what the caller may see of it, and how many there are.
pub type Drawn = fn(&mut Tx, &Actor, &Ask, &str) -> Result<(Vec<Value>, i64)>;

/// What is wrong with the question is said to who may ask one.
pub async fn list(api: Api, ask: impl FnOnce() -> Result<Ask> + Send + 'static, page: Drawn) -> Result<Reply> {
    let home = home(api.state());
    let answer = api
        .read(move |tx, me| {
            let ask = ask()?;
            let (resources, total) = page(tx, me, &ask, &home)?;
            Ok(listed(resources, total, &ask))
        })
        .await?;
    Ok(reply(200, &answer))
}

/// What one operation on one resource left behind.
pub struct Done {
    pub resource: Resource,
    pub id: Uuid,
    /// Empty for what is no more.
    pub etag: String,
    /// As the answer shows it.
    pub value: Value,
}

/// A resource that was asked for: without its body when the caller has this version already.
pub fn found(api: &Api, done: &Done) -> Reply {
    match api.tags_of(header::IF_NONE_MATCH).is_some_and(|tags| fits(&tags, &done.etag)) {
        true => Reply::empty().status(304).header(header::ETAG, &done.etag),
        false => reply(200, &done.value).header(header::ETAG, &done.etag),
    }
}

/// A resource with its ETag, and where it lives when it is new.
pub fn answer(api: &Api, status: u16, done: &Done) -> Reply {
    let reply = reply(status, &done.value).header(header::ETAG, &done.etag);
    match status {
        201 => reply.header(header::LOCATION, &place(api.state(), done.resource, done.id)),
        _ => reply,
    }
}

pub fn listed(resources: Vec<Value>, total: i64, ask: &Ask) -> Value {
    json!({
        "schemas": [LIST_SCHEMA], "totalResults": total, "startIndex": ask.start, "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// What a list may be asked by.
const ASKED: [&str; 7] = ["filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "excludedAttributes"];

fn sent<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// `attributes` and `excludedAttributes`.
pub fn shown(pairs: &[(String, String)]) -> Shown {
    let text = |name: &str| sent(pairs, name).unwrap_or_default();
    Shown::of(text("attributes"), text("excludedAttributes"))
}

/// A list as its query asks for it.
pub fn asked(pairs: &[(String, String)]) -> Result<Ask> {
    if pairs.iter().filter(|(name, _)| name.eq_ignore_ascii_case("filter")).count() > 1 {
        return Err(crate::scim::filter::wrong("scim-filter-twice"));
    }
    let number = |name: &str, otherwise: i64| match sent(pairs, name) {
        None => Ok(otherwise),
        Some(text) => text
            .trim()
            .parse::<i64>()
            .map_err(|_| Error::invalid("invalidValue", Msg::new("scim-number").with("name", name))),
    };
    Ok(Ask {
        filter: sent(pairs, "filter").map(Filter::parse).transpose()?,
        sort: sent(pairs, "sortBy").map(Path::parse).transpose()?,
        is_descending: is_descending(sent(pairs, "sortOrder"))?,
        start: number("startIndex", 1)?.clamp(1, i64::from(i32::MAX)),
        count: number("count", MAX_COUNT)?.clamp(0, MAX_COUNT),
        shown: shown(pairs),
    })
}

fn is_descending(order: Option<&str>) -> Result<bool> {
    match order {
        None => Ok(false),
        Some(word) if word.eq_ignore_ascii_case("ascending") => Ok(false),
        Some(word) if word.eq_ignore_ascii_case("descending") => Ok(true),
        Some(_) => Err(Error::invalid("invalidValue", "scim-sort-order")),
    }
}

/// The same of the body of a `.search`, whose lists of names become one text.
pub fn searched(body: Value) -> Result<Ask> {
    let map = object(body, SEARCH_SCHEMA)?;
    let known = map.into_iter().filter(|(name, _)| ASKED.iter().any(|known| known.eq_ignore_ascii_case(name)));
    let mut pairs = Vec::new();
    for (name, value) in known {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Array(all)
                if all.iter().all(Value::is_string) && name.to_ascii_lowercase().ends_with("attributes") =>
            {
                all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
            }
            // A filter that is no text asks for something, and never for everything.
            _ if name.eq_ignore_ascii_case("filter") => return Err(crate::scim::filter::wrong("scim-filter-syntax")),
            _ => return Err(Error::invalid("invalidValue", Msg::new("scim-value").with("name", name))),
        };
        pairs.push((name, text));
    }
    asked(&pairs)
}

/// Whom a refusal was about.
#[derive(Debug, Clone)]
pub enum Subject {
    Person(PersonId),
    Name(String),
}

/// Keeps what clashed with what is here, after the roll-back, and tells the owners of what concerns them.
pub async fn told<T>(api: &Api, subject: Subject, done: Result<T>) -> Result<T> {
    let Err(Error::Invalid(problems)) = &done else { return done };
    if problems.get(CONFLICT).is_none() && problems.get(UNIQUENESS).is_none() {
        return done;
    }
    let (error, state) = (Error::Invalid(problems.clone()), api.state().clone());
    let kept = api.touch(Chore::Directory, move |tx, me| {
        let subject = match subject {
            Subject::Person(id) => ScimUser::find(tx, me, id)?.user_name,
            Subject::Name(name) => name,
        };
        Conflict::refused(tx, me, &subject, &error, &state.config)
    });
    if let Err(error) = kept.await {
        tracing::error!(name = "scim.conflict_lost", %error, "what the directory asked for in vain could not be kept");
    }
    done
}

/// The id of an address. `NotFound` for what is none.
pub fn person(id: &str) -> Result<PersonId> {
    id.parse().map(PersonId).map_err(|_| Error::NotFound)
}

/// Where a resource of this kind lives.
pub fn place(state: &Shared, of: Resource, id: impl std::fmt::Display) -> String {
    format!("{}{}/{id}", home(state), of.endpoint())
}
