//! People, and the search over people and groups.

use super::answers::{
    Subject, asked, body, found, home, list, listed, person, place, reply, resource, searched, shown, told,
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

/// Somebody as the answer shows them, with where they live and which version that is.
fn one(tx: &mut Tx, user: ScimUser, home: &str, shown: &Shown) -> Result<(Value, ScimUser)> {
    let value = drawn(tx, std::slice::from_ref(&user), home, shown)?.into_iter().next().unwrap_or_default();
    Ok((value, user))
}

pub async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let (home, shown) = (home(api.state()), shown(&api.pairs()));
    let (value, user) = api
        .read(move |tx, me| {
            let user = ScimUser::find(tx, me, person(&id)?)?;
            one(tx, user, &home, &shown)
        })
        .await?;
    Ok(found(&api, &value, &user.etag()))
}

pub async fn create(api: Api) -> Result<Reply> {
    let said = said(body(&api).await?)?;
    let subject = Subject::Name(said.user_name.clone());
    let (state, home, shown) = (api.state().clone(), home(api.state()), shown(&api.pairs()));
    let done = api
        .write(move |tx, me| {
            let user = ScimUser::create(tx, me, &state.config, &said)?;
            one(tx, user, &home, &shown)
        })
        .await;
    let made = told(&api, subject, done).await?;
    Ok(answer(&api, 201, made))
}

pub async fn replace(api: Api, id: Path<String>) -> Result<Reply> {
    let said = said(body(&api).await?)?;
    let (id, seen) = (person(&id)?, api.tags_of(header::IF_MATCH));
    let (state, home, shown) = (api.state().clone(), home(api.state()), shown(&api.pairs()));
    let done = api
        .write(move |tx, me| {
            let user = ScimUser::replace(tx, me, &state.config, (id, seen.as_deref()), &said)?;
            one(tx, user, &home, &shown)
        })
        .await;
    let saved = told(&api, Subject::Person(id), done).await?;
    Ok(answer(&api, 200, saved))
}

pub async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let operations = operations(body(&api).await?)?;
    let (id, seen) = (person(&id)?, api.tags_of(header::IF_MATCH));
    let (state, home, shown) = (api.state().clone(), home(api.state()), shown(&api.pairs()));
    let done = api
        .write(move |tx, me| {
            let user = ScimUser::patch(tx, me, &state.config, (id, seen.as_deref()), operations)?;
            one(tx, user, &home, &shown)
        })
        .await;
    let saved = told(&api, Subject::Person(id), done).await?;
    Ok(answer(&api, 200, saved))
}

pub async fn destroy(api: Api, id: Path<String>) -> Result<Reply> {
    let seen = api.tags_of(header::IF_MATCH);
    let id = api.read(move |_, _| person(&id)).await?;
    let done = api.write(move |tx, me| ScimUser::delete(tx, me, (id, seen.as_deref()))).await;
    told(&api, Subject::Person(id), done).await?;
    Ok(Reply::empty())
}

fn said(body: Value) -> Result<Said> {
    Said::of(tidy(Resource::User, object(body, CORE_USER)?)?)
}

fn answer(api: &Api, status: u16, (value, user): (Value, ScimUser)) -> Reply {
    resource(status, &value, &place(api.state(), Resource::User, user.id), &user.etag())
}
