//! What a server admin may see of the machinery.

use crate::access::{Actor, Thing, Verb, check};
use crate::db::Tx;
use crate::error::Result;
use crate::queue::{Role, Sighting, instances};
use chrono::{DateTime, Utc};

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
