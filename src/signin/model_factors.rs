//! Second factors: which a person has, and taking one away. A passkey or an authenticator app is one; recovery codes only replace.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::config::Config;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter};
use crate::people::{Person, PersonId};
use crate::signin::{recovery, required_of};
use crate::typed_id;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(FactorId);

/// One that counts: its first code or signature fitted.
#[derive(Debug, Clone, QueryableByName)]
pub struct Factor {
    #[diesel(sql_type = SqlUuid)]
    pub id: FactorId,
    /// `totp` or `passkey`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Factor {
    /// A person's, the oldest first.
    pub fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<Factor>> {
        let mut sql = Sql::named(
            "signin::factors",
            "select id, kind, name, created_at, last_used_at from factors where confirmed_at is not null and person_id = ",
        );
        sql.bind(person).push(" order by created_at, id");
        Ok(sql.load(tx.conn())?)
    }

    /// One's own. The last one cannot go while the organisation wants one, or while they are a break-glass owner: `Invalid`. With the
    /// last, the recovery codes go.
    pub fn remove(tx: &mut Tx, me: &Actor, config: &Config, id: FactorId) -> Result<()> {
        let person = me.person_id().ok_or(Error::SignIn)?;
        let permit = may(tx, me, Verb::Remove, &Thing::Account(person))?;
        lock_factors(tx, person)?;
        let all = Factor::list(tx, person)?;
        let Some(factor) = all.iter().find(|factor| factor.id == id) else { return Err(Error::NotFound) };
        if all.len() == 1 && required_of(tx, person)? {
            return Err(Error::invalid("", "problem-last-factor"));
        }
        if all.len() == 1 && is_keeper(tx, person)? {
            return Err(Error::invalid("", "problem-last-factor-keeper"));
        }
        let mut sql = Sql::named("signin::remove_factor", "delete from factors where id = ");
        sql.bind(id).push(" and person_id = ").bind(person);
        sql.execute(tx.conn())?;
        if all.len() == 1 {
            recovery::forget(tx, person)?;
        }
        let act =
            Act::new(ActKind::FactorRemoved).target("person", person).note("kind", &factor.kind).note("factor", id);
        audit::record(tx, permit, act)?;
        tell(tx, config, person, "mail-factor-removed", &factor.name)
    }

    /// All of somebody who lost them, by who may change their account; they sign in with the password and are led to new ones.
    /// How many there were. `Invalid` for a break-glass owner, who would be left with half a way in.
    pub fn remove_all(tx: &mut Tx, me: &Actor, config: &Config, person: PersonId) -> Result<usize> {
        let permit = may(tx, me, Verb::Remove, &Thing::Account(person))?;
        lock_factors(tx, person)?;
        if is_keeper(tx, person)? {
            return Err(Error::invalid("", "problem-factors-keeper"));
        }
        let mut sql = Sql::named("signin::remove_factors", "delete from factors where person_id = ");
        sql.bind(person);
        let gone = sql.execute(tx.conn())?;
        recovery::forget(tx, person)?;
        if gone == 0 {
            permit.unused(tx);
            return Ok(0);
        }
        let act = Act::new(ActKind::FactorRemoved).target("person", person).note("kind", "all").note("count", gone);
        audit::record(tx, permit, act)?;
        tell(tx, config, person, "mail-factors-reset", "")?;
        Ok(gone)
    }
}

/// Until the transaction ends nobody else takes one of this person's factors away.
pub fn lock_factors(tx: &mut Tx, person: PersonId) -> Result<()> {
    let mut lock = Sql::named("signin::lock_factors", "select 1 as one from factors where person_id = ");
    lock.bind(person).push(" for update");
    lock.execute(tx.conn())?;
    Ok(())
}

/// Whether they are an active owner who may come in by break-glass, which wants a second factor.
fn is_keeper(tx: &mut Tx, person: PersonId) -> Result<bool> {
    let mut sql = Sql::named(
        "signin::is_keeper",
        "select 1 as one from break_glass_owners b join people p on p.id = b.person_id join memberships m on m.person_id = p.id
         where p.deactivated_at is null and m.role = 'owner' and b.person_id = ",
    );
    sql.bind(person);
    Ok(sql.execute(tx.conn())? > 0)
}

/// A mail to the person whose account it is: if it was not them, they learn of it.
pub(in crate::signin) fn tell(
    tx: &mut Tx,
    config: &Config,
    person: PersonId,
    key: &'static str,
    name: &str,
) -> Result<()> {
    let email = Person::find(tx, person)?.email;
    let letter = Letter::new(Msg::new("mail-factors-subject"))
        .line(Msg::new(key).with("name", name))
        .line(Msg::new("mail-factors-not-you"))
        .link(Msg::new("mail-factors-link"), mail::address(config, "/settings/me/factors")?);
    mail::send(tx, &letter.to(&email, config)?)
}

/// After a new one: the recovery codes, when there are none yet; to be shown this once.
pub(in crate::signin) fn codes_for_first(tx: &mut Tx, person: PersonId) -> Result<Vec<String>> {
    if recovery::left(tx, person)? > 0 { Ok(Vec::new()) } else { recovery::make(tx, person) }
}
