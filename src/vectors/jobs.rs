//! In the background: passages become vectors in batches, one job at a time, each batch on behalf of one place and through the gate
//! of `ai`. Nobody waits for it, so whatever the provider does, the set rests for a while and goes on later.

use super::model::*;
use crate::ai::{Asking, Endpoint, Fault, Provider, Reason, Source, Target, foresee};
use crate::db::{Chore, Tx};
use crate::error::{Error, Result};
use crate::net;
use crate::queue::{Job, Outcome, Work, enqueue};
use chrono::Duration;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// Of one job; then what else waits in the queue has its turn.
pub const MAX_BATCHES: usize = 20;
/// After the provider would not; doubled by each further time.
pub const FIRST_REST_SECONDS: i64 = 10;
pub const LONGEST_REST_SECONDS: i64 = 600;
/// Steps of what a change of sets left, in one turn of the clock, whose other entries wait meanwhile.
pub const TIDIED_AT_ONCE: usize = 5;
/// Removals from closed places in one turn of the clock; see `CLOSED_AT_ONCE`.
pub const CLOSED_TURNS: usize = 10;
/// Requests in a row that the provider calls wrong, before it is asked whether it takes anything at all.
pub const MAX_WRONG: usize = 8;
/// A text that every model takes: when it does not, the provider is at fault and not a text of ours.
const PROBE: &str = "The ferry leaves at nine.";

/// Makes vectors of what waits.
#[derive(Debug, Serialize, Deserialize)]
pub struct MakeVectors {}

impl Job for MakeVectors {
    const KIND: &'static str = "vectors.make";
    const DEDUPLICATED: bool = true;
    /// After what people wait for.
    const PRIORITY: i16 = -10;

    /// What goes wrong is kept with the set, where people look for it.
    fn run(self, work: &mut Work) -> Result<Outcome> {
        let provider = Provider::of_job(work.config);
        if !provider.is_configured() {
            return Ok(Outcome::Done);
        }
        let job = work.id;
        let Some((set, lease)) = work.touch(Chore::Vectors, |tx| take(tx, job))? else { return Ok(Outcome::Done) };
        let made = net::wait(make(work, &provider, &set, lease));
        work.touch(Chore::Vectors, |tx| set.give_back(tx, lease))?;
        if made.map_err(|fault| Error::Away(fault.to_string()))?? {
            work.touch(Chore::Vectors, |tx| enqueue(tx, None, &MakeVectors {}))?;
        }
        Ok(Outcome::Done)
    }
}

fn take(tx: &mut Tx, job: Uuid) -> Result<Option<(Set, Lease)>> {
    let Some(set) = Set::find(tx, SetState::Serving)?.filter(|set| !set.is_resting(tx.now)) else { return Ok(None) };
    Ok(set.lease(tx, job)?.map(|lease| (set, lease)))
}

/// Every few seconds: what may not be there any more goes; what waits gets a job, unless one is at it. Without a key nothing is made.
pub fn tend(work: &mut Work) -> Result<()> {
    remove_closed(work)?;
    tidy(work, TIDIED_AT_ONCE)?;
    let ai = &work.config.ai;
    if ai.openai_api_key.is_none() {
        return Ok(());
    }
    work.touch(Chore::Vectors, |tx| {
        release(tx)?;
        if waiting_places(tx)?.is_empty() {
            return Ok(());
        }
        let set = Set::ensure(tx, ai)?;
        // A job that runs goes on by itself; a second one would only find that it is taken.
        if set.is_resting(tx.now) || set.is_leased(tx.now) { Ok(()) } else { enqueue(tx, None, &MakeVectors {}) }
    })
}

fn remove_closed(work: &mut Work) -> Result<()> {
    for _ in 0..CLOSED_TURNS {
        if work.touch(Chore::Vectors, close)? == 0 {
            return Ok(());
        }
    }
    Ok(())
}

/// What came of the turn of one place.
enum Turn {
    Sent,
    /// Nothing of it waits any more.
    Over,
    /// Its budget or a policy forbids it now.
    Held(Fault),
    /// The provider would not.
    Stopped(Fault),
    /// Another job has the set now, or another set serves.
    Lost,
}

/// Place by place in turns, so that a large one does not hold up the others. Whether more is left.
async fn make(work: &mut Work<'_>, provider: &Provider, set: &Set, lease: Lease) -> Result<bool> {
    let mut sent = 0;
    let mut places = work.read(waiting_places)?;
    places.shuffle(&mut rand::rng());
    while !places.is_empty() {
        for place in std::mem::take(&mut places) {
            if sent >= MAX_BATCHES {
                return Ok(true);
            }
            match turn(work, provider, (set, lease), place).await? {
                Turn::Sent => {
                    sent += 1;
                    places.push(place);
                }
                Turn::Over => {}
                Turn::Held(fault) => {
                    // Each waited for its turn: a crowd at the gate shall not cost as many waits as there are places.
                    sent += usize::from(fault.reason == Reason::Busy);
                    work.touch(Chore::Vectors, |tx| hold(tx, place, fault.reason))?;
                }
                Turn::Lost => return Ok(false),
                Turn::Stopped(fault) => return rest(work, set, &fault).map(|()| false),
            }
        }
    }
    Ok(false)
}

async fn turn(work: &mut Work<'_>, provider: &Provider, held: (&Set, Lease), place: Uuid) -> Result<Turn> {
    let (set, lease) = held;
    let taken = work.touch(Chore::Vectors, |tx| {
        if !set.extend(tx, lease)? {
            return Ok(None);
        }
        let batch = waiting(tx, place)?;
        let count = batch.len();
        Ok(Some((count, copy_known(tx, set, batch)?)))
    })?;
    let Some((batch, rest)) = taken else { return Ok(Turn::Lost) };
    let Some(first) = rest.first() else { return Ok(if batch == 0 { Turn::Over } else { Turn::Sent }) };
    let asking = first.asking();
    if let Some(fault) = forbidden(work, set, &asking, &rest)? {
        return Ok(Turn::Held(fault));
    }
    let mut is_ours = true;
    let mut extend = |tx: &mut Tx| {
        is_ours = set.extend(tx, lease)?;
        Ok(is_ours)
    };
    Ok(match send(work, provider, set, &asking, rest, &mut extend).await? {
        Ok(()) if !is_ours => Turn::Lost,
        Ok(()) => Turn::Sent,
        Err(fault) if is_held(&fault) => Turn::Held(fault),
        Err(fault) => Turn::Stopped(fault),
    })
}

/// Asked before, so that the ledger is not filled with the same refusal every minute.
pub fn forbidden(work: &mut Work<'_>, set: &Set, asking: &Asking, batch: &[Waiting]) -> Result<Option<Fault>> {
    let records: Vec<Uuid> = batch.iter().map(|row| row.record_id).collect();
    let target = Target::of(&work.config.ai, Endpoint::Embeddings, &set.model);
    work.read(|tx| foresee(tx, asking, &target, &records))
}

/// Whether it is about this place and not about the provider: also when calls under way hold its budget.
pub fn is_held(fault: &Fault) -> bool {
    fault.reason.is_forbidden() || fault.reason == Reason::Busy
}

/// Sends a batch and keeps what comes back. When the provider calls the request wrong it may be one text of many: halved until that
/// one is alone, which is then given up. `goes_on` is asked before each request; false ends it.
pub async fn send(
    work: &mut Work<'_>,
    provider: &Provider,
    set: &Set,
    asking: &Asking,
    batch: Vec<Waiting>,
    goes_on: &mut dyn FnMut(&mut Tx) -> Result<bool>,
) -> Result<Result<(), Fault>> {
    let (mut wrong, mut is_any_taken) = (0, false);
    let mut open = vec![batch];
    while let Some(part) = open.pop() {
        // Read again, because the request before may have taken minutes.
        let ready = work.touch(Chore::Vectors, |tx| Ok(if goes_on(tx)? { Some(still(tx, &part)?) } else { None }))?;
        let Some(mut part) = ready else { return Ok(Ok(())) };
        if part.is_empty() {
            continue;
        }
        let Err(fault) = ask(work, provider, set, asking, &part).await? else {
            (wrong, is_any_taken) = (0, true);
            continue;
        };
        if !is_of_text(&fault) {
            return Ok(Err(fault));
        }
        wrong += 1;
        let is_alone = part.len() == 1;
        if wrong > MAX_WRONG || (is_alone && !is_any_taken) {
            let probe = [(Source::Own, PROBE)];
            if let Err(fault) = provider.embed_as(work, asking, (&set.model, set.length()), &probe).await? {
                return Ok(Err(fault));
            }
            (wrong, is_any_taken) = (0, true);
        }
        match part.first() {
            Some(row) if is_alone => work.touch(Chore::Vectors, |tx| give_up(tx, row.id, fault.reason.as_str()))?,
            _ => {
                let half = part.split_off(part.len() / 2);
                open.extend([part, half]);
            }
        }
    }
    Ok(Ok(()))
}

/// One request. Texts that say the same leave once, and all of them get what comes back.
async fn ask(
    work: &mut Work<'_>,
    provider: &Provider,
    set: &Set,
    asking: &Asking,
    part: &[Waiting],
) -> Result<Result<(), Fault>> {
    let words: Vec<String> = part.iter().map(Waiting::words).collect();
    let mut texts: Vec<(Source, &str)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut at = Vec::with_capacity(part.len());
    for (row, words) in part.iter().zip(&words) {
        at.push(*places.entry(words).or_insert_with(|| {
            texts.push((Source::Of(row.record_id), words));
            texts.len() - 1
        }));
    }
    Ok(match provider.embed_as(work, asking, (&set.model, set.length()), &texts).await? {
        Ok(vectors) => {
            let own: Vec<&[f32]> = at.iter().filter_map(|at| vectors.get(*at)).map(Vec::as_slice).collect();
            Ok(work.touch(Chore::Vectors, |tx| store(tx, set, part, &own))?)
        }
        Err(fault) => Err(fault),
    })
}

fn is_of_text(fault: &Fault) -> bool {
    matches!(fault.reason, Reason::Request | Reason::TooMuch)
}

fn rest(work: &mut Work<'_>, set: &Set, fault: &Fault) -> Result<()> {
    let doublings = u32::try_from(set.tries).unwrap_or_default().min(20);
    let doubled = FIRST_REST_SECONDS.saturating_mul(1_i64 << doublings).min(LONGEST_REST_SECONDS);
    let asked = fault
        .retry_after
        .and_then(|wait| i64::try_from(wait.as_secs()).ok())
        .unwrap_or_default()
        .min(LONGEST_REST_SECONDS);
    let until = work.now() + Duration::seconds(doubled.max(asked));
    tracing::warn!(name = "vectors.rest", reason = fault.reason.as_str(), "passages wait for the model provider");
    work.touch(Chore::Vectors, |tx| set.rest(tx, fault, until))
}
