//! A newer item takes the place of an older one; both show it.

use super::{Field, Item, Status};
use crate::access::{Actor, Verb, may};
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

    /// Holds the older one and, when there is one already, the newer; `Invalid` when it is not there. Whoever makes the newer one
    /// asks before it has a number: who holds an item and then takes a number would otherwise wait for them for ever.
    pub(super) fn hold_older(tx: &mut Tx, me: &Actor, old: &str, newer: Option<&Item>) -> Result<Item> {
        let unknown = |error| match error {
            Error::NotFound => Error::invalid("supersedes", "problem-memory-unknown"),
            other => other,
        };
        let old = Item::find(tx, me, &old.trim().to_uppercase()).map_err(unknown)?.record;
        Record::lock_all(tx, newer.map(|newer| newer.record.id.0).into_iter().chain([old.id.0]).collect())?;
        Item::find(tx, me, &old.display_id).map_err(unknown)
    }
}
