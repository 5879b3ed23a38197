//! The receipt. Only `may` makes a `Permit`, only `audit::record` takes it, and a write that owes one does not commit.

use crate::access::actor::Actor;
use crate::access::permission::Permission;
use crate::access::rules::{Answer, Thing, Verb, answer, is_sensitive};
use crate::db::Tx;
use crate::error::{Error, Result};

/// Permission given for one act (on one thing, or a set of them).
#[must_use = "settle it with audit::record"]
#[derive(Debug)]
pub struct Permit {
    pub(in crate::access) actor: Actor,
    pub(in crate::access) verb: Verb,
    pub(in crate::access) things: Vec<Thing>,
}

impl Permit {
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    pub fn verb(&self) -> Verb {
        self.verb
    }

    pub fn things(&self) -> &[Thing] {
        &self.things
    }

    /// Nothing had to change after all (closing what is closed): settles without an entry.
    pub fn unused(self, tx: &mut Tx) {
        tx.receipts.settle();
    }
}

/// Asks for one thing. `NotFound` when it is hidden, `Forbidden` with the reason when not, `Confirm` when it is allowed but needs a
/// recent sign-in.
pub fn may(tx: &mut Tx, me: &Actor, verb: Verb, thing: &Thing) -> Result<Permit> {
    may_each(tx, me, verb, std::slice::from_ref(thing))
}

/// One permit for a set; the first refusal refuses all.
pub fn may_each(tx: &mut Tx, me: &Actor, verb: Verb, things: &[Thing]) -> Result<Permit> {
    for thing in things {
        check(me, verb, thing)?;
    }
    if !me.is_confirmed && things.iter().any(|thing| is_sensitive(verb, thing)) {
        return Err(Error::Confirm);
    }
    tx.receipts.issue();
    Ok(Permit { actor: me.clone(), verb, things: things.to_vec() })
}

/// Asks for a read that no list predicate covers; leaves no receipt because nothing is written, and never asks for a recent sign-in.
pub fn check(me: &Actor, verb: Verb, thing: &Thing) -> Result<()> {
    match answer(me, verb, thing) {
        Answer::Yes => Ok(()),
        Answer::Hidden => Err(Error::NotFound),
        Answer::No(reason) => Err(Error::Forbidden(reason)),
    }
}

/// For buttons: the same table, as a yes or no.
pub fn can(me: &Actor, verb: Verb, thing: &Thing) -> bool {
    answer(me, verb, thing) == Answer::Yes
}

/// For settings and menus.
pub fn holds(me: &Actor, permission: Permission) -> bool {
    can(me, Verb::Administer, &Thing::Organisation(permission))
}
