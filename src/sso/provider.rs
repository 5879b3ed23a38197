//! An OpenID provider, as it describes itself: where to send people, where to change a code for tokens, and its keys. What it says
//! is kept an hour; its keys are asked for again when a token names one that is not known, at most once a minute. Visitors make us ask:
//! so one question at a time goes to a provider, and one that did not answer is left alone for a while.

use crate::net::{Call, Fault, Net};
use crate::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};
use url::Url;

/// For one question to the provider. A person waits for three of them.
pub const CALL_SECONDS: u64 = 5;
/// Of one answer of a provider: the largest real ones have some hundred keys.
pub const MAX_PROVIDER_BYTES: usize = 256 * 1024;
/// A provider's description is believed this long.
pub const KEEP_SECONDS: i64 = 3600;
/// Before somebody is sent to it, it is asked again when the last answer is older than this: a provider that is down is told here, and
/// not by an error page of the browser.
pub const AWAKE_SECONDS: i64 = 10;
/// A provider that failed is believed to fail for so long, however many visitors want to be sent to it.
pub const REST_SECONDS: i64 = 10;
/// Tokens that name unknown keys make us ask for keys at most this often.
pub const KEYS_EVERY_SECONDS: i64 = 60;

/// Why a provider could not be used. Its text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Down, slow, or not to be reached from here.
    Away(String),
    /// It answered, and not as the standard says or the configuration expects.
    Odd(String),
    /// It does not accept the code (used, too old, or not ours) or this server's client id and secret.
    Refused(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Away(why) | Trouble::Odd(why) | Trouble::Refused(why) => f.write_str(why),
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Away(why) => Trouble::Away(why),
            fault => Trouble::Odd(fault.to_string()),
        }
    }
}

/// The provider's own words (OpenID Connect Discovery 1.0), as far as we need them.
#[derive(Debug, Clone, Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Description {
    async fn ask(net: &Net, issuer: &str) -> Result<Description, Trouble> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let address = address.parse().map_err(|_| Trouble::Odd(format!("{issuer} is no address")))?;
        let said: Description = json(net, Call::get(address)).await?;
        if said.issuer != issuer {
            return Err(Trouble::Odd(format!("the provider calls itself {:.200}, not {issuer}", said.issuer)));
        }
        net.check(&said.authorization_endpoint)?;
        Ok(said)
    }

    fn provider(
        self,
        net: &Net,
        (keys, keys_asked_again_at): (Arc<CoreJsonWebKeySet>, Option<DateTime<Utc>>),
        (asked_at, seen_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Provider {
        let takes = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|found| found == method);
        Provider {
            wants_secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
            names_itself: self.authorization_response_iss_parameter_supported,
            issuer: self.issuer,
            authorization: self.authorization_endpoint,
            end_session: self.end_session_endpoint.filter(|url| net.check(url).is_ok()),
            token: self.token_endpoint,
            jwks: self.jwks_uri,
            userinfo: self.userinfo_endpoint,
            keys,
            asked_at,
            seen_at,
            keys_asked_again_at,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Provider {
    pub issuer: String,
    /// Where people sign in.
    pub authorization: Url,
    /// Where people sign out, if it has such a page.
    pub end_session: Option<Url>,
    /// It says who it is in its answers (RFC 9207), so that an answer without is not its own.
    pub names_itself: bool,
    pub keys: Arc<CoreJsonWebKeySet>,
    token: Url,
    jwks: Url,
    userinfo: Option<Url>,
    wants_secret_in_body: bool,
    /// When it said all this.
    asked_at: DateTime<Utc>,
    /// When it last answered.
    seen_at: DateTime<Utc>,
    keys_asked_again_at: Option<DateTime<Utc>>,
}

/// This server, to the provider.
pub struct Client<'a> {
    pub id: &'a str,
    pub secret: Option<&'a Secret>,
}

/// What a code is good for.
#[derive(Clone, Deserialize)]
pub struct Tokens {
    pub id_token: String,
    #[serde(default)]
    pub access_token: String,
}

/// By issuer. Another instance asks for itself.
static KNOWN: LazyLock<Mutex<HashMap<String, Known>>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Known {
    provider: Option<Arc<Provider>>,
    /// When it last failed, and how.
    failed: Option<(DateTime<Utc>, Trouble)>,
    /// Held by who asks it.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Provider {
    /// As it described itself within the last hour, else now.
    pub async fn of(net: &Net, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Provider>, Trouble> {
        Provider::learn(net, issuer, now, |_| true).await
    }

    /// The same, and it was there a moment ago.
    pub async fn awake(net: &Net, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Provider>, Trouble> {
        Provider::learn(net, issuer, now, |known| is_young(known.seen_at, now, AWAKE_SECONDS)).await
    }

    /// As it is known when that is enough, else as it says now.
    async fn learn(
        net: &Net,
        issuer: &str,
        now: DateTime<Utc>,
        is_enough: impl Fn(&Provider) -> bool,
    ) -> Result<Arc<Provider>, Trouble> {
        let young = || known(issuer).filter(|known| is_young(known.asked_at, now, KEEP_SECONDS));
        if let Some(provider) = young().filter(|known| is_enough(known)) {
            return Ok(provider);
        }
        let turn = with(issuer, |known| known.turn.clone());
        let _turn = turn.lock().await;
        // Who waited finds what the one before learnt.
        let found = young();
        if let Some(provider) = found.as_ref().filter(|known| is_enough(known)) {
            return Ok(provider.clone());
        }
        let failed = with(issuer, |known| known.failed.clone());
        if let Some((_, trouble)) = failed.filter(|(at, _)| is_young(*at, now, REST_SECONDS)) {
            return Err(trouble);
        }
        let began = Instant::now();
        let learnt = match found {
            Some(provider) => provider.look(net, now).await,
            None => Provider::ask(net, issuer, now).await,
        };
        // A provider that is silent takes longer than the rest after it: that begins when it has failed.
        learnt.inspect_err(|trouble| {
            let failed_at = now + chrono::Duration::from_std(began.elapsed()).unwrap_or_default();
            with(issuer, |known| known.failed = Some((failed_at, trouble.clone())));
        })
    }

    /// Is it still there? Its keys are not asked for again: a crowd that signs in would fetch them each time.
    async fn look(&self, net: &Net, now: DateTime<Utc>) -> Result<Arc<Provider>, Trouble> {
        let said = Description::ask(net, &self.issuer).await?;
        Ok(keep(said.provider(net, (self.keys.clone(), self.keys_asked_again_at), (self.asked_at, now))))
    }

    /// Asks it now, whatever is known.
    pub async fn ask(net: &Net, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Provider>, Trouble> {
        let said = Description::ask(net, issuer).await?;
        let keys = Arc::new(json(net, Call::get(said.jwks_uri.clone())).await?);
        Ok(keep(said.provider(net, (keys, None), (now, now))))
    }

    /// With its keys of now; None when they were asked for a moment ago.
    pub async fn with_fresh_keys(&self, net: &Net, now: DateTime<Utc>) -> Result<Option<Arc<Provider>>, Trouble> {
        let last = known(&self.issuer).and_then(|known| known.keys_asked_again_at);
        if last.is_some_and(|last| (now - last).num_seconds().abs() < KEYS_EVERY_SECONDS) {
            return Ok(None);
        }
        // Noted first, so that a crowd of bad tokens asks once.
        keep(Provider { keys_asked_again_at: Some(now), ..self.clone() });
        let keys = Arc::new(json(net, Call::get(self.jwks.clone())).await?);
        Ok(Some(keep(Provider { keys, keys_asked_again_at: Some(now), ..self.clone() })))
    }

    /// Changes a code for tokens. The verifier proves that whoever asked for the code is who brings it (PKCE).
    pub async fn exchange(
        &self,
        net: &Net,
        client: &Client<'_>,
        (code, verifier): (&str, &str),
        redirect: &Url,
    ) -> Result<Tokens, Trouble> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("code_verifier", verifier);
        let mut basic = None;
        match client.secret {
            Some(secret) if !self.wants_secret_in_body => basic = Some(basic_auth(client.id, secret)),
            Some(secret) => {
                form.append_pair("client_id", client.id).append_pair("client_secret", secret.reveal());
            }
            None => {
                form.append_pair("client_id", client.id);
            }
        }
        let kind = "application/x-www-form-urlencoded";
        let mut call = Call::post(self.token.clone(), kind, form.finish().into_bytes());
        if let Some(basic) = basic {
            call = call.header("authorization", &basic);
        }
        json(net, call).await
    }

    /// What else it says of who the access token is for; nothing when it has no such page.
    pub async fn userinfo(&self, net: &Net, access_token: &str) -> Result<Claims, Trouble> {
        match &self.userinfo {
            None => Ok(Claims::default()),
            Some(url) => {
                json(net, Call::get(url.clone()).header("authorization", &format!("Bearer {access_token}"))).await
            }
        }
    }
}

/// What is said of somebody, by name.
pub type Claims = serde_json::Map<String, serde_json::Value>;

fn with<T>(issuer: &str, look: impl FnOnce(&mut Known) -> T) -> T {
    look(KNOWN.lock().unwrap_or_else(PoisonError::into_inner).entry(issuer.to_owned()).or_default())
}

fn known(issuer: &str) -> Option<Arc<Provider>> {
    with(issuer, |known| known.provider.clone())
}

fn is_young(at: DateTime<Utc>, now: DateTime<Utc>, seconds: i64) -> bool {
    (now - at).num_seconds().abs() < seconds
}

fn keep(provider: Provider) -> Arc<Provider> {
    let provider = Arc::new(provider);
    with(&provider.issuer, |known| {
        known.provider = Some(provider.clone());
        known.failed = None;
    });
    provider
}

/// RFC 6749, 2.3.1: both parts are form-encoded first.
fn basic_auth(id: &str, secret: &Secret) -> String {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret.reveal()))))
}

#[derive(Deserialize)]
struct Complaint {
    error: String,
}

async fn json<T: serde::de::DeserializeOwned>(net: &Net, call: Call) -> Result<T, Trouble> {
    let call =
        call.header("accept", "application/json").within(Duration::from_secs(CALL_SECONDS)).at_most(MAX_PROVIDER_BYTES);
    let answer = net.send(call).await?;
    match answer.status {
        200..300 => serde_json::from_slice(&answer.body)
            // Where it differs, and not with what: it may be a token.
            .map_err(|error| {
                Trouble::Odd(format!("an answer that is not as expected, from column {}", error.column()))
            }),
        500.. | 429 => Err(Trouble::Away(format!("it answered {}", answer.status))),
        status => match serde_json::from_slice::<Complaint>(&answer.body) {
            Ok(complaint) => Err(Trouble::Refused(format!("it answered {status} {:.60}", complaint.error))),
            Err(_) => Err(Trouble::Odd(format!("it answered {status}"))),
        },
    }
}
