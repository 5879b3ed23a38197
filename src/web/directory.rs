//! How an error looks to the company's directory (SCIM, RFC 7644 section 3.12). A problem's field is the word of the protocol.

use crate::error::{Error, Msg, ProblemStatus, Problems};
use crate::ui;
use crate::web::Drawn;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

/// Of every body of the protocol.
pub const DIRECTORY_KIND: &str = "application/scim+json";
/// Words of the protocol for what is wrong with a request. The two that name a conflict answer 409, all others 400.
const WORDS: [&str; 9] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
];
/// A conflict for which the protocol has no word.
pub const CONFLICT: &str = "conflict";
pub const UNIQUENESS: &str = "uniqueness";

/// The protocol knows no 422; and what clashes with what is there is a conflict.
pub fn directory_status(drawn: &Drawn, status: StatusCode) -> StatusCode {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY if is_conflict(drawn) => StatusCode::CONFLICT,
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        other => other,
    }
}

fn word(drawn: &Drawn) -> Option<&str> {
    drawn.fields.first().map(|(field, _)| field.as_str())
}

fn is_conflict(drawn: &Drawn) -> bool {
    word(drawn).is_some_and(|word| word == CONFLICT || word == UNIQUENESS)
}

/// The body.
pub fn directory_problem(status: u16, drawn: &Drawn, reason: &Msg) -> Value {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(), "detail": ui::say(reason),
    });
    let known = WORDS.into_iter().find(|known| word(drawn) == Some(known));
    let general = (status == 400 && known.is_none()).then_some("invalidValue");
    if let (Some(word), Some(body)) = (known.or(general), body.as_object_mut()) {
        body.insert("scimType".to_owned(), word.into());
    }
    body
}

/// Status and body of one operation of many. None for what ends them all: a fault of ours, or a window that is full.
pub fn directory_answer(error: &Error) -> Option<(u16, Value)> {
    let drawn = Drawn::from(error);
    let status = StatusCode::from_u16(error.status()).ok()?;
    let status = match error {
        Error::Conflict(_) => 412,
        Error::SignIn | Error::Slow(_) | Error::Away(_) | Error::Broken(_) => return None,
        _ => directory_status(&drawn, status).as_u16(),
    };
    let reason = drawn.reason.clone().unwrap_or_else(|| match error {
        Error::Conflict(_) => Msg::new("error-conflict"),
        _ => Msg::new("error-not-found"),
    });
    Some((status, directory_problem(status, &drawn, &reason)))
}

/// The same for what ends them all, told after operations that were done.
pub fn directory_failure(error: &Error) -> (u16, Value) {
    let reason = Msg::new(if matches!(error, Error::Away(_)) { "error-away" } else { "error-broken" });
    (error.status(), directory_problem(error.status(), &Drawn::from(error), &reason))
}

/// 413 with this reason, which names the limit.
pub fn too_large(reason: impl Into<Msg>) -> Error {
    let mut problems = Problems::one("", reason);
    problems.status = ProblemStatus::TooLarge;
    Error::Invalid(problems)
}
