//! A forgotten password. The link proves the mailbox and nothing else: whoever uses it signs in afterwards as always, with their
//! second factor.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::{Chore, Tx};
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter, address, deliver};
use crate::members::Member;
use crate::people::{AccountLink, Person, Purpose, Session};
use crate::queue::{self, Job, Outcome, Work};
use crate::signin::{Throttle, tell_password_changed};
use crate::web::{random_token, token_hash};
use chrono::Duration;
use serde::{Deserialize, Serialize};

pub const RESET_MINUTES: i64 = 60;

#[derive(Serialize, Deserialize)]
pub struct SendReset {
    pub email: String,
}

enum Found {
    Link(String),
    /// They sign in without a password.
    NoPassword,
}

impl Job for SendReset {
    const KIND: &'static str = "account.reset";
    const DEDUPLICATED: bool = true;
    const MAX_ATTEMPTS: i32 = mail::MAX_ATTEMPTS;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        let found = work.touch(Chore::MailedLink, |tx| {
            let person = Person::by_email(tx, &self.email)?.filter(|person| person.deactivated_at.is_none());
            let Some(person) = person else { return Ok(None) };
            if person.password_hash.is_none() {
                return Ok(Some(Found::NoPassword));
            }
            let token = random_token();
            let (hash, valid) = (token_hash(&token), Duration::minutes(RESET_MINUTES));
            AccountLink::insert(tx, Purpose::Reset, Some(person.id), &person.email, (hash, valid))?;
            Ok(Some(Found::Link(token)))
        })?;
        let letter = match found {
            None => return Ok(Outcome::Done),
            Some(Found::NoPassword) => Letter::new(Msg::new("mail-reset"))
                .line(Msg::new("mail-reset-none"))
                .link(Msg::new("sign-in"), address(work.config, "/sign-in")?),
            Some(Found::Link(token)) => Letter::new(Msg::new("mail-reset"))
                .line(Msg::new("mail-reset-words"))
                .link(Msg::new("mail-reset-link"), address(work.config, &format!("/reset/{token}"))?)
                .note(Msg::new("mail-reset-once").with("minutes", RESET_MINUTES)),
        };
        deliver(work, &letter.note(Msg::new("mail-reset-not-you")).to(&self.email, work.config)?)
    }
}

/// By somebody who holds at least as much; the person gets the mail, nobody sees the link.
pub fn send_reset(tx: &mut Tx, me: &Actor, member: &Member) -> Result<()> {
    member.check_reset(me)?;
    let permit = may(tx, me, Verb::Edit, &member.thing(member.role))?;
    if !member.is_active() {
        permit.unused(tx);
        return Err(Error::invalid("", "problem-deactivated"));
    }
    queue::enqueue(tx, None, &SendReset { email: member.email.clone() })?;
    audit::record(tx, permit, Act::new(ActKind::PasswordResetSent).target("person", member.id))
}

/// Whose password it is about to be, for the words an attacker would try. None when the link is gone.
pub fn reset_person(tx: &mut Tx, hash: &[u8], from: &str) -> Result<Option<Person>> {
    Throttle::link(from).check(tx)?;
    let Some(link) = AccountLink::find(tx, Purpose::Reset, hash, false)? else { return Ok(None) };
    let person = Person::find(tx, link.person()?)?;
    Ok(Some(person).filter(|person| person.deactivated_at.is_none() && person.email == link.email))
}

/// Sets it, ends all sessions and all other reset links, and tells the person by mail.
pub fn reset(tx: &mut Tx, me: &Actor, config: &Config, hash: &[u8], password_hash: &str) -> Result<()> {
    let permit = may(tx, me, Verb::Edit, &Thing::Door)?;
    let link = AccountLink::take(tx, Purpose::Reset, hash)?;
    let person = Person::find(tx, link.person()?)?;
    // Whoever reads the mails of an address that was theirs once is somebody else by now.
    if person.deactivated_at.is_some() || link.email != person.email {
        return Err(Error::invalid("", "problem-link-gone"));
    }
    Person::set_password_hash(tx, person.id, password_hash)?;
    Person::set_verified(tx, person.id)?;
    AccountLink::drop_of_person(tx, Purpose::Reset, person.id)?;
    Throttle::account(&person.email).clear(tx)?;
    let ended = Session::end_all(tx, person.id, None)?;
    tell_password_changed(tx, config, &person.email)?;
    let act = Act::new(ActKind::PasswordChanged).target("person", person.id);
    audit::record(tx, permit, act.note("by", "link").note("sessions", ended))
}
