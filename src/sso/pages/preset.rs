//! What a new connection begins with, by provider: the values their administrators would otherwise look up, and what to do over there.

use crate::sso::Protocol;
use crate::sso::pages::ConnectionForm;

/// A provider that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    Entra,
    Okta,
    Google,
    Keycloak,
    Authentik,
    Other,
}

const ALL: [(Preset, &str, &str); 6] = [
    (Preset::Entra, "entra", "Microsoft Entra ID"),
    (Preset::Okta, "okta", "Okta"),
    (Preset::Google, "google", "Google Workspace"),
    (Preset::Keycloak, "keycloak", "Keycloak"),
    (Preset::Authentik, "authentik", "authentik"),
    (Preset::Other, "other", ""),
];

/// Attribute names of Microsoft's making, which others took over.
const CLAIMS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

/// A link to the form of one.
pub struct Offer {
    pub key: &'static str,
    /// Empty for any other provider.
    pub name: &'static str,
    pub is_chosen: bool,
}

impl Preset {
    pub fn of(key: &str) -> Preset {
        ALL.into_iter().find(|(_, own, _)| *own == key).map_or(Preset::Other, |(preset, _, _)| preset)
    }

    pub fn key(self) -> &'static str {
        ALL.into_iter().find(|(preset, _, _)| *preset == self).map_or("other", |(_, key, _)| key)
    }

    pub fn offers(chosen: Preset) -> Vec<Offer> {
        ALL.into_iter().map(|(preset, key, name)| Offer { key, name, is_chosen: preset == chosen }).collect()
    }

    /// What its administrator does, as a message.
    pub fn steps(self, protocol: Protocol) -> &'static str {
        match (self, protocol) {
            (Preset::Entra, Protocol::Oidc) => "preset-entra-oidc",
            (Preset::Entra, Protocol::Saml) => "preset-entra-saml",
            (Preset::Okta, Protocol::Oidc) => "preset-okta-oidc",
            (Preset::Okta, Protocol::Saml) => "preset-okta-saml",
            (Preset::Google, Protocol::Oidc) => "preset-google-oidc",
            (Preset::Google, Protocol::Saml) => "preset-google-saml",
            (Preset::Keycloak, Protocol::Oidc) => "preset-keycloak-oidc",
            (Preset::Keycloak, Protocol::Saml) => "preset-keycloak-saml",
            (Preset::Authentik, Protocol::Oidc) => "preset-authentik-oidc",
            (Preset::Authentik, Protocol::Saml) => "preset-authentik-saml",
            (Preset::Other, Protocol::Oidc) => "preset-other-oidc",
            (Preset::Other, Protocol::Saml) => "preset-other-saml",
        }
    }

    /// Filled in as far as it is the same for everybody; what is not is written in capitals.
    pub fn form(self, protocol: Protocol) -> ConnectionForm {
        let name = ALL.into_iter().find(|(preset, _, _)| *preset == self).map(|(_, _, name)| name).unwrap_or_default();
        let form = ConnectionForm { name: name.to_owned(), ..ConnectionForm::fresh(protocol) };
        match protocol {
            Protocol::Oidc => self.oidc(form),
            Protocol::Saml => self.saml(form),
        }
    }

    fn oidc(self, form: ConnectionForm) -> ConnectionForm {
        let issuer = match self {
            Preset::Entra => "https://login.microsoftonline.com/TENANT-ID/v2.0",
            Preset::Okta => "https://COMPANY.okta.com",
            Preset::Google => "https://accounts.google.com",
            Preset::Keycloak => "https://KEYCLOAK/realms/REALM",
            Preset::Authentik => "https://AUTHENTIK/application/o/SLUG/",
            Preset::Other => "",
        };
        let form = ConnectionForm { issuer: issuer.to_owned(), ..form };
        match self {
            // Entra has a claim of its own for it, which must be switched on.
            Preset::Entra => ConnectionForm { email_verified_claim: "xms_edov".to_owned(), ..form },
            _ => form,
        }
    }

    fn saml(self, form: ConnectionForm) -> ConnectionForm {
        let schema = |name: &str| format!("{CLAIMS}/{name}");
        let named = |email: String, given: String, family: String, user: String| ConnectionForm {
            email_claim: email,
            given_name_claim: given,
            family_name_claim: family,
            username_claim: user,
            ..form.clone()
        };
        match self {
            Preset::Entra => named(schema("emailaddress"), schema("givenname"), schema("surname"), schema("name")),
            Preset::Keycloak => named(
                "urn:oid:1.2.840.113549.1.9.1".to_owned(),
                "urn:oid:2.5.4.42".to_owned(),
                "urn:oid:2.5.4.4".to_owned(),
                "username".to_owned(),
            ),
            Preset::Authentik => {
                named(schema("emailaddress"), "first_name".to_owned(), "last_name".to_owned(), schema("name"))
            }
            Preset::Okta | Preset::Google | Preset::Other => form,
        }
    }
}
