//! What the directory comes with. Several live at once, so that a new one is in place before the old one ends.

use crate::access::{Actor, Permission, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::secret::Secret;
use crate::text::value::Name;
use crate::typed_id;
use crate::web::{DIRECTORY_PREFIX, bearer_hint, fresh_bearer, token_hash};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(ScimTokenId);

/// Live at once.
pub const MAX_SCIM_TOKENS: usize = 10;
/// The same with those that others have taken over from, for their last days.
pub const MAX_SCIM_TOKENS_ROTATING: usize = 2 * MAX_SCIM_TOKENS;
/// How long one lives unless its maker says otherwise.
pub const DEFAULT_SCIM_DAYS: i64 = 180;
pub const MAX_SCIM_DAYS: i64 = 366;
/// The old one goes on this long after a new one took over.
pub const OVERLAP_DAYS: i64 = 7;

/// As the page shows it.
#[derive(Debug, Clone, QueryableByName)]
pub struct ScimToken {
    #[diesel(sql_type = SqlUuid)]
    pub id: ScimTokenId,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Who made it.
    #[diesel(sql_type = Text)]
    pub creator: String,
    /// Its last characters.
    #[diesel(sql_type = Text)]
    pub hint: String,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
    /// Another has taken over from it.
    #[diesel(sql_type = Bool)]
    pub is_replaced: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_address: Option<String>,
}

#[derive(QueryableByName)]
struct Lifetime {
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
}

fn security() -> Thing {
    Thing::Organisation(Permission::SecurityConfigurationManage)
}

/// Between 1 and `MAX_SCIM_DAYS`.
pub fn parse_scim_days(text: &str) -> Result<i64, Msg> {
    let days = text.trim().parse().ok().filter(|days| (1..=MAX_SCIM_DAYS).contains(days));
    days.ok_or_else(|| Msg::new("problem-token-days").with("max", MAX_SCIM_DAYS))
}

impl ScimToken {
    /// Those that were not revoked, expired ones too, the newest first.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<ScimToken>> {
        check(me, Verb::See, &security())?;
        let sql = Sql::named(
            "scim::tokens",
            "select t.id, t.name, p.name as creator, t.hint, t.created_at, t.expires_at,
             exists (select 1 from scim_tokens n where n.replaces_id = t.id and n.revoked_at is null) as is_replaced,
             u.last_used_at, u.last_address
             from scim_tokens t join people p on p.id = t.creator_id left join scim_token_uses u on u.token_id = t.id
             where t.revoked_at is null order by t.created_at desc, t.id limit 200",
        );
        Ok(sql.load(tx.conn())?)
    }

    fn find(tx: &mut Tx, me: &Actor, id: ScimTokenId) -> Result<ScimToken> {
        ScimToken::list(tx, me)?.into_iter().find(|token| token.id == id).ok_or(Error::NotFound)
    }

    /// The answer is the token, which is nowhere else.
    pub fn create(tx: &mut Tx, me: &Actor, name: &Name, days: i64) -> Result<Secret> {
        let permit = may(tx, me, Verb::Add, &security())?;
        let now = tx.now;
        let live = ScimToken::list(tx, me)?.into_iter().filter(|token| token.expires_at > now).count();
        check_room(live, MAX_SCIM_TOKENS)?;
        let (id, token) = insert(tx, me, name.as_str(), days, None)?;
        let act = Act::new(ActKind::ScimTokenCreated).target("scim_token", id).note("days", days);
        audit::record(tx, permit, act)?;
        Ok(token)
    }

    /// A new one takes over; this one goes on for `OVERLAP_DAYS` at most. `Invalid` when that was done before.
    pub fn rotate(tx: &mut Tx, me: &Actor, id: ScimTokenId) -> Result<(String, Secret)> {
        let permit = may(tx, me, Verb::Edit, &security())?;
        let mut lock = Sql::named("scim::lock_token", "select 1 as one from scim_tokens where id = ");
        lock.bind(id).push(" for update");
        lock.execute(tx.conn())?;
        let (old, now) = (ScimToken::find(tx, me, id)?, tx.now);
        let live = ScimToken::list(tx, me)?.into_iter().filter(|token| token.expires_at > now).count();
        check_room(live, MAX_SCIM_TOKENS_ROTATING)?;
        if old.is_replaced {
            return Err(Error::invalid("", "problem-scim-token-replaced"));
        }
        let days = lifetime(tx, id)?.num_days().clamp(1, MAX_SCIM_DAYS);
        let (new, token) = insert(tx, me, &old.name, days, Some(id))?;
        let ends = old.expires_at.min(tx.now + Duration::days(OVERLAP_DAYS));
        let mut sql = Sql::named("scim::end_token", "update scim_tokens set expires_at = ");
        sql.bind(ends).push(" where id = ").bind(id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::ScimTokenRotated).target("scim_token", id).note("successor", new);
        audit::record(tx, permit, act.note("days", days))?;
        Ok((old.name, token))
    }

    /// Ends it at once. `NotFound` for one that was ended.
    pub fn revoke(tx: &mut Tx, me: &Actor, id: ScimTokenId) -> Result<()> {
        let permit = may(tx, me, Verb::Remove, &security())?;
        let mut sql = Sql::named("scim::revoke_token", "update scim_tokens set revoked_at = ");
        sql.bind(tx.now).push(" where revoked_at is null and id = ").bind(id);
        if sql.execute(tx.conn())? == 0 {
            permit.unused(tx);
            return Err(Error::NotFound);
        }
        audit::record(tx, permit, Act::new(ActKind::ScimTokenRevoked).target("scim_token", id))
    }
}

fn check_room(live: usize, max: usize) -> Result<()> {
    match live < max {
        true => Ok(()),
        false => Err(Error::invalid("", Msg::new("problem-scim-tokens-many").with("max", max))),
    }
}

/// As it was chosen: a rotation cuts that of the old one, so that a successor which was revoked knows it.
fn lifetime(tx: &mut Tx, id: ScimTokenId) -> Result<Duration> {
    let mut sql = Sql::named("scim::token_lifetime", "select expires_at, created_at from scim_tokens where id = ");
    sql.bind(id).push(" or replaces_id = ").bind(id);
    let all = sql.load::<Lifetime>(tx.conn())?;
    Ok(all.into_iter().map(|one| one.expires_at - one.created_at).max().unwrap_or_else(Duration::zero))
}

/// The row; whoever calls has asked and keeps the entry.
fn insert(
    tx: &mut Tx,
    me: &Actor,
    name: &str,
    days: i64,
    replaces: Option<ScimTokenId>,
) -> Result<(ScimTokenId, Secret)> {
    let (id, token) = (ScimTokenId(tx.new_id()), fresh_bearer(DIRECTORY_PREFIX));
    // A revoked successor leaves its place to another.
    let mut free = Sql::named("scim::free_place", "update scim_tokens set replaces_id = null where replaces_id = ");
    free.bind(replaces.map(|id| id.0)).push(" and revoked_at is not null");
    free.execute(tx.conn())?;
    let mut sql = Sql::named(
        "scim::insert_token",
        "insert into scim_tokens (id, organisation_id, name, creator_id, token_hash, hint, created_at, expires_at, replaces_id)",
    );
    sql.push(" values (").bind(id).push(", ").bind(me.organisation_id().ok_or(Error::NotFound)?).push(", ");
    sql.bind(name).push(", ").bind(me.person_id().ok_or(Error::SignIn)?).push(", ").bind(token_hash(&token));
    sql.push(", ").bind(bearer_hint(&token)).push(", ").bind(tx.now).push(", ");
    sql.bind(tx.now + Duration::days(days)).push(", ").bind(replaces.map(|id| id.0)).push(")");
    sql.execute(tx.conn())?;
    Ok((id, Secret::new(token)))
}
