//! Opening and accepting. A lock on the row lets one of two win; what the inviter may give is asked anew, as of now.

use super::create::noting;
use super::{Gifts, Invitation, State};
use crate::access::{Actor, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{Entry, Membership, Organisation, OrganisationId, OrganisationRole, Person, PersonId, Session};
use crate::signin::Throttle;
use crate::sso::{Connection, Gift, Target, Who};
use crate::text::value::{Email, Name};
use crate::vault::Vault;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Uuid as SqlUuid};

/// How an invitation stands for who opened its link.
#[derive(Debug, Clone)]
pub enum Standing {
    /// No invitation has this link; it may have been renewed.
    Unknown,
    /// Expired, accepted or revoked.
    Closed(State),
    /// Whoever stands behind it has left, or may no longer give what it gives.
    Void,
    /// Its address belongs to somebody who was shut out.
    Barred,
    /// Its address has an account: they sign in first.
    Known(Box<Invitation>),
    /// A new account can be made.
    New(Box<Invitation>),
}

/// What the form of a new account says, checked.
#[derive(Clone)]
pub struct Newcomer {
    pub name: Name,
    /// The invitation's own address wins.
    pub email: Email,
    pub way: Way,
}

/// How a new account is entered from then on.
#[derive(Clone)]
pub enum Way {
    /// argon2id, PHC format.
    Password(String),
    /// Through the provider that has just vouched for them.
    SignOn(Box<Who>),
}

/// An invitation as opened by one of its links.
struct Opened {
    invitation: Invitation,
    is_mailed: bool,
}

#[derive(QueryableByName)]
struct Link {
    #[diesel(sql_type = SqlUuid)]
    invitation_id: super::InvitationId,
    #[diesel(sql_type = Bool)]
    is_mailed: bool,
}

fn opened(tx: &mut Tx, hash: &[u8], is_locked: bool) -> Result<Option<Opened>> {
    let mut sql =
        Sql::named("invitations::by_link", "select invitation_id, is_mailed from invitation_links where token_hash = ");
    sql.bind(hash.to_vec());
    let Some(link) = sql.load::<Link>(tx.conn())?.into_iter().next() else { return Ok(None) };
    let find = if is_locked { Invitation::locked } else { Invitation::by_id };
    Ok(Some(Opened { invitation: find(tx, link.invitation_id)?, is_mailed: link.is_mailed }))
}

impl Standing {
    /// `Slow` for an address that tried too many links that lead nowhere.
    pub fn of(tx: &mut Tx, hash: &[u8], address: &str) -> Result<Standing> {
        Throttle::link(address).check(tx)?;
        let Some(opened) = opened(tx, hash, false)? else { return Ok(Standing::Unknown) };
        opened.invitation.standing(tx)
    }

    /// Counts a link that leads nowhere.
    pub fn miss(tx: &mut Tx, address: &str) -> Result<()> {
        Throttle::link(address).fail(tx).map(drop)
    }
}

impl Invitation {
    fn standing(self, tx: &mut Tx) -> Result<Standing> {
        let state = self.state(tx.now);
        if state != State::Pending {
            return Ok(Standing::Closed(state));
        }
        match self.bounded(tx) {
            Ok(_) => {}
            Err(Error::Broken(why)) => return Err(Error::Broken(why)),
            Err(Error::Away(why)) => return Err(Error::Away(why)),
            Err(_) => return Ok(Standing::Void),
        }
        let person = match &self.email {
            Some(email) => Person::by_email(tx, email)?,
            None => None,
        };
        Ok(match person {
            None => Standing::New(Box::new(self)),
            Some(person) if person.deactivated_at.is_some() => Standing::Barred,
            Some(_) => Standing::Known(Box::new(self)),
        })
    }

    /// What it gives, when the inviter is still here and may still give it; else an error.
    fn bounded(&self, tx: &mut Tx) -> Result<(Actor, Gifts)> {
        let inviter = Actor::of_person(tx, self.inviter_id)?;
        let gifts = self.gifts().awake(&inviter);
        gifts.check(tx, &inviter)?;
        Ok((inviter, gifts))
    }

    fn close(&self, tx: &mut Tx, person: PersonId) -> Result<()> {
        let mut sql = Sql::named("invitations::accept", "update invitations set accepted_at = ");
        sql.bind(tx.now).push(", accepted_by_id = ").bind(person).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}

/// Of the open invitation behind the link. `Invalid` on the whole form when it no longer stands.
fn stands(tx: &mut Tx, hash: &[u8]) -> Result<(Opened, Actor, Gifts)> {
    let gone = || Error::invalid("", "problem-invitation-ended");
    let opened = opened(tx, hash, true)?.ok_or_else(gone)?;
    if opened.invitation.state(tx.now) != State::Pending {
        return Err(gone());
    }
    let (inviter, gifts) = opened.invitation.bounded(tx).map_err(|_| gone())?;
    Ok((opened, inviter, gifts))
}

impl Newcomer {
    /// The account, with all it was promised, signed in: the answer is the session's token. `Invalid` when the invitation no
    /// longer stands, or the address has an account.
    pub fn accept(self, tx: &mut Tx, me: &Actor, hash: &[u8], (entry, vault): (Entry, &Vault)) -> Result<String> {
        // As `join` does it: rules of sign-on may give something more.
        Membership::take_turn(tx)?;
        let joined = may(tx, me, Verb::Add, &Thing::Door)?;
        let accepted = may(tx, me, Verb::Add, &Thing::Door)?;
        let (opened, _, gifts) = stands(tx, hash)?;
        let invitation = opened.invitation;
        let email = invitation.email.clone().unwrap_or_else(|| self.email.as_str().to_owned());
        if Person::by_email(tx, &email)?.is_some() {
            return Err(Error::invalid("email", "problem-invitation-account"));
        }
        if let Way::SignOn(who) = &self.way {
            check_vouched(tx, who, &email)?;
        }
        let is_proven = opened.is_mailed && invitation.email.is_some();
        let organisation = Organisation::only(tx)?.ok_or(Error::NotFound)?;
        let way = self.way.clone();
        let person = self.insert(tx, organisation.id, email, gifts.role)?;
        if is_proven {
            Person::set_verified(tx, person)?;
        }
        gifts.hand_over(tx, person)?;
        invitation.close(tx, person)?;
        let act = Act::new(ActKind::MemberAdded).target("person", person).note("invitation", invitation.id);
        let act = match &way {
            Way::SignOn(who) => act.note("sso_connection", who.connection.0),
            Way::Password(_) => act,
        };
        audit::record(tx, joined, act.change("role", None::<OrganisationRole>, gifts.role))?;
        let act = Act::new(ActKind::InvitationAccepted).target("invitation", invitation.id).note("person", person);
        audit::record(tx, accepted, noting(act, &gifts))?;
        match way {
            Way::Password(_) => Session::begin(tx, person, entry),
            Way::SignOn(who) => who.begin_first(tx, me, person, (entry, vault)),
        }
    }

    fn insert(
        self,
        tx: &mut Tx,
        organisation_id: OrganisationId,
        email: String,
        role: OrganisationRole,
    ) -> Result<PersonId> {
        let now = tx.now;
        let handle = Person::free_handle(tx, self.name.as_str())?;
        let person = Person::new(PersonId(tx.new_id()), self.name.into_string(), email, handle, now);
        let password_hash = match self.way {
            Way::Password(hash) => Some(hash),
            Way::SignOn(_) => None,
        };
        let person = Person { password_hash, ..person };
        let membership = Membership { id: tx.new_id(), organisation_id, person_id: person.id, role, created_at: now };
        person.insert(tx, &membership)?;
        Ok(person.id)
    }
}

/// Everything anew, some minutes after the provider said it: its connection is still offered, it says that the address is theirs, and
/// it is the address that was invited.
fn check_vouched(tx: &mut Tx, who: &Who, email: &str) -> Result<()> {
    let connection = Connection::open(tx, who.connection).map_err(|_| Error::invalid("", "sign-on-gone"))?;
    match who.linked(tx)? {
        Some(_) => Err(Error::invalid("", "sign-on-of-another")),
        None => match who.problem(&connection, Some(email)) {
            None => Ok(()),
            Some(problem) => Err(Error::invalid("", problem)),
        },
    }
}

/// A signed-in member takes what the invitation adds to what they have. `NotFound` for somebody else's invitation; `Forbidden` when
/// its inviter may not change this member.
pub fn join(tx: &mut Tx, me: &Actor, hash: &[u8]) -> Result<()> {
    let person = me.person_id().ok_or(Error::SignIn)?;
    let permit = may(tx, me, Verb::Edit, &Thing::Own(person))?;
    // Somebody may have been made an owner since this request began: what stands now is what is added to.
    Membership::take_turn(tx)?;
    let now = Actor::of_person(tx, person)?;
    let (opened, inviter, gifts) = stands(tx, hash)?;
    let invitation = opened.invitation;
    if !invitation.is_for(me) {
        return Err(Error::NotFound);
    }
    let row = Person::find(tx, person)?;
    let is_raised = now.role < Some(gifts.role);
    if is_raised || !gifts.permissions.without(now.permissions).is_empty() {
        let holds = gifts.permissions.union(now.permissions);
        let role = now.role.unwrap_or(gifts.role).max(gifts.role);
        let thing = Thing::Member { id: person, role, holds, is_server_admin: row.server_admin };
        check(&inviter, Verb::Share, &thing)?;
    }
    if is_raised {
        Membership::set_role(tx, person, gifts.role)?;
        Gift::make_own(tx, person, Target::Admin)?;
    }
    if opened.is_mailed && invitation.email.is_some() && row.verified_at.is_none() {
        Person::set_verified(tx, person)?;
    }
    gifts.hand_over(tx, person)?;
    Session::owe_tokens(tx, &[person])?;
    invitation.close(tx, person)?;
    let act = Act::new(ActKind::InvitationAccepted).target("invitation", invitation.id).note("person", person);
    let act = if is_raised { act.change("role", now.role, gifts.role) } else { act };
    audit::record(tx, permit, noting(act, &gifts))
}

impl Invitation {
    /// One without address is for whoever has the link.
    pub fn is_for(&self, me: &Actor) -> bool {
        let own = me.person.as_ref().map(|person| person.email.as_str());
        self.email.is_none() || self.email.as_deref() == own
    }
}
