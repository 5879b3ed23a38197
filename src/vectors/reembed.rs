//! `tow reembed`: a whole set beside the one that serves, then in its place. It goes on where it was stopped, because what a set
//! lacks is asked of the set. One at a time does it.

use super::jobs::{forbidden, is_held, send};
use super::model::*;
use crate::ai::{Asking, Endpoint, Fault, Provider, Reason, Target, foresee};
use crate::db::Chore;
use crate::error::Result;
use crate::queue::Work;
use chrono::{DateTime, Utc};
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
    /// Another one is at work on it, or was until it was killed; nobody else may until then.
    Taken(DateTime<Utc>),
    /// It serves now.
    Serves { vectors: i64, held: Vec<Held> },
    /// Why it stopped; what was made is kept, and the old set serves.
    Stopped { fault: Fault, held: Vec<Held> },
}

/// What a place's own budget or policy kept out of the new set; it is made when that allows it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub gap: Gap,
    pub fault: Fault,
}

/// Makes what is missing, then switches. `said` hears how many there are, of how many.
pub async fn reembed(
    work: &mut Work<'_>,
    provider: &Provider,
    is_anew: bool,
    said: &mut dyn FnMut(i64, i64),
) -> Result<Reembedded> {
    if !provider.is_configured() {
        return Ok(Reembedded::Stopped { fault: Fault::new(Reason::NoKey), held: Vec::new() });
    }
    let ai = work.config.ai.clone();
    let (set, lease) = match work.touch(Chore::Vectors, |tx| Set::build(tx, &ai, is_anew))? {
        Build::Needless => return Ok(Reembedded::Needless),
        Build::Taken(until) => return Ok(Reembedded::Taken(until)),
        Build::Begun(set, lease) => (set, lease),
    };
    let mut round = Round { work, provider, set: &set, lease, held: BTreeMap::new(), said };
    let done = round.run().await;
    let returned = work.touch(Chore::Vectors, |tx| set.give_back(tx, lease));
    let done = done?;
    returned?;
    if matches!(done, Reembedded::Serves { .. }) {
        tidy(work, usize::MAX)?;
    }
    Ok(done)
}

struct Round<'r, 'c> {
    work: &'r mut Work<'c>,
    provider: &'r Provider,
    set: &'r Set,
    lease: Lease,
    /// Places that are left out of the rest of it, why, and on whose behalf it was asked.
    held: BTreeMap<Uuid, (Fault, Asking)>,
    said: &'r mut dyn FnMut(i64, i64),
}

/// Why it does not go on.
enum Ended {
    Fault(Fault),
    /// It was away so long that another one has the set.
    Lost,
}

impl Round<'_, '_> {
    async fn run(&mut self) -> Result<Reembedded> {
        loop {
            if let Some(ended) = self.pass().await? {
                return self.ended(ended);
            }
            if self.lacking(Uuid::nil(), 1)?.is_empty() {
                break;
            }
        }
        if let Some(fault) = self.held_by_all()? {
            return self.ended(Ended::Fault(fault));
        }
        let (set, held) = (self.set, self.report()?);
        self.work.touch(Chore::Vectors, |tx| set.take_over(tx))?;
        Ok(Reembedded::Serves { vectors: self.work.read(|tx| set.count(tx))?, held })
    }

    fn ended(&mut self, ended: Ended) -> Result<Reembedded> {
        match ended {
            Ended::Fault(fault) => Ok(Reembedded::Stopped { fault, held: self.report()? }),
            Ended::Lost => {
                let building = self.work.read(|tx| Set::find(tx, SetState::Building))?;
                let until = building.and_then(|set| set.leased_until).unwrap_or_else(|| self.work.now());
                Ok(Reembedded::Taken(until))
            }
        }
    }

    fn lacking(&mut self, after: Uuid, limit: i32) -> Result<Vec<Waiting>> {
        let (set, but) = (self.set, self.held.keys().copied().collect::<Vec<_>>());
        self.work.read(|tx| lacking(tx, set, &but, after, limit))
    }

    /// Once over everything.
    async fn pass(&mut self) -> Result<Option<Ended>> {
        let set = self.set;
        let (mut done, all) = self.work.read(|tx| Ok((set.count(tx)?, passages_in_all(tx)?)))?;
        (self.said)(done, all);
        let mut after = Uuid::nil();
        loop {
            let window = self.lacking(after, WINDOW)?;
            let Some(last) = window.last() else { return Ok(None) };
            after = last.id;
            let mut places: BTreeMap<Uuid, Vec<Waiting>> = BTreeMap::new();
            for row in window {
                places.entry(row.place_id).or_default().push(row);
            }
            for (place, rows) in places {
                for batch in rows.chunks(usize::try_from(BATCH).unwrap_or(1)) {
                    if let Some(ended) = self.one(place, batch.to_vec()).await? {
                        return Ok(Some(ended));
                    }
                    if self.held.contains_key(&place) {
                        break;
                    }
                    done += i64::try_from(batch.len()).unwrap_or_default();
                    (self.said)(done.min(all), all);
                }
            }
        }
    }

    /// One batch of one place; that it is held is kept.
    async fn one(&mut self, place: Uuid, batch: Vec<Waiting>) -> Result<Option<Ended>> {
        let (set, lease) = (self.set, self.lease);
        let taken = self.work.touch(Chore::Vectors, |tx| {
            Ok(if set.extend(tx, lease)? { Some(copy_known(tx, set, batch)?) } else { None })
        })?;
        let Some(batch) = taken else { return Ok(Some(Ended::Lost)) };
        let Some(asking) = batch.first().map(Waiting::asking) else { return Ok(None) };
        let mut fault = forbidden(self.work, set, &asking, &batch)?;
        if fault.is_none() {
            fault = match self.sent(&asking, batch).await? {
                Ok(()) => None,
                Err(Ended::Fault(fault)) => Some(fault),
                Err(Ended::Lost) => return Ok(Some(Ended::Lost)),
            };
        }
        match fault {
            None => Ok(None),
            Some(fault) if is_held(&fault) => {
                self.held.insert(place, (fault, asking));
                Ok(None)
            }
            Some(fault) => Ok(Some(Ended::Fault(fault))),
        }
    }

    async fn sent(&mut self, asking: &Asking, batch: Vec<Waiting>) -> Result<Result<(), Ended>> {
        let (set, lease) = (self.set, self.lease);
        for tried in 0.. {
            let mut is_ours = true;
            let mut extend = |tx: &mut crate::db::Tx| {
                is_ours = set.extend(tx, lease)?;
                Ok(is_ours)
            };
            let done = send(self.work, self.provider, set, asking, batch.clone(), &mut extend).await?;
            let fault = match done {
                Ok(()) if !is_ours => return Ok(Err(Ended::Lost)),
                Ok(()) => break,
                Err(fault) => fault,
            };
            let may_pass = fault.is_passing() || matches!(fault.reason, Reason::Busy | Reason::Resting);
            if !may_pass || tried >= MAX_AGAIN {
                return Ok(Err(Ended::Fault(fault)));
            }
            tokio::time::sleep(fault.retry_after.unwrap_or(FIRST_PAUSE * (1 << tried.min(6)))).await;
        }
        Ok(Ok(()))
    }

    /// Why nothing of the organisation may leave, when that is what held: a set that lacks so much does not take over.
    fn held_by_all(&mut self) -> Result<Option<Fault>> {
        let Some((_, asking)) = self.held.values().next() else { return Ok(None) };
        let (asking, model) = (Asking { person: None, project: None, ..asking.clone() }, &self.set.model);
        let target = Target::of(&self.work.config.ai, Endpoint::Embeddings, model);
        self.work.read(|tx| foresee(tx, &asking, &target, &[]))
    }

    fn report(&mut self) -> Result<Vec<Held>> {
        if self.held.is_empty() {
            return Ok(Vec::new());
        }
        let (set, places) = (self.set, self.held.keys().copied().collect());
        let gaps = self.work.read(|tx| gaps(tx, set, places))?;
        let held = |gap: Gap| self.held.get(&gap.place_id).map(|(fault, _)| Held { fault: fault.clone(), gap });
        Ok(gaps.into_iter().filter_map(held).collect())
    }
}
