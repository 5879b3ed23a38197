//! Who administers the server: given and taken by one who does, and told to all who do.

use super::Member;
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter};
use crate::people::{Membership, Person, Session};
use diesel::QueryableByName;
use diesel::sql_types::Text;

#[derive(QueryableByName)]
struct Address {
    #[diesel(sql_type = Text)]
    email: String,
}

impl Member {
    /// Makes or unmakes a server admin. `Invalid` for the last one.
    pub fn set_server_admin(&self, tx: &mut Tx, me: &Actor, is_server_admin: bool, config: &Config) -> Result<()> {
        Membership::take_turn(tx)?;
        let (me, member) = (&me.again(tx)?, Member::find(tx, me, &self.handle)?);
        let permit = may(tx, me, Verb::Administer, &member.thing(member.role))?;
        if member.server_admin == is_server_admin {
            permit.unused(tx);
            return Ok(());
        }
        if !member.is_active() {
            return Err(Error::invalid("", "problem-deactivated"));
        }
        if !is_server_admin && member.others(tx)?.server_admins == 0 {
            return Err(Error::invalid("", "problem-last-server-admin"));
        }
        Person::set_server_admin(tx, member.id, is_server_admin)?;
        member.tell_server_admins(tx, me, is_server_admin, config)?;
        let mut act = Act::new(ActKind::ServerAdminChanged).target("person", member.id);
        if !is_server_admin {
            act = act.note("sessions", member.end_sessions(tx, me)?);
        }
        Session::owe_tokens(tx, &[member.id])?;
        audit::record(tx, permit, act.change("server_admin", member.server_admin, is_server_admin))
    }

    /// Everybody it concerns but who did it: server admins can reach all content, so none is made in silence.
    fn tell_server_admins(&self, tx: &mut Tx, me: &Actor, is_server_admin: bool, config: &Config) -> Result<()> {
        let by = me.person.as_ref().map(|person| person.name.clone()).unwrap_or_default();
        let key = if is_server_admin { "mail-server-admin-made" } else { "mail-server-admin-unmade" };
        let letter = Letter::new(Msg::new("mail-server-admin-subject"))
            .line(Msg::new(key).with("by", by).with("name", &self.name))
            .note(Msg::new("mail-server-admin-note"));
        let mut sql = Sql::named(
            "members::server_admins",
            "select email from people where deactivated_at is null and (server_admin or id = ",
        );
        sql.bind(self.id).push(") and id is distinct from ").bind(me.person_id().map(|id| id.0));
        for address in sql.load::<Address>(tx.conn())? {
            mail::send(tx, &letter.to(&address.email, config)?)?;
        }
        Ok(())
    }
}
