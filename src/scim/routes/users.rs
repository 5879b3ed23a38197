//! People, and the search over people and groups.

use super::answers::{
    Done, Subject, answer, asked, body, found, home, list, listed, person, reply, searched, shown, told,
};
use super::groups;
use crate::access::{Actor, Api};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::scim::attributes::{CORE_USER, Resource};
use crate::scim::model::{Ask, ScimUser, Tie};
use crate::scim::patch::operations;
use crate::scim::shape::{Said, Shown, object, tidy};
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

fn page(tx: &mut Tx, me: &Actor, ask: &Ask, home: &str) -> Result<(Vec<Value>, i64)> {
    let (users, total) = ScimUser::list(tx, me, ask)?;
    Ok((drawn(tx, &users, home, &ask.shown)?, total))
}

/// Nobody's groups are looked up that the answer does not show.
fn drawn(tx: &mut Tx, users: &[ScimUser], home: &str, shown: &Shown) -> Result<Vec<Value>> {
    let ids = users.iter().map(|user| user.id.0).collect();
    let groups = match shown.has(Resource::User, "groups") {
        true => Tie::of_people(tx, ids, home)?,
        false => Default::default(),
    };
    Ok(users.iter().map(|user| user.json(home, shown, groups.get(&user.id.0))).collect())
}

/// People first, then groups. What only one of them has is looked for there alone (RFC 7644 section 3.4.2.1).
pub async fn search_all(api: Api) -> Result<Reply> {
    let (sent, home) = (body(&api).await?, home(api.state()));
    let answer = api
        .read(move |tx, me| {
            let ask = searched(sent)?;
            let people = page(tx, me, &ask, &home);
            let found =
                people.as_ref().map_or((0, 0), |(found, total)| (i64::try_from(found.len()).unwrap_or(0), *total));
            let rest = Ask { start: (ask.start - found.1).max(1), count: ask.count - found.0, ..ask.clone() };
            let (mut resources, total) = match (people, groups::page(tx, me, &rest, &home)) {
                (Ok(people), Ok(groups)) => ([people.0, groups.0].concat(), people.1 + groups.1),
                (Ok(found), Err(Error::Invalid(_))) | (Err(Error::Invalid(_)), Ok(found)) => found,
                (Err(error), _) | (_, Err(error)) => return Err(error),
            };
            resources.truncate(usize::try_from(ask.count).unwrap_or_default());
            Ok(listed(resources, total, &ask))
        })
        .await?;
    Ok(reply(200, &answer))
}

/// Somebody as the answer shows them, with which version that is.
fn one(tx: &mut Tx, user: &ScimUser, home: &str, shown: &Shown) -> Result<Done> {
    let value = drawn(tx, std::slice::from_ref(user), home, shown)?.into_iter().next().unwrap_or_default();
    Ok(Done { resource: Resource::User, id: user.id.0, etag: user.etag(), value })
}

pub async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let (home, shown) = (home(api.state()), shown(&api.pairs()));
    let done = api
        .read(move |tx, me| {
            let user = ScimUser::find(tx, me, person(&id)?)?;
            one(tx, &user, &home, &shown)
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
    let said = said(body)?;
    let subject = Subject::Name(said.user_name.clone());
    let (state, home) = (api.state().clone(), home(api.state()));
    let done = api
        .write(move |tx, me| {
            let user = ScimUser::create(tx, me, &state.config, &said)?;
            one(tx, &user, &home, &shown)
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
    let (said, id) = (said(body)?, person(&id)?);
    let (state, home) = (api.state().clone(), home(api.state()));
    let done = api
        .write(move |tx, me| {
            let user = ScimUser::replace(tx, me, &state.config, (id, seen.as_deref()), &said)?;
            one(tx, &user, &home, &shown)
        })
        .await;
    told(api, Subject::Person(id), done).await
}

pub async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let (body, seen) = (body(&api).await?, api.tags_of(header::IF_MATCH));
    let done = change(&api, (id.into_inner(), seen), body, shown(&api.pairs())).await?;
    Ok(answer(&api, 200, &done))
}

/// What a PATCH does, alone or among many.
pub async fn change(api: &Api, (id, seen): (String, Option<String>), body: Value, shown: Shown) -> Result<Done> {
    let (operations, id) = (operations(body)?, person(&id)?);
    let (state, home) = (api.state().clone(), home(api.state()));
    let done = api
        .write(move |tx, me| {
            let user = ScimUser::patch(tx, me, &state.config, (id, seen.as_deref()), operations)?;
            one(tx, &user, &home, &shown)
        })
        .await;
    told(api, Subject::Person(id), done).await
}

pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
    let seen = api.tags_of(header::IF_MATCH);
    forget(&api, (id.into_inner(), seen)).await?;
    Ok(Reply::empty())
}

/// What a DELETE does, alone or among many.
pub async fn forget(api: &Api, (id, seen): (String, Option<String>)) -> Result<Done> {
    let id = api.read(move |_, _| person(&id)).await?;
    let done = api.write(move |tx, me| ScimUser::delete(tx, me, (id, seen.as_deref()))).await;
    told(api, Subject::Person(id), done).await?;
    Ok(Done { resource: Resource::User, id: id.0, etag: String::new(), value: Value::Null })
}

fn said(body: Value) -> Result<Said> {
    Said::of(tidy(Resource::User, object(body, CORE_USER)?)?)
}
