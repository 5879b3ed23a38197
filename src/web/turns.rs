//! Turns at the database: first come, first served, and no more at once than are quicker together than one after the other.

use crate::error::{Error, Result};
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Who takes longer than this makes room for the next, so that a few slow pages hold up nobody.
pub const TURN: Duration = Duration::from_millis(50);
/// For each processor that the server and its database share; with four times as many the slowest of a hundred takes twice as long.
const PER_PROCESSOR: usize = 2;

pub struct Turns {
    seats: Semaphore,
    patience: Duration,
}

impl Turns {
    /// `patience`: how long somebody waits before they are told that the database has no time.
    pub fn new(at_once: usize, patience: Duration) -> Turns {
        Turns { seats: Semaphore::new(at_once.max(1)), patience }
    }

    /// For a database on this machine.
    pub fn shared_processors() -> usize {
        PER_PROCESSOR * std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// What of the patience is left for a connection to somebody who came at `came`.
    pub fn left(&self, came: Instant) -> Duration {
        self.patience.saturating_sub(came.elapsed())
    }

    /// Begins `doing` when it is its turn. `Away` when that never comes.
    pub async fn take<T>(&self, doing: impl Future<Output = T>) -> Result<T> {
        let seat = timeout(self.patience, self.seats.acquire()).await;
        let seat = seat.map_err(|_| Error::Away("no turn at the database in time".to_owned()))?;
        let (seat, mut doing) = (seat.map_err(Error::broken)?, pin!(doing));
        match timeout(TURN, &mut doing).await {
            Ok(done) => Ok(done),
            Err(_) => {
                drop(seat);
                Ok(doing.await)
            }
        }
    }
}
