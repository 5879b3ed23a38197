//! `/sign-on/saml` for who leaves: a SAML provider says that somebody signed out there, or answers who signed out here. Both come by the
//! browser, by redirect or by a form of the provider's page; what counts is the provider's signature, not our cookies.

use super::departing::note;
use super::saml::{Turn, keys_of};
use crate::access::PublicCtx;
use crate::error::{Msg, Result};
use crate::sso::saml::{self, Envelope, Expected, Kind, Message, NameWords, Signed, Wrong};
use crate::sso::token::Logout;
use crate::sso::trip::{assertion_address, entity_address};
use crate::sso::{Connection, Origin, ServerKey};
use crate::web::{Flash, Reply, random_token};
use url::Url;

/// What comes back with our answer, as the provider sent it (saml-bindings 3.4.3 allows 80 bytes; some send more).
pub const MAX_MARK_BYTES: usize = 1_000;

/// By redirect.
pub async fn show(ctx: PublicCtx) -> Result<Reply> {
    let turn = match Turn::take(&ctx).await? {
        Ok(turn) => turn,
        Err(reply) => return Ok(reply),
    };
    let query = ctx.request.query_string().to_owned();
    let reply = match Message::read(&query) {
        Ok(message) => answer(&ctx, message.kind, &message.xml, message.mark.as_deref(), Some(&message)).await?,
        Err(_) => None,
    };
    turn.end(&ctx, reply).await
}

/// By a form, its signature inside. None for what does not count.
pub async fn take(ctx: &PublicCtx, kind: Kind, xml: &str, mark: Option<&str>) -> Result<Option<Reply>> {
    answer(ctx, kind, xml, mark, None).await
}

async fn answer(
    ctx: &PublicCtx,
    kind: Kind,
    xml: &str,
    mark: Option<&str>,
    beside: Option<&Message>,
) -> Result<Option<Reply>> {
    let Some(entity) = saml::issuer(xml) else { return Ok(None) };
    let Some(connection) = ctx.read(move |tx, _| Connection::of_entity(tx, &entity)).await? else { return Ok(None) };
    match read(ctx, &connection, (kind, xml), beside) {
        Ok(Said::Leave(leave)) => {
            let logout =
                Logout { subject: Some(leave.subject), provider_sessions: leave.sessions, id: leave.id.clone() };
            let id = connection.id;
            ctx.write(move |tx, me| logout.end(tx, me, id)).await?;
            let mark = mark.filter(|mark| mark.len() <= MAX_MARK_BYTES);
            done(ctx, &connection, &leave.id, mark).await.map(Some)
        }
        Ok(Said::Left(true)) => Ok(Some(ctx.redirect("/sign-in", Some(Flash::done("signed-out-everywhere"))))),
        Ok(Said::Left(false)) => {
            let told = Msg::new("signed-out-here-only").with("name", connection.name);
            Ok(Some(ctx.redirect("/sign-in", Some(Flash::failed(told)))))
        }
        Err(wrong) => {
            note(&connection, &format!("its message about leaving: {wrong:?}"));
            // Who signed out here is signed out, whatever the provider's answer is worth.
            Ok((kind == Kind::Response).then(|| ctx.redirect("/sign-in", None)))
        }
    }
}

enum Said {
    Leave(saml::Leave),
    /// Everywhere, or not.
    Left(bool),
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
    let Some(to) = sign_out_address(connection) else {
        return Ok(ctx.redirect("/sign-in", Some(Flash::done("signed-out-by-provider"))));
    };
    let (id, entity) = (new_id(), entity_address(&ctx.state));
    let envelope = Envelope { id: &id, from: entity.as_str(), to: to.as_str(), now: ctx.now() };
    let key = keys_of(ctx, ServerKey::signer).await?;
    let address = saml::address(&to, Kind::Response, &envelope.done(request), mark, key.flatten().as_ref())?;
    Ok(Reply::leave(&address))
}

/// Where who signed out here goes to sign out there too; None where the provider has no such address.
pub async fn leaving(ctx: &PublicCtx, origin: &Origin, connection: &Connection) -> Result<Option<String>> {
    let Some(to) = sign_out_address(connection) else { return Ok(None) };
    let (id, entity) = (new_id(), entity_address(&ctx.state));
    let envelope = Envelope { id: &id, from: entity.as_str(), to: to.as_str(), now: ctx.now() };
    let words: NameWords =
        origin.name_words.clone().and_then(|words| serde_json::from_value(words).ok()).unwrap_or_default();
    let xml = envelope.logout(&origin.subject, &words, origin.provider_session.as_deref());
    let key = keys_of(ctx, ServerKey::signer).await?;
    saml::address(&to, Kind::Request, &xml, None, key.flatten().as_ref()).map(|address| Some(address.into()))
}

fn sign_out_address(connection: &Connection) -> Option<Url> {
    Some(&connection.sign_out_url).filter(|url| !url.is_empty())?.parse().ok()
}

/// The name of an XML element must not begin with a digit.
fn new_id() -> String {
    format!("_{}", random_token())
}
