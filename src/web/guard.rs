//! Around every request: its id, where it comes from, headers that tell the browser what this site never does, and the log line.

use crate::error::{Error, Result};
use crate::telemetry::{Ended, What};
use crate::web::{Budget, Cost, Drawn, Shared, known_method, renewal};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The id of a request, in its log line, its error page and its audit events.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

/// The one address to which another site's page may send a form: a SAML provider's answer, whose signature is its proof.
pub const FROM_ELSEWHERE: &str = "/sign-on/saml";

const CSP: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The outermost middleware.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let began = Instant::now();
    let state = request.app_data::<Shared>().cloned().ok_or_else(|| Error::broken("no state"))?;
    let _in_hand = state.instance.load.request();
    let id = crate::db::new_id(state.clock.now());
    request.extensions_mut().insert(RequestId(id));
    let response = match check_path(request.request()).and_then(|()| check_origin(request.request(), &state)) {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(error) => {
            let (request, _) = request.into_parts();
            ServiceResponse::new(request, actix_web::ResponseError::error_response(&error))
        }
    };
    let mut response = crate::web::draw_errors(response, &state);
    tell_budget(&mut response);
    renewal::tell(&mut response, &state);
    harden(response.headers_mut(), &state, id);
    log(&response, id, began);
    trace(&response, &state, id, began);
    let pattern = response.request().match_pattern();
    let method = response.request().method().as_str();
    state.meter.count(method, pattern.as_deref(), response.status().as_u16(), began.elapsed());
    Ok(response)
}

/// Nothing has an address with a NUL byte in it.
fn check_path(request: &HttpRequest) -> Result<()> {
    let is_odd = request.uri().path().contains("%00") || request.uri().path().contains('\0');
    if is_odd { Err(Error::NotFound) } else { Ok(()) }
}

/// Unsafe methods must come from our own pages: browsers say so in Sec-Fetch-Site, older ones in Origin.
fn check_origin(request: &HttpRequest, state: &Shared) -> Result<()> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) || request.path() == FROM_ELSEWHERE {
        return Ok(());
    }
    let value = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    match value(HeaderName::from_static("sec-fetch-site")) {
        Some("same-origin" | "none") => return Ok(()),
        Some(_) => return Err(Error::forbidden("refused-origin")),
        None => {}
    }
    match value(header::ORIGIN) {
        None => Ok(()),
        Some(origin) if is_own_origin(origin, value(header::HOST), state) => Ok(()),
        Some(_) => Err(Error::forbidden("refused-origin")),
    }
}

fn is_own_origin(origin: &str, host: Option<&str>, state: &Shared) -> bool {
    if origin == state.config.runtime.public_app_url.origin().ascii_serialization() {
        return true;
    }
    let origin_host = origin.split_once("://").map(|(_, host)| host);
    origin_host.is_some() && origin_host == host
}

/// The address of who asks: of the peer, or what a proxy that we trust says of it.
pub fn client_address(request: &HttpRequest, state: &Shared) -> String {
    let Some(peer) = request.peer_addr().map(|peer| peer.ip()) else { return String::new() };
    let trusted = |address: IpAddr| state.config.runtime.is_trusted_proxy(address);
    if !trusted(peer) {
        return peer.to_string();
    }
    let forwarded = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let hops = forwarded.rsplit(',').filter_map(|hop| hop.trim().parse::<IpAddr>().ok());
    hops.into_iter().find(|hop| !trusted(*hop)).unwrap_or(peer).to_string()
}

/// What a token has left, on every answer it gets, refusals too.
fn tell_budget<B>(response: &mut ServiceResponse<B>) {
    let Some(budget) = response.request().extensions().get::<Budget>().copied() else { return };
    for (name, value) in budget.fields() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

fn harden(headers: &mut HeaderMap, state: &Shared, id: Uuid) {
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            let name = HeaderName::from_static(name);
            if !headers.contains_key(&name) {
                headers.insert(name, value);
            }
        }
    };
    set("content-security-policy", CSP);
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    set("referrer-policy", "same-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()");
    set("cache-control", "no-store");
    set("x-request-id", &id.to_string());
    if state.config.runtime.is_https() {
        set("strict-transport-security", "max-age=31536000; includeSubDomains");
    }
}

/// The same for a collector of spans, where there is one; without who it was.
fn trace<B>(response: &ServiceResponse<B>, state: &Shared, id: Uuid, began: Instant) {
    let Some(spans) = &state.config.log.spans else { return };
    let request = response.request();
    let route = request.match_pattern().unwrap_or_else(|| "-".to_owned());
    if is_noise(&route) {
        return;
    }
    let cost = request.extensions().get::<Cost>().copied().unwrap_or_default();
    let (took, status) = (began.elapsed(), response.status().as_u16());
    let what = What::Request {
        method: known_method(request.method().as_str()),
        route: &route,
        status,
        queries: cost.queries,
        database: cost.database,
        id,
    };
    let took_of_clock = chrono::Duration::from_std(took).unwrap_or_default();
    spans.say(&Ended { began_at: state.clock.now() - took_of_clock, took, is_failure: status >= 500, what });
}

/// Asked every few seconds, or beside each page.
fn is_noise(route: &str) -> bool {
    route == "/healthz" || route.starts_with("/static")
}

/// Milliseconds with one decimal.
fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

/// One line per request; never content, tokens or addresses of mail.
fn log<B>(response: &ServiceResponse<B>, id: Uuid, began: Instant) {
    let request = response.request();
    let cost = request.extensions().get::<Cost>().copied().unwrap_or_default();
    let route = request.match_pattern().unwrap_or_else(|| "-".to_owned());
    if is_noise(&route) {
        return;
    }
    let status = response.status().as_u16();
    let (elapsed_ms, database_ms) = (tenths(began.elapsed()), tenths(cost.database));
    let who = cost.who.map(|who| who.to_string()).unwrap_or_else(|| "-".to_owned());
    let error = response.response().extensions().get::<Drawn>().map(|drawn| drawn.log.clone()).unwrap_or_default();
    let method = request.method().as_str();
    if status >= 500 {
        tracing::error!(request_id = %id, who, method, route, status, elapsed_ms, database_ms, queries = cost.queries, rows = cost.rows, error, "request failed");
    } else {
        tracing::info!(request_id = %id, who, method, route, status, elapsed_ms, database_ms, queries = cost.queries, rows = cost.rows, error, "request");
    }
}
