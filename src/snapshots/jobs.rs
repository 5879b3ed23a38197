//! Assembling happens after the request: it may take a while, and can be tried again.

use super::model::{Snapshot, assemble};
use crate::access::Actor;
use crate::db::Chore;
use crate::error::{Error, Result};
use crate::queue::{Job, Outcome, Work};
use crate::records::RecordId;
use serde::{Deserialize, Serialize};

/// Assembles one snapshot, for who ordered it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MakeSnapshot {
    pub snapshot: RecordId,
}

impl Job for MakeSnapshot {
    const KIND: &'static str = "snapshots.make";
    const MAX_ATTEMPTS: i32 = 3;
    const DEDUPLICATED: bool = true;

    /// Who ordered it writes; what is read is read by the place itself. When it cannot be made, its page says so.
    fn run(self, work: &mut Work) -> Result<Outcome> {
        let (id, whom) = (self.snapshot, work.whom);
        let done = work.write(|tx| {
            let me = Actor::of_job(tx, whom)?;
            assemble(tx, &me, id)
        });
        match done {
            Ok(()) => Ok(Outcome::Done),
            Err(error @ (Error::Away(_) | Error::Slow(_))) if work.attempt < Self::MAX_ATTEMPTS => {
                Ok(Outcome::from(error))
            }
            Err(error) => {
                // Who ordered it may have lost the right to write there, or be gone: its page must say what became of it nevertheless.
                work.touch(Chore::Snapshot, |tx| Snapshot::fail(tx, id))?;
                Ok(Outcome::Never(error.to_string()))
            }
        }
    }
}
