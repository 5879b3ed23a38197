//! What is sent out, what comes back, and how it can fail.

use crate::error::Error;
use crate::net::{MAX_ANSWER_BYTES, TIMEOUT_SECONDS};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;
use std::time::Duration;
use url::Url;

/// One request in the making.
#[derive(Clone)]
pub struct Call {
    pub(in crate::net) method: reqwest::Method,
    pub(in crate::net) url: Url,
    pub(in crate::net) headers: HeaderMap,
    pub(in crate::net) body: Vec<u8>,
    pub(in crate::net) timeout: Duration,
    pub(in crate::net) max_bytes: usize,
    pub(in crate::net) redirects: usize,
}

impl Call {
    pub fn get(url: Url) -> Self {
        Call::new(reqwest::Method::GET, url)
    }

    pub fn post(url: Url, content_type: &str, body: Vec<u8>) -> Self {
        Call { body, ..Call::new(reqwest::Method::POST, url) }.header("content-type", content_type)
    }

    fn new(method: reqwest::Method, url: Url) -> Self {
        Call {
            method,
            url,
            headers: HeaderMap::new(),
            body: Vec::new(),
            timeout: Duration::from_secs(TIMEOUT_SECONDS),
            max_bytes: MAX_ANSWER_BYTES,
            redirects: 0,
        }
    }

    /// Left out when it cannot stand in a header (line breaks and the like).
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub fn at_most(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Only a GET follows redirects, and only when it says how many.
    pub fn following(mut self, redirects: usize) -> Self {
        self.redirects = redirects;
        self
    }
}

/// A whole answer, whatever its status.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub(in crate::net) headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Its headers and body may be tokens.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// None when absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Every header that is text.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }
}

/// Why there is no answer. Its text is for logs and for who configures the server; it names hosts, never content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Not https, and tow.yaml does not name the host.
    Plain(String),
    /// An address of this machine or network, and tow.yaml does not name the host.
    Private(String),
    /// No such name, no connection, no valid certificate, or too slow.
    Away(String),
    /// Longer than the call allows.
    TooLarge(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Plain(host) => {
                write!(f, "{host} is not reached over https, and security.outbound_allowed_hosts does not name it")
            }
            Fault::Private(host) => write!(
                f,
                "{host} is an address of this machine or network, and security.outbound_allowed_hosts does not name it"
            ),
            Fault::Away(why) => f.write_str(why),
            Fault::TooLarge(max) => write!(f, "the answer is longer than {max} bytes"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::Away(fault.to_string())
    }
}
