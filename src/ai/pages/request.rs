//! What was sent: one request, for the person it was for.

use crate::ai::{Call, Sent, request_path};
use crate::audit::hex;
use crate::records::Record;
use crate::ui::{Sample, Shell, filters, sample};
use askama::Template;

#[derive(Template)]
#[template(path = "ai/request.html")]
pub struct RequestPage {
    pub shell: Shell,
    pub call: Call,
    pub sent: Sent,
    /// The chat or run, as far as it can be opened.
    pub of: Option<Record>,
    /// Whether it is what the ledger says that left.
    pub is_exact: bool,
    /// How long it is kept, in days.
    pub days: u32,
}

impl RequestPage {
    pub fn hash(&self) -> String {
        hex(&self.call.hash)
    }

    pub fn file(&self) -> String {
        format!("{}/body", request_path(self.call.id))
    }

    pub fn sample(is_exact: bool) -> Self {
        let of = is_exact.then(|| Record::sample(crate::access::Kind::Doc, "DOC-1", "The order"));
        RequestPage {
            shell: Shell::sample("settings"),
            call: Call::sample(),
            sent: Sent::sample(),
            of,
            is_exact,
            days: 30,
        }
    }
}

pub fn samples() -> Vec<Sample> {
    vec![sample("ai/request", &RequestPage::sample(true)), sample("ai/request-changed", &RequestPage::sample(false))]
}
