//! Moving an item to another scope.

use super::Item;
use crate::access::{Actor, Place};
use crate::db::Tx;
use crate::error::Result;

impl Item {
    /// `Invalid` under `widen` when a source is narrower than the new place and not among those agreed to.
    pub fn move_to(tx: &mut Tx, me: &Actor, display_id: &str, place: Place, agreed: &[String]) -> Result<Item> {
        let item = Item::find_locked(tx, me, display_id)?;
        if item.record.place() == place {
            return Ok(item);
        }
        item.widen_to(tx, me, place, agreed)?;
        item.record.move_to(tx, me, place)?;
        Item::find(tx, me, display_id)
    }
}
