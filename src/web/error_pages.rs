//! The one place that draws an error: a page, a fragment for htmx, or problem JSON (RFC 9457).

use crate::error::{Error, Msg};
use crate::ui::{self, filters};
use crate::web::kept::page_before;
use crate::web::{Cookies, Interrupted, Purpose, RequestId, Resend, Shared, Unwelcome, VISIT_COOKIE, random_token};
use crate::web::{DIRECTORY_KIND, directory_problem, directory_status};
use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderValue};

/// The facts of an error on its way to the edge.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub kind: &'static str,
    pub reason: Option<Msg>,
    /// What is wrong with each field that was sent.
    pub fields: Vec<(String, Msg)>,
    pub retry_after: Option<u64>,
    /// For the log line only.
    pub log: String,
}

impl From<&Error> for Drawn {
    fn from(error: &Error) -> Self {
        let reason = match error {
            Error::Forbidden(msg) => Some(msg.clone()),
            Error::Invalid(problems) => problems.iter().next().map(|(_, msg)| msg.clone()),
            _ => None,
        };
        let retry_after = match error {
            Error::Slow(wait) => Some(wait.as_secs().max(1)),
            Error::Away(_) => Some(5),
            _ => None,
        };
        let fields = match error {
            Error::Invalid(problems) => {
                let named = problems.iter().filter(|(field, _)| !field.is_empty());
                named.map(|(field, msg)| (field.to_owned(), msg.clone())).collect()
            }
            _ => Vec::new(),
        };
        Drawn { kind: error.kind(), reason, fields, retry_after, log: error.to_string() }
    }
}

#[derive(askama::Template)]
#[template(path = "errors/error.html")]
pub struct ErrorPage {
    pub status: u16,
    pub title: &'static str,
    pub words: &'static str,
    pub reason: Option<Msg>,
    pub request_id: String,
    pub resend: Option<SendAgain>,
    /// Reloads by itself: a server that starts, or is away for a moment.
    pub refresh: bool,
}

/// The same form with a fresh token.
pub struct SendAgain {
    pub action: String,
    pub csrf: String,
    pub fields: Vec<(String, String)>,
}

#[derive(askama::Template)]
#[template(path = "errors/fragment.html")]
struct ErrorFragment {
    words: &'static str,
    reason: Option<Msg>,
}

/// Gives a body to a response that carries an error, or has a failing status and no words.
pub fn draw_errors<B: MessageBody + 'static>(response: ServiceResponse<B>, state: &Shared) -> ServiceResponse<BoxBody> {
    let status = response.status().as_u16();
    let drawn = response.response().extensions().get::<Drawn>().cloned();
    let is_bare = status >= 400 && matches!(response.response().body().size(), BodySize::None | BodySize::Sized(0));
    let foreign = drawn.is_none() && status >= 400 && !response.headers().contains_key(header::CONTENT_TYPE);
    let plain = drawn.is_none() && status >= 400 && content_type(&response).starts_with("text/plain");
    if drawn.is_none() && !is_bare && !foreign && !plain {
        return response.map_into_boxed_body();
    }
    let drawn = drawn.unwrap_or(Drawn {
        kind: kind_of(status),
        reason: None,
        fields: Vec::new(),
        retry_after: None,
        log: String::new(),
    });
    draw(response.map_into_boxed_body(), state, drawn)
}

fn content_type<B>(response: &ServiceResponse<B>) -> &str {
    response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn draw(response: ServiceResponse<BoxBody>, state: &Shared, mut drawn: Drawn) -> ServiceResponse<BoxBody> {
    let (request, mut response) = response.into_parts();
    if let Some(Unwelcome(why)) = request.extensions().get() {
        drawn.reason = Some(why.clone());
    }
    let header_is = |name: &str, value: &str| {
        request.headers().get(name).and_then(|found| found.to_str().ok()).is_some_and(|found| found.contains(value))
    };
    let is_fragment = header_is("hx-request", "true");
    let is_directory = request.path().starts_with("/scim/");
    let wants_json = is_directory || request.path().starts_with("/api/") || header_is("accept", "application/json");
    if drawn.kind == "sign_in" && !wants_json {
        return sign_in(request, response, is_fragment, drawn);
    }
    if drawn.kind == "reauthentication_required" && !wants_json {
        return confirm(request, response, is_fragment, drawn);
    }
    if let Some(seconds) = drawn.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if wants_json && drawn.kind == "conflict" && request.headers().contains_key(header::IF_MATCH) {
        *response.status_mut() = actix_web::http::StatusCode::PRECONDITION_FAILED;
    }
    if let Some(challenge) = challenge(&request, &drawn) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if is_directory {
        *response.status_mut() = directory_status(&drawn, response.status());
    }
    let status = response.status().as_u16();
    let id = request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default();
    let (title, words) = words_of(status, drawn.kind);
    let now = state.clock.now();
    let (kind, body) = if is_directory {
        let reason = drawn.reason.clone().unwrap_or(Msg { key: leak_free(title), args: Vec::new() });
        (DIRECTORY_KIND, directory_problem(status, &drawn, &reason).to_string())
    } else if wants_json {
        ("application/problem+json", problem_json(status, &drawn, &id, title))
    } else if is_fragment {
        let view = ErrorFragment { words, reason: drawn.reason.clone() };
        ("text/html; charset=utf-8", ui::render(&view, now, chrono_tz::UTC).unwrap_or_default())
    } else {
        let resend = send_again(&request, &mut response, state);
        let view = ErrorPage {
            status,
            title,
            words,
            reason: drawn.reason.clone(),
            request_id: id,
            resend,
            refresh: status == 503,
        };
        ("text/html; charset=utf-8", ui::render(&view, now, chrono_tz::UTC).unwrap_or_default())
    };
    response.extensions_mut().insert(drawn);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    ServiceResponse::new(request, response.set_body(BoxBody::new(body)))
}

/// What a program is told about its token (RFC 6750).
fn challenge(request: &actix_web::HttpRequest, drawn: &Drawn) -> Option<HeaderValue> {
    let reason = drawn.reason.as_ref();
    let scope = reason.filter(|msg| msg.key == "refused-scope").and_then(|msg| msg.args.first());
    let text = match (drawn.kind, reason) {
        _ if !["/api/", "/scim/"].iter().any(|place| request.path().starts_with(place)) => return None,
        ("sign_in", Some(msg)) if msg.key != "token-missing" => {
            r#"Bearer realm="tow", error="invalid_token""#.to_owned()
        }
        ("sign_in", _) => r#"Bearer realm="tow""#.to_owned(),
        ("forbidden", _) => {
            let (_, scope) = scope?;
            format!(r#"Bearer realm="tow", error="insufficient_scope", scope="{scope}""#)
        }
        _ => return None,
    };
    HeaderValue::from_str(&text).ok()
}

/// A full page goes to the sign-in page and comes back; a fragment tells the script to do so. Who was sending something comes back to the
/// page it was written on, where a draft of it waits, and is told why.
fn sign_in(
    request: actix_web::HttpRequest,
    response: actix_web::HttpResponse,
    is_fragment: bool,
    drawn: Drawn,
) -> ServiceResponse<BoxBody> {
    let is_get = *request.method() == actix_web::http::Method::GET;
    let back = match is_get && !is_fragment {
        true => request.uri().path_and_query().map(|path| path.as_str()).unwrap_or("/").to_owned(),
        false => page_before(&request),
    };
    let to = match back.as_str() {
        "/" => "/sign-in".to_owned(),
        _ if is_get => format!("/sign-in?{}", query("back", &back)),
        _ => format!("/sign-in?{}&ended=1", query("back", &back)),
    };
    lead(request, response, is_fragment, drawn, &to)
}

/// To the page that asks who one is: with the form that was kept, or back to where one was.
fn confirm(
    request: actix_web::HttpRequest,
    response: actix_web::HttpResponse,
    is_fragment: bool,
    drawn: Drawn,
) -> ServiceResponse<BoxBody> {
    let kept = request.extensions().get::<Interrupted>().copied();
    let is_page = *request.method() == actix_web::http::Method::GET && !is_fragment;
    let to = match kept {
        Some(Interrupted(id)) => format!("/confirmation/{id}"),
        None if is_page => {
            let back = request.uri().path_and_query().map(|path| path.as_str()).unwrap_or("/");
            format!("/confirmation?{}", query("back", back))
        }
        None => format!("/confirmation?{}&lost=1", query("back", &page_before(&request))),
    };
    lead(request, response, is_fragment, drawn, &to)
}

fn query(name: &str, value: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

fn lead(
    request: actix_web::HttpRequest,
    mut response: actix_web::HttpResponse,
    is_fragment: bool,
    drawn: Drawn,
    to: &str,
) -> ServiceResponse<BoxBody> {
    response.extensions_mut().insert(drawn);
    let name = if is_fragment { header::HeaderName::from_static("hx-redirect") } else { header::LOCATION };
    if !is_fragment {
        *response.status_mut() = actix_web::http::StatusCode::SEE_OTHER;
    }
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(name, to);
    }
    ServiceResponse::new(request, response)
}

fn send_again(
    request: &actix_web::HttpRequest,
    response: &mut actix_web::HttpResponse<BoxBody>,
    state: &Shared,
) -> Option<SendAgain> {
    let Resend(form) = request.extensions().get::<Resend>().cloned()?;
    let session = request
        .cookie_value(&state.config.security.session_cookie_name)
        .and_then(|signed| state.keys.verify(Purpose::Session, &signed));
    let visit = request.cookie_value(VISIT_COOKIE).and_then(|signed| state.keys.verify(Purpose::Visit, &signed));
    let binding = session.or(visit).unwrap_or_else(|| {
        let fresh = random_token();
        let cookie = state.cookie(VISIT_COOKIE, state.keys.sign(Purpose::Visit, &fresh), None);
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        fresh
    });
    let fields = form.typed().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some(SendAgain { action: request.path().to_owned(), csrf: state.keys.mac(Purpose::Csrf, &binding), fields })
}

fn problem_json(status: u16, drawn: &Drawn, id: &str, title: &str) -> String {
    let detail = drawn.reason.as_ref().map(ui::say);
    let fields: serde_json::Map<String, serde_json::Value> =
        drawn.fields.iter().map(|(field, msg)| (field.clone(), ui::say(msg).into())).collect();
    serde_json::json!({
        "type": format!("urn:tow:problem:{}", drawn.kind),
        "title": ui::say(&Msg { key: leak_free(title), args: Vec::new() }),
        "status": status, "detail": detail, "fields": fields, "request_id": id,
    })
    .to_string()
}

/// Titles come from `words_of` below, all of them fixed keys.
fn leak_free(title: &str) -> &'static str {
    TITLES.iter().copied().find(|known| *known == title).unwrap_or("error-broken")
}

const TITLES: [&str; 12] = [
    "error-token",
    "error-not-found",
    "error-forbidden",
    "error-too-large",
    "error-slow",
    "error-away",
    "error-broken",
    "error-invalid",
    "error-conflict",
    "error-method",
    "error-kind",
    "error-confirm",
];

fn words_of(status: u16, kind: &str) -> (&'static str, &'static str) {
    match (status, kind) {
        (_, "reauthentication_required") => ("error-confirm", "error-confirm-words"),
        (401, _) => ("error-token", "error-forbidden-words"),
        (403, _) => ("error-forbidden", "error-forbidden-words"),
        (404, _) => ("error-not-found", "error-not-found-words"),
        (405, _) => ("error-method", "error-method-words"),
        (409 | 412, _) => ("error-conflict", "error-conflict-words"),
        (413, _) => ("error-too-large", "error-too-large-words"),
        (415, _) => ("error-kind", "error-kind-words"),
        (429, _) => ("error-slow", "error-slow-words"),
        (503, _) => ("error-away", "error-away-words"),
        (400..=499, _) => ("error-invalid", "error-invalid-words"),
        _ => ("error-broken", "error-broken-words"),
    }
}

fn kind_of(status: u16) -> &'static str {
    match status {
        404 => "not_found",
        403 => "forbidden",
        429 => "slow_down",
        503 => "away",
        400..=499 => "invalid",
        _ => "broken",
    }
}
