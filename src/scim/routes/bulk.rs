//! Many operations in one request. Each is what its own route does, in a transaction of its own: one that fails undoes no other.

use super::answers::{Done, place, read_json, reply};
use super::{groups, users};
use crate::access::Api;
use crate::error::{Error, Msg, ProblemStatus, Result};
use crate::scim::attributes::Resource;
use crate::scim::bulk::{BULK_ANSWER_SCHEMA, Bulk, MAX_BULK_BYTES, Made, Step, Target};
use crate::scim::shape::Shown;
use crate::web::{CONFLICT, Reply, directory_answer, directory_failure, too_large};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub async fn create(api: Api) -> Result<Reply> {
    let bulk = Bulk::of(sent(&api).await?)?;
    let (order, circle) = bulk.order();
    let (mut run, mut made) = (Run::default(), Made::new());
    for (at, step) in order.into_iter().filter_map(|at| Some((at, bulk.steps.get(at)?))) {
        if bulk.is_enough(run.errors) {
            break;
        }
        let done = match circle.contains(&at) {
            true => Err(Error::invalid(CONFLICT, "scim-bulk-circle")),
            false => act(&api, step, &made).await,
        };
        if let Some(name) = &step.bulk_id {
            made.insert(name.clone(), done.as_ref().ok().map(|(_, done)| done.id.to_string()));
        }
        if !run.note(&api, (at, step), &made, done)? {
            break;
        }
    }
    let all: Vec<Value> = run.answers.into_values().collect();
    Ok(reply(200, &json!({ "schemas": [BULK_ANSWER_SCHEMA], "Operations": all })))
}

/// The body; its size is said in the words of the announcement.
async fn sent(api: &Api) -> Result<Value> {
    read_json(api, MAX_BULK_BYTES).await.map_err(|error| match error {
        Error::Invalid(problems) if problems.status == ProblemStatus::TooLarge => {
            too_large(Msg::new("scim-bulk-large").with("max", MAX_BULK_BYTES))
        }
        other => other,
    })
}

async fn act(api: &Api, step: &Step, made: &Made) -> Result<(u16, Done)> {
    let (target, data) = step.filled(made)?;
    let (seen, shown) = (step.version.clone(), Shown::of("id", ""));
    Ok(match (step.method.as_str(), target) {
        ("POST", Target::All(Resource::User)) => (201, users::make(api, data, shown).await?),
        ("POST", Target::All(Resource::Group)) => (201, groups::make(api, data, shown).await?),
        ("PUT", Target::One(Resource::User, id)) => (200, users::put(api, (id, seen), data, shown).await?),
        ("PUT", Target::One(Resource::Group, id)) => (200, groups::put(api, (id, seen), data, shown).await?),
        ("PATCH", Target::One(Resource::User, id)) => (200, users::change(api, (id, seen), data, shown).await?),
        ("PATCH", Target::One(Resource::Group, id)) => (200, groups::change(api, (id, seen), data).await?),
        ("DELETE", Target::One(Resource::User, id)) => (204, users::forget(api, (id, seen)).await?),
        ("DELETE", Target::One(Resource::Group, id)) => (204, groups::forget(api, (id, seen)).await?),
        _ => return Err(Error::invalid("invalidSyntax", "scim-bulk-method")),
    })
}

/// What was answered so far, by the operation's place in the request.
#[derive(Default)]
struct Run {
    answers: BTreeMap<usize, Value>,
    errors: usize,
}

impl Run {
    /// Whether the next one is tried. A fault of ours ends the request; what was done before it is told all the same.
    fn note(&mut self, api: &Api, (at, step): (usize, &Step), made: &Made, done: Result<(u16, Done)>) -> Result<bool> {
        let mut answer = json!({ "method": step.method });
        let mut put = |name: &str, value: Value| answer.as_object_mut().map(|map| map.insert(name.to_owned(), value));
        if let Some(name) = &step.bulk_id {
            put("bulkId", json!(name));
        }
        let (is_open, error) = match done {
            Ok((status, done)) => {
                put("status", json!(status.to_string()));
                put("location", json!(place(api.state(), done.resource, done.id)));
                if !done.etag.is_empty() {
                    put("version", json!(done.etag));
                }
                (true, None)
            }
            Err(error) => match directory_answer(&error) {
                Some(said) => (true, Some(said)),
                None if self.answers.is_empty() => return Err(error),
                None => {
                    tracing::error!(name = "scim.bulk_cut", %error, "a request of the directory ended before its last operation");
                    (false, Some(directory_failure(&error)))
                }
            },
        };
        if let Some((status, body)) = error {
            self.errors += 1;
            put("status", json!(status.to_string()));
            put("response", body);
            if let Ok((Target::One(resource, id), _)) = step.filled(made) {
                put("location", json!(place(api.state(), resource, id)));
            }
        }
        self.answers.insert(at, answer);
        Ok(is_open)
    }
}
