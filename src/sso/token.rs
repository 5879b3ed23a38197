//! What a provider signed: the ID token of a sign-on, and the token by which it ends sessions. Only signatures that need the
//! provider's private key count; its public keys and our client secret sign nothing.

use crate::sso::provider::{Claims, Provider};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{
    ClaimsVerificationError, ClientId, IssuerUrl, JsonWebKey, JsonWebKeyId, JsonWebKeyUse, JwsSigningAlgorithm, Nonce,
    SignatureVerificationError,
};
use serde::Deserialize;

/// How far the provider's clock may be from ours.
pub const SKEW_SECONDS: i64 = 60;
/// A logout token is taken this long after it was made.
pub const LOGOUT_SECONDS: i64 = 600;
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why a token does not count. Its text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Signed with a key we have not heard of: perhaps a new one.
    UnknownKey,
    /// Ran out, or made in the future: the clocks differ.
    Time(String),
    /// Made for another sign-on than the one that brought it.
    Nonce,
    Other(String),
}

/// The claims of an ID token for this client and this sign-on.
pub fn verify(
    provider: &Provider,
    client_id: &str,
    raw: &str,
    nonce: &str,
    now: DateTime<Utc>,
) -> Result<Claims, Wrong> {
    let token: CoreIdToken = raw.parse().map_err(|error| Wrong::Other(format!("no ID token: {error}")))?;
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|error| Wrong::Other(error.to_string()))?;
    let skew = Duration::seconds(SKEW_SECONDS);
    let keys = CoreJsonWebKeySet::clone(&provider.keys);
    let verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(client_id.to_owned()), issuer, keys)
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || now - skew)
        .set_issue_time_verifier_fn(
            move |at| if at <= now + skew { Ok(()) } else { Err("made in the future".to_owned()) },
        );
    token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(wrong)?;
    let payload = raw.split('.').nth(1).unwrap_or_default();
    decoded(payload).ok_or_else(|| Wrong::Other("claims that are no object".to_owned()))
}

fn wrong(error: ClaimsVerificationError) -> Wrong {
    match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => Wrong::UnknownKey,
        ClaimsVerificationError::Expired(why) => Wrong::Time(why),
        ClaimsVerificationError::InvalidNonce(_) => Wrong::Nonce,
        other => Wrong::Other(format!("{other}")),
    }
}

/// Whose sessions a provider ends (OpenID Connect Back-Channel Logout 1.0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logout {
    pub subject: Option<String>,
    /// Only these of theirs, by the provider's names; empty: all.
    pub provider_sessions: Vec<String>,
    /// Counts once.
    pub id: String,
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<JsonWebKeyId>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

/// Refuses an ID token, which looks much the same, by its nonce and missing event.
pub fn verify_logout(provider: &Provider, client_id: &str, raw: &str, now: DateTime<Utc>) -> Result<Logout, Wrong> {
    let claims = signed(&provider.keys, raw)?;
    let text = |name: &str| claims.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let other = |why: &str| Err(Wrong::Other(why.to_owned()));
    let is_for_us = match claims.get("aud") {
        Some(serde_json::Value::String(audience)) => audience == client_id,
        Some(serde_json::Value::Array(all)) => all.iter().any(|audience| audience == client_id),
        _ => false,
    };
    let event = claims.get("events").and_then(|events| events.get(LOGOUT_EVENT));
    if text("iss").as_deref() != Some(provider.issuer.as_str()) {
        return other("of another issuer");
    }
    if !is_for_us {
        return other("for another client");
    }
    if !event.is_some_and(serde_json::Value::is_object) || claims.contains_key("nonce") {
        return other("no logout token");
    }
    check_time(&claims, now)?;
    let (subject, provider_session) = (text("sub"), text("sid"));
    match text("jti") {
        Some(id) if subject.is_some() || provider_session.is_some() => {
            Ok(Logout { subject, provider_sessions: provider_session.into_iter().collect(), id })
        }
        _ => other("without jti, or without sub and sid"),
    }
}

fn check_time(claims: &Claims, now: DateTime<Utc>) -> Result<(), Wrong> {
    let seconds = |name: &str| claims.get(name).and_then(serde_json::Value::as_i64);
    let made = seconds("iat").ok_or_else(|| Wrong::Other("without iat".to_owned()))?;
    let age = now.timestamp().saturating_sub(made);
    let is_over = seconds("exp").is_some_and(|at| at < now.timestamp() - SKEW_SECONDS);
    if is_over || !(-SKEW_SECONDS..=LOGOUT_SECONDS).contains(&age) {
        Err(Wrong::Time("too old, or of the future".to_owned()))
    } else {
        Ok(())
    }
}

/// The claims, when one of the keys signed them.
fn signed(keys: &CoreJsonWebKeySet, raw: &str) -> Result<Claims, Wrong> {
    let other = |why: &str| Wrong::Other(why.to_owned());
    let (message, signature) = raw.rsplit_once('.').ok_or_else(|| other("no signed token"))?;
    let (head, payload) = message.split_once('.').ok_or_else(|| other("no signed token"))?;
    let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| other("an unreadable header"))?;
    let header: Header = serde_json::from_slice(&head).map_err(|error| Wrong::Other(format!("its header: {error}")))?;
    let is_typed = header.typ.as_deref().is_none_or(|typ| {
        let typ = typ.to_ascii_lowercase();
        matches!(typ.trim_start_matches("application/"), "logout+jwt" | "jwt")
    });
    if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() || !is_typed {
        return Err(other("signed in a way that does not count"));
    }
    let fits = |key: &&openidconnect::core::CoreJsonWebKey| {
        let is_named = header.kid.is_none() || key.key_id() == header.kid.as_ref();
        let is_for_signing = key.key_use().is_none_or(JsonWebKeyUse::allows_signature);
        is_named && is_for_signing && header.alg.key_type().as_ref() == Some(key.key_type())
    };
    let candidates: Vec<_> = keys.keys().iter().filter(fits).collect();
    if candidates.is_empty() {
        return Err(Wrong::UnknownKey);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| other("an unreadable signature"))?;
    let is_signed =
        candidates.iter().any(|key| key.verify_signature(&header.alg, message.as_bytes(), &signature).is_ok());
    if !is_signed {
        return Err(other("the signature does not fit"));
    }
    decoded(payload).ok_or_else(|| other("claims that are no object"))
}

fn decoded(part: &str) -> Option<Claims> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
