//! `GET /sign-on/{id}`: to the provider. A link and no form, because a page of ours may send forms to us alone.

use crate::access::PublicCtx;
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::people::Organisation;
use crate::signin::SignOn;
use crate::sso::provider::{Provider, Trouble};
use crate::sso::saml::OwnKey;
use crate::sso::trip::{Aim, Trip};
use crate::sso::{Connection, ConnectionId, Protocol, ServerKey};
use crate::web::{Ctx, Flash, Principal, Reply};
use actix_web::web::Path;

/// What went wrong on the way, in words for the person; or our own failure.
pub enum Failure {
    Told(Msg),
    Broken(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(problems) => {
                let first = problems.iter().next().map(|(_, msg)| msg.clone());
                first.map_or_else(|| Failure::Broken(Error::Invalid(problems)), Failure::Told)
            }
            other => Failure::Broken(other),
        }
    }
}

impl Failure {
    pub fn told(key: &'static str, connection: &Connection) -> Self {
        Failure::Told(Msg::new(key).with("name", &connection.name))
    }

    /// What the provider did, for the person; why, for the log.
    pub fn of(trouble: Trouble, connection: &Connection) -> Self {
        note(connection, &trouble.to_string());
        let key = match trouble {
            Trouble::Away(_) => "sign-on-provider-away",
            Trouble::Odd(_) => "sign-on-provider-odd",
            Trouble::Refused(_) => "sign-on-code",
        };
        Failure::told(key, connection)
    }
}

/// Never content: hosts, numbers, names of claims.
pub fn note(connection: &Connection, why: &str) {
    tracing::warn!(name = "sso.failed", connection = %connection.id, why, "a sign-on did not work");
}

pub async fn new(ctx: PublicCtx, id: Path<String>) -> Result<Reply> {
    let id = parse(&id)?;
    let connection = ctx.read(move |tx, _| Connection::open(tx, id)).await?;
    let is_empty = ctx.read(|tx, _| Ok(Organisation::only(tx)?.is_none())).await?;
    if is_empty {
        return Ok(Reply::redirect("/setup"));
    }
    let back = ctx.query("back").unwrap_or_default();
    let (aim, here) = match ctx.query("for").as_deref() {
        Some("invitation") => (Aim::Join, crate::web::local(&back).to_owned()),
        _ => (Aim::SignIn, "/sign-in".to_owned()),
    };
    match depart(&ctx, &connection, aim, &back).await {
        Ok(reply) => Ok(reply),
        Err(Failure::Told(msg)) => Ok(ctx.redirect(&here, Some(Flash::failed(msg)))),
        Err(Failure::Broken(error)) => Err(error),
    }
}

/// `GET /sign-on?domain=example.com`, for bookmarks and portals: to whose domain it is, or to the page with every way in.
pub async fn of_domain(ctx: PublicCtx) -> Result<Reply> {
    let (domain, back) = (ctx.query("domain").unwrap_or_default(), ctx.query("back").unwrap_or_default());
    let found = ctx.read(move |tx, _| SignOn::of_domain(tx, &domain)).await?;
    let path = found.first().map(|found| format!("/sign-on/{}", found.id)).unwrap_or_else(|| "/sign-in".to_owned());
    if back.is_empty() {
        return Ok(Reply::redirect(&path));
    }
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("back", crate::web::local(&back)).finish();
    Ok(Reply::redirect(&format!("{path}?{query}")))
}

/// 303 to the provider, with the cookie that the answer must find again.
pub async fn depart<P: Principal>(
    ctx: &Ctx<P>,
    connection: &Connection,
    aim: Aim,
    back: &str,
) -> std::result::Result<Reply, Failure> {
    let now = ctx.now();
    let trip = Trip::begin(connection, aim, back, now);
    let address = match connection.protocol {
        // Nothing is asked from here: the browser alone talks with the provider.
        Protocol::Saml => trip.question(connection, &ctx.state, signer(ctx, connection).await?.as_ref())?,
        Protocol::Oidc => {
            let is_trial = matches!(trip.aim, Aim::Test { .. });
            let provider = match is_trial {
                // A trial is about the provider as it is now.
                true => Provider::ask(&ctx.state.net, &connection.issuer, now).await,
                false => Provider::awake(&ctx.state.net, &connection.issuer, now).await,
            };
            let provider = provider.map_err(|trouble| Failure::of(trouble, connection))?;
            trip.address(&provider, connection, &ctx.state)
        }
    };
    Ok(Reply::leave(&address).cookie(trip.cookie(&ctx.state)))
}

/// What signs requests of this connection.
async fn signer<P: Principal>(ctx: &Ctx<P>, connection: &Connection) -> std::result::Result<Option<OwnKey>, Failure> {
    if !connection.signs_requests {
        return Ok(None);
    }
    // Unsigned it would be refused over there, in words that help nobody.
    let key = keys_of(ctx, ServerKey::signer).await?.into_iter().next();
    key.map(Some).ok_or_else(|| Failure::told("sign-on-no-own-key", connection))
}

/// Those of the server's keys, ready for use; none where there is no key to open them with.
pub async fn keys_of<P: Principal>(ctx: &Ctx<P>, find: fn(&mut Tx) -> Result<Vec<ServerKey>>) -> Result<Vec<OwnKey>> {
    let sealed = ctx.read(move |tx, _| find(tx)).await?;
    if sealed.is_empty() {
        return Ok(Vec::new());
    }
    let vault = ctx.state.vault.clone();
    match ctx.work(move || sealed.iter().map(|key| key.unseal(&vault)).collect()).await {
        Err(Error::Away(why)) => {
            tracing::warn!(name = "sso.keys_away", why, "the server's keys for SAML cannot be opened");
            Ok(Vec::new())
        }
        found => found,
    }
}

/// For the set-up page: the address to go to and the cookie, because that page's form may not lead there itself.
pub async fn begin_set_up(ctx: &PublicCtx) -> std::result::Result<(String, cookie::Cookie<'static>, Connection), Msg> {
    let gone = || Msg::new("sign-on-gone");
    let open = ctx.read(|tx, _| Connection::open_ones(tx)).await.map_err(|_| gone())?;
    let connection = open.into_iter().find(|one| one.protocol == Protocol::Oidc).ok_or_else(gone)?;
    let provider = Provider::awake(&ctx.state.net, &connection.issuer, ctx.now()).await;
    let provider = provider.map_err(|trouble| match Failure::of(trouble, &connection) {
        Failure::Told(msg) => msg,
        Failure::Broken(_) => gone(),
    })?;
    let trip = Trip::begin(&connection, Aim::SetUp, "/setup", ctx.now());
    let address = trip.address(&provider, &connection, &ctx.state).to_string();
    Ok((address, trip.cookie(&ctx.state), connection))
}

pub fn parse(id: &str) -> Result<ConnectionId> {
    id.parse().map(ConnectionId).map_err(|_| Error::NotFound)
}
