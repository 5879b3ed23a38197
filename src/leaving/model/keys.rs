//! What opens doors for somebody, or was shown to them: counted for whoever manages members; the organisation's own keys only for who
//! manages those.

use super::leaver;
use crate::access::{Actor, Permission, Thing, Verb, can};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::members::Member;
use crate::people::TokenId;
use crate::scim::{ScimToken, ScimTokenId};
use crate::{text_enum, tokens};
use diesel::QueryableByName;
use diesel::sql_types::{Int8, Text, Uuid as SqlUuid};
use uuid::Uuid;

/// Keys of one kind that one step ends; there are far fewer.
pub const MAX_KEYS: i64 = 500;

text_enum!(
    /// What can be ended in one step.
    KeyKind { Session = "session", Token = "token", Key = "key", Directory = "directory" }
);

impl KeyKind {
    /// Message key of what a link to them is called.
    pub fn plain(self) -> &'static str {
        match self {
            KeyKind::Session => "leaving-plain-sessions",
            KeyKind::Token => "leaving-plain-tokens",
            KeyKind::Key => "leaving-plain-keys",
            KeyKind::Directory => "leaving-plain-directory",
        }
    }
}

/// How many there are that still open something.
#[derive(Debug, Clone, Default, QueryableByName)]
pub struct Keys {
    #[diesel(sql_type = Int8)]
    pub sessions: i64,
    /// Their personal tokens.
    #[diesel(sql_type = Int8)]
    pub tokens: i64,
    /// Keys of the organisation that they made, and so have seen; zero for who may not see those.
    #[diesel(sql_type = Int8)]
    pub keys: i64,
    /// The same of the directory's tokens.
    #[diesel(sql_type = Int8)]
    pub directory: i64,
    /// Passkeys and codes.
    #[diesel(sql_type = Int8)]
    pub factors: i64,
    /// Ways in through a provider.
    #[diesel(sql_type = Int8)]
    pub links: i64,
    /// Whether they are named for the emergency entrance; one or none.
    #[diesel(sql_type = Int8)]
    pub keeper: i64,
    /// Running agents that act for them.
    #[diesel(sql_type = Int8)]
    pub agents: i64,
    /// Streams of the audit trail that they made; zero for who may not see those.
    #[diesel(sql_type = Int8)]
    pub streams: i64,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

fn security() -> Thing {
    Thing::Organisation(Permission::SecurityConfigurationManage)
}

impl Keys {
    pub(in crate::leaving) fn of(tx: &mut Tx, me: &Actor, member: &Member) -> Result<Keys> {
        let (person, now) = (member.id, tx.now);
        let is_security = can(me, Verb::See, &security());
        let mut sql = Sql::named(
            "leaving::keys",
            "select (select count(*) from sessions where ended_at is null and expires_at > ",
        );
        sql.bind(now).push(" and person_id = ").bind(person);
        sql.push(") as sessions, (select count(*) from tokens where kind = 'personal' and revoked_at is null and expires_at > ");
        sql.bind(now).push(" and person_id = ").bind(person).push(") as tokens, (select count(*) from tokens where ");
        sql.bind(is_security).push(" and kind <> 'personal' and revoked_at is null and expires_at > ").bind(now);
        sql.push(" and creator_id = ").bind(person).push(") as keys, (select count(*) from scim_tokens where ");
        sql.bind(is_security).push(" and revoked_at is null and expires_at > ").bind(now).push(" and creator_id = ");
        sql.bind(person)
            .push(") as directory, (select count(*) from factors where confirmed_at is not null and person_id = ");
        sql.bind(person).push(") as factors, (select count(*) from sso_links where person_id = ").bind(person);
        sql.push(") as links, (select count(*) from break_glass_owners where person_id = ").bind(person);
        sql.push(") as keeper, (select count(*) from agent_bindings where is_enabled and person_id = ").bind(person);
        sql.push(") as agents, (select count(*) from audit_streams where ")
            .bind(is_security)
            .push(" and created_by_id = ");
        sql.bind(person).push(") as streams");
        sql.load(tx.conn())?.into_iter().next().ok_or_else(|| Error::broken("no count came back"))
    }

    /// Of a kind that can be ended in one step.
    pub fn count(&self, kind: KeyKind) -> i64 {
        match kind {
            KeyKind::Session => self.sessions,
            KeyKind::Token => self.tokens,
            KeyKind::Key => self.keys,
            KeyKind::Directory => self.directory,
        }
    }
}

/// Ends those of these kinds at once, each by its own verb and with its own entry; how many. All or none.
pub fn end_keys(tx: &mut Tx, me: &Actor, handle: &str, kinds: &[KeyKind]) -> Result<usize> {
    let member = leaver(tx, me, handle)?;
    if kinds.is_empty() {
        return Err(Error::invalid("what", "problem-leaving-what"));
    }
    let before = Keys::of(tx, me, &member)?;
    let mut ended = 0;
    if kinds.contains(&KeyKind::Session) && before.sessions > 0 {
        member.sign_out(tx, me, None)?;
        ended += usize::try_from(before.sessions).unwrap_or_default();
    }
    for Found { kind, id } in living(tx, me, &member)? {
        let done = match KeyKind::parse(&kind).filter(|kind| kinds.contains(kind)) {
            Some(KeyKind::Token) => member.revoke_token(tx, me, TokenId(id)),
            Some(KeyKind::Key) => tokens::delete_key(tx, me, TokenId(id)),
            Some(KeyKind::Directory) => ScimToken::revoke(tx, me, ScimTokenId(id)),
            Some(KeyKind::Session) | None => continue,
        };
        match done {
            Ok(()) => ended += 1,
            // Somebody else ended it a moment ago.
            Err(Error::NotFound) => {}
            Err(other) => return Err(other),
        }
    }
    match ended {
        0 => Err(Error::invalid("what", "problem-leaving-nothing")),
        ended => Ok(ended),
    }
}

fn living(tx: &mut Tx, me: &Actor, member: &Member) -> Result<Vec<Found>> {
    let is_security = can(me, Verb::See, &security());
    let mut sql = Sql::named(
        "leaving::living",
        "select case kind when 'personal' then 'token' else 'key' end as kind, id from tokens where revoked_at is null and expires_at > ",
    );
    sql.bind(tx.now)
        .push(" and (kind = 'personal' and person_id = ")
        .bind(member.id)
        .push(" or kind <> 'personal' and ");
    sql.bind(is_security).push(" and creator_id = ").bind(member.id);
    sql.push(") union all select 'directory', id from scim_tokens where revoked_at is null and ").bind(is_security);
    sql.push(" and expires_at > ")
        .bind(tx.now)
        .push(" and creator_id = ")
        .bind(member.id)
        .push(" limit ")
        .number(MAX_KEYS);
    Ok(sql.load(tx.conn())?)
}
