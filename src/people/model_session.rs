//! Sessions: a random token in a signed cookie; here only its hash.

use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{PersonId, SessionId};
use crate::text_enum;
use crate::web::{Caller, random_token, token_hash};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};

text_enum!(
    /// How a session began.
    Method {
        Password = "password", SetUp = "setup", Passkey = "passkey", Oidc = "oidc", Saml = "saml",
        BreakGlass = "break_glass",
    }
);

impl Method {
    /// Whether it counts while everybody must sign in through a provider: through one, or by the way that is left when it fails.
    fn is_never_closed(self) -> bool {
        matches!(self, Method::Oidc | Method::Saml | Method::BreakGlass)
    }
}

/// Ended sessions are kept this long.
const KEEP_ENDED_DAYS: i64 = 30;

/// A live session as its person sees it.
#[derive(Debug, Clone, QueryableByName)]
pub struct Session {
    #[diesel(sql_type = SqlUuid)]
    pub id: SessionId,
    /// How it began.
    #[diesel(sql_type = Text)]
    pub method: Method,
    /// The second factor that was shown when it began: `totp`, `passkey` or `recovery`; None without one.
    #[diesel(sql_type = Nullable<Text>)]
    pub factor: Option<String>,
    /// The last time its person showed who they are in it.
    #[diesel(sql_type = Timestamptz)]
    pub authenticated_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub address: String,
    #[diesel(sql_type = Text)]
    pub browser: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub last_seen_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Begun {
    #[diesel(sql_type = SqlUuid)]
    id: SessionId,
}

/// Where a new session begins.
#[derive(Debug, Clone)]
pub struct Entry {
    pub method: Method,
    pub address: String,
    pub browser: String,
    pub max_age_seconds: u32,
}

impl Entry {
    /// From where this request comes.
    pub fn of(method: Method, caller: &Caller, max_age_seconds: u32) -> Self {
        Entry { method, address: caller.address.clone(), browser: caller.browser.clone(), max_age_seconds }
    }
}

impl Session {
    /// Begins one; the answer is the token for the cookie, which is nowhere else. `Invalid` while everybody must sign in through a
    /// provider and this is another way: asked here, so that no door forgets.
    pub fn begin(tx: &mut Tx, person: PersonId, entry: Entry) -> Result<String> {
        if !entry.method.is_never_closed() && is_sign_on_required(tx)? {
            return Err(Error::invalid("", "sign-on-only"));
        }
        let token = random_token();
        let expires = tx.now + chrono::Duration::seconds(i64::from(entry.max_age_seconds));
        let mut sql = Sql::named(
            "people::begin_session",
            "insert into sessions (id, person_id, token_hash, method, authenticated_at, created_at, last_seen_at, expires_at, address, browser) values (",
        );
        sql.bind(tx.new_id()).push(", ").bind(person).push(", ").bind(token_hash(&token)).push(", ").bind(entry.method);
        sql.push(", ").bind(tx.now).push(", ").bind(tx.now).push(", ").bind(tx.now).push(", ").bind(expires).push(", ");
        sql.bind(entry.address).push(", ").bind(entry.browser).push(")");
        sql.execute(tx.conn())?;
        Ok(token)
    }

    /// Which second factor was shown when the session of this token began.
    pub fn set_factor(tx: &mut Tx, token: &str, factor: &'static str) -> Result<()> {
        let mut sql = Sql::named("people::session_factor", "update sessions set factor = ");
        sql.bind(factor).push(" where token_hash = ").bind(token_hash(token));
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// After a real authentication in it: a new token for the cookie, and it counts as recent. The old token opens nothing.
    pub fn renew(tx: &mut Tx, id: SessionId) -> Result<String> {
        let token = random_token();
        let mut sql = Sql::named("people::renew_session", "update sessions set token_hash = ");
        sql.bind(token_hash(&token)).push(", authenticated_at = ").bind(tx.now).push(", last_seen_at = ").bind(tx.now);
        sql.push(", rights_changed_at = null where ended_at is null and id = ").bind(id);
        match sql.execute(tx.conn())? {
            0 => Err(Error::SignIn),
            _ => Ok(token),
        }
    }

    /// The rights of these people changed: each of their live sessions owes itself a new token.
    pub fn owe_tokens(tx: &mut Tx, people: &[PersonId]) -> Result<()> {
        let mut sql = Sql::named("people::owe_tokens", "update sessions set rights_changed_at = ");
        let people: Vec<uuid::Uuid> = people.iter().map(|person| person.0).collect();
        sql.bind(tx.now).push(" where ended_at is null and person_id = any(").bind(people).push(")");
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// The token that a session owed itself, once; it counts as recent no more than before. None when it owed none.
    pub fn replace_token(tx: &mut Tx, id: SessionId) -> Result<Option<String>> {
        let token = random_token();
        let mut sql = Sql::named("people::replace_token", "update sessions set token_hash = ");
        sql.bind(token_hash(&token))
            .push(", rights_changed_at = null where ended_at is null and rights_changed_at is not null and id = ");
        sql.bind(id);
        Ok((sql.execute(tx.conn())? > 0).then_some(token))
    }

    /// When the person really proved who they are, where that was not just now: at a provider that answered from memory.
    pub fn set_authenticated(tx: &mut Tx, token: &str, at: DateTime<Utc>) -> Result<SessionId> {
        let mut sql = Sql::named("people::set_authenticated", "update sessions set authenticated_at = ");
        sql.bind(at).push(" where token_hash = ").bind(token_hash(token)).push(" returning id");
        let found = sql.load::<Begun>(tx.conn())?.into_iter().next();
        found.map(|begun| begun.id).ok_or_else(|| Error::broken("a session that just began is not there"))
    }

    /// Ends all sessions that did not begin through a provider, but the one named; answers how many.
    pub fn end_outside_sign_on(tx: &mut Tx, except: Option<SessionId>) -> Result<usize> {
        let mut sql = Sql::named("people::end_outside_sign_on", "update sessions set ended_at = ");
        sql.bind(tx.now).push(" where ended_at is null and method not in ('oidc', 'saml') and id is distinct from ");
        sql.bind(except.map(|id| id.0));
        Ok(sql.execute(tx.conn())?)
    }

    /// A person's live sessions, the last used first.
    pub fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<Session>> {
        let mut sql = Sql::named(
            "people::sessions",
            "select id, method, factor, authenticated_at, address, browser, created_at, last_seen_at from sessions where ended_at is null and expires_at > ",
        );
        sql.bind(tx.now).push(" and person_id = ").bind(person).push(" order by last_seen_at desc, id limit 100");
        Ok(sql.load(tx.conn())?)
    }

    /// Ends one session of a person; false when there was none such.
    pub fn end(tx: &mut Tx, person: PersonId, id: SessionId) -> Result<bool> {
        let mut sql = Sql::named("people::end_session", "update sessions set ended_at = ");
        sql.bind(tx.now).push(" where ended_at is null and person_id = ").bind(person).push(" and id = ").bind(id);
        Ok(sql.execute(tx.conn())? > 0)
    }

    /// Ends all of a person's sessions but the one named; answers how many.
    pub fn end_all(tx: &mut Tx, person: PersonId, except: Option<SessionId>) -> Result<usize> {
        let mut sql = Sql::named("people::end_sessions", "update sessions set ended_at = ");
        sql.bind(tx.now).push(" where ended_at is null and person_id = ").bind(person);
        sql.push(" and id is distinct from ").bind(except.map(|id| id.0));
        Ok(sql.execute(tx.conn())?)
    }

    /// Ends all sessions of these people but the one named; answers how many.
    pub fn end_of(tx: &mut Tx, people: &[PersonId], except: Option<SessionId>) -> Result<usize> {
        let mut sql = Sql::named("people::end_sessions_of", "update sessions set ended_at = ");
        let people: Vec<uuid::Uuid> = people.iter().map(|person| person.0).collect();
        sql.bind(tx.now).push(" where ended_at is null and person_id = any(").bind(people);
        sql.push(") and id is distinct from ").bind(except.map(|id| id.0));
        Ok(sql.execute(tx.conn())?)
    }

    /// Neither ended nor run out: for work that goes on after its request was let in.
    pub fn is_live(tx: &mut Tx, id: SessionId) -> Result<bool> {
        let mut sql = Sql::named("people::is_live", "select 1 as one from sessions where ended_at is null and id = ");
        sql.bind(id).push(" and expires_at > ").bind(tx.now);
        Ok(sql.execute(tx.conn())? > 0)
    }

    /// Notes that it is in use.
    pub fn mark_seen(tx: &mut Tx, id: SessionId) -> Result<()> {
        let mut sql = Sql::named("people::mark_seen", "update sessions set last_seen_at = ");
        sql.bind(tx.now).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        Ok(())
    }

    /// Forgets those that ended or ran out some time ago, unless the audit trail names them.
    pub fn forget_ended(tx: &mut Tx) -> Result<usize> {
        let before = tx.now - chrono::Duration::days(KEEP_ENDED_DAYS);
        let mut sql = Sql::named("people::forget_sessions", "delete from sessions s where (s.ended_at < ");
        sql.bind(before).push(" or s.expires_at < ").bind(before);
        sql.push(") and not exists (select 1 from audit_events e where e.session_id = s.id)");
        Ok(sql.execute(tx.conn())?)
    }

    /// Empties address and browser of sessions that ended (or ran out) this long ago and stay because the audit trail names them.
    pub fn forget_places(tx: &mut Tx, days: u32) -> Result<usize> {
        let before = tx.now - chrono::Duration::days(i64::from(days));
        let mut sql =
            Sql::named("people::forget_places", "update sessions set address = '', browser = '' where (ended_at < ");
        sql.bind(before).push(" or expires_at < ").bind(before).push(") and (address, browser) <> ('', '')");
        Ok(sql.execute(tx.conn())?)
    }
}

fn is_sign_on_required(tx: &mut Tx) -> Result<bool> {
    Ok(Sql::named("people::sign_on_required", "select 1 as one from sso_enforcements limit 1").execute(tx.conn())? > 0)
}
