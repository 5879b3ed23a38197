//! Asking for a mail. What is done is the same for every address, so that neither words nor time tell who has an account: whose the
//! address is, is looked up later, by the job.

use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::{AccountLink, Purpose};
use crate::queue::{self, Job};
use crate::signin::Throttle;
use crate::text::value::Email;

/// `Slow` for who asks too often from one address of the network. One address of mail that is asked for too often gets no further
/// mail for a while, and nobody is told.
pub fn ask<J: Job>(tx: &mut Tx, from: &str, email: &Email, job: &J) -> Result<()> {
    Throttle::asking(from).take(tx)?;
    match Throttle::mails(email.as_str()).take(tx) {
        Ok(_) => queue::enqueue(tx, None, job),
        Err(Error::Slow(_)) => Ok(()),
        Err(other) => Err(other),
    }
}

/// Whether the link behind this hash still works; where the mail went. `Slow` for an address that tried too many.
pub fn opened(tx: &mut Tx, purpose: Purpose, hash: &[u8], from: &str) -> Result<Option<String>> {
    Throttle::link(from).check(tx)?;
    Ok(AccountLink::find(tx, purpose, hash, false)?.map(|link| link.email))
}

/// Counts a link that leads nowhere.
pub fn miss(tx: &mut Tx, from: &str) -> Result<()> {
    Throttle::link(from).fail(tx).map(drop)
}
