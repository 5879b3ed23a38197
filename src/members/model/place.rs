//! A person's place in the organisation: role, and whether they may enter. One owner and one server admin always remain: that is
//! counted under a lock, so that two who leave at once do not both count the other.

use super::Member;
use crate::access::{Actor, Thing, Verb, check, lifts_directory, may, may_each};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Msg, Result};
use crate::people::{Membership, OrganisationRole, Person, Session};
use crate::sso::{Gift, Keeper, Target};
use diesel::QueryableByName;
use diesel::sql_types::Int8;

#[derive(QueryableByName)]
pub(in crate::members) struct Others {
    #[diesel(sql_type = Int8)]
    pub owners: i64,
    #[diesel(sql_type = Int8)]
    pub server_admins: i64,
}

impl Member {
    /// `Conflict` when the role is no longer the one the form showed.
    pub fn change_role(&self, tx: &mut Tx, me: &Actor, was: OrganisationRole, role: OrganisationRole) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, member) = (&me.again(tx)?, Member::find(tx, me, &self.handle)?);
        let permit = may(tx, me, Verb::Share, &member.thing(role))?;
        if member.role == role {
            permit.unused(tx);
            return Ok(());
        }
        if member.role != was {
            let (theirs, yours) = (member.role.to_string(), role.to_string());
            return Err(Error::Conflict(Box::new(Conflict { field: "role", seen: theirs.clone(), theirs, yours })));
        }
        if member.role == OrganisationRole::Owner && member.others(tx)?.owners == 0 {
            return Err(Error::invalid("role", "problem-last-owner"));
        }
        if member.role == OrganisationRole::Owner {
            Keeper::check_leaves(tx, member.id, "role")?;
        }
        Membership::set_role(tx, member.id, role)?;
        if role != OrganisationRole::Member {
            // From now on by hand, so that no rule of sign-on takes it again.
            Gift::make_own(tx, member.id, Target::Admin)?;
        }
        let mut act = Act::new(ActKind::MemberChanged).target("person", member.id).change("role", member.role, role);
        if role < member.role {
            act = act.note("sessions", member.end_sessions(tx, me)?);
        }
        Session::owe_tokens(tx, &[member.id])?;
        audit::record(tx, permit, act)
    }

    /// Makes this person an owner and, if wished, the actor an admin, in one step. `Invalid` at `person` for who cannot be made one.
    pub fn make_owner(&self, tx: &mut Tx, me: &Actor, steps_down: bool) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, member) = (&me.again(tx)?, Member::find(tx, me, &self.handle)?);
        let mine = Member::myself(tx, me)?;
        let owner = OrganisationRole::Owner;
        let permit = may_each(tx, me, Verb::Share, &[member.thing(owner), mine.thing(owner)])?;
        let problem = match () {
            () if member.id == mine.id => Some("problem-owner-oneself"),
            () if !member.is_active() => Some("problem-deactivated"),
            () if member.role == owner && !steps_down => Some("problem-owner-already"),
            () => None,
        };
        if let Some(problem) = problem {
            return Err(Error::invalid("person", problem));
        }
        Membership::set_role(tx, member.id, owner)?;
        Gift::make_own(tx, member.id, Target::Admin)?;
        Session::owe_tokens(tx, &[member.id])?;
        let mut act =
            Act::new(ActKind::OwnerTransferred).target("person", member.id).change("role", member.role, owner);
        if steps_down {
            Keeper::check_leaves(tx, mine.id, "person")?;
            Membership::set_role(tx, mine.id, OrganisationRole::Admin)?;
            act = act.note("stepped_down", mine.id).note("sessions", mine.end_sessions(tx, me)?);
            Session::owe_tokens(tx, &[mine.id])?;
        }
        audit::record(tx, permit, act)
    }

    /// Ends their sessions at once; what they wrote stays theirs.
    pub fn deactivate(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, member) = (&me.again(tx)?, Member::find(tx, me, &self.handle)?);
        let permit = may(tx, me, Verb::Remove, &member.thing(member.role))?;
        if !member.is_active() {
            if me.directory.is_some() || !member.is_held_alone() {
                permit.unused(tx);
                return Ok(());
            }
            Person::close_beside(tx, member.id)?;
            return audit::record(tx, permit, Act::new(ActKind::MemberDeactivated).target("person", member.id));
        }
        let others = member.others(tx)?;
        if member.role == OrganisationRole::Owner && others.owners == 0 {
            return Err(Error::invalid("", "problem-last-owner"));
        }
        if member.role == OrganisationRole::Owner {
            Keeper::check_leaves(tx, member.id, "")?;
        }
        if member.server_admin && others.server_admins == 0 {
            return Err(Error::invalid("", "problem-last-server-admin"));
        }
        let now = tx.now;
        Person::set_deactivated(tx, member.id, Some(now))?;
        let ended = Session::end_all(tx, member.id, None)?;
        audit::record(
            tx,
            permit,
            Act::new(ActKind::MemberDeactivated).target("person", member.id).note("sessions", ended),
        )
    }

    /// The directory shut them out, and nobody here did so before or after it.
    pub fn is_held_alone(&self) -> bool {
        self.held_at.is_some() && self.held_at == self.deactivated_at
    }

    /// They may enter again, with the role and groups they had.
    pub fn reactivate(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, member) = (&me.again(tx)?, Member::find(tx, me, &self.handle)?);
        let permit = may(tx, me, Verb::Remove, &member.thing(member.role))?;
        if member.is_active() {
            permit.unused(tx);
            return Ok(());
        }
        if member.held_at.is_some() && !lifts_directory(me) {
            return Err(Error::forbidden(Msg::new("refused-held").with("name", &member.name)));
        }
        Person::set_deactivated(tx, member.id, None)?;
        audit::record(tx, permit, Act::new(ActKind::MemberReactivated).target("person", member.id))
    }

    /// Active owners and server admins but this person.
    pub(in crate::members) fn others(&self, tx: &mut Tx) -> Result<Others> {
        let mut sql = Sql::named(
            "members::others",
            "select count(*) filter (where m.role = 'owner') as owners, count(*) filter (where p.server_admin) as server_admins
             from people p join memberships m on m.person_id = p.id where p.deactivated_at is null and p.id <> ",
        );
        sql.bind(self.id);
        sql.load(tx.conn())?.into_iter().next().ok_or_else(|| Error::broken("no count came back"))
    }

    /// Whether the actor may set this person's password.
    pub fn check_reset(&self, me: &Actor) -> Result<()> {
        if me.is(Some(self.id)) {
            return Err(Error::forbidden("refused-own-password"));
        }
        check(me, Verb::Edit, &self.thing(self.role))
    }

    /// A new password by somebody who holds at least as much; all sessions of the person end.
    pub fn reset_password(&self, tx: &mut Tx, me: &Actor, hash: &str) -> Result<()> {
        // Else somebody could be made an owner between the question and the new password.
        Membership::take_turn(tx)?;
        let (me, member) = (&me.again(tx)?, Member::find(tx, me, &self.handle)?);
        member.check_reset(me)?;
        let permit = may(tx, me, Verb::Edit, &Thing::Account(member.id))?;
        if !member.is_active() {
            permit.unused(tx);
            return Err(Error::invalid("", "problem-deactivated"));
        }
        Person::set_password_hash(tx, member.id, hash)?;
        let ended = Session::end_all(tx, member.id, None)?;
        audit::record(
            tx,
            permit,
            Act::new(ActKind::PasswordChanged).target("person", member.id).note("sessions", ended),
        )
    }
}
