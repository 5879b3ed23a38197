//! Accounts as the operator makes and mends them from a shell: for the first colleagues, and for who is locked out.

use crate::access::{Actor, Permission, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{Membership, Organisation, OrganisationId, OrganisationRole, Person, PersonId, Session};
use crate::schema::{memberships, people};
use crate::text::value::{Email, Name};
use diesel::prelude::*;
use uuid::Uuid;

/// An account about to be made, every field checked.
#[derive(Clone)]
pub struct NewAccount {
    pub name: Name,
    pub email: Email,
    pub role: OrganisationRole,
    pub server_admin: bool,
    /// argon2id, PHC format; None for somebody who cannot sign in.
    pub password_hash: Option<String>,
}

impl NewAccount {
    /// `Invalid` when the address is taken, or the server has no organisation yet.
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<PersonId> {
        let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::MembersUpdate))?;
        let organisation = organisation(tx)?;
        if Person::by_email(tx, self.email.as_str())?.is_some() {
            return Err(Error::invalid("email", "problem-account-exists"));
        }
        let (role, server_admin) = (self.role, self.server_admin);
        let id = self.insert(tx, organisation)?;
        let act = Act::new(ActKind::MemberAdded).target("person", id).note("role", role.as_str());
        audit::record(tx, permit, if server_admin { act.note("server_admin", true) } else { act })?;
        Ok(id)
    }

    fn insert(self, tx: &mut Tx, organisation: OrganisationId) -> Result<PersonId> {
        let now = tx.now;
        let person = Person {
            id: PersonId(tx.new_id()),
            handle: Person::free_handle(tx, self.name.as_str())?,
            name: self.name.into_string(),
            email: self.email.into_string(),
            password_hash: self.password_hash,
            server_admin: self.server_admin,
            theme: "system".to_owned(),
            palette: "default".to_owned(),
            time_zone: None,
            created_at: now,
            deactivated_at: None,
            verified_at: None,
        };
        let membership = Membership {
            id: tx.new_id(),
            organisation_id: organisation,
            person_id: person.id,
            role: self.role,
            created_at: now,
        };
        diesel::insert_into(people::table).values(&person).execute(tx.conn())?;
        diesel::insert_into(memberships::table).values(&membership).execute(tx.conn())?;
        Ok(person.id)
    }
}

/// Gives a person another password and ends all their sessions; answers how many those were.
pub fn reset_password(tx: &mut Tx, me: &Actor, email: &str, password_hash: &str) -> Result<usize> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::MembersUpdate))?;
    let person = person(tx, email)?;
    let mut sql = Sql::named("setup::reset_password", "update people set password_hash = ");
    sql.bind(password_hash).push(" where id = ").bind(person.id);
    sql.execute(tx.conn())?;
    let ended = Session::end_all(tx, person.id, None)?;
    let act = Act::new(ActKind::PasswordChanged).target("person", person.id).note("sessions_ended", ended);
    audit::record(tx, permit, act)?;
    Ok(ended)
}

/// Another role in the organisation; answers the one before. `Invalid` for the last active owner.
pub fn change_role(tx: &mut Tx, me: &Actor, email: &str, role: OrganisationRole) -> Result<OrganisationRole> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::MembersUpdate))?;
    Membership::take_turn(tx)?;
    let person = person(tx, email)?;
    let mine = memberships::table.filter(memberships::person_id.eq(person.id)).select(Membership::as_select());
    let old = mine.first(tx.conn()).optional()?.ok_or_else(|| Error::invalid("email", "problem-account-unknown"))?.role;
    if old == role {
        permit.unused(tx);
        return Ok(old);
    }
    let others = "select 1 as one from memberships m join people p on p.id = m.person_id
        where m.role = 'owner' and p.deactivated_at is null and p.id <> ";
    if old == OrganisationRole::Owner && person.deactivated_at.is_none() && !any(tx, others, person.id)? {
        return Err(Error::invalid("role", "problem-last-owner"));
    }
    let mut sql = Sql::named("setup::change_role", "update memberships set role = ");
    sql.bind(role).push(" where person_id = ").bind(person.id);
    sql.execute(tx.conn())?;
    let mut act =
        Act::new(ActKind::MemberChanged).target("person", person.id).change("role", old.as_str(), role.as_str());
    if role < old {
        act = act.note("sessions", Session::end_all(tx, person.id, None)?);
    }
    Session::owe_tokens(tx, &[person.id])?;
    audit::record(tx, permit, act)?;
    Ok(old)
}

/// Makes or unmakes a server admin; false when nothing had to change. `Invalid` for the last one.
pub fn change_server_admin(tx: &mut Tx, me: &Actor, email: &str, is_admin: bool) -> Result<bool> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::MembersUpdate))?;
    Membership::take_turn(tx)?;
    let person = person(tx, email)?;
    if person.server_admin == is_admin {
        permit.unused(tx);
        return Ok(false);
    }
    let others = "select 1 as one from people p where p.server_admin and p.deactivated_at is null and p.id <> ";
    if !is_admin && !any(tx, others, person.id)? {
        return Err(Error::invalid("server_admin", "problem-last-server-admin"));
    }
    let mut sql = Sql::named("setup::change_server_admin", "update people set server_admin = ");
    sql.bind(is_admin).push(" where id = ").bind(person.id);
    sql.execute(tx.conn())?;
    let mut act =
        Act::new(ActKind::ServerAdminChanged).target("person", person.id).change("server_admin", !is_admin, is_admin);
    if !is_admin {
        act = act.note("sessions", Session::end_all(tx, person.id, None)?);
    }
    Session::owe_tokens(tx, &[person.id])?;
    audit::record(tx, permit, act)?;
    Ok(true)
}

fn person(tx: &mut Tx, email: &str) -> Result<Person> {
    Person::by_email(tx, email.trim())?.ok_or_else(|| Error::invalid("email", "problem-account-unknown"))
}

fn organisation(tx: &mut Tx) -> Result<OrganisationId> {
    let found = Organisation::only(tx)?.ok_or_else(|| Error::invalid("", "problem-not-set-up"))?;
    Ok(found.id)
}

fn any(tx: &mut Tx, question: &str, except: PersonId) -> Result<bool> {
    let mut sql = Sql::named("setup::any_other", question);
    sql.bind(Uuid::from(except)).push(" limit 1");
    Ok(sql.execute(tx.conn())? > 0)
}
