//! Which ways in the sign-in page offers: passwords, providers, or both.

use crate::config::AuthMode;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::people::SessionId;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use uuid::Uuid;

/// The cookie that names the session one has just left, so that the page after it can lead on to the provider's.
pub const LEAVING_COOKIE: &str = "tow_leaving";

/// A way in through a provider.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SignOn {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// As people read it on the button.
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// Those that people may sign in through now: while everybody must use one, that one.
const OPEN: &str = "select c.id, c.name from sso_connections c where c.enabled_at is not null
    and (c.id in (select connection_id from sso_enforcements) or not exists (select 1 from sso_enforcements))";
const IN_ORDER: &str = " order by c.source, lower(c.name), c.id";

/// The ways in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub sign_ons: Vec<SignOn>,
    pub has_passwords: bool,
}

impl Offer {
    pub fn now(tx: &mut Tx, mode: AuthMode) -> Result<Offer> {
        let mut sql = Sql::named("signin::sign_ons", OPEN);
        sql.push(IN_ORDER);
        let has_passwords = mode == AuthMode::Builtin && !is_enforced(tx)?;
        Ok(Offer { sign_ons: sql.load(tx.conn())?, has_passwords })
    }
}

/// Longer ones are no domains.
const MAX_DOMAIN_CHARS: usize = 253;

impl SignOn {
    /// Those of the open ways in whose domain it is: proven, or the operator's word. That is a fact about the organisation and says
    /// nothing about whether anybody has an account.
    pub fn of_domain(tx: &mut Tx, domain: &str) -> Result<Vec<SignOn>> {
        let domain = domain.trim().trim_start_matches('@').trim_end_matches('.').to_lowercase();
        if domain.is_empty() || domain.chars().count() > MAX_DOMAIN_CHARS || domain.contains('\0') {
            return Ok(Vec::new());
        }
        let mut sql = Sql::named("signin::of_domain", OPEN);
        sql.push(" and ").bind(domain.as_str()).push(" = any(c.allowed_domains) and (c.source = 'file' or ");
        sql.bind(domain.as_str()).push(" in (select d.domain from sso_domains d where d.verified_at is not null))");
        sql.push(IN_ORDER);
        Ok(sql.load(tx.conn())?)
    }
}

fn is_enforced(tx: &mut Tx) -> Result<bool> {
    Ok(Sql::named("signin::is_enforced", "select 1 as one from sso_enforcements limit 1").execute(tx.conn())? > 0)
}

/// Whether a session began at a provider where one wants to sign out too.
pub fn leads_on(tx: &mut Tx, session: SessionId) -> Result<bool> {
    let mut sql = Sql::named(
        "signin::leads_on",
        "select 1 as one from sso_sessions o join sso_connections c on c.id = o.connection_id
         where c.provider_logout_enabled and o.session_id = ",
    );
    sql.bind(session);
    Ok(sql.execute(tx.conn())? > 0)
}
