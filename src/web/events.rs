//! Server-sent events (HTML standard, section 9.2): a reply that goes on.

use crate::web::{Reply, detached};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream::unfold;
use std::convert::Infallible;
use tokio::sync::mpsc::{Sender, channel};

/// Events that wait for a slow reader; then who sends waits as well.
const WAITING: usize = 4;

/// Where a handler puts its events.
pub struct Events(Sender<Bytes>);

impl Events {
    /// `tell` runs in a task of its own until it returns, and learns from `send` when nobody listens any more.
    pub fn reply<F: Future<Output = ()> + 'static>(tell: impl FnOnce(Events) -> F + 'static) -> Reply {
        let (sender, receiver) = channel(WAITING);
        detached(tell(Events(sender)));
        let body = unfold(receiver, async |mut receiver| {
            let bytes = receiver.recv().await?;
            Some((Ok::<_, Infallible>(bytes), receiver))
        });
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/event-stream"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            // A proxy that collects the whole answer first would defeat it.
            .insert_header(("X-Accel-Buffering", "no"))
            .streaming(body)
            .into()
    }

    /// False when nobody listens any more.
    pub async fn send(&self, name: &str, data: &str) -> bool {
        // A lone CR ends a line as well: without this a text could make events of its own.
        let lines: String =
            data.replace("\r\n", "\n").split(['\n', '\r']).map(|line| format!("data: {line}\n")).collect();
        self.0.send(Bytes::from(format!("event: {name}\n{lines}\n"))).await.is_ok()
    }

    /// A comment, which keeps proxies from closing the connection.
    pub async fn beat(&self) -> bool {
        self.0.send(Bytes::from_static(b": \n\n")).await.is_ok()
    }
}
