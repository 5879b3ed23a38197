//! Another address of mail, or the proof of the present one. It counts once who has the new mailbox says so; the old one is told.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::{Chore, Tx};
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter, address, deliver};
use crate::people::{AccountLink, Person, PersonId, Purpose};
use crate::queue::{Job, Outcome, Work};
use crate::text::value::Email;
use crate::web::{random_token, token_hash};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub const CONFIRM_HOURS: i64 = 24;

#[derive(Serialize, Deserialize)]
pub struct SendConfirmation {
    pub person: Uuid,
    pub email: String,
}

impl Job for SendConfirmation {
    const KIND: &'static str = "account.confirm";
    const DEDUPLICATED: bool = true;
    const MAX_ATTEMPTS: i32 = mail::MAX_ATTEMPTS;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        let token = random_token();
        let hash = token_hash(&token);
        let person = work.touch(Chore::MailedLink, |tx| {
            let person = Person::find(tx, PersonId(self.person))?;
            if person.deactivated_at.is_some() {
                return Err(Error::NotFound);
            }
            let valid = Duration::hours(CONFIRM_HOURS);
            AccountLink::insert(tx, Purpose::Email, Some(person.id), &self.email, (hash, valid))?;
            Ok(person)
        })?;
        let letter = Letter::new(Msg::new("mail-confirm"))
            .line(Msg::new("mail-confirm-words").with("name", &person.name).with("email", &self.email))
            .link(Msg::new("mail-confirm-link"), address(work.config, &format!("/confirm-email/{token}"))?)
            .note(Msg::new("mail-confirm-once").with("hours", CONFIRM_HOURS))
            .note(Msg::new("mail-not-expected"));
        deliver(work, &letter.to(&self.email, work.config)?)
    }
}

/// Asks the new address. `Invalid` at `email` for one that is proved already, or that somebody has.
pub fn ask_change(tx: &mut Tx, me: &Actor, email: &Email, from: &str) -> Result<()> {
    let id = me.person_id().ok_or(Error::SignIn)?;
    let permit = may(tx, me, Verb::Edit, &Thing::Account(id))?;
    let person = Person::find(tx, id)?;
    let problem = match Person::by_email(tx, email.as_str())? {
        Some(other) if other.id != id => Some("problem-email-taken"),
        Some(_) if person.verified_at.is_some() => Some("problem-email-same"),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(Error::invalid("email", problem));
    }
    super::ask(tx, from, email, &SendConfirmation { person: id.0, email: email.as_str().to_owned() })?;
    // Nothing has changed yet; the entry is written when the address counts.
    permit.unused(tx);
    Ok(())
}

/// The address counts from now on. `Invalid` when the link is gone, or somebody has the address by now.
pub fn confirm(tx: &mut Tx, me: &Actor, config: &Config, hash: &[u8]) -> Result<String> {
    let permit = may(tx, me, Verb::Edit, &Thing::Door)?;
    let gone = || Error::invalid("", "problem-link-gone");
    let link = AccountLink::take(tx, Purpose::Email, hash)?;
    let old = Person::find(tx, link.person()?)?;
    if old.deactivated_at.is_some() {
        return Err(gone());
    }
    if Person::by_email(tx, &link.email)?.is_some_and(|other| other.id != old.id) {
        return Err(Error::invalid("", "problem-email-taken"));
    }
    Person::set_email(tx, old.id, &link.email)?;
    AccountLink::drop_of_person(tx, Purpose::Email, old.id)?;
    AccountLink::drop_of_person(tx, Purpose::Reset, old.id)?;
    if old.email != link.email {
        let letter = Letter::new(Msg::new("mail-email-changed"))
            .line(Msg::new("mail-email-changed-words").with("name", &old.name))
            .note(Msg::new("mail-email-changed-not-you"));
        mail::send(tx, &letter.to(&old.email, config)?)?;
    }
    // Which address it was and is stands in people; events hold no names.
    audit::record(tx, permit, Act::new(ActKind::EmailChanged).target("person", old.id).text_change("email"))?;
    Ok(link.email)
}
