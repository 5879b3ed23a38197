//! A newer item takes the place of an older one; both show it.

use super::{Field, Item, Status};
use crate::access::{Actor, Kind, Verb, may};
use crate::audit::{Act, ActKind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::records::{LinkKind, Record};

impl Item {
    /// `Invalid` under `supersedes` for an older one that is not there, is this one, or already replaces this one.
    pub fn supersede(&self, tx: &mut Tx, me: &Actor, old: &str) -> Result<()> {
        let old = Item::hold_older(tx, me, old, Some(self))?;
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

    /// The older one, held with this one.
    pub(super) fn hold_older(tx: &mut Tx, me: &Actor, old: &str, newer: Option<&Item>) -> Result<Item> {
        let newer = newer.map(|newer| &newer.record);
        let old = Record::hold_older(tx, me, (Kind::Memory, old), newer, "problem-memory-unknown")?;
        Item::find(tx, me, &old.display_id)
    }
}
