//! Out: at the provider too when one signs out here, and here when one signs out there.

use super::departing::{note, parse};
use super::saml_logout;
use crate::access::PublicCtx;
use crate::error::Result;
use crate::people::SessionId;
use crate::sso::pages::End;
use crate::sso::provider::Provider;
use crate::sso::token::{Wrong, verify_logout};
use crate::sso::trip::own_address;
use crate::sso::{Connection, Origin, Protocol};
use crate::web::{Cookies, Purpose, Reply};
use actix_web::web::{Bytes, Path};

/// Set by signing out, for the page after it: the session that ended.
pub const COOKIE: &str = crate::signin::LEAVING_COOKIE;
/// A logout token is some hundred bytes.
const MAX_LOGOUT_BYTES: usize = 16 * 1024;

/// Signed out here; leads on to the provider's page, by itself where that works.
pub async fn show(ctx: PublicCtx) -> Result<Reply> {
    let session = leaving(&ctx);
    let found = match session {
        Some(session) => ctx.read(move |tx, _| Origin::of(tx, session)).await?,
        None => None,
    };
    let Some((origin, connection)) = found.filter(|(_, connection)| connection.provider_logout_enabled) else {
        return Ok(Reply::redirect("/sign-in").cookie(ctx.state.gone(COOKIE)));
    };
    let (address, awaits) = match connection.protocol {
        Protocol::Oidc => (end_address(&ctx, &origin, &connection).await, None),
        Protocol::Saml => saml_logout::leaving(&ctx, &origin, &connection).await?.unzip(),
    };
    let view = End { address, connection: connection.name };
    let reply = ctx.page(&view)?.cookie(ctx.state.gone(COOKIE));
    Ok(awaits.into_iter().fold(reply, Reply::cookie))
}

fn leaving(ctx: &PublicCtx) -> Option<SessionId> {
    let signed = ctx.request.cookie_value(COOKIE)?;
    ctx.state.keys.verify(Purpose::SignOn, &signed)?.parse().ok().map(SessionId)
}

/// None when the provider has no such page, or does not answer.
async fn end_address(ctx: &PublicCtx, origin: &Origin, connection: &Connection) -> Option<String> {
    let provider = Provider::of(&ctx.state.net, &connection.issuer, ctx.now()).await;
    let provider = provider.inspect_err(|trouble| note(connection, &trouble.to_string())).ok()?;
    let mut url = provider.end_session.clone()?;
    let hint = origin.id_token.as_deref().and_then(|sealed| ctx.state.vault.open(origin.session_id.0, sealed).ok());
    let mut query = url.query_pairs_mut();
    query.append_pair("client_id", &connection.client_id);
    query.append_pair("post_logout_redirect_uri", own_address(&ctx.state, "/sign-in").as_str());
    if let Some(hint) = hint.and_then(|hint| String::from_utf8(hint).ok()) {
        query.append_pair("id_token_hint", &hint);
    }
    drop(query);
    Some(url.into())
}

/// The provider says that somebody signed out there. It has no cookie of ours: its signature is its proof.
pub async fn create(ctx: PublicCtx, id: Path<String>, body: Bytes) -> Result<Reply> {
    let id = parse(&id)?;
    let connection = ctx.read(move |tx, _| Connection::by_id(tx, id)).await?;
    let token = url::form_urlencoded::parse(body.get(..MAX_LOGOUT_BYTES).unwrap_or(&body))
        .find(|(name, _)| name == "logout_token")
        .map(|(_, value)| value.into_owned());
    let is_done = match token {
        Some(token) => end(&ctx, &connection, &token).await?,
        None => false,
    };
    let refusal = serde_json::json!({ "error": "invalid_request" });
    Ok(if is_done { Reply::json(&serde_json::json!({})) } else { Reply::json(&refusal).status(400) })
}

/// False for a token that does not count.
async fn end(ctx: &PublicCtx, connection: &Connection, token: &str) -> Result<bool> {
    let (net, now) = (&ctx.state.net, ctx.now());
    let provider = match Provider::of(net, &connection.issuer, now).await {
        Ok(provider) => provider,
        Err(trouble) => {
            note(connection, &trouble.to_string());
            return Ok(false);
        }
    };
    let mut checked = verify_logout(&provider, &connection.client_id, token, now);
    if checked == Err(Wrong::UnknownKey)
        && let Ok(Some(fresh)) = provider.with_fresh_keys(net, now).await
    {
        checked = verify_logout(&fresh, &connection.client_id, token, now);
    }
    match checked {
        Ok(logout) => {
            let id = connection.id;
            ctx.write(move |tx, me| logout.end(tx, me, id)).await?;
            Ok(true)
        }
        Err(wrong) => {
            note(connection, &format!("its logout token: {wrong:?}"));
            Ok(false)
        }
    }
}
