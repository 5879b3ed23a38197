//! Groups.

use super::answers::{Subject, asked, body, found, home, list, place, reply, resource, searched, shown, told};
use crate::access::{Actor, Api};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::GroupId;
use crate::scim::attributes::{GROUP_SCHEMA, Resource};
use crate::scim::model::{Ask, GroupSaid, ScimGroup, Tie};
use crate::scim::patch::operations;
use crate::scim::shape::{Shown, object};
use crate::web::Reply;
use actix_web::http::header;
use actix_web::web::Path;
use serde_json::Value;

pub async fn index(api: Api) -> Result<Reply> {
    let pairs = api.pairs();
    list(api, move || asked(&pairs), page).await
}

pub async fn search(api: Api) -> Result<Reply> {
    let sent = body(&api).await?;
    list(api, move || searched(sent), page).await
}

/// A page of groups as they are shown, and how many there are.
pub fn page(tx: &mut Tx, me: &Actor, ask: &Ask, home: &str) -> Result<(Vec<Value>, i64)> {
    let (groups, total) = ScimGroup::list(tx, me, ask)?;
    let ties = ties(tx, &groups, &ask.shown)?;
    Ok((groups.iter().map(|group| group.json(home, &ask.shown, &ties)).collect(), total))
}

/// Nobody is looked up whom the answer does not show.
fn ties(tx: &mut Tx, groups: &[ScimGroup], shown: &Shown) -> Result<Vec<Tie>> {
    match shown.has(Resource::Group, "members") {
        true => Tie::of_groups(tx, groups),
        false => Ok(Vec::new()),
    }
}

/// One as the answer shows it.
fn one(tx: &mut Tx, group: ScimGroup, home: &str, shown: &Shown) -> Result<(Value, ScimGroup)> {
    let ties = ties(tx, std::slice::from_ref(&group), shown)?;
    Ok((group.json(home, shown, &ties), group))
}

fn group(id: &str) -> Result<GroupId> {
    id.parse().map(GroupId).map_err(|_| Error::NotFound)
}

pub async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let (shown, home) = (shown(&api.pairs()), home(api.state()));
    let (value, group) = api
        .read(move |tx, me| {
            let group = ScimGroup::find(tx, me, group(&id)?)?;
            one(tx, group, &home, &shown)
        })
        .await?;
    Ok(found(&api, &value, &group.etag()))
}

pub async fn create(api: Api) -> Result<Reply> {
    let said = GroupSaid::of(object(body(&api).await?, GROUP_SCHEMA)?)?;
    let subject = Subject::Name(said.display_name.clone());
    let (shown, home) = (shown(&api.pairs()), home(api.state()));
    let done = api
        .write(move |tx, me| {
            let group = ScimGroup::create(tx, me, &said)?;
            one(tx, group, &home, &shown)
        })
        .await;
    let (value, group) = told(&api, subject, done).await?;
    Ok(resource(201, &value, &place(api.state(), Resource::Group, group.id), &group.etag()))
}

pub async fn replace(api: Api, id: Path<String>) -> Result<Reply> {
    let said = GroupSaid::of(object(body(&api).await?, GROUP_SCHEMA)?)?;
    let (id, seen) = (group(&id)?, api.tags_of(header::IF_MATCH));
    let (subject, shown, home) = (Subject::Name(said.display_name.clone()), shown(&api.pairs()), home(api.state()));
    let done = api
        .write(move |tx, me| {
            let group = ScimGroup::replace(tx, me, (id, seen.as_deref()), &said)?;
            one(tx, group, &home, &shown)
        })
        .await;
    let (value, group) = told(&api, subject, done).await?;
    Ok(reply(200, &value).header(header::ETAG, &group.etag()))
}

/// Answers without a body: that of a group may be the whole company (RFC 7644 section 3.5.2 leaves the choice). With `attributes`,
/// which wants a body, it has one.
pub async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let operations = operations(body(&api).await?)?;
    let (id, seen, wanted) = (group(&id)?, api.tags_of(header::IF_MATCH), shown(&api.pairs()));
    let done = api.write(move |tx, me| ScimGroup::patch(tx, me, (id, seen.as_deref()), operations)).await;
    let group = told(&api, Subject::Name(id.to_string()), done).await?;
    if wanted.only.is_empty() {
        return Ok(Reply::empty().header(header::ETAG, &group.etag()));
    }
    let home = home(api.state());
    let (value, group) = api.read(move |tx, _| one(tx, group, &home, &wanted)).await?;
    Ok(reply(200, &value).header(header::ETAG, &group.etag()))
}

pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
    let seen = api.tags_of(header::IF_MATCH);
    api.write(move |tx, me| ScimGroup::delete(tx, me, (group(&id)?, seen.as_deref()))).await?;
    Ok(Reply::empty())
}
