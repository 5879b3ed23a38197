//! One act on many tickets: all of them, or none.

use super::{Field, Ticket};
use crate::access::Actor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::records::{Edit, Record};

/// Tickets in one bulk act.
pub const MAX_BULK: usize = 500;

/// What to do with each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAct {
    Archive,
    Restore,
    Set(Field, String),
}

/// Does it to all of them in one transaction; the first refusal or problem undoes all. Answers how many.
pub fn act_on_all(tx: &mut Tx, me: &Actor, display_ids: &[String], act: &BulkAct) -> Result<usize> {
    if display_ids.is_empty() {
        return Err(Error::invalid("", "problem-bulk-none"));
    }
    if display_ids.len() > MAX_BULK {
        return Err(Error::invalid("", crate::error::Msg::new("problem-bulk-many").with("max", MAX_BULK)));
    }
    // In one order, so that two bulk acts on the same tickets wait for each other instead of deadlocking.
    let mut ids = display_ids.to_vec();
    ids.sort();
    ids.dedup();
    for id in &ids {
        match act {
            BulkAct::Archive => Record::find(tx, me, crate::access::Kind::Ticket, id)?.archive(tx, me)?,
            BulkAct::Restore => Record::find(tx, me, crate::access::Kind::Ticket, id)?.restore(tx, me)?,
            BulkAct::Set(field, value) => {
                Ticket::edit(tx, me, id, &Edit { field: *field, value: value.clone(), was: None })?;
            }
        }
    }
    Ok(ids.len())
}
