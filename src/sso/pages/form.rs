//! The form of a connection: what was typed, and what it says once every field is right.

use crate::error::{Msg, Problems};
use crate::net::Net;
use crate::secret::Secret;
use crate::sso::pages::saml_form::pem;
use crate::sso::{ClaimNames, Connection, Draft, Protocol, SamlDraft};
use crate::text::value::Name;
use crate::web::Form;

/// Longer addresses, ids and lists of scopes are no real ones.
pub const MAX_FIELD_CHARS: usize = 500;
/// Of a client secret.
pub const MAX_SECRET_CHARS: usize = 4000;
pub const MAX_DOMAINS: usize = 50;

/// As typed; the secret is never echoed.
#[derive(Debug, Clone)]
pub struct ConnectionForm {
    pub protocol: Protocol,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub(super) client_secret: Option<Secret>,
    pub scopes: String,
    pub username_claim: String,
    pub email_claim: String,
    pub email_verified_claim: String,
    pub given_name_claim: String,
    pub family_name_claim: String,
    pub require_email_verified: bool,
    pub provider_logout_enabled: bool,
    pub allowed_domains: String,
    pub acr_values: String,
    pub sign_in_url: String,
    pub sign_out_url: String,
    pub signs_requests: bool,
    pub certificates: String,
    /// The provider's description; what it says takes the place of the fields.
    pub metadata: String,
    pub allows_unsolicited: bool,
}

impl ConnectionForm {
    /// What most providers want.
    pub fn fresh(protocol: Protocol) -> Self {
        let is_saml = protocol == Protocol::Saml;
        let name = |oidc: &str, saml: &str| if is_saml { saml.to_owned() } else { oidc.to_owned() };
        ConnectionForm {
            protocol,
            name: String::new(),
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            scopes: "openid email profile".to_owned(),
            username_claim: name("preferred_username", "username"),
            email_claim: "email".to_owned(),
            email_verified_claim: "email_verified".to_owned(),
            given_name_claim: name("given_name", "firstName"),
            family_name_claim: name("family_name", "lastName"),
            require_email_verified: true,
            provider_logout_enabled: false,
            allowed_domains: String::new(),
            acr_values: String::new(),
            sign_in_url: String::new(),
            sign_out_url: String::new(),
            signs_requests: false,
            certificates: String::new(),
            metadata: String::new(),
            allows_unsolicited: false,
        }
    }

    pub fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).trim().to_owned();
        ConnectionForm {
            protocol: protocol_of(form.text("protocol")),
            name: text("name"),
            issuer: text("issuer"),
            client_id: text("client_id"),
            client_secret: form.given("client_secret").map(Secret::new),
            scopes: text("scopes"),
            username_claim: text("username_claim"),
            email_claim: text("email_claim"),
            email_verified_claim: text("email_verified_claim"),
            given_name_claim: text("given_name_claim"),
            family_name_claim: text("family_name_claim"),
            require_email_verified: form.is_checked("require_email_verified"),
            provider_logout_enabled: form.is_checked("provider_logout_enabled"),
            allowed_domains: text("allowed_domains"),
            acr_values: text("acr_values"),
            sign_in_url: text("sign_in_url"),
            sign_out_url: text("sign_out_url"),
            signs_requests: form.is_checked("signs_requests"),
            certificates: text("certificates"),
            metadata: text("metadata"),
            allows_unsolicited: form.is_checked("allows_unsolicited"),
        }
    }

    pub fn of_connection(connection: &Connection) -> Self {
        let connection = connection.clone();
        ConnectionForm {
            protocol: connection.protocol,
            name: connection.name,
            issuer: connection.issuer,
            client_id: connection.client_id,
            client_secret: None,
            scopes: connection.scopes,
            username_claim: connection.username_claim,
            email_claim: connection.email_claim,
            email_verified_claim: connection.email_verified_claim,
            given_name_claim: connection.given_name_claim,
            family_name_claim: connection.family_name_claim,
            require_email_verified: connection.require_email_verified,
            provider_logout_enabled: connection.provider_logout_enabled,
            allowed_domains: connection.allowed_domains.join(", "),
            acr_values: connection.acr_values,
            sign_in_url: connection.sign_in_url,
            sign_out_url: connection.sign_out_url,
            signs_requests: connection.signs_requests,
            certificates: connection.certificates.iter().map(|text| pem(text)).collect::<Vec<_>>().join("\n"),
            metadata: String::new(),
            allows_unsolicited: connection.allows_unsolicited,
        }
    }

    pub fn check(&self, net: &Net) -> Result<Draft, Problems> {
        match self.protocol {
            Protocol::Oidc => self.check_oidc(net),
            Protocol::Saml => self.described()?.check_saml(net),
        }
    }

    fn check_oidc(&self, net: &Net) -> Result<Draft, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let issuer = problems.take("issuer", check_issuer(&self.issuer, net));
        let client_id = problems.take("client_id", word(&self.client_id, "problem-client-id"));
        let scopes = problems.take("scopes", check_scopes(&self.scopes));
        let domains = problems.take("allowed_domains", check_domains(&self.allowed_domains));
        let acr = problems.take("acr_values", short(&self.acr_values));
        let mut claim = |field: &'static str, value: &str| problems.take(field, word(value, "problem-claim"));
        let claims = (
            claim("username_claim", &self.username_claim),
            claim("email_claim", &self.email_claim),
            claim("email_verified_claim", &self.email_verified_claim),
            claim("given_name_claim", &self.given_name_claim),
            claim("family_name_claim", &self.family_name_claim),
        );
        if self.client_secret.as_ref().is_some_and(|secret| secret.reveal().chars().count() > MAX_SECRET_CHARS) {
            problems.add("client_secret", Msg::new("problem-field-long").with("max", MAX_SECRET_CHARS));
        }
        match (name, issuer, client_id, scopes, domains, acr, claims) {
            (
                Some(name),
                Some(issuer),
                Some(client_id),
                Some(scopes),
                Some(allowed_domains),
                Some(acr_values),
                (Some(username), Some(email), Some(email_verified), Some(given_name), Some(family_name)),
            ) if problems.is_empty() => Ok(Draft {
                protocol: Protocol::Oidc,
                saml: SamlDraft::default(),
                name: name.into_string(),
                issuer,
                client_id,
                client_secret: self.client_secret.clone(),
                scopes,
                claims: ClaimNames { username, email, email_verified, given_name, family_name },
                require_email_verified: self.require_email_verified,
                provider_logout_enabled: self.provider_logout_enabled,
                allowed_domains,
                acr_values,
            }),
            _ => Err(problems),
        }
    }
}

/// What a form or an address names; anything else is the one that most use.
pub fn protocol_of(text: &str) -> Protocol {
    Protocol::parse(text).unwrap_or(Protocol::Oidc)
}

pub(super) fn short(text: &str) -> Result<String, Msg> {
    match text.chars().count() <= MAX_FIELD_CHARS && !text.contains(char::is_control) {
        true => Ok(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        false => Err(Msg::new("problem-field-long").with("max", MAX_FIELD_CHARS)),
    }
}

/// Something without spaces.
pub(super) fn word(text: &str, missing: &'static str) -> Result<String, Msg> {
    let text = short(text)?;
    if text.is_empty() || text.contains(' ') { Err(missing.into()) } else { Ok(text) }
}

/// Where the provider may be asked: https, or a host that the operator named.
fn check_issuer(text: &str, net: &Net) -> Result<String, Msg> {
    let text = word(text, "problem-issuer")?;
    let url = url::Url::parse(&text).map_err(|_| Msg::new("problem-issuer"))?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("problem-issuer".into());
    }
    net.check(&url).map(|()| text).map_err(|_| "problem-issuer-reach".into())
}

fn check_scopes(text: &str) -> Result<String, Msg> {
    let text = short(text)?;
    if text.split(' ').any(|scope| scope == "openid") { Ok(text) } else { Err("problem-scopes".into()) }
}

/// Apart by commas or spaces.
pub(super) fn check_domains(text: &str) -> Result<Vec<String>, Msg> {
    let mut all: Vec<String> = text
        .split([',', ' ', '\n', '\r', ';'])
        .map(|domain| domain.trim().trim_start_matches('@').to_lowercase())
        .filter(|domain| !domain.is_empty())
        .collect();
    all.sort();
    all.dedup();
    let is_domain = |domain: &String| {
        domain.len() <= 253
            && domain.contains('.')
            && domain
                .split('.')
                .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
    };
    if all.len() > MAX_DOMAINS {
        return Err(Msg::new("problem-domains-many").with("max", MAX_DOMAINS));
    }
    match all.iter().find(|domain| !is_domain(domain)) {
        Some(wrong) => Err(Msg::new("problem-domain").with("domain", wrong.chars().take(60).collect::<String>())),
        None => Ok(all),
    }
}
