//! Where a call's transactions come from: a page has the pool, a job its own connection. None is held while the provider is waited
//! for.

use crate::db::{self, Chore, Tx};
use crate::error::{Error, Result};
use crate::queue::Work;
use crate::web::{Shared, blocking};
use uuid::Uuid;

pub trait Desk {
    /// In a transaction of its own, which commits at once: the ledger stays when what it serves fails.
    fn book<T: Send + 'static>(
        &mut self,
        f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>>;

    /// What costs processor time, where it holds nobody up.
    fn work<T: Send + 'static>(
        &mut self,
        f: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>>;
}

impl Desk for Work<'_> {
    fn book<T: Send + 'static>(
        &mut self,
        f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        std::future::ready(self.touch(Chore::Egress, f))
    }

    /// A job has its thread to itself.
    fn work<T: Send + 'static>(
        &mut self,
        f: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        std::future::ready(f())
    }
}

/// Of a request.
pub struct PageDesk {
    state: Shared,
    request: Uuid,
}

impl PageDesk {
    pub fn new(state: Shared, request: Uuid) -> Self {
        PageDesk { state, request }
    }

    /// In a transaction of its own, for who goes on after its request was answered.
    pub async fn touch<T: Send + 'static>(
        &self,
        chore: Chore,
        f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (state, request) = (self.state.clone(), self.request);
        blocking(move || {
            let mut conn = state.pool.get().map_err(|error| Error::Away(format!("no connection: {error}")))?;
            db::touch(&mut conn, state.clock.now(), request, chore, f)
        })
        .await
    }
}

impl Desk for PageDesk {
    async fn book<T: Send + 'static>(&mut self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        self.touch(Chore::Egress, f).await
    }

    async fn work<T: Send + 'static>(&mut self, f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        blocking(f).await
    }
}
