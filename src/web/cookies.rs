//! The cookies this server sets, all HTTP-only, SameSite=Lax, Path=/.

use crate::web::{Purpose, State};
use actix_web::HttpRequest;
use actix_web::http::header;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use sha2::{Digest, Sha256};

/// Bound to a browser that has no session: its forms' CSRF tokens hang on it.
pub const VISIT_COOKIE: &str = "tow_visit";
/// One message for the next page.
pub const FLASH_COOKIE: &str = "tow_flash";

/// 256 random bits, URL-safe.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What the database keeps of a random token.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

impl State {
    /// A cookie with our attributes; `None` for the life of the browser.
    pub fn cookie(&self, name: &str, value: String, max_age_seconds: Option<i64>) -> Cookie<'static> {
        let mut cookie = Cookie::build((name.to_owned(), value))
            .http_only(true)
            .same_site(SameSite::Lax)
            .path("/")
            .secure(self.config.security.session_cookie_secure)
            .build();
        cookie.set_max_age(max_age_seconds.map(Duration::seconds));
        cookie
    }

    pub fn session_cookie(&self, token: &str) -> Cookie<'static> {
        let age = i64::from(self.config.security.session_max_age_seconds);
        self.cookie(&self.config.security.session_cookie_name, self.keys.sign(Purpose::Session, token), Some(age))
    }

    /// Tells the browser to forget a cookie.
    pub fn gone(&self, name: &str) -> Cookie<'static> {
        self.cookie(name, String::new(), Some(0))
    }
}

/// The request's cookies through the `cookie` crate.
pub trait Cookies {
    fn cookie_value(&self, name: &str) -> Option<String>;
}

impl Cookies for HttpRequest {
    fn cookie_value(&self, name: &str) -> Option<String> {
        self.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok()).find_map(|line| {
            cookie::Cookie::split_parse(line.to_owned())
                .filter_map(std::result::Result::ok)
                .find(|cookie| cookie.name() == name)
                .map(|cookie| cookie.value().to_owned())
        })
    }
}
