//! What a request cost: the meter sits on each connection and counts into its thread; one request's database work
//! runs on one thread from `start` to `taken`.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use std::cell::Cell;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, Default)]
pub struct Stats {
    pub queries: u32,
    pub elapsed: Duration,
}

thread_local! {
    static NOW: Cell<Stats> = const { Cell::new(Stats { queries: 0, elapsed: Duration::ZERO }) };
}

/// Begins counting on this thread.
pub fn start() {
    NOW.set(Stats::default());
}

/// What was counted since `start` on this thread.
pub fn taken() -> Stats {
    NOW.get()
}

#[derive(Default)]
pub struct Meter {
    began: Option<Instant>,
}

impl Instrumentation for Meter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.began = Some(Instant::now()),
            InstrumentationEvent::FinishQuery { .. } => {
                let spent = self.began.take().map(|began| began.elapsed()).unwrap_or_default();
                let so_far = NOW.get();
                NOW.set(Stats { queries: so_far.queries + 1, elapsed: so_far.elapsed + spent });
            }
            _ => {}
        }
    }
}
