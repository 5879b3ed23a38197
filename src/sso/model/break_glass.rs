//! Coming in when the provider cannot be reached: a named owner, with a password and a second factor, for an hour, seen by everybody,
//! reviewed by another. While passwords are offered there is no such door: nobody needs a way past a provider that is not required.

use crate::access::{Actor, Permission, Permit, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::config::{AuthMode, Config};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::mail::{self, Letter};
use crate::people::{Entry, Person, PersonId, Session};
use crate::signin::{Offer, Opens, Shown, Step};
use crate::sso::model::enforcement::Keeper;
use crate::text::value::Title;
use crate::typed_id;
use crate::web::{State, token_hash};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

typed_id!(UseId);

/// A break-glass session lasts this long.
pub const BREAK_GLASS_SECONDS: u32 = 3600;
/// Of the trail of a session, on its review.
const MAX_EVENTS: i64 = 500;

#[derive(Debug, Clone, QueryableByName)]
pub struct Use {
    #[diesel(sql_type = SqlUuid)]
    pub id: UseId,
    #[diesel(sql_type = SqlUuid)]
    pub person_id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub session_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = Timestamptz)]
    pub used_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub reviewer: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub reviewed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Text)]
    pub finding: String,
}

/// One privileged act of a session.
#[derive(Debug, Clone, QueryableByName)]
pub struct Trace {
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub target_kind: String,
    #[diesel(sql_type = Text)]
    pub outcome: String,
}

const SELECT: &str =
    "select u.id, u.person_id, p.name, u.session_id, u.reason, u.used_at, r.name as reviewer, u.reviewed_at, u.finding
    from break_glass_uses u join people p on p.id = u.person_id left join people r on r.id = u.reviewed_by";

impl Use {
    /// Whether there is such a door at all: only while nobody is offered a password.
    pub fn is_door(tx: &mut Tx, mode: AuthMode) -> Result<bool> {
        Ok(!Offer::now(tx, mode)?.has_passwords)
    }

    /// After a fitting password: the token of the step that asks for the second factor. `SignIn` for who is not named, or has none.
    pub fn begin(tx: &mut Tx, me: &Actor, email: &str, mode: AuthMode) -> Result<String> {
        let permit = may(tx, me, Verb::See, &Thing::Door)?;
        let person = Person::by_email(tx, email)?.ok_or(Error::SignIn)?;
        named(tx, person.id, mode)?;
        permit.unused(tx);
        Step::begin(tx, person.id, Opens::BreakGlass)
    }

    /// After the second factor was shown: an hour, and everybody who owns the place is told. The answer is the session's token.
    pub fn finish(
        tx: &mut Tx,
        me: &Actor,
        (step, shown, reason): (&Step, &Shown, &Title),
        entry: Entry,
        state: &State,
    ) -> Result<String> {
        let permit = may(tx, me, Verb::See, &Thing::Door)?;
        let factor = step.pass(tx, state, shown)?;
        named(tx, step.person, state.config.auth.mode)?;
        let person = Person::find(tx, step.person)?;
        let token = enter(tx, permit, (&person, reason, factor), entry, &state.config)?;
        Session::set_factor(tx, &token, factor)?;
        Ok(token)
    }

    /// The newest first.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Use>> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        Ok(Sql::named("sso::break_glass_uses", &format!("{SELECT} order by u.used_at desc, u.id limit 100"))
            .load(tx.conn())?)
    }

    pub fn find(tx: &mut Tx, me: &Actor, id: UseId) -> Result<Use> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let mut sql = Sql::named("sso::break_glass_use", &format!("{SELECT} where u.id = "));
        sql.bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Every privileged act of that session, in order.
    pub fn trail(&self, tx: &mut Tx) -> Result<Vec<Trace>> {
        let mut sql = Sql::named(
            "sso::break_glass_trail",
            "select at, action, target_kind, outcome from audit_events where session_id = ",
        );
        sql.bind(self.session_id).push(" order by at, id limit ").number(MAX_EVENTS);
        Ok(sql.load(tx.conn())?)
    }

    /// Signs it: what was found, and what was changed because of it. Only another owner can; once.
    pub fn review(&self, tx: &mut Tx, me: &Actor, finding: &str) -> Result<()> {
        let permit = super::connection::permit(tx, me)?;
        let by = me.person_id().ok_or(Error::SignIn)?;
        if self.person_id == by || me.role != Some(crate::people::OrganisationRole::Owner) {
            return Err(Error::forbidden("refused-break-glass-review"));
        }
        if self.reviewed_at.is_some() {
            return Err(Error::invalid("", "problem-reviewed-already"));
        }
        let mut sql = Sql::named("sso::review", "update break_glass_uses set reviewed_by = ");
        sql.bind(by).push(", reviewed_at = ").bind(tx.now).push(", finding = ").bind(finding);
        sql.push(" where reviewed_at is null and id = ").bind(self.id);
        if sql.execute(tx.conn())? == 0 {
            return Err(Error::invalid("", "problem-reviewed-already"));
        }
        audit::record(
            tx,
            permit,
            Act::new(ActKind::BreakGlassReviewed).target("person", self.person_id).note("use", self.id.0),
        )
    }
}

/// `SignIn` for who is no named, active owner with a password and a second factor, and for everybody where there is no such door.
fn named(tx: &mut Tx, person: PersonId, mode: AuthMode) -> Result<()> {
    let is_named = Keeper::able(tx)?.iter().any(|keeper| keeper.person_id == person);
    if is_named && Use::is_door(tx, mode)? { Ok(()) } else { Err(Error::SignIn) }
}

fn enter(
    tx: &mut Tx,
    permit: Permit,
    (person, reason, factor): (&Person, &Title, &'static str),
    entry: Entry,
    config: &Config,
) -> Result<String> {
    let token = Session::begin(tx, person.id, entry)?;
    let id = UseId(tx.new_id());
    let mut sql = Sql::named(
        "sso::break_glass",
        "insert into break_glass_uses (id, person_id, session_id, reason, used_at) select ",
    );
    sql.bind(id).push(", ").bind(person.id).push(", id, ").bind(reason.as_str()).push(", ").bind(tx.now);
    sql.push(" from sessions where token_hash = ").bind(token_hash(&token));
    sql.execute(tx.conn())?;
    alert(tx, person, reason, config)?;
    tracing::warn!(name = "break_glass.used", person = %person.id, "break-glass was used");
    let act = Act::new(ActKind::BreakGlassUsed).target("person", person.id).note("use", id.0);
    audit::record(tx, permit, act.note("factor", factor))?;
    Ok(token)
}

/// A mail to every owner, who used it included: a stranger with their password would want silence.
fn alert(tx: &mut Tx, person: &Person, reason: &Title, config: &Config) -> Result<()> {
    let owners = Sql::named(
        "sso::owners",
        "select p.id as person_id, p.name, p.email, p.created_at as named_at, false as has_factor
         from people p join memberships m on m.person_id = p.id where p.deactivated_at is null and m.role = 'owner'",
    );
    let letter = Letter::new(Msg::new("mail-break-glass-subject").with("person", &person.name))
        .line(Msg::new("mail-break-glass").with("person", &person.name).with("reason", reason))
        .link("mail-break-glass-link".into(), mail::address(config, "/settings/sign-on/break-glass")?)
        .note("mail-break-glass-note".into());
    for owner in owners.load::<Keeper>(tx.conn())? {
        mail::send(tx, &letter.to(&owner.email, config)?)?;
    }
    Ok(())
}
