//! Showing once more who one is, before a sensitive act: as strong as the person can. Who has a second factor shows that; who has
//! none, the password. The session gets a new token, and counts as recent again.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{PersonId, Session, SessionId};
use crate::signin::Throttle;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text};

/// How this person can show who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    pub password: bool,
    /// A code of the authenticator app.
    pub code: bool,
    pub passkey: bool,
    /// Signed in through a provider, which can be asked again.
    pub sign_on: bool,
}

/// A try, between two transactions.
#[derive(Debug, Clone)]
pub struct Confirmation {
    pub person: PersonId,
    pub session: SessionId,
    pub ways: Ways,
    /// What a password is compared with; None where a password does not do.
    pub stored: Option<String>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    password_hash: Option<String>,
    #[diesel(sql_type = Bool)]
    totp: bool,
    #[diesel(sql_type = Bool)]
    passkey: bool,
    #[diesel(sql_type = Text)]
    method: String,
}

/// Counted apart from the door: a stranger there keeps nobody from confirming.
fn throttle(person: PersonId) -> Throttle {
    Throttle::person("confirm", person)
}

impl Confirmation {
    /// What can be asked; `SignIn` without a session.
    pub fn of(tx: &mut Tx, me: &Actor) -> Result<Confirmation> {
        let (Some(person), Some(session)) = (me.person_id(), me.session_id()) else { return Err(Error::SignIn) };
        let mut sql = Sql::named(
            "signin::ways",
            "select p.password_hash, s.method,
               exists(select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null and f.kind = 'totp') as totp,
               exists(select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null and f.kind = 'passkey') as passkey
             from sessions s join people p on p.id = s.person_id where s.id = ",
        );
        sql.bind(session);
        let row: Row = sql.load(tx.conn())?.into_iter().next().ok_or(Error::SignIn)?;
        let has_factor = row.totp || row.passkey;
        let ways = Ways {
            password: row.password_hash.is_some() && !has_factor,
            code: row.totp,
            passkey: row.passkey,
            sign_on: matches!(row.method.as_str(), "oidc" | "saml"),
        };
        let stored = row.password_hash.filter(|_| ways.password);
        Ok(Confirmation { person, session, ways, stored })
    }

    /// As `of`, and `Slow` after too many wrong tries.
    pub fn begin(tx: &mut Tx, me: &Actor) -> Result<Confirmation> {
        let found = Confirmation::of(tx, me)?;
        throttle(found.person).check(tx)?;
        Ok(found)
    }

    /// Counts a wrong try and keeps it.
    pub fn fail(tx: &mut Tx, me: &Actor) -> Result<()> {
        let person = me.person_id().ok_or(Error::SignIn)?;
        let failures = throttle(person).fail(tx)?;
        audit::record_failed_sign_in(tx, me, Some(person), failures)
    }

    /// The session's new token, for the cookie; the old one opens nothing any more. `with` names what was shown.
    pub fn succeed(tx: &mut Tx, me: &Actor, with: &'static str) -> Result<String> {
        let (Some(person), Some(session)) = (me.person_id(), me.session_id()) else { return Err(Error::SignIn) };
        let permit = may(tx, me, Verb::Edit, &Thing::Own(person))?;
        throttle(person).clear(tx)?;
        let token = Session::renew(tx, session)?;
        audit::record(tx, permit, Act::new(ActKind::Confirmed).target("session", session).note("with", with))?;
        Ok(token)
    }
}
