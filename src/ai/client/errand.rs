//! One call with all its tries: masked, through the gate, watched while it is under way, closed.

use super::wire::Costly;
use super::{
    Asked, BEAT, FIRST_PAUSE, LONGEST_CALL, LONGEST_PAUSE, LONGEST_QUEUE, MAX_TRIES, MAX_WAITING, QUEUE_STEP, Stop,
};
use crate::ai::desk::Desk;
use crate::ai::{
    Asking, Body, Cost, Ended, Endpoint, Fault, Gate, Marks, Masks, Reason, Sending, gate_beat, gate_close, gate_open,
    masks,
};
use crate::error::Error;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Of the words that are masked, while a call waits at the gate; then it is told that too much goes on.
const MAX_CHANGES: usize = 5;

/// How often, how long, and how soon it is looked after.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub tries: i32,
    /// For all of it: the wait at the gate, the tries and the pauses between them.
    pub within: Option<Duration>,
    pub beat: Duration,
    /// At the gate.
    pub queue: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { tries: MAX_TRIES, within: None, beat: BEAT, queue: LONGEST_QUEUE }
    }
}

/// What is known of a try, also of one that was dropped in the middle.
#[derive(Debug, Clone, Default)]
pub struct Trip {
    is_sent: Arc<AtomicBool>,
    /// Bytes of the answer so far.
    pub meter: Arc<AtomicUsize>,
}

impl Trip {
    pub fn bytes(&self) -> usize {
        self.meter.load(Ordering::Relaxed)
    }

    /// From now on something may have left.
    pub fn leave(&self) {
        self.is_sent.store(true, Ordering::Relaxed);
    }

    pub fn is_sent(&self) -> bool {
        self.is_sent.load(Ordering::Relaxed)
    }
}

pub struct Errand<'p> {
    /// Host and port, as the ledger names whom it goes to.
    pub host: String,
    pub pace: Pace,
    pub asking: &'p Asking,
    pub stop: &'p Stop,
    pub endpoint: Endpoint,
    pub model: &'p str,
    pub records: Vec<Uuid>,
    /// As it would leave if nothing were masked.
    pub body: Arc<Value>,
    /// Where passages stand in it.
    pub marks: Arc<Marks>,
}

/// As it leaves.
struct Dressed {
    sending: Sending,
    body: Value,
}

impl Errand<'_> {
    /// Until it succeeds, or is no use: each try through the gate.
    pub async fn run<D: Desk, T>(
        &self,
        desk: &mut D,
        may_repeat: impl Fn() -> bool,
        send: impl AsyncFnMut(&Trip, &Value) -> Costly<T>,
    ) -> Asked<T> {
        let came = self.tried(desk, may_repeat, send).await?;
        Ok(came.map_err(|fault| fault.of(self.endpoint)))
    }

    async fn tried<D: Desk, T>(
        &self,
        desk: &mut D,
        may_repeat: impl Fn() -> bool,
        mut send: impl AsyncFnMut(&Trip, &Value) -> Costly<T>,
    ) -> Asked<T> {
        let until = self.pace.within.map(|within| Instant::now() + within);
        let left =
            || until.map_or(LONGEST_CALL, |until| until.saturating_duration_since(Instant::now()).min(LONGEST_CALL));
        let whose = self.asking.clone();
        let masks = desk.book(move |tx| masks(tx, &whose)).await?;
        let mut dressed = match self.dress(desk, masks).await? {
            Ok(dressed) => dressed,
            Err(fault) => return Ok(Err(fault)),
        };
        for attempt in 1.. {
            dressed.sending.attempt = attempt;
            // Who waits at the gate until the end has no time left for the call.
            let patience = until.map_or(self.pace.queue, |_| (left() / 2).min(self.pace.queue));
            let call = match self.enter(desk, &mut dressed, patience).await? {
                Ok(call) => call,
                Err(fault) => return Ok(Err(fault)),
            };
            let (trip, began) = (Trip::default(), Instant::now());
            let (came, usage) = self.watched(desk, call, &dressed.sending, left(), send(&trip, &dressed.body)).await;
            let fault = came.as_ref().err().cloned();
            let cost = match (usage, &fault) {
                (Some(usage), _) => Cost::Counted(usage),
                // Only models count in tokens.
                (None, _) if self.endpoint.is_web() => Cost::Nothing,
                (None, Some(fault)) if !trip.is_sent() || !fault.may_cost() => Cost::Nothing,
                (None, _) => Cost::Guessed,
            };
            self.close(desk, call, Ended { bytes: trip.bytes(), cost, took: began.elapsed(), fault }).await;
            let fault = match came {
                Ok(value) => return Ok(Ok(value)),
                Err(fault) => fault,
            };
            let pause = pause(attempt, fault.retry_after);
            if attempt >= self.pace.tries || !fault.is_passing() || !may_repeat() || pause > LONGEST_PAUSE.min(left()) {
                return Ok(Err(fault));
            }
            tokio::select! {
                biased;
                () = self.stop.stopped() => return Ok(Err(Fault::new(Reason::Cancelled))),
                () = tokio::time::sleep(pause) => {}
            }
        }
        Err(Error::broken("tries without end"))
    }

    /// Off the threads that serve pages: a long text and many words take a while.
    async fn dress<D: Desk>(&self, desk: &mut D, masks: Masks) -> Asked<Dressed> {
        let (plain, endpoint) = (self.body.clone(), self.endpoint);
        let (host, model, records) = (self.host.clone(), self.model.to_owned(), self.records.clone());
        let marks = self.marks.clone();
        desk.work(move || {
            let mut body = Value::clone(&plain);
            masks.mask(&mut body, &marks.fence);
            // A masked address is another address.
            if endpoint == Endpoint::WebFetch && body != *plain {
                return Ok(Err(Fault::new(Reason::Masked)));
            }
            let text = body.to_string();
            let bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
            let hash = Sha256::digest(text.as_bytes()).to_vec();
            let text = Body::of(text);
            let sending = Sending { endpoint, host, model, records, bytes, hash, body: text, marks, masks, attempt: 1 };
            Ok(Ok(Dressed { sending, body }))
        })
        .await
    }

    /// Through the gate, after a wait when too many are under way.
    async fn enter<D: Desk>(&self, desk: &mut D, dressed: &mut Dressed, patience: Duration) -> Asked<Uuid> {
        let (began, mut changes, mut seat) = (Instant::now(), 0, None);
        let mut is_last = patience.is_zero();
        loop {
            if self.stop.is_stopped() {
                return Ok(Err(Fault::new(Reason::Cancelled)));
            }
            let (whose, what) = (self.asking.clone(), dressed.sending.clone());
            match desk.book(move |tx| gate_open(tx, &whose, &what, is_last)).await? {
                Gate::Open(call) => return Ok(Ok(call)),
                Gate::Shut(fault) => return Ok(Err(fault)),
                Gate::Stale(_) if changes >= MAX_CHANGES => return Ok(Err(Fault::new(Reason::Busy))),
                Gate::Stale(masks) => {
                    changes += 1;
                    let attempt = dressed.sending.attempt;
                    *dressed = match self.dress(desk, masks).await? {
                        Ok(dressed) => dressed,
                        Err(fault) => return Ok(Err(fault)),
                    };
                    dressed.sending.attempt = attempt;
                    continue;
                }
                Gate::Full => seat = seat.or_else(|| WAITING.take()),
            }
            if seat.is_none() {
                is_last = true;
                continue;
            }
            tokio::select! {
                biased;
                () = self.stop.stopped() => {}
                () = tokio::time::sleep(QUEUE_STEP) => {}
            }
            is_last = began.elapsed() >= patience;
        }
    }

    /// Until it ends, is stopped, takes too long, or a policy that was changed meanwhile forbids it.
    async fn watched<D: Desk, T>(
        &self,
        desk: &mut D,
        call: Uuid,
        sending: &Sending,
        longest: Duration,
        doing: impl Future<Output = Costly<T>>,
    ) -> Costly<T> {
        let (mut doing, mut end) = (pin!(doing), pin!(tokio::time::sleep(longest)));
        loop {
            tokio::select! {
                biased;
                () = self.stop.stopped() => return (Err(Fault::new(Reason::Cancelled)), None),
                () = &mut end => return (Err(Fault::new(Reason::Slow)), None),
                came = &mut doing => return came,
                () = tokio::time::sleep(self.pace.beat) => {}
            }
            let (whose, what) = (self.asking.clone(), sending.clone());
            match desk.book(move |tx| gate_beat(tx, call, &whose, &what)).await {
                Ok(None) => {}
                Ok(Some(fault)) => return (Err(fault), None),
                Err(error) => {
                    tracing::warn!(name = "ai.no_beat", call = %call, ?error, "a call goes on without its sign of life")
                }
            }
        }
    }

    /// An answer that is there is given, also when the ledger cannot be written: the row is then closed as lost.
    async fn close<D: Desk>(&self, desk: &mut D, call: Uuid, ended: Ended) {
        if let Some(fault) = ended.fault.as_ref().filter(|fault| fault.reason != Reason::Cancelled) {
            let Fault { reason, status, code, .. } = fault;
            tracing::warn!(name = "ai.call_failed", call = %call, reason = reason.as_str(), status, code, "a call to a provider failed");
        }
        for _ in 0..2 {
            let ended = ended.clone();
            match desk.book(move |tx| gate_close(tx, call, &ended)).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(name = "ai.not_closed", call = %call, ?error, "the end of a call could not be written down")
                }
            }
        }
    }
}

/// Calls of this process that wait at the gate.
static WAITING: Seats = Seats::new();

/// Places to wait, `MAX_WAITING` of them.
pub struct Seats(AtomicUsize);

/// One of them, until it is dropped.
pub struct Seat<'s>(&'s AtomicUsize);

impl Seats {
    pub const fn new() -> Self {
        Seats(AtomicUsize::new(0))
    }

    /// None when all are taken.
    pub fn take(&self) -> Option<Seat<'_>> {
        let next = |taken: usize| (taken < MAX_WAITING).then_some(taken + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok().then_some(Seat(&self.0))
    }
}

impl Default for Seats {
    fn default() -> Self {
        Seats::new()
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the provider asks for and a little more by chance, or else doubling, from half to one and a half of it: so that many do not
/// come back at once.
fn pause(attempt: i32, asked: Option<Duration>) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or_default().min(10);
    let chance = 0.5 + f64::from(rand::random::<u8>()) / 256.0;
    let own = (FIRST_PAUSE * (1 << doublings)).mul_f64(chance);
    asked.map_or(own, |asked| asked + own.mul_f64(0.5))
}
