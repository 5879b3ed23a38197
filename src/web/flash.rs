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
    /// A form to undo it: action and hidden field names with values.
    pub undo: Option<String>,
}

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
    pub fn undo(mut self, action: &str) -> Self {
        self.undo = Some(action.to_owned());
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
