//! A newer item takes the place of an older one; both show it.

use super::{Field, Item, Status};
use crate::access::{Actor, Verb, may};
use crate::audit::{Act, ActKind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::records::LinkKind;

impl Item {
    /// `Invalid` under `supersedes` for an older one that is not there, is this one, or already replaces this one.
    pub fn supersede(&self, tx: &mut Tx, me: &Actor, old: &str) -> Result<()> {
        let old = match Item::find_locked(tx, me, &old.trim().to_uppercase()) {
            Err(Error::NotFound) => return Err(Error::invalid("supersedes", "problem-memory-unknown")),
            found => found?,
        };
        if old.record.id == self.record.id {
            return Err(Error::invalid("supersedes", "problem-link-self"));
        }
        let permit = may(tx, me, Verb::Decide, &old.record.thing())?;
        let is_circle =
            old.record.links(tx, me)?.into_iter().any(|link| {
                link.link_kind == LinkKind::Supersedes && !link.is_inverse && link.other.id == self.record.id
            });
        if is_circle {
            permit.unused(tx);
            return Err(Error::invalid("supersedes", "problem-memory-circle"));
        }
        self.record.link(tx, me, LinkKind::Supersedes, &old.record)?;
        let changed = old.cell(Field::Status).choose(tx, old.status, Some(Status::Superseded))?;
        if changed.is_some() {
            old.remember(tx, me)?;
        }
        let act = Act::new(ActKind::Superseded).on(old.record.id).note("by", self.record.id);
        old.record.settle(tx, permit, changed.map(|_| act))
    }
}
