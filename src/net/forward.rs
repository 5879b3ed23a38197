//! For a library that makes its own requests and reads its own answers: the same rules of addresses, and limits that also hold for
//! an answer that arrives over minutes.

use crate::net::client::fault;
use crate::net::{Fault, Net};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use url::Url;

/// A request somebody else made.
pub type Departing = reqwest::Request;
/// An answer whose body is still coming.
pub type Arriving = reqwest::Response;

/// The body of an answer that `convey` brought.
pub type Arrived = reqwest::Body;

/// How long and how much. An answer may take as long as it likes while something keeps coming.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Until the answer's head.
    pub first: Duration,
    /// Between two pieces of its body.
    pub idle: Duration,
    pub max_bytes: usize,
    /// Counts the body's bytes as they come.
    pub meter: Arc<AtomicUsize>,
}

impl Net {
    /// Sends it, and answers as soon as the head is there. Redirects are not followed. What breaks a limit later comes as an error of
    /// the body, whose text is the fault's.
    pub async fn forward(&self, request: Departing, patience: Patience) -> Result<Arriving, Fault> {
        let url = request.url().clone();
        self.check(&url)?;
        let sent = tokio::time::timeout(patience.first, self.kept()?.execute(request)).await;
        let arrived = sent.map_err(|_| late(&url))?.map_err(|error| fault(&url, &error))?;
        Ok(limited(arrived, url, patience))
    }

    /// As `forward`, for a library that has types of its own; `idle` holds until the head comes and between two pieces of the body.
    pub async fn convey<B>(&self, request: http::Request<B>, idle: Duration) -> Result<http::Response<Arrived>, Fault>
    where
        B: http_body::Body<Data = bytes::Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let request = Departing::try_from(request.map(reqwest::Body::wrap));
        let request = request.map_err(|error| Fault::Away(format!("no request: {error}")))?;
        let meter = Arc::new(AtomicUsize::new(0));
        let patience = Patience { first: idle, idle, max_bytes: usize::MAX, meter };
        self.forward(request, patience).await.map(Into::into)
    }

    /// What requests are made with, for `forward`; it must not send them itself, since redirects and addresses are this room's.
    pub fn maker(&self) -> Result<reqwest::Client, Fault> {
        self.kept().cloned()
    }
}

/// For a job's thread, which has no runtime: waits for what is done through a `Net` of its own.
pub fn wait<T>(doing: impl Future<Output = T>) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| Fault::Away(format!("no runtime: {error}")))?.block_on(doing))
}

fn late(url: &Url) -> Fault {
    Fault::Away(format!("{} did not answer in time", url.host_str().unwrap_or_default()))
}

/// The same answer with a body that ends in an error where a limit is broken.
fn limited(arrived: Arriving, url: Url, patience: Patience) -> Arriving {
    let (status, headers) = (arrived.status(), arrived.headers().clone());
    let begun = Some((Box::pin(arrived.bytes_stream()), 0_usize));
    let body = unfold(begun, move |state| {
        let (url, patience) = (url.clone(), patience.clone());
        async move {
            let (mut pieces, so_far) = state?;
            let piece = match tokio::time::timeout(patience.idle, pieces.next()).await {
                Err(_) => return Some((Err(io::Error::other(late(&url))), None)),
                Ok(None) => return None,
                Ok(Some(Err(error))) => return Some((Err(io::Error::other(fault(&url, &error))), None)),
                Ok(Some(Ok(piece))) => piece,
            };
            let so_far = so_far.saturating_add(piece.len());
            patience.meter.store(so_far, Ordering::Relaxed);
            if so_far > patience.max_bytes {
                return Some((Err(io::Error::other(Fault::TooLarge(patience.max_bytes))), None));
            }
            Some((Ok(piece), Some((pieces, so_far))))
        }
    });
    // Some readers ask once more after the end.
    let body = body.fuse();
    let mut whole = http::Response::new(reqwest::Body::wrap_stream(body));
    *whole.status_mut() = status;
    *whole.headers_mut() = headers;
    whole.into()
}
