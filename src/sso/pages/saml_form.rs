//! The form of a SAML connection: a provider's description pasted whole, or its three parts typed.

use crate::error::{Msg, Problems};
use crate::net::Net;
use crate::sso::pages::ConnectionForm;
use crate::sso::pages::form::{check_domains, short, word};
use crate::sso::saml::{Certificate, MAX_CERTIFICATES, Metadata};
use crate::sso::{ClaimNames, Draft, Protocol, SamlDraft};
use crate::text::value::Name;

/// One line of a PEM block.
const PEM_LINE: usize = 64;

impl ConnectionForm {
    /// With what the pasted description says in place of the fields.
    pub(super) fn described(&self) -> Result<ConnectionForm, Problems> {
        if self.metadata.is_empty() {
            return Ok(self.clone());
        }
        let found = Metadata::parse(&self.metadata).map_err(|wrong| {
            tracing::info!(name = "sso.metadata", ?wrong, "a description of a provider could not be read");
            Problems::one("metadata", "problem-metadata")
        })?;
        let certificates: Vec<_> = found.certificates.iter().map(|one| pem(&one.text)).collect();
        Ok(ConnectionForm {
            issuer: found.issuer,
            sign_in_url: found.sign_in,
            // Some describe no address of this kind and have one.
            sign_out_url: if found.sign_out.is_empty() { self.sign_out_url.clone() } else { found.sign_out },
            certificates: certificates.join("\n"),
            ..self.clone()
        })
    }

    pub(super) fn check_saml(&self, net: &Net) -> Result<Draft, Problems> {
        let mut problems = Problems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let issuer = problems.take("issuer", word(&self.issuer, "problem-entity"));
        let sign_in_url = problems.take("sign_in_url", check_address(&self.sign_in_url, net, "problem-sign-in-url"));
        let sign_out_url = match self.sign_out_url.as_str() {
            "" if self.provider_logout_enabled => problems.take("sign_out_url", Err("problem-sign-out-url".into())),
            "" => Some(String::new()),
            text => problems.take("sign_out_url", check_address(text, net, "problem-sign-out-url")),
        };
        let certificates = problems.take("certificates", check_certificates(&self.certificates));
        let domains = problems.take("allowed_domains", check_domains(&self.allowed_domains));
        let acr = problems.take("acr_values", short(&self.acr_values));
        let mut claim = |field: &'static str, value: &str| problems.take(field, word(value, "problem-claim"));
        let claims = (
            claim("username_claim", &self.username_claim),
            claim("email_claim", &self.email_claim),
            claim("given_name_claim", &self.given_name_claim),
            claim("family_name_claim", &self.family_name_claim),
        );
        match (name, issuer, (sign_in_url, sign_out_url), certificates, domains, acr, claims) {
            (
                Some(name),
                Some(issuer),
                (Some(sign_in_url), Some(sign_out_url)),
                Some(certificates),
                Some(allowed_domains),
                Some(acr_values),
                (Some(username), Some(email), Some(given_name), Some(family_name)),
            ) if problems.is_empty() => Ok(Draft {
                protocol: Protocol::Saml,
                name: name.into_string(),
                issuer,
                client_id: String::new(),
                client_secret: None,
                scopes: String::new(),
                claims: ClaimNames { username, email, email_verified: String::new(), given_name, family_name },
                require_email_verified: true,
                provider_logout_enabled: self.provider_logout_enabled,
                allowed_domains,
                acr_values,
                saml: SamlDraft {
                    sign_in_url,
                    sign_out_url,
                    signs_requests: self.signs_requests,
                    certificates,
                    allows_unsolicited: self.allows_unsolicited,
                },
            }),
            _ => Err(problems),
        }
    }
}

/// Where browsers are sent.
fn check_address(text: &str, net: &Net, wrong: &'static str) -> Result<String, Msg> {
    let text = word(text, wrong)?;
    let url = url::Url::parse(&text).map_err(|_| Msg::new(wrong))?;
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong.into());
    }
    net.check(&url).map(|()| text).map_err(|_| "problem-issuer-reach".into())
}

fn check_certificates(text: &str) -> Result<Vec<String>, Msg> {
    let all = Certificate::parse_all(text).ok_or("problem-certificate")?;
    match all.len() {
        0 => Err("problem-certificate".into()),
        1..=MAX_CERTIFICATES => Ok(all.into_iter().map(|one| one.text).collect()),
        _ => Err(Msg::new("problem-certificates-many").with("max", MAX_CERTIFICATES)),
    }
}

/// As its administrator knows it.
pub(super) fn pem(base64: &str) -> String {
    let chars: Vec<char> = base64.chars().collect();
    let lines: Vec<String> = chars.chunks(PEM_LINE).map(|line| line.iter().collect()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----", lines.join("\n"))
}
