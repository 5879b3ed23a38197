//! Turns at the database: first come, first served, and no more at once than are quicker together than one after the other. Whoever waits
//! does so on a thread of the blocking pool, so that no page being drawn holds up those behind it.

use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a turn lasts.
pub const TURN: Duration = Duration::from_millis(50);
/// More than there are processors that the server and its database share: one may wait for a disk. With twelve more the slowest of a hundred
/// takes twice as long.
const MORE_THAN_PROCESSORS: usize = 1;

pub struct Turns {
    at_once: usize,
    longest: Duration,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    next_ticket: u64,
    waiting: VecDeque<(u64, Thread)>,
    /// Whose turn it is, since when.
    busy: Vec<(u64, Instant)>,
}

impl Line {
    fn call_first(&self) {
        if let Some((_, first)) = self.waiting.front() {
            first.unpark();
        }
    }
}

/// Somebody's turn, until it is dropped.
pub struct Turn<'t> {
    turns: &'t Turns,
    ticket: u64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut line = self.turns.line();
        line.busy.retain(|(ticket, _)| *ticket != self.ticket);
        line.call_first();
    }
}

impl Turns {
    /// Who takes longer than `longest` makes room for the next, so that a few slow pages hold up nobody.
    pub fn new(at_once: usize, longest: Duration) -> Turns {
        Turns { at_once: at_once.max(1), longest, line: Mutex::default() }
    }

    /// For a database on this machine.
    pub fn shared_processors() -> usize {
        MORE_THAN_PROCESSORS + thread::available_parallelism().map_or(1, usize::from)
    }

    /// How many wait now.
    pub fn waiting(&self) -> usize {
        self.line().waiting.len()
    }

    /// Waits for its turn. `Away` when that does not come in time.
    pub fn take(&self, until: Instant) -> Result<Turn<'_>> {
        let ticket = self.stand_in_line();
        loop {
            let now = Instant::now();
            let mut line = self.line();
            line.busy.retain(|(_, since)| now.saturating_duration_since(*since) < self.longest);
            let is_first = line.waiting.front().is_some_and(|(first, _)| *first == ticket);
            if is_first && line.busy.len() < self.at_once {
                line.waiting.pop_front();
                line.busy.push((ticket, now));
                line.call_first();
                return Ok(Turn { turns: self, ticket });
            }
            if now >= until {
                line.waiting.retain(|(other, _)| *other != ticket);
                line.call_first();
                return Err(Error::Away("no turn at the database in time".to_owned()));
            }
            let room = line.busy.iter().map(|(_, since)| *since + self.longest).min().filter(|_| is_first);
            drop(line);
            thread::park_timeout(room.unwrap_or(until).min(until).saturating_duration_since(now));
        }
    }

    fn stand_in_line(&self) -> u64 {
        let mut line = self.line();
        let ticket = line.next_ticket;
        line.next_ticket += 1;
        line.waiting.push_back((ticket, thread::current()));
        ticket
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
