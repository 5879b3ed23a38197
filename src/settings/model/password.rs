//! Changing one's password. The current one is compared between two transactions, as at the door, and guessed no faster than there.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::{Person, PersonId, Session};
use crate::signin::Throttle;

/// A try at changing one's password.
#[derive(Clone)]
pub struct PasswordChange {
    pub person: PersonId,
    /// What the given password was compared with.
    pub stored: Option<String>,
}

/// Counted apart from signing in: a stranger at the door must not keep a person from changing their password.
fn throttle(person: PersonId) -> Throttle {
    Throttle::browser(&format!("settings {person}"))
}

impl PasswordChange {
    /// Counts the try before the password is compared, so that of many sent at once only the free ones are looked at. `Slow` after
    /// too many wrong ones.
    pub fn begin(tx: &mut Tx, me: &Actor) -> Result<PasswordChange> {
        let person = me.person_id().ok_or(Error::SignIn)?;
        throttle(person).take(tx)?;
        Ok(PasswordChange { person, stored: Person::find(tx, person)?.password_hash })
    }

    /// Ends all other sessions: whoever knew the old password is out. How many there were.
    pub fn succeed(&self, tx: &mut Tx, me: &Actor, hash: &str) -> Result<usize> {
        let permit = may(tx, me, Verb::Edit, &Thing::Account(self.person))?;
        if Person::find(tx, self.person)?.password_hash != self.stored {
            permit.unused(tx);
            return Err(Error::invalid("current_password", "problem-password-current"));
        }
        throttle(self.person).clear(tx)?;
        Person::set_password_hash(tx, self.person, hash)?;
        let ended = Session::end_all(tx, self.person, me.session_id())?;
        audit::record(
            tx,
            permit,
            Act::new(ActKind::PasswordChanged).target("person", self.person).note("sessions", ended),
        )?;
        Ok(ended)
    }
}
