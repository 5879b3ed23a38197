//! Shutting somebody out and letting them in again, by the directory: what a member's removal does, and a bolt that only the
//! directory or an owner draws back.

use super::{Conflict, ScimUser};
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::members::Member;
use crate::people::{Membership, Person};
use crate::web::CONFLICT;

impl ScimUser {
    /// Sessions and tokens end with this transaction, and every door is shut. `Invalid` under `conflict` for who must stay.
    pub(in crate::scim) fn shut_out(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        // Else somebody could be named for the emergency entrance between the question and the end of their sessions.
        Membership::take_turn(tx)?;
        let member = Member::by_id(tx, me, self.id)?;
        let mut keeper = Sql::named("scim::is_keeper", "select 1 as one from break_glass_owners where person_id = ");
        keeper.bind(self.id);
        if keeper.execute(tx.conn())? > 0 {
            return Err(Error::invalid(CONFLICT, "scim-keeper"));
        }
        member.deactivate(tx, me).map_err(|error| match error {
            Error::Invalid(problems) => Error::invalid(CONFLICT, problems.first()),
            other => other,
        })?;
        if !member.is_active() {
            let permit = may(tx, me, Verb::Remove, &member.thing(member.role))?;
            let act = Act::new(ActKind::MemberDeactivated).target("person", self.id).note("by", "directory");
            audit::record(tx, permit, act)?;
        }
        Person::hold(tx, self.id)?;
        self.age(tx)
    }

    /// With the role and groups they had; without the sessions and tokens. Whom a person here shut out as well stays outside.
    pub(in crate::scim) fn let_in(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        Membership::take_turn(tx)?;
        let member = Member::by_id(tx, me, self.id)?;
        self.age(tx)?;
        if member.is_held_alone() {
            return member.reactivate(tx, me);
        }
        let permit = may(tx, me, Verb::Edit, &member.thing(member.role))?;
        Person::let_go(tx, self.id)?;
        audit::record(tx, permit, Act::new(ActKind::ProfileChanged).target("person", self.id).note("by", "directory"))?;
        Conflict::note(tx, me, &self.user_name, &"scim-deactivated-here".into())
    }

    /// What the directory is shown of them is another from now on.
    fn age(&self, tx: &mut Tx) -> Result<()> {
        let mut sql = Sql::named("scim::age_user", "update scim_users set version = version + 1, updated_at = ");
        sql.bind(tx.now).push(" where person_id = ").bind(self.id);
        sql.execute(tx.conn())?;
        Ok(())
    }
}
