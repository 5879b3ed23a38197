//! `tow reembed`: a whole set beside the one that serves, then in its place. It goes on where it was stopped, because what a set
//! lacks is asked of the set.

use super::jobs::{forbidden, is_held, send};
use super::model::*;
use crate::ai::{Fault, Provider, Reason};
use crate::db::Chore;
use crate::error::Result;
use crate::queue::Work;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// Passages looked at in one go; of one place they leave together.
const WINDOW: i32 = 1_000;
/// Times that a batch is sent again while the provider is too busy or away, beyond the tries of each call.
pub const MAX_AGAIN: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reembedded {
    /// The set that serves is of this model already.
    Needless,
    /// It serves now, with so many vectors.
    Serves(i64),
    /// Why it stopped; what was made is kept.
    Stopped(Fault),
}

/// Makes what is missing, then switches. `said` hears how many there are, of how many.
pub async fn reembed(
    work: &mut Work<'_>,
    provider: &Provider,
    is_anew: bool,
    said: &mut dyn FnMut(i64, i64),
) -> Result<Reembedded> {
    if !provider.is_configured() {
        return Ok(Reembedded::Stopped(Fault::new(Reason::NoKey)));
    }
    let ai = work.config.ai.clone();
    let Some(set) = work.touch(Chore::Vectors, |tx| Set::build(tx, &ai, is_anew))? else {
        return Ok(Reembedded::Needless);
    };
    loop {
        let (has, all) = work.read(|tx| Ok((set.count(tx)?, passages_in_all(tx)?)))?;
        said(has, all);
        if let Some(fault) = pass(work, provider, &set, has, all, said).await? {
            return Ok(Reembedded::Stopped(fault));
        }
        if work.read(|tx| lacking(tx, &set, Uuid::nil(), 1))?.is_empty() {
            break;
        }
    }
    work.touch(Chore::Vectors, |tx| set.take_over(tx))?;
    while work.touch(Chore::Vectors, sweep)? {}
    Ok(Reembedded::Serves(work.read(|tx| set.count(tx))?))
}

/// Once over everything; why it could not, when it could not.
async fn pass(
    work: &mut Work<'_>,
    provider: &Provider,
    set: &Set,
    has: i64,
    all: i64,
    said: &mut dyn FnMut(i64, i64),
) -> Result<Option<Fault>> {
    let (mut after, mut done, mut held) = (Uuid::nil(), has, None);
    loop {
        let window = work.read(|tx| lacking(tx, set, after, WINDOW))?;
        let Some(last) = window.last() else { return Ok(held) };
        after = last.id;
        let mut places: BTreeMap<Uuid, Vec<Waiting>> = BTreeMap::new();
        for row in window {
            places.entry(row.place_id).or_default().push(row);
        }
        for rows in places.into_values() {
            for batch in rows.chunks(usize::try_from(BATCH).unwrap_or(1)) {
                match one(work, provider, set, batch.to_vec()).await? {
                    Ok(()) => {}
                    Err(fault) if is_held(&fault) => held = Some(fault),
                    Err(fault) => return Ok(Some(fault)),
                }
                done += i64::try_from(batch.len()).unwrap_or_default();
                said(done.min(all), all);
            }
        }
    }
}

async fn one(work: &mut Work<'_>, provider: &Provider, set: &Set, batch: Vec<Waiting>) -> Result<Result<(), Fault>> {
    let batch = work.touch(Chore::Vectors, |tx| copy_known(tx, set, batch))?;
    let Some(asking) = batch.first().map(Waiting::asking) else { return Ok(Ok(())) };
    if let Some(fault) = forbidden(work, set, &asking, &batch)? {
        return Ok(Err(fault));
    }
    for tried in 0.. {
        let fault = match send(work, provider, set, &asking, batch.clone(), &mut |_| Ok(true)).await? {
            Ok(()) => break,
            Err(fault) => fault,
        };
        let may_pass = fault.is_passing() || matches!(fault.reason, Reason::Busy | Reason::Resting);
        if !may_pass || tried >= MAX_AGAIN {
            return Ok(Err(fault));
        }
        tokio::time::sleep(fault.retry_after.unwrap_or(FIRST_PAUSE * (1 << tried.min(6)))).await;
    }
    Ok(Ok(()))
}
