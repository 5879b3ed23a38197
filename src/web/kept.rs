//! A form that was interrupted by the question who one is. It is kept without its secret fields, sealed under a key of its own, and
//! opens only for the session, address and route it was sent to. Coming back never sends it: the person does, by a click.

use crate::db::{Tx, kept};
use crate::error::Result;
use crate::web::{Form, Purpose, State, local};
use actix_web::HttpRequest;
use actix_web::http::header;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A field with one of these in its name is never kept; it is typed again.
pub const SECRET_MARKS: [&str; 8] =
    ["password", "passphrase", "passcode", "secret", "token", "totp", "credential", "private_key"];
/// Ids of one form that are looked up by name.
const MAX_NAMED: usize = 20;
/// Larger forms are not kept; nothing that is asked about so carefully is that long.
pub const MAX_KEPT_BYTES: usize = 4 * 1024 * 1024;

/// The form of this request, left for whom it may concern when the handler is interrupted.
#[derive(Debug, Clone)]
pub struct Posted(pub Form);

/// The id under which the form of this request was kept.
#[derive(Debug, Clone, Copy)]
pub struct Interrupted(pub Uuid);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptForm {
    /// Where it was sent, with its query.
    #[serde(skip)]
    pub action: String,
    /// The route's pattern, by which its words are found.
    #[serde(skip)]
    pub pattern: String,
    /// As typed, in order.
    pub fields: Vec<(String, String)>,
    /// Names of secret fields, which must be typed again.
    pub left_out: Vec<String>,
    /// Path parameters, for the words.
    pub path: Vec<(String, String)>,
    /// The page it stood on.
    pub back: String,
}

pub fn is_secret_field(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "code" || SECRET_MARKS.iter().any(|mark| name.contains(mark))
}

impl KeptForm {
    pub(in crate::web) fn of(request: &HttpRequest, form: &Form) -> KeptForm {
        let own = |name: &str| name != "_csrf";
        let (secret, plain): (Vec<_>, Vec<_>) =
            form.pairs().filter(|(name, _)| own(name)).partition(|(name, _)| is_secret_field(name));
        let info = request.match_info();
        KeptForm {
            action: request.uri().path_and_query().map(|path| path.as_str()).unwrap_or("/").to_owned(),
            pattern: request.match_pattern().unwrap_or_default(),
            fields: plain.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            left_out: secret.into_iter().map(|(name, _)| name.to_owned()).collect(),
            path: info.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            back: page_before(request),
        }
    }

    /// Keeps it under a new id; None when it is too large.
    pub(in crate::web) fn keep(self, tx: &mut Tx, state: &State, session: Uuid) -> Result<Option<Uuid>> {
        let plain = serde_json::to_vec(&self).map_err(crate::error::Error::broken)?;
        if plain.len() > MAX_KEPT_BYTES {
            return Ok(None);
        }
        let id = tx.new_id();
        let bound = bound(id, session, &self.action, &self.pattern);
        let sealed = state.keys.seal(Purpose::Kept, &bound, &plain)?;
        kept::keep(tx, session, id, kept::Row { action: self.action, pattern: self.pattern, sealed })?;
        Ok(Some(id))
    }

    /// None when it is another session's, too old, or was changed.
    pub fn find(tx: &mut Tx, state: &State, session: Uuid, id: Uuid) -> Result<Option<KeptForm>> {
        let Some(row) = kept::find(tx, session, id)? else { return Ok(None) };
        let bound = bound(id, session, &row.action, &row.pattern);
        let plain = state.keys.open(Purpose::Kept, &bound, &row.sealed);
        let form = plain.and_then(|plain| serde_json::from_slice::<KeptForm>(&plain).ok());
        Ok(form.map(|form| KeptForm { action: row.action, pattern: row.pattern, ..form }))
    }

    /// The ids in it, whose names the words of its deed want.
    pub fn ids(&self) -> Vec<Uuid> {
        self.path.iter().chain(&self.fields).filter_map(|(_, value)| value.parse().ok()).take(MAX_NAMED).collect()
    }

    /// What the route says it does, with the form's own values in it, ids by name; None when it says nothing.
    pub fn deed(&self, state: &State, names: &BTreeMap<Uuid, String>) -> Option<String> {
        let key = state.deeds.get(self.pattern.as_str())?;
        // An id that has no name tells nobody anything.
        let said = |text: &str| match text.parse::<Uuid>() {
            Ok(id) => names.get(&id).cloned().unwrap_or_else(|| "…".to_owned()),
            Err(_) => text.to_owned(),
        };
        let value = |(name, value): &(String, String)| (name.clone(), said(value));
        let values: Vec<(String, String)> = self.path.iter().chain(&self.fields).map(value).collect();
        let values = values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        // The first value of a name stands.
        let mut args: Vec<(&str, &str)> = Vec::new();
        for (name, value) in values {
            if !args.iter().any(|(known, _)| *known == name) {
                args.push((name, value));
            }
        }
        Some(crate::ui::say_with(key, args)).filter(|words| words != key)
    }

    /// Fields worth showing: those a person typed or chose.
    pub fn shown(&self) -> impl Iterator<Item = &(String, String)> {
        self.fields.iter().filter(|(name, value)| !name.starts_with('_') && name != "was" && !value.is_empty())
    }
}

fn bound(id: Uuid, session: Uuid, action: &str, pattern: &str) -> Vec<u8> {
    format!("{id}\n{session}\n{pattern}\n{action}").into_bytes()
}

/// The page of ours that the request came from, else the first page.
pub(in crate::web) fn page_before(request: &HttpRequest) -> String {
    let referer = request.headers().get(header::REFERER).and_then(|value| value.to_str().ok());
    let path = referer.and_then(|text| url::Url::parse(text).ok()).map(|url| match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    });
    local(&path.unwrap_or_else(|| "/".to_owned())).to_owned()
}
