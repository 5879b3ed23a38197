//! Each night every place with memory is looked through by rules, as that place itself.

use super::model::{places, review_place};
use crate::access::{Actor, Place};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::queue::{Job, Outcome, Work, enqueue};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Looks through the memory of one place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReviewMemory {
    /// As `records.scope` says it.
    pub scope: String,
    pub place: Uuid,
}

impl ReviewMemory {
    pub fn of(place: Place) -> Self {
        ReviewMemory { scope: place.scope().to_owned(), place: place.id() }
    }
}

impl Job for ReviewMemory {
    const KIND: &'static str = "diffs.review_memory";
    const DEDUPLICATED: bool = true;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        let Some(place) = Place::of(&self.scope, self.place) else {
            return Ok(Outcome::Never(format!("no such scope: {}", self.scope)));
        };
        let done = work.write(|tx| {
            let me = Actor::of_scope(tx, place)?;
            review_place(tx, &me, place)
        });
        match done {
            // Its person has left: their private memory waits for them, or goes with them. Or its project was archived since.
            Err(Error::NotFound | Error::Forbidden(_)) => Ok(Outcome::Done),
            done => done.map(|_| Outcome::Done),
        }
    }
}

/// For the clock: one job for each place that has memory.
pub fn enqueue_reviews(tx: &mut Tx) -> Result<usize> {
    let places = places(tx)?;
    for place in &places {
        enqueue(tx, None, &ReviewMemory::of(*place))?;
    }
    Ok(places.len())
}
