//! Shutting somebody out and letting them in again, by the directory: what a member's removal does, and a bolt that only the
//! directory or an owner draws back.

use super::ScimUser;
use crate::access::Actor;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::members::Member;
use crate::people::Person;
use crate::web::CONFLICT;

impl ScimUser {
    /// Sessions and tokens end with this transaction, and every door is shut. `Invalid` under `conflict` for who must stay.
    pub(in crate::scim) fn shut_out(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
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
        Person::hold(tx, self.id)
    }

    /// With the role and groups they had; without the sessions and tokens.
    pub(in crate::scim) fn let_in(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        Member::by_id(tx, me, self.id)?.reactivate(tx, me)
    }
}
