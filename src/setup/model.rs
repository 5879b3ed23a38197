//! The one-time token, and the first account.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{
    Entry, Membership, Mode, Organisation, OrganisationId, OrganisationRole, Person, PersonId, Session,
};
use crate::schema::{memberships, organisations, people};
use crate::signin::Throttle;
use crate::sso::Who;
use crate::text::value::{Email, Name};
use crate::vault::Vault;
use crate::web::{random_token, token_hash};
use diesel::prelude::*;

/// Who has not set up a server for this long starts it again.
const KEEP_TOKENS_DAYS: i64 = 30;

/// The set-up page as checked.
#[derive(Clone)]
pub struct FirstAccount {
    pub token: String,
    pub organisation: Name,
    pub mode: Mode,
    pub time_zone: String,
    pub name: Name,
    pub email: Email,
    /// argon2id, PHC format; None for who signs in through a provider.
    pub password_hash: Option<String>,
}

/// A fresh token for the log, when the server has no organisation; earlier ones stay good, so that any instance accepts any.
pub fn issue_token(tx: &mut Tx) -> Result<Option<String>> {
    if Organisation::only(tx)?.is_some() {
        return Ok(None);
    }
    let token = random_token();
    let mut sql = Sql::named("setup::issue_token", "insert into setup_tokens (token_hash, created_at) values (");
    sql.bind(token_hash(&token)).push(", ").bind(tx.now).push(")");
    sql.execute(tx.conn())?;
    Ok(Some(token))
}

/// Forgets tokens of an earlier start, and all once the server is set up.
pub fn forget_tokens(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named(
        "setup::forget_tokens",
        "delete from setup_tokens where exists (select 1 from organisations) or created_at < ",
    );
    sql.bind(tx.now - chrono::Duration::days(KEEP_TOKENS_DAYS));
    Ok(sql.execute(tx.conn())?)
}

/// Whether the token is one from the log. `Slow` after too many wrong ones.
pub fn check_token(tx: &mut Tx, token: &str, address: &str) -> Result<bool> {
    Throttle::setup(address).check(tx)?;
    let mut sql = Sql::named("setup::check_token", "select 1 as one from setup_tokens where token_hash = ");
    sql.bind(token_hash(token.trim()));
    Ok(sql.execute(tx.conn())? > 0)
}

/// Counts a wrong token.
pub fn refuse_token(tx: &mut Tx, address: &str) -> Result<()> {
    Throttle::setup(address).fail(tx)?;
    Ok(())
}

impl FirstAccount {
    /// Makes organisation, owner and session at once and burns all tokens; the answer is the session's token.
    /// Through a provider, they are linked to whom it vouched for.
    pub fn create(self, tx: &mut Tx, me: &Actor, entry: Entry, from: Option<(&Who, &Vault)>) -> Result<String> {
        let permit = may(tx, me, Verb::Administer, &Thing::Door)?;
        // Two first accounts at once: the second waits here, and then finds its token gone.
        Sql::new("lock table setup_tokens in exclusive mode").execute(tx.conn())?;
        if Organisation::only(tx)?.is_some() || !check_token(tx, &self.token, "")? {
            return Err(Error::invalid("token", "problem-setup-token"));
        }
        let (organisation, person) = self.insert(tx)?;
        Sql::new("delete from setup_tokens").execute(tx.conn())?;
        let token = match from {
            Some((who, vault)) => who.begin_first(tx, me, person, (entry, vault))?,
            None => Session::begin(tx, person, entry)?,
        };
        audit::record(tx, permit, Act::new(ActKind::SetUp).target("organisation", organisation).note("owner", person))?;
        Ok(token)
    }

    fn insert(self, tx: &mut Tx) -> Result<(OrganisationId, PersonId)> {
        let now = tx.now;
        let organisation = Organisation {
            id: OrganisationId(tx.new_id()),
            name: self.organisation.into_string(),
            about: String::new(),
            mode: self.mode,
            time_zone: self.time_zone,
            created_at: now,
        };
        let person = Person {
            id: PersonId(tx.new_id()),
            handle: Person::free_handle(tx, self.name.as_str())?,
            name: self.name.into_string(),
            email: self.email.into_string(),
            password_hash: self.password_hash,
            server_admin: true,
            theme: "system".to_owned(),
            palette: "default".to_owned(),
            time_zone: None,
            created_at: now,
            deactivated_at: None,
            verified_at: None,
        };
        let membership = Membership {
            id: tx.new_id(),
            organisation_id: organisation.id,
            person_id: person.id,
            role: OrganisationRole::Owner,
            created_at: now,
        };
        diesel::insert_into(organisations::table).values(&organisation).execute(tx.conn())?;
        diesel::insert_into(people::table).values(&person).execute(tx.conn())?;
        diesel::insert_into(memberships::table).values(&membership).execute(tx.conn())?;
        Ok((organisation.id, person.id))
    }
}
