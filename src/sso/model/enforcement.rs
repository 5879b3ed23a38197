//! Sign-on for everybody: only after who switches it on came through it themselves, with the configuration as it is.

use crate::access::{Actor, Permission, Thing, Verb, check};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::{PersonId, Session};
use crate::signin::lock_factors;
use crate::sso::model::connection::{Connection, ConnectionId, end_where, permit};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Int4, Int8, Text, Timestamptz, Uuid as SqlUuid};

/// The connection that everybody must use.
#[derive(Debug, Clone, QueryableByName)]
pub struct Enforcement {
    #[diesel(sql_type = SqlUuid)]
    pub connection_id: ConnectionId,
    #[diesel(sql_type = Text)]
    pub by: String,
    #[diesel(sql_type = Timestamptz)]
    pub enforced_at: DateTime<Utc>,
}

/// Names that the page tells of those who are not connected.
const MAX_OUTSIDE: i64 = 12;

/// A trial that succeeded.
#[derive(Debug, Clone, QueryableByName)]
pub struct Test {
    #[diesel(sql_type = SqlUuid)]
    pub connection_id: ConnectionId,
    #[diesel(sql_type = Int4)]
    pub revision: i32,
    #[diesel(sql_type = Timestamptz)]
    pub tested_at: DateTime<Utc>,
}

impl Enforcement {
    pub fn now(tx: &mut Tx) -> Result<Option<Enforcement>> {
        let sql = Sql::named(
            "sso::enforcement",
            "select e.connection_id, p.name as by, e.enforced_at from sso_enforcements e join people p on p.id = e.enforced_by",
        );
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    /// Ends every session that began otherwise, but the one it is done in. `Invalid` without a test of one's own with exactly
    /// this configuration, when the connection is closed, or when nobody could get in if the provider failed.
    pub fn begin(tx: &mut Tx, me: &Actor, id: ConnectionId) -> Result<usize> {
        let permit = permit(tx, me)?;
        let person = me.person_id().ok_or(Error::SignIn)?;
        // Nobody changes the configuration between this look and the row.
        Sql::new("lock table sso_connections, sso_enforcements, break_glass_owners in share row exclusive mode")
            .execute(tx.conn())?;
        let connection = Connection::by_id(tx, id)?;
        let is_tested =
            Test::list(tx, person)?.iter().any(|test| test.connection_id == id && test.revision == connection.revision);
        let problem = if connection.enabled_at.is_none() {
            Some("problem-enforce-closed")
        } else if !is_tested {
            Some("problem-enforce-untested")
        } else if Keeper::able(tx)?.is_empty() {
            Some("problem-enforce-nobody")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(Error::invalid("", problem));
        }
        Sql::new("delete from sso_enforcements").execute(tx.conn())?;
        let mut sql = Sql::named(
            "sso::enforce",
            "insert into sso_enforcements (id, connection_id, enforced_by, enforced_at) values (",
        );
        sql.bind(tx.new_id()).push(", ").bind(id).push(", ").bind(person).push(", ").bind(tx.now).push(")");
        sql.execute(tx.conn())?;
        let current = me.session_id().map(|id| id.0);
        let elsewhere = end_where(tx, |sql| {
            sql.push("o.connection_id <> ").bind(id).push(" and s.id is distinct from ").bind(current);
        })?;
        let ended = Session::end_outside_sign_on(tx, me.session_id())? + elsewhere.len();
        let act = Act::new(ActKind::SsoEnforced).target("sso_connection", id.0).change("enforced", false, true);
        audit::record(tx, permit, act.note("sessions_ended", ended).note("revision", connection.revision))?;
        Ok(ended)
    }

    /// Passwords are offered again.
    pub fn lift(tx: &mut Tx, me: &Actor) -> Result<()> {
        let permit = permit(tx, me)?;
        let Some(found) = Enforcement::now(tx)? else {
            permit.unused(tx);
            return Ok(());
        };
        Sql::new("delete from sso_enforcements").execute(tx.conn())?;
        let act = Act::new(ActKind::SsoEnforced)
            .target("sso_connection", found.connection_id.0)
            .change("enforced", true, false);
        audit::record(tx, permit, act)
    }
}

impl Test {
    /// A person's own.
    pub fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<Test>> {
        let mut sql =
            Sql::named("sso::tests", "select connection_id, revision, tested_at from sso_tests where person_id = ");
        sql.bind(person);
        Ok(sql.load(tx.conn())?)
    }

    /// After a trial that led back to who began it.
    pub fn record(tx: &mut Tx, me: &Actor, connection: &Connection) -> Result<()> {
        let person = me.person_id().ok_or(Error::SignIn)?;
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        let permit = crate::access::may(tx, me, Verb::Edit, &Thing::Own(person))?;
        let mut sql = Sql::named(
            "sso::tested",
            "insert into sso_tests as t (connection_id, person_id, revision, tested_at) values (",
        );
        sql.bind(connection.id).push(", ").bind(person).push(", ").bind(connection.revision).push(", ").bind(tx.now);
        sql.push(") on conflict (connection_id, person_id) do update set revision = excluded.revision, tested_at = excluded.tested_at");
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::SsoTested).target("sso_connection", connection.id.0);
        audit::record(tx, permit, act.note("revision", connection.revision))
    }
}

/// Names of some who are left without, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside {
    pub names: Vec<String>,
    pub count: i64,
}

impl Outside {
    /// Active people who are not connected through any open connection: while sign-on is required they come in by a verified address
    /// alone, or not at all.
    pub fn now(tx: &mut Tx) -> Result<Outside> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            name: String,
            #[diesel(sql_type = Int8)]
            count: i64,
        }
        let mut sql = Sql::named(
            "sso::outside",
            "select p.name, count(*) over () as count from people p join memberships m on m.person_id = p.id
             where p.deactivated_at is null and not exists (select 1 from sso_links l join sso_connections c on c.id = l.connection_id
               where l.person_id = p.id and c.enabled_at is not null) order by lower(p.name), p.id limit ",
        );
        sql.bind(MAX_OUTSIDE);
        let rows: Vec<Row> = sql.load(tx.conn())?;
        let count = rows.first().map(|row| row.count).unwrap_or_default();
        Ok(Outside { names: rows.into_iter().map(|row| row.name).collect(), count })
    }
}

/// An owner who may come in by break-glass.
#[derive(Debug, Clone, QueryableByName)]
pub struct Keeper {
    #[diesel(sql_type = SqlUuid)]
    pub person_id: PersonId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub email: String,
    #[diesel(sql_type = Timestamptz)]
    pub named_at: DateTime<Utc>,
    /// A passkey or an authenticator app. Without one the door stays shut for them.
    #[diesel(sql_type = Bool)]
    pub has_factor: bool,
}

/// Active owners with a password, whether named or not, and whether with a second factor or not.
const ABLE: &str =
    "select p.id as person_id, p.name, p.email, p.created_at as named_at, exists (
      select 1 from factors f where f.person_id = p.id and f.confirmed_at is not null) as has_factor from people p join memberships m on m.person_id = p.id
    where p.deactivated_at is null and m.role = 'owner' and p.password_hash is not null";

impl Keeper {
    /// Those who are named and still active owners with a password.
    pub fn list(tx: &mut Tx) -> Result<Vec<Keeper>> {
        let sql = Sql::named(
            "sso::keepers",
            &format!(
                "select a.person_id, a.name, a.email, b.named_at, a.has_factor from break_glass_owners b join ({ABLE}) a using (person_id)
                 order by lower(a.name), a.person_id"
            ),
        );
        Ok(sql.load(tx.conn())?)
    }

    /// Those who can really come in.
    pub fn able(tx: &mut Tx) -> Result<Vec<Keeper>> {
        Ok(Keeper::list(tx)?.into_iter().filter(|keeper| keeper.has_factor).collect())
    }

    /// Owners with a password who are not named.
    pub fn candidates(tx: &mut Tx) -> Result<Vec<Keeper>> {
        let sql = Sql::named(
            "sso::candidates",
            &format!(
                "{ABLE} and not exists (select 1 from break_glass_owners b where b.person_id = p.id) order by lower(p.name), p.id"
            ),
        );
        Ok(sql.load(tx.conn())?)
    }

    /// `Invalid` for who is no active owner with a password and a second factor.
    pub fn name(tx: &mut Tx, me: &Actor, person: PersonId) -> Result<()> {
        let permit = permit(tx, me)?;
        let by = me.person_id().ok_or(Error::SignIn)?;
        // Nobody takes the factor away between this look and the row.
        lock_factors(tx, person)?;
        let found = Keeper::candidates(tx)?.into_iter().find(|keeper| keeper.person_id == person);
        let found = found.ok_or_else(|| Error::invalid("person", "problem-break-glass-owner"))?;
        if !found.has_factor {
            let msg = Msg::new("problem-break-glass-factor").with("name", &found.name);
            return Err(Error::invalid("person", msg));
        }
        let mut sql =
            Sql::named("sso::name_keeper", "insert into break_glass_owners (person_id, named_by, named_at) values (");
        sql.bind(person).push(", ").bind(by).push(", ").bind(tx.now).push(") on conflict do nothing");
        sql.execute(tx.conn())?;
        audit::record(
            tx,
            permit,
            Act::new(ActKind::BreakGlassNamed).target("person", person).change("named", false, true),
        )
    }

    /// Before somebody stops being an owner who may enter. `Invalid` at `field` for the last one while sign-on is enforced: nobody
    /// could get in if the provider failed.
    pub fn check_leaves(tx: &mut Tx, person: PersonId, field: &'static str) -> Result<()> {
        Sql::new("lock table break_glass_owners in share row exclusive mode").execute(tx.conn())?;
        match Keeper::able(tx)?.as_slice() {
            [last] if last.person_id == person && Enforcement::now(tx)?.is_some() => {
                Err(Error::invalid(field, "problem-enforce-no-break-glass"))
            }
            _ => Ok(()),
        }
    }

    /// False for who was not named. `Invalid` for the last one while sign-on is enforced.
    pub fn unname(tx: &mut Tx, me: &Actor, person: PersonId) -> Result<bool> {
        let permit = permit(tx, me)?;
        Sql::new("lock table break_glass_owners in share row exclusive mode").execute(tx.conn())?;
        let others = Keeper::able(tx)?.iter().filter(|keeper| keeper.person_id != person).count();
        if others == 0 && Enforcement::now(tx)?.is_some() {
            return Err(Error::invalid("", "problem-enforce-no-break-glass"));
        }
        let mut sql = Sql::named("sso::unname_keeper", "delete from break_glass_owners where person_id = ");
        sql.bind(person);
        if sql.execute(tx.conn())? == 0 {
            permit.unused(tx);
            return Ok(false);
        }
        let act = Act::new(ActKind::BreakGlassNamed).target("person", person).change("named", true, false);
        audit::record(tx, permit, act)?;
        Ok(true)
    }
}
