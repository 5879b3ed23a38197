//! Making and ending tokens and keys. Four beats: may, change, remember, return.

use crate::access::{Actor, Permission, ProjectId, ProjectRole, Scope, Thing, Verb, check, holds_in, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::error::{Error, Msg, Result};
use crate::people::{NewToken, PersonId, Token, TokenId, TokenKind};
use crate::secret::Secret;
use crate::text::value::Name;
use crate::web::{KEY_PREFIX, PERSONAL_PREFIX, bearer_hint, fresh_bearer, token_hash};
use chrono::Duration;
use ipnet::IpNet;
use std::net::IpAddr;

/// How long a token lives unless its maker says otherwise.
pub const DEFAULT_DAYS: i64 = 90;
pub const MAX_DAYS: i64 = 366;
/// Of one person; and keys of the organisation.
pub const MAX_TOKENS: usize = 50;
pub const MAX_KEYS: usize = 200;
pub const MAX_NETWORKS: usize = 20;

/// What is asked for, as checked.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub name: Name,
    /// At least one.
    pub scopes: Vec<Scope>,
    /// None: whatever its person reaches; for a key, every open project and the organisation's own records.
    pub projects: Option<Vec<ProjectId>>,
    /// Of a key; empty for anywhere.
    pub networks: Vec<IpNet>,
    pub days: i64,
}

fn security() -> Thing {
    Thing::Organisation(Permission::SecurityConfigurationManage)
}

fn own(me: &Actor) -> Result<(PersonId, Thing)> {
    let id = me.person_id().ok_or(Error::SignIn)?;
    Ok((id, Thing::Account(id)))
}

/// One's own, the newest first.
pub fn my_tokens(tx: &mut Tx, me: &Actor) -> Result<Vec<Token>> {
    Token::list_of(tx, own(me)?.0)
}

/// The organisation's, for who may manage them.
pub fn keys(tx: &mut Tx, me: &Actor) -> Result<Vec<Token>> {
    check(me, Verb::See, &security())?;
    Token::list(tx, TokenKind::Service)
}

/// A personal token: never more than its person, at any moment. The answer is the token, which is nowhere else.
pub fn create_token(tx: &mut Tx, me: &Actor, wanted: Wanted) -> Result<Secret> {
    let (person, thing) = own(me)?;
    let permit = may(tx, me, Verb::Add, &thing)?;
    let hidden = |id: &ProjectId| me.project_by_id(*id).is_none();
    if wanted.projects.iter().flatten().any(hidden) {
        return Err(Error::invalid("projects", "problem-choice"));
    }
    if Token::count(tx, Some(person))? >= MAX_TOKENS {
        return Err(Error::invalid("", Msg::new("problem-tokens-many").with("max", MAX_TOKENS)));
    }
    let act = wanted.act(ActKind::TokenCreated);
    let (id, token) = wanted.insert(tx, me, Some(person))?;
    audit::record(tx, permit, act.target("token", id))?;
    Ok(token)
}

/// A key of the organisation: a member of the projects it is given. Nobody gives a key a project in which they do not hold that
/// much themselves.
pub fn create_key(tx: &mut Tx, me: &Actor, wanted: Wanted) -> Result<Secret> {
    let permit = may(tx, me, Verb::Add, &security())?;
    let least =
        if wanted.scopes.iter().any(|scope| scope.is_write()) { ProjectRole::Member } else { ProjectRole::Viewer };
    if wanted.projects.iter().flatten().any(|id| !holds_in(me, *id, least)) {
        return Err(Error::invalid("projects", "problem-key-project"));
    }
    if Token::count(tx, None)? >= MAX_KEYS {
        return Err(Error::invalid("", Msg::new("problem-keys-many").with("max", MAX_KEYS)));
    }
    let act = wanted.act(ActKind::ApiKeyCreated);
    let (id, token) = wanted.insert(tx, me, None)?;
    audit::record(tx, permit, act.target("api_key", id))?;
    Ok(token)
}

impl Wanted {
    /// What it may is in the entry; what it is called is not, because names of things are not kept there.
    fn act(&self, kind: ActKind) -> Act {
        let act = Act::new(kind).note("scopes", &self.scopes).note("days", self.days);
        let act = act.note("projects", &self.projects);
        let networks: Vec<String> = self.networks.iter().map(IpNet::to_string).collect();
        if networks.is_empty() { act } else { act.note("networks", networks) }
    }

    fn insert(self, tx: &mut Tx, me: &Actor, person: Option<PersonId>) -> Result<(TokenId, Secret)> {
        let token = fresh_bearer(if person.is_some() { PERSONAL_PREFIX } else { KEY_PREFIX });
        let row = NewToken {
            organisation: me.organisation_id().ok_or(Error::NotFound)?,
            kind: if person.is_some() { TokenKind::Personal } else { TokenKind::Service },
            name: self.name.into_string(),
            person,
            creator: me.person_id().ok_or(Error::SignIn)?,
            hash: token_hash(&token),
            hint: bearer_hint(&token),
            scopes: self.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            projects: self.projects.map(|ids| ids.into_iter().map(|id| id.0).collect()),
            networks: self.networks.iter().map(IpNet::to_string).collect(),
            expires_at: tx.now + Duration::days(self.days),
        };
        Ok((row.insert(tx)?, Secret::new(token)))
    }
}

/// Ends one's own at once. Another's, and one that has ended, is `NotFound`.
pub fn revoke_token(tx: &mut Tx, me: &Actor, id: TokenId) -> Result<()> {
    let (person, thing) = own(me)?;
    let permit = may(tx, me, Verb::Remove, &thing)?;
    if !Token::revoke(tx, id, Some(person))? {
        permit.unused(tx);
        return Err(Error::NotFound);
    }
    audit::record(tx, permit, Act::new(ActKind::TokenRevoked).target("token", id))
}

/// Ends a key at once.
pub fn delete_key(tx: &mut Tx, me: &Actor, id: TokenId) -> Result<()> {
    let permit = may(tx, me, Verb::Remove, &security())?;
    if !Token::revoke(tx, id, None)? {
        permit.unused(tx);
        return Err(Error::NotFound);
    }
    audit::record(tx, permit, Act::new(ActKind::ApiKeyDeleted).target("api_key", id))
}

/// Between 1 and `MAX_DAYS`.
pub fn parse_days(text: &str) -> Result<i64, Msg> {
    let days = text.trim().parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
    days.ok_or_else(|| Msg::new("problem-token-days").with("max", MAX_DAYS))
}

/// Networks as typed: `10.0.0.0/8`, or one address, with commas, spaces or lines between.
pub fn parse_networks(text: &str) -> Result<Vec<IpNet>, Msg> {
    let mut networks = Vec::new();
    for word in text.split([',', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
        let net = word.parse::<IpNet>().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from));
        networks.push(
            net.ok_or_else(|| Msg::new("problem-network").with("word", word.chars().take(50).collect::<String>()))?
                .trunc(),
        );
    }
    networks.sort();
    networks.dedup();
    match networks.len() {
        0..=MAX_NETWORKS => Ok(networks),
        _ => Err(Msg::new("problem-networks-many").with("max", MAX_NETWORKS)),
    }
}
