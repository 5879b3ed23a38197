//! One field of many tickets: all of them, or none.

use super::{Field, Ticket};
use crate::access::Actor;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::Face;
use crate::records::{Edit, seen};

/// Which field gets which value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkSet {
    pub field: Field,
    pub value: String,
    /// To take an earlier one back, what each ticket had before, in the order of the ids: it is given only to those that still have
    /// `value`.
    pub back: Option<Vec<String>>,
}

impl BulkSet {
    /// With the id of the person whom it names, so that it can be compared and taken back.
    pub fn named(self, tx: &mut Tx) -> Result<BulkSet> {
        if self.field != Field::Assignee || self.back.is_some() {
            return Ok(self);
        }
        let face = Face::optional(tx, Field::Assignee.as_str(), &self.value, None)?;
        Ok(BulkSet { value: face.map(|face| face.id.to_string()).unwrap_or_default(), ..self })
    }
}

/// Answers what each had before. The first refusal or problem stops it, and undoes all with its transaction; `Conflict` when one that
/// is taken back was changed since.
pub fn set_all(tx: &mut Tx, me: &Actor, ids: &[String], set: &BulkSet) -> Result<Vec<String>> {
    let was = set.back.as_ref().map(|_| seen(&set.value));
    let values = match &set.back {
        Some(back) if back.len() != ids.len() => return Err(Error::invalid("", "problem-bulk-back")),
        Some(back) => back.clone(),
        None => vec![set.value.clone(); ids.len()],
    };
    let pairs = ids.iter().zip(values);
    pairs.map(|(id, value)| Ticket::replace(tx, me, id, &Edit { field: set.field, value, was: was.clone() })).collect()
}
