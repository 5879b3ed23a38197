//! Links in mails: known here by their hash, and gone once used. They stand beside the accounts, because whoever changes an address
//! ends the links that went to the one before.

use super::PersonId;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::text_enum;
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};

text_enum!(
    /// What a link is good for, and for nothing else.
    Purpose { Reset = "reset", Email = "email", SignUp = "sign_up" }
);

/// A link that still works.
#[derive(Debug, Clone, QueryableByName)]
pub struct AccountLink {
    /// None for who has no account yet.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person_id: Option<PersonId>,
    /// Where the mail went.
    #[diesel(sql_type = Text)]
    pub email: String,
}

impl AccountLink {
    /// `Broken` for a link of who has no account yet.
    pub fn person(&self) -> Result<PersonId> {
        self.person_id.ok_or_else(|| Error::broken("a link without its person"))
    }

    /// By the SHA-256 of its token. None when it is unknown, used or too old.
    pub fn find(tx: &mut Tx, purpose: Purpose, hash: &[u8], is_locked: bool) -> Result<Option<AccountLink>> {
        let mut sql = Sql::named("people::link", "select person_id, email from account_links where token_hash = ");
        sql.bind(hash.to_vec()).push(" and purpose = ").bind(purpose).push(" and expires_at > ").bind(tx.now);
        if is_locked {
            sql.push(" for update");
        }
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    /// The same, for who is about to use it: of two at once one waits, and finds it gone.
    pub fn take(tx: &mut Tx, purpose: Purpose, hash: &[u8]) -> Result<AccountLink> {
        let link = AccountLink::find(tx, purpose, hash, true)?;
        link.ok_or_else(|| Error::invalid("", "problem-link-gone"))
    }

    /// With the hash of its token, and how long it is good for.
    pub fn insert(
        tx: &mut Tx,
        purpose: Purpose,
        person: Option<PersonId>,
        email: &str,
        (hash, valid): (Vec<u8>, chrono::Duration),
    ) -> Result<()> {
        let mut sql = Sql::named(
            "people::add_link",
            "insert into account_links (token_hash, purpose, person_id, email, created_at, expires_at) values (",
        );
        sql.bind(hash).push(", ").bind(purpose).push(", ").bind(person.map(|id| id.0)).push(", ").bind(email);
        sql.push(", ").bind(tx.now).push(", ").bind(tx.now + valid).push(")");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Every link of a person for this purpose: one use ends them all.
    pub fn drop_of_person(tx: &mut Tx, purpose: Purpose, person: PersonId) -> Result<()> {
        let mut sql = Sql::named("people::drop_links", "delete from account_links where purpose = ");
        sql.bind(purpose).push(" and person_id = ").bind(person);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Every link to make an account with this address.
    pub fn drop_sign_ups(tx: &mut Tx, email: &str) -> Result<()> {
        let mut sql =
            Sql::named("people::drop_sign_ups", "delete from account_links where purpose = 'sign_up' and email = ");
        sql.bind(email);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// What no longer works is forgotten; how many.
    pub fn forget_old(tx: &mut Tx) -> Result<usize> {
        let mut sql = Sql::named("people::forget_links", "delete from account_links where expires_at < ");
        sql.bind(tx.now);
        Ok(sql.execute(tx.conn())?)
    }
}
