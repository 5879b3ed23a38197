//! What spans are sent through: our own way out, from the thread that the library keeps for it.

use super::TIMEOUT;
use crate::config::Security;
use crate::net::{Call, Net};
use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{Builder, Runtime};
use url::Url;

pub struct Way {
    net: Net,
    /// What the collector is told, and nothing else: the library would add what its own variables of the environment say.
    headers: Vec<(String, String)>,
    /// Of the connections, for as long as they are kept.
    runtime: Mutex<Runtime>,
    /// Named once, and again only after it had come back.
    is_away: AtomicBool,
    named: Arc<AtomicU32>,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Way")
    }
}

impl Way {
    /// Who names a collector in tow.yaml answers for its address, also where it is one of this network.
    pub fn to(
        endpoint: &Url,
        headers: Vec<(String, String)>,
        security: &Security,
        named: Arc<AtomicU32>,
    ) -> Result<Way, String> {
        let mut security = security.clone();
        security.outbound_allowed_hosts.extend(endpoint.host_str().map(str::to_owned));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let (net, runtime, is_away) = (Net::new(&security), Mutex::new(runtime), AtomicBool::new(false));
        Ok(Way { net, headers, runtime, is_away, named })
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let url: Url = request.uri().to_string().parse().map_err(|_| "the address is none".to_owned())?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut call = Call::post(url, "application/x-protobuf", request.into_body().to_vec()).within(TIMEOUT);
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = runtime.block_on(self.net.send(call)).map_err(|fault| fault.to_string())?;
        if !answer.is_success() {
            return Err(format!("{host} answered {}", answer.status));
        }
        let answered = Response::builder().status(answer.status).body(Bytes::from(answer.body));
        answered.map_err(|error| error.to_string())
    }

    fn note(&self, why: Option<&str>) {
        match (self.is_away.swap(why.is_some(), Ordering::Relaxed), why) {
            (false, Some(why)) => {
                self.named.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(
                    name = "telemetry.away",
                    why,
                    "the collector takes no spans; they are dropped until it does"
                );
            }
            (true, None) => tracing::info!(name = "telemetry.back", "the collector takes spans again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Way {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request);
        self.note(sent.as_ref().err().map(String::as_str));
        sent.map_err(Into::into)
    }
}
