//! A new token for a session whose rights changed: whoever knew the old one (planted in a browser, copied from it) has nothing of
//! the new rights. It comes with the next page its person opens.

use crate::db::{self, Chore};
use crate::error::Error;
use crate::web::{Principal, Shared};
use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderValue};
use uuid::Uuid;

/// The new token of this request's session.
#[derive(Clone)]
pub(in crate::web) struct Renewed(pub String);

/// Once a request, and only where a person goes: a script of another tab may be on its way with the old token.
pub(in crate::web) fn is_time(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let is_document = headers.get("sec-fetch-dest").is_none_or(|dest| dest.as_bytes() == b"document");
    let is_script = headers.contains_key("hx-request") || headers.contains_key("x-requested-with");
    is_document && !is_script && !request.extensions().contains::<Renewed>()
}

/// None when it owed none, or it could not be made: then the next page tries again.
pub(in crate::web) fn replace_token<P: Principal>(state: &Shared, me: &P) -> Option<String> {
    let done = state.pool.get().map_err(Error::broken).and_then(|mut conn| {
        db::touch(&mut conn, state.clock.now(), Uuid::nil(), Chore::SessionToken, |tx| me.replace_token(tx))
    });
    done.unwrap_or_else(|error| {
        tracing::error!(name = "session.not_renewed", %error, "a session could not get its new token");
        None
    })
}

pub(in crate::web) fn token_of(request: &HttpRequest) -> Option<String> {
    request.extensions().get::<Renewed>().map(|renewed| renewed.0.clone())
}

/// Its cookie, unless the answer sets one itself (signing out, confirming).
pub(in crate::web) fn tell<B>(response: &mut ServiceResponse<B>, state: &Shared) {
    let Some(token) = token_of(response.request()) else { return };
    let cookie = state.session_cookie(&token);
    let is_same = |value: &HeaderValue| {
        value.to_str().is_ok_and(|text| text.split_once('=').is_some_and(|(name, _)| name == cookie.name()))
    };
    let is_set = response.headers().get_all(header::SET_COOKIE).any(is_same);
    if let (false, Ok(value)) = (is_set, HeaderValue::from_str(&cookie.to_string())) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
