//! People.

use super::answers::{Subject, asked, body, home, listed, person, place, reply, resource, searched, shown, told};
use crate::access::Api;
use crate::error::Result;
use crate::scim::attributes::{CORE_USER, Resource};
use crate::scim::model::{Ask, ScimUser, fits};
use crate::scim::patch::operations;
use crate::scim::shape::{Said, object, tidy};
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

/// What is wrong with the question is said to who may ask one.
async fn list(api: Api, ask: impl FnOnce() -> Result<Ask> + Send + 'static) -> Result<Reply> {
    let home = home(api.state());
    let answer = api
        .read(move |tx, me| {
            let ask = ask()?;
            let (users, total) = ScimUser::list(tx, me, &ask)?;
            let resources = users.iter().map(|user| user.json(&home, &ask.shown)).collect();
            Ok(listed(resources, total, &ask))
        })
        .await?;
    Ok(reply(200, &answer))
}

pub async fn show(api: Api, id: Path<String>) -> Result<Reply> {
    let user = api.read(move |tx, me| ScimUser::find(tx, me, person(&id)?)).await?;
    if api.tags_of(header::IF_NONE_MATCH).is_some_and(|tags| fits(&tags, &user.etag())) {
        return Ok(Reply::empty().status(304).header(header::ETAG, &user.etag()));
    }
    Ok(answer(&api, 200, &user))
}

pub async fn create(api: Api) -> Result<Reply> {
    let said = said(body(&api).await?)?;
    let (state, subject) = (api.state().clone(), Subject::Name(said.user_name.clone()));
    let done = api.write(move |tx, me| ScimUser::create(tx, me, &state.config, &said)).await;
    let user = told(&api, subject, done).await?;
    Ok(answer(&api, 201, &user))
}

pub async fn replace(api: Api, id: Path<String>) -> Result<Reply> {
    let said = said(body(&api).await?)?;
    let (id, state, seen) = (person(&id)?, api.state().clone(), api.tags_of(header::IF_MATCH));
    let done = api.write(move |tx, me| ScimUser::replace(tx, me, &state.config, (id, seen.as_deref()), &said)).await;
    let user = told(&api, Subject::Person(id), done).await?;
    Ok(answer(&api, 200, &user))
}

pub async fn update(api: Api, id: Path<String>) -> Result<Reply> {
    let operations = operations(body(&api).await?)?;
    let (id, state, seen) = (person(&id)?, api.state().clone(), api.tags_of(header::IF_MATCH));
    let done = api.write(move |tx, me| ScimUser::patch(tx, me, &state.config, (id, seen.as_deref()), operations)).await;
    let user = told(&api, Subject::Person(id), done).await?;
    Ok(answer(&api, 200, &user))
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

fn answer(api: &Api, status: u16, user: &ScimUser) -> Reply {
    let value = user.json(&home(api.state()), &shown(&api.pairs()));
    resource(status, &value, &place(api.state(), Resource::User, user.id), &user.etag())
}
