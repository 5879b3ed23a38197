//! Signing in and out. The hash is compared between two transactions, because it takes long and needs no connection.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::{Entry, Person, Session};
use crate::signin::{Opens, Step, Throttle, Ways};

/// What a try at signing in is counted against.
#[derive(Clone)]
pub struct Attempt {
    pub email: String,
    pub address: String,
    /// The mark of a browser in which this person signed in before.
    pub known: Option<String>,
}

/// A try that has had its turn.
pub struct Begun {
    /// The hash to compare with; None for an unknown, deactivated or passwordless account.
    pub stored: Option<String>,
    /// Tries without success so far, with this one.
    pub tries: i32,
}

/// How far a fitting password leads; each with its token for a cookie.
pub enum Entered {
    Whole(String),
    /// The second factor is owed: a `Step`.
    Half(String),
}

impl Attempt {
    fn throttles(&self) -> [Throttle; 2] {
        let own = match &self.known {
            Some(known) => Throttle::browser(known),
            None => Throttle::account(&self.email),
        };
        [own, Throttle::address(&self.address)]
    }

    /// Counts the try before the password is compared, for comparing takes long: of many sent at once only the free ones are looked
    /// at. `Slow` when one must wait, and then nothing is counted.
    pub fn begin(&self, tx: &mut Tx) -> Result<Begun> {
        let mut tries = 0;
        for throttle in self.throttles() {
            tries = tries.max(throttle.take(tx)?);
        }
        let person = Person::by_email(tx, &self.email)?.filter(|person| person.deactivated_at.is_none());
        Ok(Begun { stored: person.and_then(|person| person.password_hash), tries })
    }

    /// After a fitting password: what was counted against it is forgotten.
    pub fn clear(&self, tx: &mut Tx) -> Result<()> {
        self.throttles().iter().try_for_each(|throttle| throttle.clear(tx))
    }

    /// Keeps the failure, of which `begin` said the number.
    pub fn fail(&self, tx: &mut Tx, me: &Actor, tries: i32) -> Result<()> {
        let person = Person::by_email(tx, &self.email)?.map(|person| person.id);
        audit::record_failed_sign_in(tx, me, person, tries)
    }

    /// After a fitting password: a new session, or the question for the second factor.
    pub fn succeed(&self, tx: &mut Tx, me: &Actor, entry: Entry) -> Result<Entered> {
        let permit = may(tx, me, Verb::See, &Thing::Door)?;
        let person = Person::by_email(tx, &self.email)?.ok_or(Error::SignIn)?;
        self.clear(tx)?;
        if Ways::of_factors(tx, person.id)?.has_factor() {
            permit.unused(tx);
            return Ok(Entered::Half(Step::begin(tx, person.id, Opens::SignIn)?));
        }
        let token = Session::begin(tx, person.id, entry)?;
        audit::record(tx, permit, Act::new(ActKind::SignedIn).target("person", person.id))?;
        Ok(Entered::Whole(token))
    }
}

/// Ends the session one is in.
pub fn sign_out(tx: &mut Tx, me: &Actor) -> Result<()> {
    let (Some(person), Some(session)) = (me.person_id(), me.session_id()) else { return Err(Error::SignIn) };
    let permit = may(tx, me, Verb::Remove, &Thing::Own(person))?;
    Session::end(tx, person, session)?;
    audit::record(tx, permit, Act::new(ActKind::SessionEnded).target("session", session))
}
