//! A message for the next page, in a signed cookie; never anything secret.

use crate::error::Msg;
use crate::web::{FLASH_COOKIE, Purpose, State};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Flash {
    /// `green` or `red`.
    pub tone: String,
    pub key: String,
    pub args: Vec<(String, String)>,
    pub undo: Option<Undo>,
}

/// A form that takes it back.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Undo {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// A browser keeps cookies of 4,096 bytes; an undo whose fields need more than this leaves its button out.
const MAX_UNDO_BYTES: usize = 2_000;

impl Flash {
    pub fn done(msg: impl Into<Msg>) -> Self {
        Flash::new("green", msg.into())
    }

    pub fn failed(msg: impl Into<Msg>) -> Self {
        Flash::new("red", msg.into())
    }

    fn new(tone: &str, msg: Msg) -> Self {
        let args = msg.args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Flash { tone: tone.to_owned(), key: msg.key.to_owned(), args, undo: None }
    }

    /// Where a POST takes it back.
    pub fn undo(self, action: &str) -> Self {
        self.undo_with(action, Vec::new())
    }

    /// As `undo`, with fields for that form; without a button when they are too many for a cookie.
    pub fn undo_with(mut self, action: &str, fields: Vec<(String, String)>) -> Self {
        let bytes: usize = fields.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
        self.undo = (bytes <= MAX_UNDO_BYTES).then(|| Undo { action: action.to_owned(), fields });
        self
    }

    pub fn cookie(&self, state: &State) -> cookie::Cookie<'static> {
        let text = serde_json::to_string(self).unwrap_or_default();
        let safe = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        state.cookie(FLASH_COOKIE, state.keys.sign(Purpose::Flash, &safe), Some(60))
    }

    pub fn read(state: &State, signed: &str) -> Option<Flash> {
        let safe = state.keys.verify(Purpose::Flash, signed)?;
        let text = url::form_urlencoded::parse(safe.as_bytes()).next()?.0.into_owned();
        serde_json::from_str(&text).ok()
    }
}
