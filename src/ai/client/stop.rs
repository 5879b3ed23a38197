//! A call that somebody may stop, or whose asker goes away.

use super::{Asked, Heard};
use crate::error::Error;
use crate::web::detached;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Lets somebody stop a call.
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

    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    pub(super) async fn stopped(&self) {
        // The sender lives as long as this borrows it.
        let _ = self.0.subscribe().wait_for(|is_stopped| *is_stopped).await;
    }
}

/// A call in a task of its own. A page never waits for a call itself: when its reader goes away in the middle, what waits is dropped
/// wherever it stands, and the ledger would keep a call that never ends. Dropping this stops the call, which then ends in order.
pub struct Coming<T> {
    stop: Stop,
    heard: UnboundedReceiver<Heard>,
    end: JoinHandle<Asked<T>>,
}

impl<T: 'static> Coming<T> {
    /// `call` is given what stops it and what hears its pieces.
    pub fn of<F: Future<Output = Asked<T>> + 'static>(
        call: impl FnOnce(Stop, Box<dyn FnMut(Heard) + Send>) -> F,
    ) -> Self {
        let (stop, (sender, heard)) = (Stop::default(), unbounded_channel());
        // Who no longer listens has stopped it.
        let hear = Box::new(move |piece| drop(sender.send(piece)));
        Coming { end: detached(call(stop.clone(), hear)), stop, heard }
    }

    /// The next piece; None when no more come.
    pub async fn heard(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    pub async fn end(mut self) -> Asked<T> {
        (&mut self.end).await.map_err(Error::broken)?
    }
}

impl<T> Drop for Coming<T> {
    fn drop(&mut self) {
        self.stop.stop();
    }
}
