//! Renewing and cancelling. Who renews stands behind it from then on.

use super::{DEFAULT_DAYS, Invitation, SendInvitation, State};
use crate::access::{Actor, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::queue;
use chrono::Duration;

impl Invitation {
    /// Earlier links lead nowhere any more. `link` is the SHA-256 of a token to hand over; None sends a mail to the address.
    /// `Invalid` for one that ended, and for a mail without address.
    pub fn refresh(&self, tx: &mut Tx, me: &Actor, link: Option<Vec<u8>>) -> Result<()> {
        let invitation = Invitation::locked(tx, self.id)?;
        let permit = may(tx, me, Verb::Invite, &invitation.thing())?;
        if !invitation.state(tx.now).is_open() {
            permit.unused(tx);
            return Err(Error::invalid("", "problem-invitation-ended"));
        }
        invitation.gifts().awake(me).check(tx, me)?;
        let mut sql = Sql::named("invitations::refresh", "update invitations set inviter_id = ");
        sql.bind(me.person_id().ok_or(Error::SignIn)?).push(", expires_at = ");
        sql.bind(tx.now + Duration::days(DEFAULT_DAYS)).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        let mut sql = Sql::named("invitations::drop_links", "delete from invitation_links where invitation_id = ");
        sql.bind(self.id);
        sql.execute(tx.conn())?;
        match (link, &invitation.email) {
            (Some(hash), _) => self.id.add_link(tx, hash, false)?,
            (None, Some(_)) => queue::enqueue(tx, None, &SendInvitation { invitation: self.id.0 })?,
            (None, None) => return Err(Error::invalid("", "problem-choice")),
        }
        audit::record(tx, permit, Act::new(ActKind::InvitationRefreshed).target("invitation", self.id))
    }

    /// It stays on the list as cancelled, and its page tells the invited person.
    pub fn cancel(&self, tx: &mut Tx, me: &Actor) -> Result<()> {
        let invitation = Invitation::locked(tx, self.id)?;
        let permit = may(tx, me, Verb::Invite, &invitation.thing())?;
        match invitation.state(tx.now) {
            State::Revoked => {
                permit.unused(tx);
                return Ok(());
            }
            State::Accepted => return Err(Error::invalid("", "problem-invitation-ended")),
            State::Pending | State::Expired => {}
        }
        let mut sql = Sql::named("invitations::cancel", "update invitations set revoked_at = ");
        sql.bind(tx.now).push(" where id = ").bind(self.id);
        sql.execute(tx.conn())?;
        audit::record(tx, permit, Act::new(ActKind::InvitationCancelled).target("invitation", self.id))
    }
}
