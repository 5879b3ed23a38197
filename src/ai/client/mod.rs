//! The only code that talks to a model provider, or asks the web for one. Each try is opened and closed at the gate, which holds the policy, the limits and
//! the ledger; between the two no transaction is open. Nothing of the provider's memory is used: what the model shall know is sent
//! each time, and `store` is `false` in the only type a request can be made of.

mod errand;
mod prompt;
mod stop;
mod way;
mod web;
mod wire;

pub use errand::{Seat, Seats};
pub use prompt::{Material, Model, Prompt, Source};
pub use stop::{Coming, Stop};
pub use way::Heard;
pub use web::{
    MAX_WEB_ANSWER_BYTES, WEB_PAGE_CHARS, WEB_QUERY_CHARS, WEB_RESULTS, WEB_SECONDS, WEB_TITLE_CHARS, WebPage,
    WebTools, check_web,
};
pub use wire::{Answer, ToolCall, Usage};

use super::desk::Desk;
use super::{Asking, Endpoint, Fault, LEASE_SECONDS, Reason};
use crate::config::{Ai, Config};
use crate::error::{Error, Result};
use crate::net::{Net, Patience};
use crate::secret::Secret;
use errand::{Errand, Pace, Trip};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use url::Url;
use uuid::Uuid;
use way::Way;
use wire::EmbeddingsBody;

/// Tries of one call, the first among them.
pub const MAX_TRIES: i32 = 3;
/// Before the second try; doubled before the third.
pub const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Who must wait longer is told so instead.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// How long a call waits for its turn when too many are under way.
pub const LONGEST_QUEUE: Duration = Duration::from_secs(10);
const QUEUE_STEP: Duration = Duration::from_millis(200);
/// Calls of one process that wait for their turn; who comes then is told so at once.
pub const MAX_WAITING: usize = 64;
/// From the gate to the last byte, however it comes.
pub const LONGEST_CALL: Duration = Duration::from_secs(1200);
const _: () = assert!(ANSWER_SECONDS < LONGEST_CALL.as_secs(), "a whole answer may take its time");
/// How often a call under way says that it still is.
pub const BEAT: Duration = Duration::from_secs(20);
const _: () = assert!(BEAT.as_secs() * 2 < LEASE_SECONDS.unsigned_abs(), "one beat may be missed");
/// Until a whole answer that is not streamed: a model that thinks takes minutes.
pub const ANSWER_SECONDS: u64 = 600;
/// Until a streamed answer begins.
pub const FIRST_SECONDS: u64 = 60;
/// Between two pieces of it; while the model thinks nothing comes.
pub const IDLE_SECONDS: u64 = 300;
/// Vectors come at once or not at all.
pub const EMBEDDING_SECONDS: u64 = 60;
/// Of an answer, with everything around its text.
pub const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// Of a streamed one: each few letters come in a frame of some hundred bytes.
pub const MAX_STREAM_BYTES: usize = 32 * 1024 * 1024;
/// Of the vectors of one batch.
pub const MAX_VECTORS_BYTES: usize = 32 * 1024 * 1024;
/// Of a request; no model reads more.
pub const MAX_REQUEST_BYTES: usize = 8 * 1024 * 1024;
/// Texts made into vectors at once.
pub const MAX_TEXTS: usize = 2048;
/// Whose text may be in one call.
pub const MAX_RECORDS: usize = 2048;

/// What came of a call: the outer error is ours (the database), the inner one has a sentence for people.
pub type Asked<T> = Result<Result<T, Fault>>;

/// What is wrong as far as it can be seen without a call, in words for the operator; a note when there is no key.
pub fn check_provider(config: &Config) -> Result<&'static str, String> {
    let Some(key) = &config.ai.openai_api_key else {
        return Ok("OPENAI_API_KEY is not set, so AI is off; everything else works");
    };
    if !way::is_sendable(key) {
        return Err("OPENAI_API_KEY has characters that no key has; copy it again".to_owned());
    }
    Net::new(&config.security).check(&config.ai.openai_base_url).map_err(|fault| fault.to_string())?;
    Ok("")
}

/// How long a provider may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Until a whole answer that is not streamed.
    pub answer: Duration,
    /// Until a streamed one begins.
    pub first: Duration,
    /// Between two pieces of it.
    pub idle: Duration,
    pub vectors: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        let (first, idle) = (seconds(FIRST_SECONDS), seconds(IDLE_SECONDS));
        Waits { answer: seconds(ANSWER_SECONDS), first, idle, vectors: seconds(EMBEDDING_SECONDS) }
    }
}

/// The configured provider.
pub struct Provider {
    ai: Ai,
    net: Arc<Net>,
    key: Option<Secret>,
    pace: Pace,
    waits: Waits,
    stop: Stop,
}

impl Provider {
    pub fn new(config: &Config, net: Arc<Net>) -> Self {
        let key = config.ai.openai_api_key.clone();
        Provider {
            ai: config.ai.clone(),
            net,
            key,
            pace: Pace::default(),
            waits: Waits::default(),
            stop: Stop::default(),
        }
    }

    /// For a job, whose thread has a way out of its own; see `net::wait`.
    pub fn of_job(config: &Config) -> Self {
        Provider::new(config, Arc::new(Net::new(&config.security)))
    }

    /// For who would rather do without than wait: one try, that long in all.
    pub fn hasty(self, within: Duration) -> Self {
        let pace = Pace { tries: 1, within: Some(within), ..self.pace };
        Provider { pace, ..self }
    }

    /// `ask` and `embed` end when this is stopped.
    pub fn until(self, stop: Stop) -> Self {
        Provider { stop, ..self }
    }

    /// Another interval of the sign of life, for tests.
    pub fn beating(self, beat: Duration) -> Self {
        Provider { pace: Pace { beat, ..self.pace }, ..self }
    }

    /// Another patience with the provider, for tests.
    pub fn waiting(self, waits: Waits) -> Self {
        Provider { waits, ..self }
    }

    /// Another wait at the gate, for tests.
    pub fn queueing(self, queue: Duration) -> Self {
        Provider { pace: Pace { queue, ..self.pace }, ..self }
    }

    pub fn is_configured(&self) -> bool {
        self.key.is_some()
    }

    /// Host and port, as the ledger names the provider.
    pub fn site(&self) -> String {
        site(&self.ai)
    }

    /// The answer, whole. A page takes `stream`.
    pub async fn ask<D: Desk>(&self, desk: &mut D, asking: &Asking, prompt: &Prompt) -> Asked<Answer> {
        let errand = match self.errand(Endpoint::Responses, asking, prompt, &self.stop)? {
            Ok(errand) => errand,
            Err(fault) => return Ok(Err(fault)),
        };
        let Some(key) = &self.key else { return no_key() };
        let send = async |trip: &Trip, body: &Value| self.way(errand.endpoint, key, trip).responses(body).await;
        errand.run(desk, || true, send).await
    }

    /// The answer as it comes. Once something was heard it is not tried again: what people read does not begin anew by itself.
    pub async fn stream<D: Desk>(
        &self,
        desk: &mut D,
        asking: &Asking,
        prompt: &Prompt,
        stop: &Stop,
        hear: &mut (dyn FnMut(Heard) + Send),
    ) -> Asked<Answer> {
        let errand = match self.errand(Endpoint::Stream, asking, prompt, stop)? {
            Ok(errand) => errand,
            Err(fault) => return Ok(Err(fault)),
        };
        let heard = AtomicBool::new(false);
        let mut listen = |piece| {
            heard.store(true, Ordering::Relaxed);
            hear(piece);
        };
        let Some(key) = &self.key else { return no_key() };
        let send =
            async |trip: &Trip, body: &Value| self.way(errand.endpoint, key, trip).streamed(body, &mut listen).await;
        errand.run(desk, || !heard.load(Ordering::Relaxed), send).await
    }

    /// One vector for each text, in their order.
    pub async fn embed<D: Desk>(
        &self,
        desk: &mut D,
        asking: &Asking,
        texts: &[(Source, &str)],
    ) -> Asked<Vec<Vec<f32>>> {
        self.embed_as(desk, asking, (&self.ai.openai_embedding_model, self.ai.embedding_dim), texts).await
    }

    /// As `embed`, with another model and its number of dimensions: vectors made earlier are asked with the model that made them.
    pub async fn embed_as<D: Desk>(
        &self,
        desk: &mut D,
        asking: &Asking,
        (model, dim): (&str, u16),
        texts: &[(Source, &str)],
    ) -> Asked<Vec<Vec<f32>>> {
        if texts.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let body = EmbeddingsBody {
            model,
            input: texts.iter().map(|(_, text)| *text).collect(),
            encoding_format: "float",
            dimensions: model.starts_with("text-embedding-3").then_some(dim),
        };
        let mut records: Vec<Uuid> = texts.iter().filter_map(|(source, _)| source.record()).collect();
        records.sort_unstable();
        records.dedup();
        let bytes = texts.iter().map(|(_, text)| text.len()).sum();
        if let Some(fault) = too_much(bytes, texts.len(), records.len()) {
            return Ok(Err(fault));
        }
        let body = Arc::new(serde_json::to_value(body).map_err(Error::broken)?);
        let (endpoint, stop) = (Endpoint::Embeddings, &self.stop);
        let (host, pace, marks) = (self.site(), self.pace, Arc::default());
        let errand = Errand { host, pace, asking, stop, endpoint, model, records, body, marks };
        let Some(key) = &self.key else { return no_key() };
        let send =
            async |trip: &Trip, body: &Value| self.way(endpoint, key, trip).embeddings(body, texts.len(), dim).await;
        errand.run(desk, || true, send).await
    }

    fn errand<'p>(
        &'p self,
        endpoint: Endpoint,
        asking: &'p Asking,
        prompt: &'p Prompt,
        stop: &'p Stop,
    ) -> Asked<Errand<'p>> {
        let records = prompt.records();
        if let Some(fault) = too_much(prompt.bytes(), 1, records.len()) {
            return Ok(Err(fault));
        }
        let body = serde_json::to_value(prompt.body(&self.ai, endpoint == Endpoint::Stream)).map_err(Error::broken)?;
        let (model, body) = (prompt.model.name(&self.ai), Arc::new(body));
        let (host, pace, marks) = (self.site(), self.pace, Arc::new(prompt.marks().clone()));
        Ok(Ok(Errand { host, pace, asking, stop, endpoint, model, records, body, marks }))
    }

    fn way(&self, endpoint: Endpoint, key: &Secret, trip: &Trip) -> Way {
        let Waits { answer, first: begin, idle: pause, vectors } = self.waits;
        let (first, idle, max_bytes) = match endpoint {
            // The web has a way of its own.
            Endpoint::Responses | Endpoint::WebSearch | Endpoint::WebFetch => (answer, begin, MAX_ANSWER_BYTES),
            Endpoint::Stream => (begin, pause, MAX_STREAM_BYTES),
            Endpoint::Embeddings => (vectors, vectors, MAX_VECTORS_BYTES),
        };
        let patience = Patience { first, idle, max_bytes, meter: trip.meter.clone() };
        Way::new(self.net.clone(), self.ai.openai_base_url.clone(), key.clone(), patience, trip.clone())
    }
}

fn no_key<T>() -> Asked<T> {
    Ok(Err(Fault::new(Reason::NoKey)))
}

/// Host and port of the model provider.
pub fn site(ai: &Ai) -> String {
    site_of(&ai.openai_base_url)
}

/// Host, with its port where it is not the usual one: two servers on one machine fail apart.
pub fn site_of(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default();
    base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn too_much(bytes: usize, texts: usize, records: usize) -> Option<Fault> {
    let is_too_much = bytes > MAX_REQUEST_BYTES || texts > MAX_TEXTS || records > MAX_RECORDS;
    is_too_much.then(|| Fault::new(Reason::TooMuch))
}
