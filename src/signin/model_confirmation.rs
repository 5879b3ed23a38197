//! Showing once more who one is, before a sensitive act: as strong as the person can. Who has a second factor shows that; who has
//! none, the password. The session gets a new token, and counts as recent again.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{PersonId, Session, SessionId};
use crate::signin::{Factor, Shown, Throttle, passkeys, totp};
use crate::web::State;
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};

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
#[derive(Clone)]
pub struct Confirmation {
    pub person: PersonId,
    pub session: SessionId,
    pub ways: Ways,
    /// What a password is compared with; None where a password does not do.
    pub stored: Option<String>,
}

impl Ways {
    /// By what the person has beside a password.
    pub fn of_factors(tx: &mut Tx, person: PersonId) -> Result<Ways> {
        let factors = Factor::list(tx, person)?;
        let has = |kind: &str| factors.iter().any(|factor| factor.kind == kind);
        Ok(Ways { code: has("totp"), passkey: has("passkey"), ..Ways::default() })
    }

    pub fn has_factor(&self) -> bool {
        self.code || self.passkey
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    password_hash: Option<String>,
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
            "select p.password_hash, s.method from sessions s join people p on p.id = s.person_id where s.id = ",
        );
        sql.bind(session);
        let row: Row = sql.load(tx.conn())?.into_iter().next().ok_or(Error::SignIn)?;
        let factors = Ways::of_factors(tx, person)?;
        let ways = Ways {
            password: row.password_hash.is_some() && !factors.has_factor(),
            sign_on: matches!(row.method.as_str(), "oidc" | "saml"),
            ..factors
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

    /// Counts a try before it is made; how many there are now. `Slow` after too many wrong ones.
    pub fn take_turn(tx: &mut Tx, me: &Actor) -> Result<i32> {
        throttle(me.person_id().ok_or(Error::SignIn)?).take(tx)
    }

    /// Keeps that the counted try was wrong.
    pub fn note_failure(tx: &mut Tx, me: &Actor, failures: i32) -> Result<()> {
        audit::record_failed_sign_in(tx, me, Some(me.person_id().ok_or(Error::SignIn)?), failures)
    }

    /// As `succeed`, when the second factor fits; `Invalid` at its field when not. Whoever calls has taken a turn.
    pub fn show(tx: &mut Tx, me: &Actor, state: &State, shown: &Shown) -> Result<String> {
        let person = Confirmation::of(tx, me)?.person;
        let with = match shown {
            Shown::Code(code) if totp::take(tx, &state.vault, person, code)? => "totp",
            Shown::Code(_) => return Err(Error::invalid("code", "problem-code")),
            Shown::Passkey(answer) => {
                passkeys::answer(tx, &state.config, answer, passkeys::Purpose::Confirm, person)?;
                "passkey"
            }
            Shown::Recovery(_) => return Err(Error::invalid("code", "problem-code")),
        };
        Confirmation::succeed(tx, me, with)
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
