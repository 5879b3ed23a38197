//! Connections to providers. The one in tow.yaml is a row too, written at each start.

use crate::access::{Actor, Permission, Permit, Thing, Verb, check, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::people::{Membership, Method, PersonId, Session, SessionId};
use crate::secret::Secret;
use crate::sso::model::gifts::Gift;
use crate::sso::model::rules::Rule;
use crate::sso::saml::Certificate;
use crate::web::State;
use crate::{text_enum, typed_id};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};

typed_id!(ConnectionId);

text_enum!(
    /// Who writes the row: the operator's file, or a page of settings.
    Source { File = "file", Page = "page" }
);

text_enum!(
    /// What the provider speaks.
    Protocol { Oidc = "oidc", Saml = "saml" }
);

impl Protocol {
    /// How a session that began through it is told.
    pub fn method(self) -> Method {
        match self {
            Protocol::Oidc => Method::Oidc,
            Protocol::Saml => Method::Saml,
        }
    }
}

#[derive(Debug, Clone, QueryableByName)]
pub struct Connection {
    #[diesel(sql_type = SqlUuid)]
    pub id: ConnectionId,
    #[diesel(sql_type = Text)]
    pub protocol: Protocol,
    #[diesel(sql_type = Text)]
    pub source: Source,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Exactly as the provider writes itself; with SAML its entity ID.
    #[diesel(sql_type = Text)]
    pub issuer: String,
    #[diesel(sql_type = Text)]
    pub client_id: String,
    /// Sealed; of the file's, only a keyed fingerprint, by which a change shows.
    #[diesel(sql_type = Nullable<Text>)]
    pub client_secret: Option<String>,
    #[diesel(sql_type = Text)]
    pub scopes: String,
    #[diesel(sql_type = Text)]
    pub username_claim: String,
    #[diesel(sql_type = Text)]
    pub email_claim: String,
    #[diesel(sql_type = Text)]
    pub email_verified_claim: String,
    #[diesel(sql_type = Text)]
    pub given_name_claim: String,
    #[diesel(sql_type = Text)]
    pub family_name_claim: String,
    #[diesel(sql_type = Bool)]
    pub require_email_verified: bool,
    #[diesel(sql_type = Bool)]
    pub provider_logout_enabled: bool,
    /// Lower case.
    #[diesel(sql_type = Array<Text>)]
    pub allowed_domains: Vec<String>,
    /// Of these, what the company has proven to be its own.
    #[diesel(sql_type = Array<Text>)]
    pub verified_domains: Vec<String>,
    /// What the provider must say of how somebody signed in, apart by spaces; empty: anything.
    #[diesel(sql_type = Text)]
    pub acr_values: String,
    /// Of SAML: where people sign in; empty otherwise.
    #[diesel(sql_type = Text)]
    pub sign_in_url: String,
    /// Of SAML: where people sign out; empty where that is nowhere.
    #[diesel(sql_type = Text)]
    pub sign_out_url: String,
    /// Of SAML: the server's key signs what is asked.
    #[diesel(sql_type = Bool)]
    pub signs_requests: bool,
    /// Of SAML: base64 of the DER.
    #[diesel(sql_type = Array<Text>)]
    pub certificates: Vec<String>,
    /// Of SAML: answers that nobody asked for here count.
    #[diesel(sql_type = Bool)]
    pub allows_unsolicited: bool,
    #[diesel(sql_type = Int4)]
    pub revision: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub enabled_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str =
    "id, protocol, source, name, issuer, client_id, client_secret, scopes, username_claim, email_claim,
    email_verified_claim, given_name_claim, family_name_claim, require_email_verified, provider_logout_enabled,
    allowed_domains, acr_values, sign_in_url, sign_out_url, signs_requests, certificates, allows_unsolicited, revision, enabled_at,
    array(select d.domain from sso_domains d
      where d.verified_at is not null and d.domain = any(sso_connections.allowed_domains) order by d.domain) as verified_domains";

fn select(name: &str, rest: &str) -> Sql {
    Sql::named(name, &format!("select {COLUMNS} from sso_connections {rest}"))
}

impl Connection {
    /// All, the file's first, then by name. For who may configure sign-on.
    pub fn list(tx: &mut Tx, me: &Actor) -> Result<Vec<Connection>> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        Ok(select("sso::connections", "order by source, lower(name), id").load(tx.conn())?)
    }

    /// For who may configure sign-on.
    pub fn find(tx: &mut Tx, me: &Actor, id: ConnectionId) -> Result<Connection> {
        check(me, Verb::See, &Thing::Organisation(Permission::SecurityConfigurationManage))?;
        Connection::by_id(tx, id)
    }

    /// One that people may sign in through now.
    pub fn open(tx: &mut Tx, id: ConnectionId) -> Result<Connection> {
        Connection::open_ones(tx)?.into_iter().find(|found| found.id == id).ok_or(Error::NotFound)
    }

    /// All that people may sign in through now: while everybody must use one, that one.
    pub fn open_ones(tx: &mut Tx) -> Result<Vec<Connection>> {
        let sql = select(
            "sso::open_connections",
            "where enabled_at is not null
               and (id in (select connection_id from sso_enforcements) or not exists (select 1 from sso_enforcements))
             order by source, lower(name), id",
        );
        Ok(sql.load(tx.conn())?)
    }

    /// The one that everybody must use, open or not. None while there is a choice.
    pub fn required(tx: &mut Tx) -> Result<Option<Connection>> {
        let sql = select("sso::required", "where id in (select connection_id from sso_enforcements)");
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    /// Whatever its state: for the way back from the provider.
    pub fn by_id(tx: &mut Tx, id: ConnectionId) -> Result<Connection> {
        let mut sql = select("sso::connection", "where id = ");
        sql.bind(id);
        sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)
    }

    /// The one that speaks SAML under this entity ID, open or not.
    pub(in crate::sso) fn of_entity(tx: &mut Tx, entity: &str) -> Result<Option<Connection>> {
        let mut sql = select("sso::of_entity", "where protocol = 'saml' and source = 'page' and issuer = ");
        sql.bind(entity);
        Ok(sql.load(tx.conn())?.into_iter().next())
    }

    /// Under which its people's links stand: one name may belong to a provider of each protocol, and what one calls a subject is another's
    /// user name.
    pub fn link_issuer(&self) -> String {
        match self.protocol {
            Protocol::Oidc => self.issuer.clone(),
            Protocol::Saml => format!("saml:{}", self.issuer),
        }
    }

    /// Keys that may sign its answers.
    pub(in crate::sso) fn keys(&self) -> Vec<Certificate> {
        self.certificates.iter().filter_map(|text| Certificate::parse(text)).collect()
    }

    /// The client secret in clear. None for a client without one; `Away` without the key it is sealed under.
    pub fn secret(&self, state: &State) -> Result<Option<Secret>> {
        match (self.source, &self.client_secret) {
            (Source::File, _) => Ok(state.oidc_client_secret.clone()),
            (Source::Page, None) => Ok(None),
            (Source::Page, Some(sealed)) => {
                let plain = state.vault.open(self.id.0, sealed)?;
                Ok(Some(Secret::new(String::from_utf8(plain).map_err(Error::broken)?)))
            }
        }
    }

    /// Whether its people may have accounts here by their address alone.
    pub fn allows(&self, email: &str) -> bool {
        let domain = email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
        domain.is_some_and(|domain| self.own_domains().contains(&domain))
    }

    /// The domains that count: the operator's word, or what was proven.
    pub fn own_domains(&self) -> &[String] {
        match self.source {
            Source::File => &self.allowed_domains,
            Source::Page => &self.verified_domains,
        }
    }

    /// The allowed domains of a page's connection: those that count, and those that nobody has proven.
    pub fn proven(&self) -> (Vec<String>, Vec<String>) {
        match self.source {
            Source::File => (Vec::new(), Vec::new()),
            Source::Page => {
                self.allowed_domains.iter().cloned().partition(|domain| self.verified_domains.contains(domain))
            }
        }
    }

    /// Locked. `Invalid` for the file's, and for the one that everybody must use.
    pub(in crate::sso) fn for_change(tx: &mut Tx, id: ConnectionId) -> Result<Connection> {
        let mut sql = select("sso::connection_for_change", "where id = ");
        sql.bind(id).push(" for update");
        let found: Connection = sql.load(tx.conn())?.into_iter().next().ok_or(Error::NotFound)?;
        let mut enforced =
            Sql::named("sso::is_enforced", "select 1 as one from sso_enforcements where connection_id = ");
        enforced.bind(id);
        match found.source {
            Source::File => Err(Error::invalid("", "problem-connection-file")),
            Source::Page if enforced.execute(tx.conn())? > 0 => Err(Error::invalid("", "problem-connection-enforced")),
            Source::Page => Ok(found),
        }
    }

    /// Opens it to people, or closes it, which ends the sessions that began through it.
    pub fn set_open(tx: &mut Tx, me: &Actor, id: ConnectionId, is_open: bool) -> Result<()> {
        let permit = permit(tx, me)?;
        let found = Connection::for_change(tx, id)?;
        if found.enabled_at.is_some() == is_open {
            permit.unused(tx);
            return Ok(());
        }
        let now = tx.now;
        let mut sql = Sql::named("sso::open_connection", "update sso_connections set enabled_at = case when ");
        sql.bind(is_open).push(" then ").bind(now).push("::timestamptz end where id = ").bind(id);
        sql.execute(tx.conn())?;
        let ended = if is_open { 0 } else { end_sessions(tx, id)? };
        let act = Act::new(if is_open { ActKind::SsoEnabled } else { ActKind::SsoDisabled });
        audit::record(tx, permit, act.target("sso_connection", id.0).note("sessions_ended", ended))
    }

    /// With its links, its rules and what they gave, and the sessions that began through it.
    pub fn remove(tx: &mut Tx, me: &Actor, id: ConnectionId) -> Result<()> {
        let permit = permit(tx, me)?;
        // Before the row is held: who signs on takes them in this order.
        Membership::take_turn(tx)?;
        let found = Connection::for_change(tx, id)?;
        let ended = end_sessions(tx, id)?;
        let lost = Gift::end_of_connection(tx, me, id)?;
        Rule::delete_all(tx, id)?;
        let mut sql = Sql::named("sso::delete_connection", "delete from sso_connections where id = ");
        sql.bind(id);
        sql.execute(tx.conn())?;
        let act = Act::new(ActKind::SsoDeleted).target("sso_connection", id.0).change("issuer", found.issuer, "");
        audit::record(tx, permit, lost.noted(act.note("sessions_ended", ended)))
    }
}

/// Everything about sign-on is one permission.
pub(in crate::sso) fn permit(tx: &mut Tx, me: &Actor) -> Result<Permit> {
    may(tx, me, Verb::Administer, &Thing::Organisation(Permission::SecurityConfigurationManage))
}

#[derive(QueryableByName)]
pub(in crate::sso) struct Began {
    #[diesel(sql_type = SqlUuid)]
    pub person_id: PersonId,
    #[diesel(sql_type = SqlUuid)]
    pub session_id: SessionId,
}

/// Ends the live sessions that a query over `sso_sessions o` finds; answers whose.
pub(in crate::sso) fn end_where(tx: &mut Tx, fill: impl FnOnce(&mut Sql)) -> Result<Vec<Began>> {
    let mut sql = Sql::named(
        "sso::sessions_of",
        "select s.person_id, s.id as session_id from sso_sessions o join sessions s on s.id = o.session_id where s.ended_at is null and ",
    );
    fill(&mut sql);
    let began: Vec<Began> = sql.load(tx.conn())?;
    for session in &began {
        Session::end(tx, session.person_id, session.session_id)?;
    }
    Ok(began)
}

fn end_sessions(tx: &mut Tx, id: ConnectionId) -> Result<usize> {
    let ended = end_where(tx, |sql| {
        sql.push("o.connection_id = ").bind(id);
    })?;
    Ok(ended.len())
}
