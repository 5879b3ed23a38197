//! This server's keys towards SAML providers.

use super::saml_form::pem;
use crate::error::Problems;
use crate::sso::{KeyState, ServerKey};
use crate::ui::{Sample, Shell, filters, sample};
use askama::Template;

#[derive(Template)]
#[template(path = "sso/keys.html")]
pub struct ServerKeys {
    pub shell: Shell,
    pub keys: Vec<ServerKey>,
    /// Values can be kept sealed.
    pub has_key: bool,
    pub problems: Problems,
}

impl ServerKeys {
    pub fn new(shell: Shell, keys: Vec<ServerKey>, has_key: bool, problems: Problems) -> Self {
        ServerKeys { shell, keys, has_key, problems }
    }

    /// Another one may be made.
    pub fn may_make(&self) -> bool {
        self.has_key && !self.has_next()
    }

    pub fn has_next(&self) -> bool {
        self.keys.iter().any(|key| key.state == KeyState::Next)
    }

    pub fn pem(&self, key: &ServerKey) -> String {
        pem(&key.certificate)
    }

    /// What its state means, and what to do.
    pub fn words(&self, key: &ServerKey) -> &'static str {
        match key.state {
            KeyState::Current => "key-words-current",
            KeyState::Next => "key-words-next",
            KeyState::Previous => "key-words-previous",
        }
    }
}

/// For the gallery: none without a key to seal one, and one in each state.
pub fn samples() -> Vec<Sample> {
    let of = |keys, has_key, problems| ServerKeys::new(Shell::sample("settings"), keys, has_key, problems);
    vec![
        sample("sso/keys", &of(ServerKey::samples(), true, Problems::one("", "problem-key-signs"))),
        sample("sso/keys_none", &of(Vec::new(), false, Problems::default())),
    ]
}
