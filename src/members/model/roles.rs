//! Custom roles as the settings show them. Who changes or gives one must hold all it has, before and after.

use super::Member;
use crate::access::{Actor, Permission, Permissions, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Conflict, Error, Msg, Result};
use crate::people::{Face, Membership, PersonId, Role, RoleId, Session};
use crate::sso::{Gift, Target};
use crate::text::value::{Body, Name};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Int4, Int8, Text, Uuid as SqlUuid};

/// Holders named when a role cannot be deleted; the rest is counted.
pub const HOLDERS_NAMED: usize = 5;
/// More make the page of roles a puzzle, and an organisation has a dozen.
pub const MAX_ROLES: usize = 200;

/// A custom role as lists and its page show it.
#[derive(Debug, Clone, QueryableByName)]
pub struct CustomRole {
    #[diesel(sql_type = SqlUuid)]
    pub id: RoleId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub about: String,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    /// Words of permissions.
    #[diesel(sql_type = Array<Text>)]
    pub given: Vec<String>,
    /// Everybody who holds it, also who may no longer enter.
    #[diesel(sql_type = Int8)]
    pub people: i64,
}

const SELECT: &str = "select r.id, r.name, r.about, r.version,
    array(select rp.permission from role_permissions rp where rp.role_id = r.id order by 1) as given,
    (select count(*) from person_roles pr where pr.role_id = r.id) as people from roles r where ";

/// A role's form as checked.
#[derive(Debug, Clone)]
pub struct RoleText {
    pub name: Name,
    pub about: Body,
    pub permissions: Permissions,
}

impl RoleText {
    pub fn create(self, tx: &mut Tx, me: &Actor) -> Result<RoleId> {
        Membership::take_turn(tx)?;
        let me = &me.again(tx)?;
        let permit = may(tx, me, Verb::Add, &Thing::Role { id: None, holds: self.permissions })?;
        if CustomRole::list(tx, me)?.len() >= MAX_ROLES {
            return Err(Error::invalid("", Msg::new("problem-roles-many").with("max", MAX_ROLES)));
        }
        let role = Role {
            id: RoleId(tx.new_id()),
            organisation_id: me.organisation_id().ok_or(Error::NotFound)?,
            name: self.name.into_string(),
            about: self.about.into_string(),
            version: 1,
            created_at: tx.now,
        };
        role.insert(tx, self.permissions.words())?;
        let act = Act::new(ActKind::RoleCreated).target("role", role.id).change("name", None::<&str>, &role.name);
        audit::record(tx, permit, act.change("permissions", Vec::<String>::new(), self.permissions.words()))?;
        Ok(role.id)
    }
}

impl CustomRole {
    /// By name.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<CustomRole>> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let mut sql = Sql::named("members::roles", SELECT);
        sql.push("true order by lower(r.name), r.id limit ").number(MAX_ROLES);
        Ok(sql.load(tx.conn())?)
    }

    pub fn find(tx: &mut Tx, me: &Actor, id: RoleId) -> Result<CustomRole> {
        check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
        let mut sql = Sql::named("members::role", SELECT);
        sql.push("r.id = ").bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    pub fn permissions(&self) -> Permissions {
        Permissions::parse(&self.given)
    }

    /// What the rules look at, with what it shall hold besides.
    pub fn thing(&self, more: Permissions) -> Thing {
        Thing::Role { id: Some(self.id), holds: self.permissions().union(more) }
    }

    /// By name, also who may no longer enter.
    pub fn holders(&self, tx: &mut Tx) -> Result<Vec<Face>> {
        let mut sql = Sql::named(
            "members::holders",
            "select p.id, p.name, p.handle from person_roles pr join people p on p.id = pr.person_id where pr.role_id = ",
        );
        sql.bind(self.id).push(" order by lower(p.name), p.id limit 5000");
        Ok(sql.load(tx.conn())?)
    }

    /// Ends the sessions of who holds it when it loses a permission. `Conflict` when somebody saved the role since the form was opened.
    pub fn update(&self, tx: &mut Tx, me: &Actor, text: &RoleText, version: i32) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, old) = (&me.again(tx)?, CustomRole::find(tx, me, self.id)?);
        let permit = may(tx, me, Verb::Edit, &old.thing(text.permissions))?;
        let (was, now) = (old.permissions(), text.permissions);
        if (old.name.as_str(), old.about.as_str(), was) == (text.name.as_str(), text.about.as_str(), now) {
            permit.unused(tx);
            return Ok(());
        }
        if old.version != version {
            let (seen, yours) = (old.version.to_string(), text.name.as_str().to_owned());
            return Err(Error::Conflict(Box::new(Conflict { field: "version", theirs: old.name, yours, seen })));
        }
        let mut act = old.difference(text);
        Role::save(tx, self.id, text.name.as_str(), text.about.as_str(), now.words())?;
        let holders: Vec<PersonId> = old.holders(tx)?.iter().map(|face| face.id).collect();
        if was.intersection(now) != was {
            // Less than before is a loss for all who hold it: as with a role that is taken, nothing begun with it goes on.
            let this = me.session_id().filter(|_| holders.iter().any(|holder| me.is(Some(*holder))));
            act = act.note("sessions", Session::end_of(tx, &holders, this)?);
        }
        if was != now {
            Session::owe_tokens(tx, &holders)?;
        }
        audit::record(tx, permit, act)
    }

    fn difference(&self, text: &RoleText) -> Act {
        let mut act = Act::new(ActKind::RoleUpdated).target("role", self.id);
        if self.name != text.name.as_str() {
            act = act.change("name", &self.name, text.name.as_str());
        }
        if self.about != text.about.as_str() {
            act = act.text_change("about");
        }
        if self.permissions() != text.permissions {
            act = act.change("permissions", self.permissions().words(), text.permissions.words());
        }
        act
    }

    /// `Invalid` while somebody holds it (the message names them), or a rule of sign-on gives it.
    pub fn delete(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, role) = (&me.again(tx)?, CustomRole::find(tx, me, self.id)?);
        let permit = may(tx, me, Verb::Remove, &role.thing(Permissions::NONE))?;
        let holders = role.holders(tx)?;
        if !holders.is_empty() {
            return Err(Error::invalid("", held(&holders)));
        }
        Role::delete(tx, role.id)?;
        let act = Act::new(ActKind::RoleDeleted).target("role", role.id).change("name", &role.name, None::<&str>);
        audit::record(tx, permit, act.change("permissions", role.permissions().words(), Vec::<String>::new()))
    }
}

fn held(holders: &[Face]) -> Msg {
    let names: Vec<&str> = holders.iter().take(HOLDERS_NAMED).map(|face| face.name.as_str()).collect();
    let more = holders.len().saturating_sub(HOLDERS_NAMED);
    Msg::new("problem-role-held").with("names", names.join(", ")).with("more", more)
}

impl Member {
    /// The custom roles they hold, by name.
    pub fn roles_held(&self, tx: &mut Tx) -> Result<Vec<CustomRole>> {
        let mut sql = Sql::named("members::roles_held", SELECT);
        sql.push("r.id in (select role_id from person_roles where person_id = ").bind(self.id);
        sql.push(") order by lower(r.name), r.id");
        Ok(sql.load(tx.conn())?)
    }

    /// Gives a custom role beside what they have. `Invalid` for an unknown role, and for who may no longer enter.
    pub fn give_role(&self, tx: &mut Tx, me: &Actor, id: RoleId) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, member) = (&me.again(tx)?, Member::find(tx, me, &self.handle)?);
        let role = CustomRole::find(tx, me, id).map_err(|_| Error::invalid("custom_role", "problem-choice"))?;
        let permit = may(tx, me, Verb::Share, &member.thing_with(member.role, role.permissions()))?;
        if !member.is_active() {
            permit.unused(tx);
            return Err(Error::invalid("", "problem-deactivated"));
        }
        // From now on by hand, so that no rule of sign-on takes it again.
        let was_by_rule = Gift::make_own(tx, member.id, Target::Role(id))?;
        if !Role::give(tx, id, member.id)? && !was_by_rule {
            permit.unused(tx);
            return Ok(());
        }
        Session::owe_tokens(tx, &[member.id])?;
        let act = Act::new(ActKind::MemberChanged).target("person", member.id);
        audit::record(tx, permit, act.change("custom_role", None::<RoleId>, id))
    }

    /// Takes a custom role; their sessions end, so that nothing begun with it goes on.
    pub fn take_role(&self, tx: &mut Tx, me: &Actor, id: RoleId) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, member) = (&me.again(tx)?, Member::find(tx, me, &self.handle)?);
        let role = CustomRole::find(tx, me, id)?;
        let permit = may(tx, me, Verb::Share, &member.thing_with(member.role, role.permissions()))?;
        if !Role::take(tx, id, member.id)? {
            permit.unused(tx);
            return Ok(());
        }
        let ended = member.end_sessions(tx, me)?;
        Session::owe_tokens(tx, &[member.id])?;
        let act = Act::new(ActKind::MemberChanged).target("person", member.id).note("sessions", ended);
        audit::record(tx, permit, act.change("custom_role", id, None::<RoleId>))
    }

    /// All of them, but the one of who lessens their own rights by this very request.
    pub(in crate::members) fn end_sessions(&self, tx: &mut Tx, me: &Actor) -> Result<usize> {
        let this = me.session_id().filter(|_| me.is(Some(self.id)));
        Session::end_all(tx, self.id, this)
    }
}
