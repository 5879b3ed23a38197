//! Groups.

use super::answers::{Done, Subject, answer, asked, body, found, home, list, searched, shown, told};
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
use std::collections::BTreeMap;
use uuid::Uuid;

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
    let (mut groups, total) = ScimGroup::list(tx, me, ask)?;
    if ask.shown.has(Resource::Group, "members") && groups.len() > 1 {
        groups.truncate(Tie::fitting(tx, &groups)?);
    }
    let ties = ties(tx, &groups, &ask.shown)?;
    Ok((groups.iter().map(|group| group.json(home, &ask.shown, ties.get(&group.id.0))).collect(), total))
}

/// Nobody is looked up whom the answer does not show.
fn ties(tx: &mut Tx, groups: &[ScimGroup], shown: &Shown) -> Result<BTreeMap<Uuid, Vec<Tie>>> {
    match shown.has(Resource::Group, "members") {
        true => Tie::of_groups(tx, groups),
        false => Ok(BTreeMap::new()),
    }
}

/// One as the answer shows it.
fn one(tx: &mut Tx, group: &ScimGroup, home: &str, shown: &Shown) -> Result<Done> {
    let ties = ties(tx, std::slice::from_ref(group), shown)?;
    Ok(Done { value: group.json(home, shown, ties.get(&group.id.0)), ..done(group) })
}

/// Without its body.
fn done(group: &ScimGroup) -> Done {
    Done { resource: Resource::Group, id: group.id.0, etag: group.etag(), value: Value::Null }
}

fn group(id: &str) -> Result<GroupId> {
    id.parse().map(GroupId).map_err(|_| Error::NotFound)
}

pub async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let (shown, home) = (shown(&api.pairs()), home(api.state()));
    let done = api
        .read(move |tx, me| {
            let group = ScimGroup::find(tx, me, group(&id)?)?;
            one(tx, &group, &home, &shown)
        })
        .await?;
    Ok(found(&api, &done))
}

pub async fn create(api: Api) -> Result<Reply> {
    let done = make(&api, body(&api).await?, shown(&api.pairs())).await?;
    Ok(answer(&api, 201, &done))
}

/// What a POST does, alone or among many.
pub async fn make(api: &Api, body: Value, shown: Shown) -> Result<Done> {
    let said = GroupSaid::of(object(body, GROUP_SCHEMA)?)?;
    let (subject, home) = (Subject::Name(said.display_name.clone()), home(api.state()));
    let done = api
        .write(move |tx, me| {
            let group = ScimGroup::create(tx, me, &said)?;
            one(tx, &group, &home, &shown)
        })
        .await;
    told(api, subject, done).await
}

pub async fn replace(api: Api, id: Path<String>) -> Result<Reply> {
    let (body, seen) = (body(&api).await?, api.tags_of(header::IF_MATCH));
    let done = put(&api, (id.into_inner(), seen), body, shown(&api.pairs())).await?;
    Ok(answer(&api, 200, &done))
}

/// What a PUT does, alone or among many.
pub async fn put(api: &Api, (id, seen): (String, Option<String>), body: Value, shown: Shown) -> Result<Done> {
    let said = GroupSaid::of(object(body, GROUP_SCHEMA)?)?;
    let id = group(&id)?;
    let (subject, home) = (Subject::Name(said.display_name.clone()), home(api.state()));
    let done = api
        .write(move |tx, me| {
            let group = ScimGroup::replace(tx, me, (id, seen.as_deref()), &said)?;
            one(tx, &group, &home, &shown)
        })
        .await;
    told(api, subject, done).await
}

/// Answers without a body: that of a group may be the whole company (RFC 7644 section 3.5.2 leaves the choice). With `attributes`,
/// which wants a body, it has one.
pub async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let (body, seen, wanted) = (body(&api).await?, api.tags_of(header::IF_MATCH), shown(&api.pairs()));
    let done = change(&api, (id.to_string(), seen), body).await?;
    if wanted.only.is_empty() {
        return Ok(Reply::empty().header(header::ETAG, &done.etag));
    }
    let home = home(api.state());
    let done = api
        .read(move |tx, me| {
            let group = ScimGroup::find(tx, me, group(&id)?)?;
            one(tx, &group, &home, &wanted)
        })
        .await?;
    Ok(answer(&api, 200, &done))
}

/// What a PATCH does, alone or among many.
pub async fn change(api: &Api, (id, seen): (String, Option<String>), body: Value) -> Result<Done> {
    let (operations, id) = (operations(body)?, group(&id)?);
    let changed =
        api.write(move |tx, me| Ok(done(&ScimGroup::patch(tx, me, (id, seen.as_deref()), operations)?))).await;
    told(api, Subject::Name(id.to_string()), changed).await
}

pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
    let seen = api.tags_of(header::IF_MATCH);
    forget(&api, (id.into_inner(), seen)).await?;
    Ok(Reply::empty())
}

/// What a DELETE does, alone or among many.
pub async fn forget(api: &Api, (id, seen): (String, Option<String>)) -> Result<Done> {
    let id = api
        .write(move |tx, me| {
            let id = group(&id)?;
            ScimGroup::delete(tx, me, (id, seen.as_deref()))?;
            Ok(id)
        })
        .await?;
    Ok(Done { resource: Resource::Group, id: id.0, etag: String::new(), value: Value::Null })
}
