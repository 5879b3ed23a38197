//! Between the two halves of signing in: the password fitted, the second factor is owed. The step is a row of its own with a random
//! token in a signed cookie; it is no session, and opens nothing but that question.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{Entry, PersonId, Session};
use crate::signin::{Throttle, Ways, passkeys, recovery, tell, totp};
use crate::text_enum;
use crate::web::{State, random_token, token_hash};
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

/// How long the second half may take.
pub const STEP_MAX_SECONDS: i64 = 600;

text_enum!(
    /// What the second half opens. It is hashed with the token, so that a step opens nothing else.
    Opens { SignIn = "sign_in", BreakGlass = "break_glass" }
);

impl Opens {
    fn hash(self, token: &str) -> Vec<u8> {
        token_hash(&format!("{self} {token}"))
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Step {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub person: PersonId,
    #[diesel(sql_type = Text)]
    pub email: String,
}

/// What was shown beside the password.
#[derive(Clone)]
pub enum Shown {
    Code(String),
    Recovery(String),
    Passkey(passkeys::Answer),
}

impl Step {
    /// The token for the cookie.
    pub fn begin(tx: &mut Tx, person: PersonId, opens: Opens) -> Result<String> {
        let token = random_token();
        let mut sql = Sql::named(
            "signin::begin_step",
            "insert into sign_in_steps (id, token_hash, person_id, created_at) values (",
        );
        sql.bind(tx.new_id())
            .push(", ")
            .bind(opens.hash(&token))
            .push(", ")
            .bind(person)
            .push(", ")
            .bind(tx.now)
            .push(")");
        sql.execute(tx.conn())?;
        Ok(token)
    }

    /// `SignIn` when it is over, or its person may no longer enter.
    pub fn find(tx: &mut Tx, token: &str, opens: Opens) -> Result<Step> {
        let mut sql = Sql::named(
            "signin::step",
            "select t.id, t.person_id as person, p.email from sign_in_steps t join people p on p.id = t.person_id
             where p.deactivated_at is null and t.token_hash = ",
        );
        sql.bind(opens.hash(token))
            .push(" and t.created_at > ")
            .bind(tx.now - chrono::Duration::seconds(STEP_MAX_SECONDS));
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::SignIn)
    }

    /// What this person can show.
    pub fn ways(&self, tx: &mut Tx) -> Result<Ways> {
        Ways::of_factors(tx, self.person)
    }

    /// Per person, not per address: whoever comes here knows the password.
    fn throttle(&self) -> Throttle {
        Throttle::person("second", self.person)
    }

    /// Counts a try before it is made; how many there are now. `Slow` after too many wrong ones.
    pub fn take_turn(&self, tx: &mut Tx) -> Result<i32> {
        self.throttle().take(tx)
    }

    /// Keeps that the counted try was wrong.
    pub fn note_failure(&self, tx: &mut Tx, me: &Actor, failures: i32) -> Result<()> {
        audit::record_failed_sign_in(tx, me, Some(self.person), failures)
    }

    /// A session, and its token for the cookie. `Invalid` at the field that did not fit.
    pub fn succeed(&self, tx: &mut Tx, me: &Actor, state: &State, shown: &Shown, entry: Entry) -> Result<String> {
        let permit = may(tx, me, Verb::See, &Thing::Door)?;
        let factor = self.pass(tx, state, shown)?;
        let token = Session::begin(tx, self.person, entry)?;
        Session::set_factor(tx, &token, factor)?;
        audit::record(tx, permit, Act::new(ActKind::SignedIn).target("person", self.person).note("factor", factor))?;
        Ok(token)
    }

    /// Takes what was shown, and the step with it; which factor it was. `Invalid` at the field that did not fit. Whoever calls has asked,
    /// has taken a turn, and keeps the entry.
    pub fn pass(&self, tx: &mut Tx, state: &State, shown: &Shown) -> Result<&'static str> {
        let factor = self.take(tx, state, shown)?;
        // Used up: the cookie of this step opens nothing any more, also when two browsers race.
        if self.end(tx)? == 0 {
            return Err(Error::SignIn);
        }
        self.throttle().clear(tx)?;
        if factor == "recovery" {
            let left = recovery::left(tx, self.person)?.to_string();
            tell(tx, &state.config, self.person, "mail-recovery-used", &left)?;
        }
        Ok(factor)
    }

    fn take(&self, tx: &mut Tx, state: &State, shown: &Shown) -> Result<&'static str> {
        match shown {
            Shown::Code(code) if totp::take(tx, &state.vault, self.person, code)? => Ok("totp"),
            Shown::Code(_) => Err(Error::invalid("code", "problem-code")),
            Shown::Recovery(code) if recovery::take(tx, self.person, code)? => Ok("recovery"),
            Shown::Recovery(_) => Err(Error::invalid("recovery_code", "problem-recovery-code")),
            Shown::Passkey(answer) => {
                passkeys::answer(tx, &state.config, answer, passkeys::Purpose::Second, self.person)?;
                Ok("passkey")
            }
        }
    }

    fn end(&self, tx: &mut Tx) -> Result<usize> {
        let mut sql = Sql::named("signin::end_step", "delete from sign_in_steps where id = ");
        sql.bind(self.id);
        Ok(sql.execute(tx.conn())?)
    }

    /// Forgets those that nobody finished.
    pub fn forget_old(tx: &mut Tx) -> Result<usize> {
        let mut sql = Sql::named("signin::forget_steps", "delete from sign_in_steps where created_at < ");
        sql.bind(tx.now - chrono::Duration::seconds(STEP_MAX_SECONDS));
        Ok(sql.execute(tx.conn())? + passkeys::forget_old(tx)?)
    }
}
