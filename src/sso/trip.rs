//! A person's way to the provider and back. What was asked for travels in a signed cookie of the browser that began it, so that an
//! answer in another browser is worth nothing.

use crate::access::PublicCtx;
use crate::error::{Error, Result};
use crate::people::{PersonId, SessionId};
use crate::sso::saml::{self, Envelope, Kind, OwnKey, Question};
use crate::sso::{Connection, ConnectionId, Provider};
use crate::web::{Cookies, Purpose, State, random_token};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

/// Between leaving for the provider and coming back.
pub const TRIP_SECONDS: i64 = 600;
/// The cookies stay longer, so that who comes late is told so.
const COOKIE_SECONDS: i64 = 3600;
const COOKIE: &str = "tow_sign_on";

/// What the way is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aim {
    SignIn,
    /// The same, or the account that an invitation gives; its page is where one comes back to.
    Join,
    /// The first account of an empty server.
    SetUp,
    /// Whether a connection works, and as whom it signs in who tries it.
    Test {
        person: PersonId,
    },
    /// One's own account gets this way in.
    Connect {
        person: PersonId,
    },
    /// A sensitive act wants a fresh proof that it is still the same person.
    Confirm {
        person: PersonId,
        session: SessionId,
    },
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Trip {
    pub connection: ConnectionId,
    /// The configuration it began with.
    pub revision: i32,
    pub state: String,
    pub nonce: String,
    /// What the code can be changed with (PKCE).
    pub verifier: String,
    pub began_at: DateTime<Utc>,
    /// A path on this server to go to afterwards.
    pub back: String,
    pub aim: Aim,
}

impl Trip {
    pub fn begin(connection: &Connection, aim: Aim, back: &str, now: DateTime<Utc>) -> Self {
        Trip {
            connection: connection.id,
            revision: connection.revision,
            state: random_token(),
            nonce: random_token(),
            verifier: random_token(),
            began_at: now,
            back: crate::web::local(back).chars().take(1000).collect(),
            aim,
        }
    }

    /// Where the browser goes. A confirmation wants a fresh sign-in there, anything else any of the last `max_age_seconds`;
    /// both make the provider say when that was.
    pub fn address(&self, provider: &Provider, connection: &Connection, state: &State) -> Url {
        let verifier = PkceCodeVerifier::new(self.verifier.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let max_age = match self.aim {
            Aim::Confirm { .. } => 0,
            _ => state.config.security.session_max_age_seconds,
        };
        let mut url = provider.authorization.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &connection.client_id)
            .append_pair("redirect_uri", redirect_address(state).as_str())
            .append_pair("scope", &connection.scopes)
            .append_pair("state", &self.state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256")
            .append_pair("max_age", &max_age.to_string());
        if matches!(self.aim, Aim::Confirm { .. }) {
            query.append_pair("prompt", "login");
        }
        if !connection.acr_values.is_empty() {
            query.append_pair("acr_values", &connection.acr_values);
        }
        drop(query);
        url
    }

    /// The same with SAML, signed by a key where there is one; the answer names the id of the question.
    pub fn question(&self, connection: &Connection, state: &State, key: Option<&OwnKey>) -> Result<Url> {
        let to: Url = connection.sign_in_url.parse().map_err(Error::broken)?;
        let (id, entity, back_to) = (self.question_id(), entity_address(state), assertion_address(state));
        let envelope = Envelope { id: &id, from: entity.as_str(), to: to.as_str(), now: self.began_at };
        let question = Question {
            back_to: back_to.as_str(),
            is_forced: matches!(self.aim, Aim::Confirm { .. }),
            classes: &connection.acr_values,
        };
        saml::address(&to, Kind::Request, &envelope.ask(&question), Some(&self.state), key)
    }

    /// The name of an XML element must not begin with a digit.
    pub fn question_id(&self) -> String {
        format!("_{}", self.nonce)
    }

    pub fn cookie(&self, state: &State) -> cookie::Cookie<'static> {
        signed_cookie(state, COOKIE, self, COOKIE_SECONDS)
    }

    /// The one this browser is on.
    pub fn of(ctx: &PublicCtx) -> Option<Trip> {
        signed_value(ctx, COOKIE)
    }

    /// The cookie that ends it.
    pub fn over(state: &State) -> cookie::Cookie<'static> {
        state.gone(COOKIE)
    }

    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        !(0..=TRIP_SECONDS).contains(&(now - self.began_at).num_seconds())
    }
}

/// The one address that a provider may send people back to. From public_app_url, never from a request.
pub fn redirect_address(state: &State) -> Url {
    own_address(state, "/sign-on/callback")
}

/// Our name to SAML providers, which is where our description lies.
pub fn entity_address(state: &State) -> Url {
    own_address(state, "/sign-on/saml/metadata")
}

/// Where SAML providers send their answers, and say who leaves.
pub fn assertion_address(state: &State) -> Url {
    own_address(state, crate::web::FROM_ELSEWHERE)
}

pub fn own_address(state: &State, path: &str) -> Url {
    let mut url = state.config.runtime.public_app_url.clone();
    url.set_path(path);
    url
}

/// A cookie that only this server can have written. Its name is signed along, so that one is not taken for another.
pub fn signed_cookie<T: Serialize>(state: &State, name: &str, value: &T, seconds: i64) -> cookie::Cookie<'static> {
    let text = serde_json::to_string(&(name, value)).unwrap_or_default();
    let signed = state.keys.sign(Purpose::SignOn, &URL_SAFE_NO_PAD.encode(text));
    state.cookie(name, signed, Some(seconds))
}

pub fn signed_value<T: DeserializeOwned>(ctx: &PublicCtx, name: &str) -> Option<T> {
    let signed = ctx.request.cookie_value(name)?;
    let text = ctx.state.keys.verify(Purpose::SignOn, &signed)?;
    let (found, value): (String, T) = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    (found == name).then_some(value)
}
