//! Loads who a program acts as: for a token the person, narrowed; for a key of the organisation itself.

use crate::access::model::ProjectRow;
use crate::access::{Actor, ActorKind, OrganisationCard, Program, ProjectId, Scope};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Msg, Result};
use crate::people::{OrganisationId, OrganisationRole, PersonId, Token, TokenId, TokenKind};
use crate::web::{Caller, Entrance};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use std::net::IpAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

#[derive(QueryableByName)]
struct TokenRow {
    #[diesel(sql_type = SqlUuid)]
    id: TokenId,
    #[diesel(sql_type = Text)]
    kind: TokenKind,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    person_id: Option<PersonId>,
    #[diesel(sql_type = Bytea)]
    token_hash: Vec<u8>,
    #[diesel(sql_type = Array<Text>)]
    scopes: Vec<String>,
    #[diesel(sql_type = Bool)]
    is_narrowed: bool,
    #[diesel(sql_type = Array<SqlUuid>)]
    project_ids: Vec<ProjectId>,
    #[diesel(sql_type = Array<Text>)]
    networks: Vec<String>,
    #[diesel(sql_type = Timestamptz)]
    expires_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    revoked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = SqlUuid)]
    organisation_id: OrganisationId,
    #[diesel(sql_type = Text)]
    organisation: String,
    #[diesel(sql_type = Text)]
    organisation_zone: String,
}

const ROW: &str =
    "select t.id, t.kind, t.name, t.person_id, t.token_hash, t.scopes, t.is_narrowed, t.networks, t.expires_at,
    t.revoked_at, array(select tp.project_id from token_projects tp where tp.token_id = t.id) as project_ids,
    o.id as organisation_id, o.name as organisation, o.time_zone as organisation_zone
    from tokens t join organisations o on o.id = t.organisation_id where ";

impl Actor {
    /// The program that sent this token, with its use counted; or whose it is (a visitor's, when nobody knows it) and in words why
    /// it may not come in. Asked at each request.
    pub fn of_token(tx: &mut Tx, caller: &Caller, hash: &[u8]) -> Result<Entrance<Actor>> {
        let mut sql = Sql::named("access::of_token", ROW);
        sql.push("t.token_hash = ").bind(hash.to_vec());
        let row: Option<TokenRow> = sql.load(tx.conn())?.into_iter().next();
        let Some(row) = row.filter(|row| row.token_hash.ct_eq(hash).into()) else {
            return Ok(Entrance::Closed(Actor::visitor(&caller.address, &caller.browser), Msg::new("token-unknown")));
        };
        let (address, browser) = (caller.address.as_str().into(), caller.browser.as_str().into());
        let refused = Actor { address, browser, ..row.as_refused() };
        if let Some(why) = row.closed(tx.now, &caller.address) {
            return Ok(Entrance::Closed(refused, why));
        }
        let id = row.id;
        let Some(me) = row.into_actor(tx)? else { return Ok(Entrance::Closed(refused, Msg::new("token-owner-gone"))) };
        let budget = Token::count_use(tx, id, &caller.address)?;
        Ok(Entrance::Open(Actor { address: refused.address, browser: refused.browser, ..me }, budget))
    }

    /// The same program with what it reaches now, after it made something new. `SignIn` for whoever is no program.
    pub fn program_again(&self, tx: &mut Tx) -> Result<Actor> {
        let program = self.program.as_deref().ok_or(Error::SignIn)?;
        let mut sql = Sql::named("access::of_program", ROW);
        sql.push("t.revoked_at is null and t.id = ").bind(program.id);
        let row: Option<TokenRow> = sql.load(tx.conn())?.into_iter().next();
        row.ok_or(Error::SignIn)?.into_actor(tx)?.ok_or(Error::SignIn)
    }
}

impl TokenRow {
    fn closed(&self, now: DateTime<Utc>, address: &str) -> Option<Msg> {
        if self.revoked_at.is_some() {
            return Some(Msg::new("token-revoked"));
        }
        if self.expires_at <= now {
            return Some(Msg::new("token-expired").with("on", self.expires_at.format("%-d %B %Y")));
        }
        (!is_within(&self.networks, address)).then(|| Msg::new("token-network"))
    }

    fn program(&self) -> Program {
        Program {
            id: self.id,
            name: self.name.clone(),
            scopes: self.scopes.iter().filter_map(|word| Scope::parse(word)).collect(),
            is_narrowed: self.is_narrowed,
        }
    }

    fn actor_kind(&self) -> ActorKind {
        if self.kind == TokenKind::Personal { ActorKind::Token } else { ActorKind::Service }
    }

    /// Who stands in the trail when it is not let in: the token by its id, with no rights at all.
    fn as_refused(&self) -> Actor {
        Actor {
            kind: self.actor_kind(),
            program: Some(Arc::new(self.program())),
            ..Actor::service(self.card(), None, Vec::new())
        }
    }

    fn card(&self) -> OrganisationCard {
        OrganisationCard {
            id: self.organisation_id,
            name: self.organisation.clone(),
            time_zone: self.organisation_zone.clone(),
        }
    }

    /// None when its person may no longer enter.
    fn into_actor(self, tx: &mut Tx) -> Result<Option<Actor>> {
        let (program, kind) = (self.program(), self.actor_kind());
        let me = match self.person_id {
            Some(person) => match Actor::of_person(tx, person) {
                Err(Error::NotFound) => return Ok(None),
                me => me?.narrowed(&self.project_ids, self.is_narrowed),
            },
            None => self.service(tx)?,
        };
        // Whatever the person has confirmed, a program has not.
        Ok(Some(Actor { kind, program: Some(Arc::new(program)), is_confirmed: false, ..me }))
    }

    /// A member of the projects it was given; when it was not narrowed, of every open one and of the organisation.
    fn service(&self, tx: &mut Tx) -> Result<Actor> {
        let narrowed_to = self.is_narrowed.then_some(self.project_ids.as_slice());
        let projects = ProjectRow::of_service(tx, narrowed_to)?;
        let role = (!self.is_narrowed).then_some(OrganisationRole::Member);
        Ok(Actor::service(self.card(), role, projects))
    }
}

/// An address that cannot be read is in no network.
fn is_within(networks: &[String], address: &str) -> bool {
    let Ok(address) = address.parse::<IpAddr>() else { return networks.is_empty() };
    let address = address.to_canonical();
    networks.is_empty()
        || networks.iter().filter_map(|net| net.parse::<ipnet::IpNet>().ok()).any(|net| net.contains(&address))
}
