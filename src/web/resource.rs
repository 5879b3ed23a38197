//! The six routes that every resource of the API has, written once: list, make, show, change, archive and bring back.

use crate::db::Tx;
use crate::error::Result;
use crate::web::{ApiCtx, Listed, Operation, Principal, Query, Reply, Routes};
use actix_web::http::Method;
use actix_web::web::Path;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// Where a resource stands, what reading and writing it asks of a token, and what each route says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    pub all: &'static str,
    pub one: &'static str,
    pub archiving: &'static str,
    pub read: &'static str,
    pub write: &'static str,
    pub deeds: Deeds,
}

/// Summaries in the description of the API.
#[derive(Debug, Clone, Copy)]
pub struct Deeds {
    pub list: &'static str,
    pub make: &'static str,
    pub show: &'static str,
    pub change: &'static str,
    pub archive: &'static str,
    pub restore: &'static str,
}

/// `site!("tickets", "{id}", deeds)`: below `/api/v1`, with the scopes `tickets:read` and `tickets:write`.
#[macro_export]
macro_rules! site {
    ($name:literal, $id:literal, $deeds:expr) => {
        $crate::web::Site {
            all: concat!("/api/v1/", $name),
            one: concat!("/api/v1/", $name, "/", $id),
            archiving: concat!("/api/v1/", $name, "/", $id, "/archiving"),
            read: concat!($name, ":read"),
            write: concat!($name, ":write"),
            deeds: $deeds,
        }
    };
}

/// Something that the API shows as `Self`. The functions are the verbs of its room, asked with what was sent.
pub trait Resource<P: Principal>: Serialize + ToSchema + Send + Sized + 'static {
    type New: DeserializeOwned + ToSchema + Send + 'static;
    type Changes: DeserializeOwned + ToSchema + Send + 'static;
    const SITE: Site;

    /// What the query of the list takes.
    fn asked(list: Operation) -> Operation;
    fn list(tx: &mut Tx, me: &P, query: &Query) -> Result<Listed<Self>>;
    fn find(tx: &mut Tx, me: &P, id: &str) -> Result<Self>;
    /// What was made, with its id below `SITE.all`.
    fn make(tx: &mut Tx, me: &P, new: Self::New) -> Result<(String, Self)>;
    /// Locks what stands until the end, so that what the caller saw is compared with what is then changed.
    fn hold(tx: &mut Tx, me: &P, id: &str) -> Result<()>;
    fn change(tx: &mut Tx, me: &P, id: &str, changes: Self::Changes) -> Result<()>;
    fn archive(tx: &mut Tx, me: &P, id: &str) -> Result<()>;
    fn restore(tx: &mut Tx, me: &P, id: &str) -> Result<()>;
}

pub fn resource<P: Principal, R: Resource<P>>() -> Routes {
    let Site { all, one, archiving, read, write, deeds } = R::SITE;
    let list = R::asked(Operation::lists::<Listed<R>>(deeds.list));
    let made = Operation::makes::<R::New, R>(deeds.make);
    let changed = Operation::changes::<R::Changes, R>(deeds.change);
    let shown = Operation::shows::<R>;
    Routes::new()
        .api(Method::GET, all, read, list, index::<P, R>)
        .api(Method::POST, all, write, made, create::<P, R>)
        .api(Method::GET, one, read, shown(deeds.show), show::<P, R>)
        .api(Method::PATCH, one, write, changed, update::<P, R>)
        .api(Method::POST, archiving, write, shown(deeds.archive), archive::<P, R>)
        .api(Method::DELETE, archiving, write, shown(deeds.restore), restore::<P, R>)
}

async fn index<P: Principal, R: Resource<P>>(api: ApiCtx<P>) -> Result<Reply> {
    let query = api.query().await?;
    let listed = api.read(move |tx, me| R::list(tx, me, &query)).await?;
    Ok(Reply::json(&listed))
}

async fn create<P: Principal, R: Resource<P>>(api: ApiCtx<P>) -> Result<Reply> {
    let new: R::New = api.json().await?;
    api.create(move |tx, me| {
        let (id, made) = R::make(tx, me, new)?;
        Ok((format!("{}/{id}", R::SITE.all), made))
    })
    .await
}

async fn show<P: Principal, R: Resource<P>>(api: ApiCtx<P>, id: Path<String>) -> Result<Reply> {
    let shown = api.read(move |tx, me| R::find(tx, me, &id)).await?;
    api.show(&shown)
}

async fn update<P: Principal, R: Resource<P>>(api: ApiCtx<P>, id: Path<String>) -> Result<Reply> {
    let changes = api.json().await?;
    after::<P, R, _>(api, id, |tx, me, id| R::change(tx, me, id, changes)).await
}

async fn archive<P: Principal, R: Resource<P>>(api: ApiCtx<P>, id: Path<String>) -> Result<Reply> {
    after::<P, R, _>(api, id, R::archive).await
}

async fn restore<P: Principal, R: Resource<P>>(api: ApiCtx<P>, id: Path<String>) -> Result<Reply> {
    after::<P, R, _>(api, id, R::restore).await
}

/// Answers with what stands after `verb`; `Conflict` before it when the caller's If-Match names something else.
pub async fn after<P, R, F>(api: ApiCtx<P>, id: Path<String>, verb: F) -> Result<Reply>
where
    P: Principal,
    R: Resource<P>,
    F: FnOnce(&mut Tx, &P, &str) -> Result<()> + Send + 'static,
{
    let seen = api.seen();
    let shown = api
        .write(move |tx, me| {
            if seen.is_sent() {
                R::hold(tx, me, &id)?;
                seen.check(&R::find(tx, me, &id)?)?;
            }
            verb(tx, me, &id)?;
            R::find(tx, me, &id)
        })
        .await?;
    api.show(&shown)
}
