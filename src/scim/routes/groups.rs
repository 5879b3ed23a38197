//! Groups.

use super::answers::{Subject, asked, body, home, listed, place, reply, resource, searched, shown, told};
use crate::access::{Actor, Api};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::GroupId;
use crate::scim::attributes::{GROUP_SCHEMA, Resource};
use crate::scim::model::{Ask, GroupSaid, ScimGroup, Tie, fits};
use crate::scim::patch::operations;
use crate::scim::shape::{Shown, object};
use crate::web::Reply;
use actix_web::http::header;
use actix_web::web::Path;
use serde_json::Value;

pub async fn index(api: Api) -> Result<Reply> {
    let pairs = api.pairs();
    list(api, move || asked(&pairs)).await
}

pub async fn search(api: Api) -> Result<Reply> {
    let sent = body(&api).await?;
    list(api, move || searched(sent)).await
}

async fn list(api: Api, ask: impl FnOnce() -> Result<Ask> + Send + 'static) -> Result<Reply> {
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

fn group(id: &str) -> Result<GroupId> {
    id.parse().map(GroupId).map_err(|_| Error::NotFound)
}

pub async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let (shown, home) = (shown(&api.pairs()), home(api.state()));
    let (value, etag) = api
        .read(move |tx, me| {
            let group = ScimGroup::find(tx, me, group(&id)?)?;
            let ties = ties(tx, std::slice::from_ref(&group), &shown)?;
            Ok((group.json(&home, &shown, &ties), group.etag()))
        })
        .await?;
    if api.tags_of(header::IF_NONE_MATCH).is_some_and(|tags| fits(&tags, &etag)) {
        return Ok(Reply::empty().status(304).header(header::ETAG, &etag));
    }
    Ok(reply(200, &value).header(header::ETAG, &etag))
}

pub async fn create(api: Api) -> Result<Reply> {
    let said = GroupSaid::of(object(body(&api).await?, GROUP_SCHEMA)?)?;
    let subject = Subject::Name(said.display_name.clone());
    let (shown, home) = (shown(&api.pairs()), home(api.state()));
    let done = api
        .write(move |tx, me| {
            let group = ScimGroup::create(tx, me, &said)?;
            let ties = ties(tx, std::slice::from_ref(&group), &shown)?;
            Ok((group.json(&home, &shown, &ties), group))
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
            let ties = ties(tx, std::slice::from_ref(&group), &shown)?;
            Ok((group.json(&home, &shown, &ties), group.etag()))
        })
        .await;
    let (value, etag) = told(&api, subject, done).await?;
    Ok(reply(200, &value).header(header::ETAG, &etag))
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
    let (home, etag) = (home(api.state()), group.etag());
    let value = api
        .read(move |tx, _| {
            let ties = ties(tx, std::slice::from_ref(&group), &wanted)?;
            Ok(group.json(&home, &wanted, &ties))
        })
        .await?;
    Ok(reply(200, &value).header(header::ETAG, &etag))
}

pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
    let seen = api.tags_of(header::IF_MATCH);
    api.write(move |tx, me| ScimGroup::delete(tx, me, (group(&id)?, seen.as_deref()))).await?;
    Ok(Reply::empty())
}
