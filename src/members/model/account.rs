//! Somebody's sessions, tokens and second factors, for who may change their account.

use super::Member;
use crate::access::{Actor, Thing, Verb, can, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::people::{Membership, Session, SessionId, Token, TokenId};
use crate::signin::Factor;
use crate::sso::Link;
use uuid::Uuid;

impl Member {
    /// Live sessions and the number of second factors; nothing for who may not change the account.
    pub fn account(&self, tx: &mut Tx, me: &Actor) -> Result<(Vec<Session>, usize)> {
        if me.is(Some(self.id)) || !can(me, Verb::Edit, &self.thing(self.role)) {
            return Ok((Vec::new(), 0));
        }
        Ok((Session::list(tx, self.id)?, Factor::list(tx, self.id)?.len()))
    }

    /// One, or all; at once. `NotFound` for a session that is not theirs or has ended.
    pub fn sign_out(&self, tx: &mut Tx, me: &Actor, one: Option<SessionId>) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &self.thing(self.role))?;
        let ended = match one {
            Some(id) if Session::end(tx, self.id, id)? => 1,
            Some(_) => return Err(Error::NotFound),
            None => Session::end_all(tx, self.id, None)?,
        };
        if ended == 0 {
            permit.unused(tx);
            return Ok(());
        }
        audit::record(tx, permit, Act::new(ActKind::SessionEnded).target("person", self.id).note("sessions", ended))
    }

    /// One of their personal tokens, at once. `NotFound` for one that is not theirs or has ended.
    pub fn revoke_token(&self, tx: &mut Tx, me: &Actor, id: TokenId) -> Result<()> {
        let permit = may(tx, me, Verb::Edit, &self.thing(self.role))?;
        if !Token::revoke(tx, id, Some(self.id))? {
            permit.unused(tx);
            return Err(Error::NotFound);
        }
        audit::record(tx, permit, Act::new(ActKind::TokenRevoked).target("token", id).note("person", self.id))
    }

    /// Their ways in through providers; nothing for who may not change the account.
    pub fn sign_ons(&self, tx: &mut Tx, me: &Actor) -> Result<Vec<Link>> {
        match !me.is(Some(self.id)) && can(me, Verb::Edit, &self.thing(self.role)) {
            true => Link::list(tx, self.id),
            false => Ok(Vec::new()),
        }
    }

    /// Takes one of them away, with the sessions that began through it. Sensitive.
    pub fn disconnect(&self, tx: &mut Tx, me: &Actor, id: Uuid) -> Result<()> {
        self.check_reset(me)?;
        Link::remove(tx, me, self.id, id)
    }

    /// For who lost phone and key: the password alone opens the account again. Sensitive, told to the person, sessions end.
    pub fn reset_factors(&self, tx: &mut Tx, me: &Actor, config: &Config) -> Result<()> {
        // Else somebody could be made an owner between the question and the reset.
        Membership::take_turn(tx)?;
        let me = &me.again(tx)?;
        Member::find(tx, me, &self.handle)?.check_reset(me)?;
        Factor::remove_all(tx, me, config, self.id)?;
        let permit = may(tx, me, Verb::Edit, &Thing::Account(self.id))?;
        let ended = Session::end_all(tx, self.id, None)?;
        audit::record(tx, permit, Act::new(ActKind::SessionEnded).target("person", self.id).note("sessions", ended))
    }
}
