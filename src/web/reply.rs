//! What a handler answers.

use crate::error::Error;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use cookie::Cookie;

/// A page, a redirect, JSON or a file, with cookies.
pub struct Reply {
    response: HttpResponse,
    cookies: Vec<Cookie<'static>>,
}

impl Reply {
    pub fn html(html: String) -> Self {
        HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html).into()
    }

    pub fn json(value: &impl serde::Serialize) -> Self {
        HttpResponse::Ok().json(value).into()
    }

    /// JSON that was written already.
    pub fn text(text: String, kind: &'static str) -> Self {
        HttpResponse::Ok().content_type(kind).body(text).into()
    }

    pub fn json_text(text: String) -> Self {
        HttpResponse::Ok().content_type("application/json").body(text).into()
    }

    pub fn empty() -> Self {
        HttpResponse::NoContent().finish().into()
    }

    /// 303 to an address of our own; anything that could lead elsewhere becomes `/`.
    pub fn redirect(to: &str) -> Self {
        HttpResponse::SeeOther().insert_header((header::LOCATION, local(to))).finish().into()
    }

    /// 303 to another site: the sign-on provider's, whose address the configuration gave. Never one from a request.
    pub fn leave(to: &url::Url) -> Self {
        HttpResponse::SeeOther().insert_header((header::LOCATION, to.as_str())).finish().into()
    }

    pub fn cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    pub fn status(mut self, status: u16) -> Self {
        if let Ok(status) = StatusCode::from_u16(status) {
            *self.response.status_mut() = status;
        }
        self
    }

    pub fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.response.headers_mut().insert(name, value);
        }
        self
    }
}

/// Longer addresses lead nowhere: nothing here writes one.
pub const MAX_LOCAL_BYTES: usize = 4_000;

/// The address when it is a path on this server, else `/`. No scheme, no `//host`, no backslash, no control character.
pub fn local(to: &str) -> &str {
    let safe = to.len() <= MAX_LOCAL_BYTES
        && to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains('\\')
        && to.chars().all(|c| !c.is_control() && !c.is_whitespace());
    if safe { to } else { "/" }
}

impl From<HttpResponse> for Reply {
    fn from(response: HttpResponse) -> Self {
        Reply { response, cookies: Vec::new() }
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(mut self, _: &HttpRequest) -> HttpResponse {
        for cookie in self.cookies {
            if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
                self.response.headers_mut().append(header::SET_COOKIE, value);
            }
        }
        self.response
    }
}

/// The edge draws it later; here it only travels.
impl actix_web::ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(crate::web::Drawn::from(self));
        response
    }
}
