//! Accounts that people make themselves: off unless the operator names mail domains. There is no account before its address is
//! proved.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Signup;
use crate::db::sql::Sql;
use crate::db::{Chore, Tx};
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter, address, deliver};
use crate::people::{
    AccountLink, Entry, Membership, Organisation, OrganisationRole, Person, PersonId, Purpose, Session,
};
use crate::queue::{Job, Outcome, Work};
use crate::text::value::{Email, Name};
use crate::web::{random_token, token_hash};
use chrono::Duration;
use serde::{Deserialize, Serialize};

/// `NotFound` when people cannot sign up here.
pub fn check_open(signup: &Signup) -> Result<()> {
    if signup.enabled { Ok(()) } else { Err(Error::NotFound) }
}

/// Whether people of this domain may; subdomains are other domains.
pub fn is_allowed(signup: &Signup, email: &Email) -> bool {
    signup.allowed_domains.iter().any(|domain| domain.eq_ignore_ascii_case(email.domain()))
}

#[derive(Serialize, Deserialize)]
pub struct SendSignUp {
    pub email: String,
}

enum Found {
    Link(String),
    Account,
    Nothing,
}

impl Job for SendSignUp {
    const KIND: &'static str = "account.sign_up";
    const DEDUPLICATED: bool = true;
    const MAX_ATTEMPTS: i32 = mail::MAX_ATTEMPTS;

    fn run(self, work: &mut Work) -> Result<Outcome> {
        let (signup, email) = (work.config.auth.signup.clone(), self.email);
        // A later try of the same mail: its own link of before is no reason to be silent.
        let is_again = work.attempt > 1;
        let letter = match work.touch(Chore::MailedLink, |tx| find(tx, &signup, &email, is_again))? {
            Found::Nothing => return Ok(Outcome::Done),
            Found::Account => Letter::new(Msg::new("mail-sign-up"))
                .line(Msg::new("mail-sign-up-account"))
                .link(Msg::new("sign-in"), address(work.config, "/sign-in")?),
            Found::Link(token) => Letter::new(Msg::new("mail-sign-up"))
                .line(Msg::new("mail-sign-up-words"))
                .link(Msg::new("mail-sign-up-link"), address(work.config, &format!("/join/{token}"))?)
                .note(Msg::new("mail-sign-up-once").with("hours", signup.verification_token_ttl_hours)),
        };
        deliver(work, &letter.note(Msg::new("mail-not-expected")).to(&email, work.config)?)
    }
}

fn find(tx: &mut Tx, signup: &Signup, email: &str, is_again: bool) -> Result<Found> {
    if let Some(person) = Person::by_email(tx, email)? {
        return Ok(if person.deactivated_at.is_some() { Found::Nothing } else { Found::Account });
    }
    let mut recent = Sql::named("account::recent_sign_up", "select 1 as one from account_links where purpose = ");
    recent.bind(Purpose::SignUp).push(" and email = ").bind(email).push(" and created_at > ");
    recent.bind(tx.now - Duration::seconds(signup.resend_cooldown_seconds.into())).push(" limit 1");
    if !is_again && recent.execute(tx.conn())? > 0 {
        return Ok(Found::Nothing);
    }
    let token = random_token();
    let valid = Duration::hours(signup.verification_token_ttl_hours.into());
    AccountLink::insert(tx, Purpose::SignUp, None, email, (token_hash(&token), valid))?;
    Ok(Found::Link(token))
}

/// An account about to be made by the person it is for.
#[derive(Clone)]
pub struct OwnAccount {
    pub name: Name,
    /// argon2id, PHC format.
    pub password_hash: String,
}

impl OwnAccount {
    /// A member with a proved address, signed in: the answer is the session's token. `Invalid` when the link is gone, or the
    /// address has an account by now.
    pub fn create(self, tx: &mut Tx, me: &Actor, signup: &Signup, hash: &[u8], entry: Entry) -> Result<String> {
        check_open(signup)?;
        let permit = may(tx, me, Verb::Add, &Thing::Door)?;
        let email = AccountLink::take(tx, Purpose::SignUp, hash)?.email;
        let is_still_allowed = Email::parse(&email).is_ok_and(|email| is_allowed(signup, &email));
        if !is_still_allowed || Person::by_email(tx, &email)?.is_some() {
            return Err(Error::invalid("", "problem-link-gone"));
        }
        let organisation = Organisation::only(tx)?.ok_or(Error::NotFound)?;
        let (id, role) = (PersonId(tx.new_id()), OrganisationRole::Member);
        let handle = Person::free_handle(tx, self.name.as_str())?;
        let person = Person::new(id, self.name.into_string(), email.clone(), handle, tx.now);
        let person = Person { password_hash: Some(self.password_hash), verified_at: Some(tx.now), ..person };
        let (organisation_id, created_at) = (organisation.id, tx.now);
        person.insert(tx, &Membership { id: tx.new_id(), organisation_id, person_id: id, role, created_at })?;
        AccountLink::drop_sign_ups(tx, &email)?;
        let act = Act::new(ActKind::MemberAdded).target("person", id).note("by", "sign_up");
        audit::record(tx, permit, act.change("role", None::<OrganisationRole>, role))?;
        Session::begin(tx, id, entry)
    }
}
