//! Whom a provider vouches for, in its words.

use crate::error::Msg;
use crate::sso::model::connection::{Connection, ConnectionId, Protocol};
use crate::sso::model::verdicts::Verdicts;
use crate::sso::provider::Claims;
use crate::sso::saml::NAME_CLAIM;
use crate::text::value::{Email, Name};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// OpenID Connect Core allows a subject no more.
pub const MAX_SUBJECT_CHARS: usize = 255;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    pub connection: ConnectionId,
    pub protocol: Protocol,
    /// As its links write it.
    pub issuer: String,
    /// Together with the issuer: who it is, for ever.
    pub subject: String,
    /// Lower case; None when the provider says none, or no valid one.
    pub email: Option<String>,
    /// The provider says that the address is theirs.
    pub is_verified: bool,
    pub name: String,
    /// The provider's name of its session.
    pub provider_session: Option<String>,
    /// How it wrote the subject; nothing but for SAML.
    #[serde(default)]
    pub name_words: Option<Value>,
    /// When they last really signed in there; None when it does not say.
    pub authenticated_at: Option<DateTime<Utc>>,
    /// What the connection's rules made of it; nothing until they were asked.
    #[serde(default)]
    pub said: Verdicts,
}

impl Who {
    /// From verified claims. The message of a refusal is for the person.
    pub fn of(connection: &Connection, claims: &Claims) -> Result<Who, Msg> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.contains('\0'));
        let subject = text("sub").filter(|text| (1..=MAX_SUBJECT_CHARS).contains(&text.chars().count()));
        let subject = subject.ok_or_else(|| Msg::new("sign-on-unverifiable").with("name", &connection.name))?;
        if !is_strong_enough(&connection.acr_values, claims) {
            return Err(Msg::new("sign-on-too-weak").with("name", &connection.name));
        }
        let email = text(&connection.email_claim).and_then(|text| Email::parse(text).ok()).map(Email::into_string);
        Ok(Who {
            connection: connection.id,
            protocol: connection.protocol,
            issuer: connection.link_issuer(),
            subject: subject.to_owned(),
            is_verified: match connection.protocol {
                Protocol::Oidc => claims.get(&connection.email_verified_claim).is_some_and(is_true),
                // SAML has no word for it: the organisation says for which domains its provider's word counts.
                Protocol::Saml => email.as_deref().is_some_and(|email| connection.allows(email)),
            },
            name: name(connection, claims, email.as_deref()),
            email,
            provider_session: text("sid").map(str::to_owned),
            name_words: claims.get(NAME_CLAIM).filter(|_| connection.protocol == Protocol::Saml).cloned(),
            authenticated_at: claims
                .get("auth_time")
                .and_then(Value::as_i64)
                .and_then(|at| DateTime::from_timestamp(at, 0)),
            said: Verdicts::default(),
        })
    }
}

impl Who {
    /// Why the provider's word on the address does not count.
    pub fn unverified(&self) -> &'static str {
        match self.protocol {
            Protocol::Oidc => "sign-on-email-unverified",
            Protocol::Saml => "sign-on-domain-foreign",
        }
    }

    /// What keeps them from the invitation for this address (or, without one, for anybody whose address the provider vouches for), in
    /// words; None when nothing does.
    pub fn problem(&self, connection: &Connection, invited: Option<&str>) -> Option<Msg> {
        let told = |key: &'static str| Msg::new(key).with("name", &connection.name);
        match &self.email {
            None => Some(told("sign-on-no-email")),
            Some(_) if !self.is_verified => Some(told(self.unverified())),
            Some(email) => match invited {
                Some(invited) if invited != email => {
                    Some(told("sign-on-other-address").with("email", email).with("invited", invited))
                }
                _ => None,
            },
        }
    }
}

/// Some providers write it as text.
fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str() == Some("true"))
}

/// Any of the demanded words, as `acr` or among `amr`.
fn is_strong_enough(demanded: &str, claims: &Claims) -> bool {
    let acr = claims.get("acr").and_then(Value::as_str);
    let amr: Vec<&str> =
        claims.get("amr").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    demanded.is_empty() || demanded.split_whitespace().any(|word| acr == Some(word) || amr.contains(&word))
}

/// The best name there is, cut to what a name may be; at last the part of the address before the @.
fn name(connection: &Connection, claims: &Claims, email: Option<&str>) -> String {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let both = format!("{} {}", text(&connection.given_name_claim), text(&connection.family_name_claim));
    let local = email.and_then(|email| email.split('@').next()).unwrap_or_default();
    let candidates = [both.trim(), text("name"), text(&connection.username_claim), local];
    let short = |text: &str| text.chars().take(crate::text::value::MAX_NAME_CHARS).collect::<String>();
    let found = candidates.into_iter().find_map(|text| Name::parse(&short(text)).ok());
    found.map(Name::into_string).unwrap_or_else(|| crate::ui::text("sign-on-nameless"))
}
