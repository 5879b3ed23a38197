//! The only code that talks to a model provider. Each try is opened and closed at the gate, which holds the policy, the limits and
//! the ledger; between the two no transaction is open. Nothing of the provider's memory is used: what the model shall know is sent
//! each time, and `store` is `false` in the only type a request can be made of.

mod prompt;
mod way;
mod wire;

pub use prompt::{Material, Model, Prompt, Source};
pub use way::Heard;
pub use wire::{Answer, ToolCall, Usage};

use super::desk::Desk;
use super::{Asking, Ended, Endpoint, Fault, Gate, Reason, Sending, gate_close, gate_open, masks};
use crate::config::{Ai, Config};
use crate::error::{Error, Result};
use crate::net::{Net, Patience};
use crate::secret::Secret;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
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
/// Of the vectors of one batch.
pub const MAX_VECTORS_BYTES: usize = 32 * 1024 * 1024;

/// What came of a call: the outer error is ours (the database), the inner one has a sentence for people.
pub type Asked<T> = Result<Result<T, Fault>>;

/// Lets somebody stop an answer that is coming.
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Stop(Arc::new(watch::channel(false).0))
    }
}

impl Stop {
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    async fn stopped(&self) {
        // The sender lives as long as this borrows it.
        let _ = self.0.subscribe().wait_for(|is_stopped| *is_stopped).await;
    }
}

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

/// The configured provider.
pub struct Provider {
    ai: Ai,
    net: Arc<Net>,
    key: Option<Secret>,
    tries: i32,
    /// Instead of the usual patience until the head.
    within: Option<Duration>,
}

impl Provider {
    pub fn new(config: &Config, net: Arc<Net>) -> Self {
        let key = config.ai.openai_api_key.clone();
        Provider { ai: config.ai.clone(), net, key, tries: MAX_TRIES, within: None }
    }

    /// For a job, whose thread has a way out of its own; see `net::wait`.
    pub fn of_job(config: &Config) -> Self {
        Provider::new(config, Arc::new(Net::new(&config.security)))
    }

    /// For who would rather do without than wait: one try, that long.
    pub fn hasty(self, within: Duration) -> Self {
        Provider { tries: 1, within: Some(within), ..self }
    }

    pub fn is_configured(&self) -> bool {
        self.key.is_some()
    }

    /// The answer, whole.
    pub async fn ask<D: Desk>(&self, desk: &mut D, asking: &Asking, prompt: &Prompt) -> Asked<Answer> {
        let body = self.masked(desk, asking, &prompt.body(&self.ai, false)).await?;
        let sending = self.sending(Endpoint::Responses, prompt.model.name(&self.ai), prompt.records(), &body);
        let run = async |way: &Way| {
            let answer = way.responses(&body).await?;
            let usage = answer.usage;
            Ok((answer, usage))
        };
        self.tries(desk, asking, sending, &Stop::default(), || true, run).await
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
        let body = self.masked(desk, asking, &prompt.body(&self.ai, true)).await?;
        let sending = self.sending(Endpoint::Stream, prompt.model.name(&self.ai), prompt.records(), &body);
        let heard = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let is_silent = || !heard.load(std::sync::atomic::Ordering::Relaxed);
        let run = async |way: &Way| {
            let mut listen = |piece| {
                heard.store(true, std::sync::atomic::Ordering::Relaxed);
                hear(piece);
            };
            let answer = way.streamed(&body, &mut listen).await?;
            let usage = answer.usage;
            Ok((answer, usage))
        };
        self.tries(desk, asking, sending, stop, is_silent, run).await
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
        let body = EmbeddingsBody {
            model,
            input: texts.iter().map(|(_, text)| *text).collect(),
            encoding_format: "float",
            dimensions: model.starts_with("text-embedding-3").then_some(dim),
        };
        let body = self.masked(desk, asking, &body).await?;
        let mut records: Vec<Uuid> = texts.iter().filter_map(|(source, _)| source.record()).collect();
        records.sort_unstable();
        records.dedup();
        let sending = self.sending(Endpoint::Embeddings, model, records, &body);
        let run = async |way: &Way| {
            let (vectors, tokens) = way.embeddings(&body, texts.len(), dim).await?;
            Ok((vectors, Usage { input_tokens: tokens, output_tokens: 0 }))
        };
        self.tries(desk, asking, sending, &Stop::default(), || true, run).await
    }

    /// The body as it leaves.
    async fn masked<D: Desk>(&self, desk: &mut D, asking: &Asking, body: &impl serde::Serialize) -> Result<Value> {
        let mut body = serde_json::to_value(body).map_err(Error::broken)?;
        let whose = asking.clone();
        desk.book(move |tx| masks(tx, &whose)).await?.mask(&mut body);
        Ok(body)
    }

    fn sending(&self, endpoint: Endpoint, model: &str, records: Vec<Uuid>, body: &Value) -> Sending {
        let bytes = body.to_string();
        Sending {
            endpoint,
            host: self.ai.openai_base_url.host_str().unwrap_or_default().to_owned(),
            model: model.to_owned(),
            records,
            bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            hash: Sha256::digest(bytes.as_bytes()).to_vec(),
            attempt: 1,
        }
    }

    fn way(&self, endpoint: Endpoint, key: &Secret) -> Way {
        let seconds = Duration::from_secs;
        let (first, idle, max_bytes) = match endpoint {
            Endpoint::Responses => (seconds(ANSWER_SECONDS), seconds(FIRST_SECONDS), MAX_ANSWER_BYTES),
            Endpoint::Stream => (seconds(FIRST_SECONDS), seconds(IDLE_SECONDS), MAX_ANSWER_BYTES),
            Endpoint::Embeddings => (seconds(EMBEDDING_SECONDS), seconds(EMBEDDING_SECONDS), MAX_VECTORS_BYTES),
        };
        let (first, idle) = self.within.map_or((first, idle), |within| (within, within));
        let patience = Patience { first, idle, max_bytes, meter: Arc::default() };
        Way::new(self.net.clone(), self.ai.openai_base_url.clone(), key.clone(), patience)
    }

    /// Until it succeeds, or is no use: each try through the gate.
    async fn tries<D: Desk, T>(
        &self,
        desk: &mut D,
        asking: &Asking,
        sending: Sending,
        stop: &Stop,
        may_repeat: impl Fn() -> bool,
        mut run: impl AsyncFnMut(&Way) -> Result<(T, Usage), Fault>,
    ) -> Asked<T> {
        let Some(key) = &self.key else { return Ok(Err(Fault::new(Reason::NoKey))) };
        for attempt in 1.. {
            let call = match self.enter(desk, asking, Sending { attempt, ..sending.clone() }).await? {
                Ok(call) => call,
                Err(fault) => return Ok(Err(fault)),
            };
            let (way, began) = (self.way(sending.endpoint, key), Instant::now());
            let came = tokio::select! {
                came = run(&way) => came,
                () = stop.stopped() => Err(Fault::new(Reason::Cancelled)),
            };
            let (usage, fault) = match &came {
                Ok((_, usage)) => (*usage, None),
                Err(fault) => (Usage::default(), Some(fault.clone())),
            };
            let ended = Ended { bytes: way.bytes(), usage, took: began.elapsed(), fault };
            let whose = asking.clone();
            desk.book(move |tx| gate_close(tx, call, &whose, &ended)).await?;
            let fault = match came {
                Ok((value, _)) => return Ok(Ok(value)),
                Err(fault) => fault,
            };
            let pause = fault.retry_after.unwrap_or_else(|| pause(attempt));
            if attempt >= self.tries || !fault.is_passing() || !may_repeat() || pause > LONGEST_PAUSE {
                return Ok(Err(fault));
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.stopped() => return Ok(Err(Fault::new(Reason::Cancelled))),
            }
        }
        Err(Error::broken("tries without end"))
    }

    /// Through the gate, after a wait when too many are under way.
    async fn enter<D: Desk>(&self, desk: &mut D, asking: &Asking, sending: Sending) -> Asked<Uuid> {
        let (patience, waited) = (self.within.unwrap_or(LONGEST_QUEUE), Cell::new(Duration::ZERO));
        loop {
            let (whose, what, is_last) = (asking.clone(), sending.clone(), waited.get() >= patience);
            match desk.book(move |tx| gate_open(tx, &whose, &what, is_last)).await? {
                Gate::Open(call) => return Ok(Ok(call)),
                Gate::Shut(fault) => return Ok(Err(fault)),
                Gate::Full => {}
            }
            tokio::time::sleep(QUEUE_STEP).await;
            waited.set(waited.get() + QUEUE_STEP);
        }
    }
}

/// Doubling, from half to one and a half of it by chance, so that many do not come back at once.
fn pause(attempt: i32) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or_default().min(10);
    let chance = 0.5 + f64::from(rand::random::<u8>()) / 256.0;
    (FIRST_PAUSE * (1 << doublings)).mul_f64(chance)
}
