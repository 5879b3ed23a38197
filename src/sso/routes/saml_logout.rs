//! `/sign-on/saml` for who leaves: a SAML provider says that somebody signed out there, or answers who signed out here. Both come by the
//! browser, by redirect or by a form of the provider's page; what counts is the provider's signature, not our cookies.

use super::departing::{keys_of, note};
use super::turn::{Heard, Turn};
use crate::access::PublicCtx;
use crate::db::Chore;
use crate::error::{Error, Msg, Result};
use crate::signin::Throttle;
use crate::sso::saml::{self, Envelope, Expected, Kind, Left, Message, NameWords, Signed, Wrong};
use crate::sso::token::Logout;
use crate::sso::trip::{TRIP_SECONDS, assertion_address, entity_address, signed_cookie, signed_value};
use crate::sso::{Connection, Origin, ServerKey, spend};
use crate::web::{Flash, Reply, random_token};
use cookie::Cookie;
use url::Url;

/// What comes back with our answer, as the provider sent it (saml-bindings 3.4.3 allows 80 bytes; some send more).
pub const MAX_MARK_BYTES: usize = 1_000;

/// Which request this browser left for the provider with: only its answer is told in words.
const LEFT_COOKIE: &str = "tow_left";

/// By redirect.
pub async fn show(ctx: PublicCtx) -> Result<Reply> {
    let turn = match Turn::take(&ctx, Throttle::arriving(&ctx.caller.address), "/sign-in").await? {
        Ok(turn) => turn,
        Err(reply) => return Ok(reply),
    };
    let query = ctx.request.query_string().to_owned();
    let heard = match Message::read(&query) {
        Ok(message) => answer(&ctx, message.kind, &message.xml, message.mark.as_deref(), Some(&message)).await?,
        Err(_) => Heard::Unknown,
    };
    turn.over(&ctx, heard).await
}

/// By a form, its signature inside.
pub async fn take(ctx: &PublicCtx, kind: Kind, xml: &str, mark: Option<&str>) -> Result<Heard> {
    answer(ctx, kind, xml, mark, None).await
}

async fn answer(ctx: &PublicCtx, kind: Kind, xml: &str, mark: Option<&str>, beside: Option<&Message>) -> Result<Heard> {
    let Some(entity) = saml::issuer(xml) else { return Ok(Heard::Unknown) };
    let Some(connection) = ctx.read(move |tx, _| Connection::of_entity(tx, &entity)).await? else {
        return Ok(Heard::Unknown);
    };
    match read(ctx, &connection, (kind, xml), beside) {
        Ok(Said::Leave(leave)) => {
            let (id, request) = (connection.id, leave.id.clone());
            let logout = Logout { subject: Some(leave.subject), provider_sessions: leave.sessions, id: leave.id };
            let ended = ctx.write(move |tx, me| logout.end(tx, me, id)).await?;
            let mark = mark.filter(|mark| mark.len() <= MAX_MARK_BYTES);
            let reply = done(ctx, &connection, &request, mark).await?;
            // Brought again it changes nothing, and is answered as before.
            Ok(if ended.is_some() { Heard::Worth(reply) } else { Heard::Nothing(reply) })
        }
        Ok(Said::Left(left)) => told(ctx, connection, left).await,
        Err(wrong) => {
            note(&connection, &format!("its message about leaving: {wrong:?}"));
            // Who signed out here is signed out, whatever the provider's answer is worth. Some sign none.
            let reply = ctx.redirect("/sign-in", None).cookie(ctx.state.gone(LEFT_COOKIE));
            let is_awaited = kind == Kind::Response && awaited(ctx).is_some();
            Ok(match kind {
                Kind::Response if is_awaited => Heard::Worth(reply),
                Kind::Response => Heard::Nothing(reply),
                Kind::Request => Heard::Unknown,
            })
        }
    }
}

/// An answer to another browser's request says nothing here: this one's session may be alive. One that comes by a form brings no cookie.
async fn told(ctx: &PublicCtx, connection: Connection, left: Left) -> Result<Heard> {
    let (mark, id) = (format!("{} {}", connection.id, left.id), awaited(ctx));
    let is_first = ctx.touch(Chore::SignOn, move |tx, _| spend(tx, "saml-left", &mark)).await?;
    if !is_first {
        return Ok(Heard::Nothing(ctx.redirect("/sign-in", None)));
    }
    let flash = (id.as_deref() == Some(left.request.as_str())).then(|| match left.is_everywhere {
        true => Flash::done("signed-out-everywhere"),
        false => Flash::failed(Msg::new("signed-out-here-only").with("name", connection.name)),
    });
    Ok(Heard::Worth(ctx.redirect("/sign-in", flash).cookie(ctx.state.gone(LEFT_COOKIE))))
}

fn awaited(ctx: &PublicCtx) -> Option<String> {
    signed_value(ctx, LEFT_COOKIE)
}

enum Said {
    Leave(saml::Leave),
    Left(Left),
}

fn read(
    ctx: &PublicCtx,
    connection: &Connection,
    (kind, xml): (Kind, &str),
    beside: Option<&Message>,
) -> std::result::Result<Said, Wrong> {
    let keys = connection.keys();
    let how = match beside {
        Some(message) => message.check(&keys).map(|()| Signed::Beside)?,
        None => Signed::Inside,
    };
    let (entity, back_to) = (entity_address(&ctx.state), assertion_address(&ctx.state));
    let (audience, recipient) = (entity.as_str(), back_to.as_str());
    let expected =
        Expected { issuer: &connection.issuer, keys: &keys, own_keys: &[], audience, recipient, now: ctx.now() };
    match kind {
        Kind::Request => saml::leave(xml, how, &expected).map(Said::Leave),
        Kind::Response => saml::left(xml, how, &expected).map(Said::Left),
    }
}

/// Back to the provider, which may have others to tell.
async fn done(ctx: &PublicCtx, connection: &Connection, request: &str, mark: Option<&str>) -> Result<Reply> {
    let address =
        written(ctx, connection, (Kind::Response, mark), &new_id(), |envelope| envelope.done(request)).await?;
    Ok(match address {
        Some(address) => Reply::leave(&address),
        None => ctx.redirect("/sign-in", Some(Flash::done("signed-out-by-provider"))),
    })
}

/// Where who signed out here goes to sign out there too, and the cookie that its answer must find; None where the provider has no such
/// address.
pub async fn leaving(
    ctx: &PublicCtx,
    origin: &Origin,
    connection: &Connection,
) -> Result<Option<(String, Cookie<'static>)>> {
    let words: NameWords =
        origin.name_words.clone().and_then(|words| serde_json::from_value(words).ok()).unwrap_or_default();
    let id = new_id();
    let xml = |envelope: &Envelope<'_>| envelope.logout(&origin.subject, &words, origin.provider_session.as_deref());
    let address = written(ctx, connection, (Kind::Request, None), &id, xml).await?;
    Ok(address.map(|address| (address.into(), signed_cookie(&ctx.state, LEFT_COOKIE, &id, TRIP_SECONDS))))
}

/// The address that brings a message about leaving to the provider, signed where there is a key; None where it has none for that.
async fn written(
    ctx: &PublicCtx,
    connection: &Connection,
    (kind, mark): (Kind, Option<&str>),
    id: &str,
    write: impl FnOnce(&Envelope<'_>) -> String,
) -> Result<Option<Url>> {
    if connection.sign_out_url.is_empty() {
        return Ok(None);
    }
    let (to, entity): (Url, Url) =
        (connection.sign_out_url.parse().map_err(Error::broken)?, entity_address(&ctx.state));
    let xml = write(&Envelope { id, from: entity.as_str(), to: to.as_str(), now: ctx.now() });
    let keys = keys_of(ctx, ServerKey::signer).await?;
    saml::address(&to, kind, &xml, mark, keys.first()).map(Some)
}

/// The name of an XML element must not begin with a digit.
fn new_id() -> String {
    format!("_{}", random_token())
}
