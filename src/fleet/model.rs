//! What a server admin may see of the machinery.

use crate::access::{Actor, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::paging::{Cursor, Page};
use crate::error::Result;
use crate::queue::{
    EntryRun, GivenUp, KindTally, Role, Sighting, UnderWay, entry_runs, instances, kinds_tally, under_way,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// All instances, as they stood a few seconds ago.
pub fn see_instances(tx: &mut Tx, me: &Actor) -> Result<Vec<Sighting>> {
    check(me, Verb::See, &Thing::Server)?;
    instances(tx)
}

/// What is wrong with the whole, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody who is there does background work.
    NoWorker,
    Silent,
    /// Two versions at once: right while they are replaced one by one, and not for long.
    Versions,
}

/// None when all is well.
pub fn trouble(instances: &[Sighting], now: DateTime<Utc>) -> Option<Trouble> {
    let there = || instances.iter().filter(|instance| !instance.is_silent(now));
    let mut versions: Vec<&str> = there().map(|instance| instance.version.as_str()).collect();
    versions.dedup();
    if there().all(|instance| instance.role == Role::Web) {
        return Some(Trouble::NoWorker);
    }
    if instances.iter().any(|instance| instance.is_silent(now)) {
        return Some(Trouble::Silent);
    }
    (versions.len() > 1).then_some(Trouble::Versions)
}

/// The queue and the schedule at this moment.
#[derive(Debug, Clone)]
pub struct Sight {
    pub kinds: Vec<KindTally>,
    pub under_way: Vec<UnderWay>,
    pub given_up: Page<GivenUp>,
    pub runs: Vec<EntryRun>,
}

pub fn see_queue(tx: &mut Tx, me: &Actor, after: Option<&Cursor>) -> Result<Sight> {
    check(me, Verb::See, &Thing::Server)?;
    let (kinds, under_way) = (kinds_tally(tx)?, under_way(tx)?);
    Ok(Sight { kinds, under_way, given_up: GivenUp::list(tx, after)?, runs: entry_runs(tx)? })
}

/// False when somebody else decided about it before.
pub fn try_again(tx: &mut Tx, me: &Actor, id: Uuid) -> Result<bool> {
    decide(tx, me, id, ActKind::JobTriedAgain, GivenUp::again)
}

/// For good; what it should have done is not done. False when somebody else decided about it before.
pub fn drop_job(tx: &mut Tx, me: &Actor, id: Uuid) -> Result<bool> {
    decide(tx, me, id, ActKind::JobDropped, GivenUp::forget)
}

fn decide(
    tx: &mut Tx,
    me: &Actor,
    id: Uuid,
    kind: ActKind,
    change: impl FnOnce(&GivenUp, &mut Tx) -> Result<()>,
) -> Result<bool> {
    let permit = may(tx, me, Verb::Edit, &Thing::Server)?;
    let Some(job) = GivenUp::find(tx, id)? else {
        permit.unused(tx);
        return Ok(false);
    };
    change(&job, tx)?;
    audit::record(tx, permit, Act::new(kind).target("job", id).note("kind", job.kind.as_str()))?;
    Ok(true)
}
