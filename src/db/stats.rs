//! What a request cost: the meter sits on each connection and counts into its thread; one request's database work
//! runs on one thread from `start` to `taken`.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use std::cell::Cell;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, Default)]
pub struct Stats {
    pub queries: u32,
    /// Rows that came back; not counted for diesel's own statements, which fetch single rows.
    pub rows: usize,
    pub elapsed: Duration,
}

thread_local! {
    static NOW: Cell<Stats> = const { Cell::new(Stats { queries: 0, rows: 0, elapsed: Duration::ZERO }) };
    static IS_OPEN: Cell<bool> = const { Cell::new(false) };
}

/// From here to `close` statements count as queries; BEGIN and COMMIT around them cost time only.
pub fn open() {
    IS_OPEN.set(true);
}

pub fn close() {
    IS_OPEN.set(false);
}

/// Begins counting on this thread.
pub fn start() {
    IS_OPEN.set(false);
    NOW.set(Stats::default());
}

/// Counts what a statement brought.
pub(in crate::db) fn brought(rows: usize) {
    let so_far = NOW.get();
    NOW.set(Stats { rows: so_far.rows + rows, ..so_far });
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
                let queries = so_far.queries + u32::from(IS_OPEN.get());
                NOW.set(Stats { queries, elapsed: so_far.elapsed + spent, ..so_far });
            }
            _ => {}
        }
    }
}
