//! One try: async-openai makes the request and reads the answer, our own way out carries it. The library's own repetition is not
//! used, so that each try stands in the ledger.

use super::super::{Fault, Reason};
use super::MAX_ANSWER_BYTES;
use super::errand::Trip;
use super::wire::{Answer, Costly, Embeddings, Response, failed};
use crate::net::{self, Arriving, Net, Patience};
use crate::secret::Secret;
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use chrono::DateTime;
use futures_util::StreamExt;
use serde_json::Value;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use url::Url;

/// A piece of an answer as it comes.
#[derive(Clone, PartialEq, Eq)]
pub enum Heard {
    Text(String),
    /// It calls a tool; the arguments come with the whole answer.
    Call(String),
}

/// The head of the answer, seen on its way.
#[derive(Debug, Default)]
struct Head {
    status: Option<u16>,
    retry_after: Option<Duration>,
}

#[derive(Clone)]
pub struct Way {
    pub net: Arc<Net>,
    pub base: Url,
    pub key: Secret,
    pub patience: Patience,
    trip: Trip,
    head: Arc<Mutex<Head>>,
}

impl Way {
    pub fn new(net: Arc<Net>, base: Url, key: Secret, patience: Patience, trip: Trip) -> Self {
        Way { net, base, key, patience, trip, head: Arc::default() }
    }

    fn is_too_long(&self) -> bool {
        self.trip.bytes() > self.patience.max_bytes
    }

    fn client(&self) -> Result<Client<OpenAIConfig>, Fault> {
        // The library would panic over it.
        if !is_sendable(&self.key) {
            return Err(Fault::new(Reason::Key));
        }
        let maker = self.net.maker().map_err(|fault| away(&fault))?;
        // All four are set, because the library takes what is not set from the environment.
        let config = OpenAIConfig::new()
            .with_api_base(self.base.as_str().trim_end_matches('/'))
            .with_api_key(self.key.reveal())
            .with_org_id("")
            .with_project_id("");
        Ok(Client::build(maker, config).with_http_service(self.clone()))
    }

    pub async fn responses(&self, body: &Value) -> Costly<Answer> {
        let said = async { self.client()?.responses().create_byot(body).await.map_err(|error| self.fault(error)) };
        match said.await {
            Ok(said) => Response::of(said).answer(),
            Err(fault) => (Err(fault), None),
        }
    }

    pub async fn embeddings(&self, body: &Value, texts: usize, dim: u16) -> Costly<Vec<Vec<f32>>> {
        let said = async { self.client()?.embeddings().create_byot(body).await.map_err(|error| self.fault(error)) };
        match said.await {
            Ok(said) => Embeddings::vectors(said, texts, dim),
            Err(fault) => (Err(fault), None),
        }
    }

    /// As `responses`, piece by piece. An end without the word that it is whole is a cut.
    pub async fn streamed(&self, body: &Value, hear: &mut (dyn FnMut(Heard) + Send)) -> Costly<Answer> {
        let client = match self.client() {
            Ok(client) => client,
            Err(fault) => return (Err(fault), None),
        };
        let mut events = match client.responses().create_stream_byot::<_, Value>(body).await {
            Ok(events) => events,
            Err(error) => return (Err(self.fault(error)), None),
        };
        let mut letters = 0;
        while let Some(event) = events.next().await {
            if let Ok(event) = &event {
                letters += event.get("delta").and_then(Value::as_str).map_or(0, str::len);
            }
            match event {
                Ok(_) if letters > MAX_ANSWER_BYTES => return (Err(Fault::new(Reason::TooLong)), None),
                Ok(event) => match hear_event(&event, hear) {
                    Some(end) => return end,
                    None => continue,
                },
                Err(error) => return (Err(self.broken_off(error)), None),
            }
        }
        (Err(Fault::new(Reason::Cut)), None)
    }

    fn fault(&self, error: OpenAIError) -> Fault {
        let (status, wait) = {
            let head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
            (head.status, head.retry_after)
        };
        let status = status.unwrap_or_default();
        match error {
            OpenAIError::ApiError(said) => refused(status, said.api_error.code.as_deref()).after(wait),
            _ if status >= 300 => refused(status, None).after(wait),
            OpenAIError::JSONDeserialize(..) => Fault::new(Reason::Garbled).status(status),
            _ if self.is_too_long() => Fault::new(Reason::TooLong).status(status),
            // The head was there: what failed then is the rest.
            other => match within(&other) {
                Some(fault) if status == 0 => away(fault),
                _ => Fault::new(Reason::Cut).status(status),
            },
        }
    }

    /// After the head: whatever ends it early is a cut, unless it was our own limit.
    fn broken_off(&self, error: OpenAIError) -> Fault {
        match &error {
            OpenAIError::JSONDeserialize(..) => Fault::new(Reason::Garbled),
            _ if self.is_too_long() => Fault::new(Reason::TooLong),
            _ => Fault::new(Reason::Cut),
        }
    }
}

/// Whether it can stand in a header.
pub fn is_sendable(key: &Secret) -> bool {
    !key.is_empty() && key.reveal().chars().all(|c| c.is_ascii_graphic())
}

/// What an event means; Some at the end.
fn hear_event(event: &Value, hear: &mut (dyn FnMut(Heard) + Send)) -> Option<Costly<Answer>> {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "response.output_text.delta" => hear(Heard::Text(text("delta").to_owned())),
        "response.output_item.added" => {
            let item = event.get("item");
            let is_call = item.and_then(|item| item.get("type")).and_then(Value::as_str) == Some("function_call");
            let name = item.and_then(|item| item.get("name")).and_then(Value::as_str);
            if let Some(name) = name.filter(|_| is_call) {
                hear(Heard::Call(name.to_owned()));
            }
        }
        "response.completed" | "response.incomplete" | "response.failed" => {
            return Some(Response::of(event.get("response").cloned().unwrap_or_default()).answer());
        }
        "error" => return Some((Err(failed(event.get("error").unwrap_or(event))), None)),
        _ => {}
    }
    None
}

/// An answer that is no success.
fn refused(status: u16, code: Option<&str>) -> Fault {
    let reason = match (status, code.unwrap_or_default()) {
        (401 | 403, _) => Reason::Key,
        (429, "insufficient_quota") => Reason::Quota,
        (429, _) => Reason::Rate,
        (_, "model_not_found") => Reason::Unknown,
        // Nothing there that takes such requests: most often the address lacks its /v1.
        (404, _) => Reason::NoInterface,
        (_, "context_length_exceeded") | (413, _) => Reason::TooMuch,
        (408 | 409 | 500.., _) => Reason::Server,
        // A redirect is not followed: what was meant for one site is not told to another.
        (300..=399, _) => Reason::Redirected,
        _ => Reason::Request,
    };
    Fault::new(reason).status(status).code(code)
}

pub fn away(fault: &net::Fault) -> Fault {
    Fault::new(match fault {
        net::Fault::Plain(_) | net::Fault::Private(_) => Reason::Address,
        net::Fault::TooLarge(_) => Reason::TooLong,
        net::Fault::Away(_) => Reason::Away,
    })
}

/// Our own fault inside the library's error.
fn within(error: &OpenAIError) -> Option<&net::Fault> {
    let first: &(dyn StdError + 'static) = match error {
        OpenAIError::Boxed(inner) => inner.as_ref(),
        other => other,
    };
    std::iter::successors(Some(first), |cause: &&(dyn StdError + 'static)| (*cause).source()).find_map(|cause| {
        let io = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause.downcast_ref().or_else(|| io.and_then(|inner| inner.downcast_ref()))
    })
}

impl tower_service::Service<HttpRequestFactory> for Way {
    type Response = Arriving;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Arriving, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let way = self.clone();
        Box::pin(async move {
            let request = factory.build().await?;
            way.trip.leave();
            let sent = way.net.forward(request, way.patience.clone()).await;
            let arrived = sent.map_err(|fault| OpenAIError::Boxed(Box::new(fault)))?;
            let header = |name: &str| arrived.headers().get(name).and_then(|value| value.to_str().ok());
            let head = Head {
                status: Some(arrived.status().as_u16()),
                retry_after: retry_after(header("retry-after-ms"), header("retry-after"), header("date")),
            };
            *way.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
            Ok(arrived)
        })
    }
}

/// Longer is taken for nonsense.
const LONGEST_ASKED_SECONDS: f64 = 86_400.0;

/// Milliseconds win; the other is seconds, or a time by the provider's own clock.
pub fn retry_after(milliseconds: Option<&str>, wait: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let time = |text: &str| DateTime::parse_from_rfc2822(text.trim()).ok();
    let until = |text: &str| Some((time(text)? - time(date?)?).as_seconds_f64().max(0.0));
    let seconds = milliseconds.and_then(number).map(|number| number / 1000.0);
    let seconds = seconds.or_else(|| wait.and_then(|text| number(text).or_else(|| until(text))));
    seconds.filter(|seconds| (0.0..=LONGEST_ASKED_SECONDS).contains(seconds)).map(Duration::from_secs_f64)
}

/// Its length: the words are the asker's.
impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Heard::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Heard::Call(name) => write!(f, "Call({name})"),
        }
    }
}
