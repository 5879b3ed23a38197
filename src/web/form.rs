//! Forms: the fields as typed (kept for showing again), checked for size, NUL bytes and the CSRF token before a handler runs.

use crate::error::{Error, Msg, ProblemStatus, Problems, Result};
use crate::web::{Cookies, Posted, Purpose, Shared};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use uuid::Uuid;

/// A form's bytes on the wire. Ten megabytes of pasted text still come back to the person with a message beside the field.
pub const MAX_FORM_BYTES: usize = 32 * 1024 * 1024;
/// Before signing in nobody has much to say.
pub const MAX_VISITOR_FORM_BYTES: usize = 64 * 1024;
/// Fields in one form; a bulk action sends one per row.
pub const MAX_FIELDS: usize = 2000;

/// Fields in the order they came. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Form {
    fields: Arc<Vec<(String, String)>>,
}

impl Form {
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let fields = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Form { fields: Arc::new(fields) }
    }

    /// As typed; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// None when absent or blank.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Everything but what this server itself put in, and secrets.
    pub fn typed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs().filter(|(name, _)| *name != "_csrf" && !crate::web::is_secret_field(name))
    }

    /// Everything, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn is_checked(&self, name: &str) -> bool {
        matches!(self.text(name), "on" | "true" | "1")
    }

    /// Sent with each form that makes something, so that a double click makes it once.
    pub fn once(&self) -> Option<Uuid> {
        self.text("_once").parse().ok()
    }

    /// What a form field offered: a UUID, or nothing. `Invalid` for anything else.
    pub fn id(&self, name: &str) -> Result<Option<Uuid>> {
        match self.given(name) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| Error::invalid(name, "problem-choice")),
        }
    }

    /// One of a closed list that the page itself put there. `Invalid` for anything else.
    pub fn word<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
        parse(self.text(name)).ok_or_else(|| Error::invalid(name, "problem-choice"))
    }

    /// None when blank. The problem is put in words.
    pub fn date(&self, name: &str) -> Result<Option<chrono::NaiveDate>, Msg> {
        match self.given(name) {
            None => Ok(None),
            Some(text) => parse_date(text).map(Some),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(bytes)
            .take(MAX_FIELDS + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if fields.len() > MAX_FIELDS {
            return Err(too_large());
        }
        Ok(Form { fields: Arc::new(fields) })
    }
}

/// A date of this and the neighbouring centuries.
pub fn parse_date(text: &str) -> Result<chrono::NaiveDate, Msg> {
    use chrono::Datelike;
    let date = chrono::NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| Msg::new("problem-date"))?;
    if (1900..=2200).contains(&date.year()) { Ok(date) } else { Err(Msg::new("problem-date-range")) }
}

fn too_large() -> Error {
    let mut problems = Problems::one("", "problem-form-too-large");
    problems.status = ProblemStatus::TooLarge;
    Error::Invalid(problems)
}

impl FromRequest for Form {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let state = request.app_data::<Shared>().cloned().ok_or_else(|| Error::broken("no state"))?;
            if request.content_type() != "application/x-www-form-urlencoded" {
                let mut problems = Problems::one("", "problem-form-kind");
                problems.status = ProblemStatus::WrongKind;
                return Err(Error::Invalid(problems));
            }
            let session = request.cookie_value(&state.config.security.session_cookie_name);
            let has_session = session.is_some_and(|signed| state.keys.verify(Purpose::Session, &signed).is_some());
            let limit = if has_session { MAX_FORM_BYTES } else { MAX_VISITOR_FORM_BYTES };
            let mut bytes = Vec::new();
            while let Some(chunk) = payload.next().await {
                let chunk = chunk.map_err(|_| Error::invalid("", "problem-form-cut"))?;
                if bytes.len() + chunk.len() > limit {
                    return Err(too_large());
                }
                bytes.extend_from_slice(&chunk);
            }
            let form = Form::parse(&bytes)?;
            if let Err(error) = check_csrf(&request, &state, form.text("_csrf")) {
                request.extensions_mut().insert(Resend(form));
                return Err(error);
            }
            request.extensions_mut().insert(Posted(form.clone()));
            Ok(form)
        })
    }
}

/// A form whose token is of an earlier sign-in: the error page offers to send the same words again, by a click.
#[derive(Debug, Clone)]
pub struct Resend(pub Form);

/// The token must be the one of this browser's session or visit.
pub fn check_csrf(request: &HttpRequest, state: &Shared, given: &str) -> Result<()> {
    let caller = crate::web::Caller::of(request, state);
    if state.keys.mac_fits(Purpose::Csrf, &caller.binding, given) {
        return Ok(());
    }
    Err(Error::forbidden("refused-csrf"))
}

/// Several names in one field, with commas between them.
pub fn listed(typed: &str) -> Vec<String> {
    typed.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}
