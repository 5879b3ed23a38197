//! The web, asked through Exa: a search, and the text of one page, which Exa fetches and not this server. Both pass the gate and
//! stand in the ledger as every call to a model does; what comes back is other people's text and never an instruction.

mod wire;

use super::errand::{Errand, Pace, Trip};
use super::way::{away, is_sendable};
use super::{Asked, Stop, site_of};
use crate::ai::desk::Desk;
use crate::ai::{Asking, Endpoint, Fault, Reason};
use crate::config::Config;
use crate::net::{Call, Net, is_on_the_web, plain};
use crate::secret::Secret;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use url::Url;

/// Pages of one search.
pub const WEB_RESULTS: usize = 8;
/// Of a page's text; what is longer is cut.
pub const WEB_PAGE_CHARS: usize = 20_000;
/// Of a page's title; what is longer is cut.
pub const WEB_TITLE_CHARS: usize = 300;
/// Of a query, and of an address: a longer one carries more than a question.
pub const WEB_QUERY_CHARS: usize = 400;
/// Of an answer, with everything around its texts.
pub const MAX_WEB_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// From the first byte of a request to the last of its answer.
pub const WEB_SECONDS: u64 = 30;
/// As the ledger names what answers.
const MODEL: &str = "exa";

/// A page of the web, as far as its text goes.
#[derive(Clone, PartialEq, Eq)]
pub struct WebPage {
    pub title: String,
    /// http or https, and no host of this machine or network as far as its name tells.
    pub address: Url,
    /// None where the page does not say.
    pub published: Option<NaiveDate>,
    /// Other people's words: data, whatever they say.
    pub text: String,
}

/// What is wrong as far as it can be seen without a call, in words for the operator; a note when there is no key.
pub fn check_web(config: &Config) -> Result<&'static str, String> {
    let Some(key) = &config.ai.exa_api_key else {
        return Ok("EXA_API_KEY is not set, so AI has no web tools; everything else works");
    };
    if !is_sendable(key) {
        return Err("EXA_API_KEY has characters that no key has; copy it again".to_owned());
    }
    Net::new(&config.security).check(&config.ai.exa_base_url).map_err(|fault| fault.to_string())?;
    Ok("")
}

/// The configured way to ask the web.
pub struct WebTools {
    base: Url,
    key: Option<Secret>,
    net: Arc<Net>,
    /// This server's own: an address here may let its reader in.
    own_host: String,
    pace: Pace,
}

impl WebTools {
    pub fn new(config: &Config, net: Arc<Net>) -> Self {
        let (base, key) = (config.ai.exa_base_url.clone(), config.ai.exa_api_key.clone());
        let own_host = plain(config.runtime.public_app_url.host_str().unwrap_or_default());
        WebTools { base, key, net, own_host, pace: Pace::default() }
    }

    /// For who would rather do without than wait: one try, that long in all.
    pub fn hasty(self, within: Duration) -> Self {
        WebTools { pace: Pace { tries: 1, within: Some(within), ..self.pace }, ..self }
    }

    pub fn is_configured(&self) -> bool {
        self.key.is_some()
    }

    /// What the web says to a query, the best first; none for a query without words.
    pub async fn search<D: Desk>(
        &self,
        desk: &mut D,
        asking: &Asking,
        query: &str,
        stop: &Stop,
    ) -> Asked<Vec<WebPage>> {
        let endpoint = Endpoint::WebSearch;
        let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
        let key = match self.key(endpoint, query.chars().count()) {
            Ok(key) => key,
            Err(fault) => return Ok(Err(fault)),
        };
        if query.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let contents = json!({ "text": { "maxCharacters": WEB_PAGE_CHARS } });
        let body = json!({ "query": query, "numResults": WEB_RESULTS, "contents": contents });
        let send = async |trip: &Trip, body: &Value| {
            let said = self.post("search", key, trip, body).await;
            (said.and_then(|said| wire::pages(&said)), None)
        };
        self.errand(endpoint, asking, body, stop).run(desk, || true, send).await
    }

    /// The text of one page. `address` is somebody's words: what is none of the web is refused.
    pub async fn fetch<D: Desk>(&self, desk: &mut D, asking: &Asking, address: &Url, stop: &Stop) -> Asked<WebPage> {
        let endpoint = Endpoint::WebFetch;
        let mut address = address.clone();
        // It names a place in the page, for who reads it here.
        address.set_fragment(None);
        let key = match self.key(endpoint, address.as_str().chars().count()) {
            Ok(key) => key,
            Err(fault) => return Ok(Err(fault)),
        };
        if !self.may_fetch(&address) {
            return Ok(Err(Fault::new(Reason::Private).of(endpoint)));
        }
        let body = json!({ "urls": [address.as_str()], "text": { "maxCharacters": WEB_PAGE_CHARS } });
        let send = async |trip: &Trip, body: &Value| {
            let said = self.post("contents", key, trip, body).await;
            (said.and_then(|said| wire::page(&said, &address)), None)
        };
        self.errand(endpoint, asking, body, stop).run(desk, || true, send).await
    }

    /// The key, unless there is none or too much is asked.
    fn key(&self, endpoint: Endpoint, chars: usize) -> Result<&Secret, Fault> {
        let Some(key) = &self.key else { return Err(Fault::new(Reason::WebOff)) };
        match chars > WEB_QUERY_CHARS {
            true => Err(Fault::new(Reason::TooMuch).about(WEB_QUERY_CHARS).of(endpoint)),
            false => Ok(key),
        }
    }

    /// Whether an address may be told to somebody who then fetches it.
    pub fn may_fetch(&self, address: &Url) -> bool {
        is_on_the_web(address) && plain(address.host_str().unwrap_or_default()) != self.own_host
    }

    fn errand<'p>(&self, endpoint: Endpoint, asking: &'p Asking, body: Value, stop: &'p Stop) -> Errand<'p> {
        let (host, pace, records, body) = (site_of(&self.base), self.pace, Vec::new(), Arc::new(body));
        let marks = Arc::default();
        Errand { host, pace, asking, stop, endpoint, model: MODEL, records, body, marks }
    }

    async fn post(&self, what: &str, key: &Secret, trip: &Trip, body: &Value) -> Result<Value, Fault> {
        if !is_sendable(key) {
            return Err(Fault::new(Reason::Key));
        }
        let to = format!("{}/{what}", self.base.as_str().trim_end_matches('/'));
        let to = to.parse().map_err(|_| Fault::new(Reason::Address))?;
        let call = Call::post(to, "application/json", body.to_string().into_bytes())
            .header("x-api-key", key.reveal())
            .header("accept", "application/json")
            .within(Duration::from_secs(WEB_SECONDS))
            .at_most(MAX_WEB_ANSWER_BYTES);
        trip.leave();
        let answer = self.net.send(call).await.map_err(|fault| away(&fault))?;
        trip.meter.store(answer.body.len(), Ordering::Relaxed);
        if !answer.is_success() {
            return Err(wire::refused(&answer));
        }
        serde_json::from_slice(&answer.body).map_err(|_| Fault::new(Reason::Garbled).status(answer.status))
    }
}

/// Where it is; the words are other people's.
impl fmt::Debug for WebPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("WebPage");
        shown.field("host", &self.address.host_str()).field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}
