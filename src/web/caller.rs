//! Where a request comes from, before anybody is asked who that is.

use crate::web::{Cookies, Purpose, Shared, VISIT_COOKIE, random_token, token_hash};
use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

/// Longer browser names are cut.
const MAX_BROWSER: usize = 200;

/// Where a request comes from.
#[derive(Clone)]
pub struct Caller {
    /// SHA-256 of the token in a cookie that we signed.
    pub session: Option<Vec<u8>>,
    /// What the CSRF tokens of this browser hang on.
    pub binding: String,
    pub address: String,
    pub browser: String,
    pub request_id: Uuid,
    /// How long a real authentication counts as recent.
    pub step_up_max_age_seconds: u32,
}

impl Caller {
    pub fn of(request: &HttpRequest, state: &Shared) -> Self {
        let token = request
            .cookie_value(&state.config.security.session_cookie_name)
            .and_then(|signed| state.keys.verify(Purpose::Session, &signed));
        let visit = || request.cookie_value(VISIT_COOKIE).and_then(|signed| state.keys.verify(Purpose::Visit, &signed));
        let binding = token.clone().or_else(visit).unwrap_or_else(random_token);
        let browser =
            request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Caller {
            session: token.as_deref().map(token_hash),
            binding,
            address: crate::web::client_address(request, state),
            browser: browser.chars().take(MAX_BROWSER).collect(),
            request_id: request.extensions().get::<crate::web::RequestId>().map(|id| id.0).unwrap_or_default(),
            step_up_max_age_seconds: state.config.security.step_up_max_age_seconds,
        }
    }
}
