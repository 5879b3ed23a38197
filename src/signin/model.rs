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

    /// The stored hash to compare with; None for an unknown, deactivated or passwordless account. `Slow` when throttled.
    pub fn begin(&self, tx: &mut Tx) -> Result<Option<String>> {
        for throttle in self.throttles() {
            throttle.check(tx)?;
        }
        let person = Person::by_email(tx, &self.email)?.filter(|person| person.deactivated_at.is_none());
        Ok(person.and_then(|person| person.password_hash))
    }

    /// After a fitting password: what was counted against it is forgotten.
    pub fn clear(&self, tx: &mut Tx) -> Result<()> {
        self.throttles().iter().try_for_each(|throttle| throttle.clear(tx))
    }

    /// Counts the failure and keeps it.
    pub fn fail(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let mut failures = 0;
        for throttle in self.throttles() {
            failures = failures.max(throttle.fail(tx)?);
        }
        let person = Person::by_email(tx, &self.email)?.map(|person| person.id);
        audit::record_failed_sign_in(tx, me, person, failures)
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
