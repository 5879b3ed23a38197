//! One act on many tickets: all of them, or none.

use super::{Field, Ticket};
use crate::access::Actor;
use crate::db::Tx;
use crate::error::Result;
use crate::records::{Edit, Record};

/// What to do with each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAct {
    Archive,
    Restore,
    Set(Field, String),
}

/// Does it to all of them; the first refusal or problem stops it, and undoes all with its transaction.
pub fn act_on_all(tx: &mut Tx, me: &Actor, ids: &[String], act: &BulkAct) -> Result<()> {
    for id in ids {
        match act {
            BulkAct::Archive => Record::find(tx, me, crate::access::Kind::Ticket, id)?.archive(tx, me)?,
            BulkAct::Restore => Record::find(tx, me, crate::access::Kind::Ticket, id)?.restore(tx, me)?,
            BulkAct::Set(field, value) => {
                Ticket::edit(tx, me, id, &Edit { field: *field, value: value.clone(), was: None })?;
            }
        }
    }
    Ok(())
}
