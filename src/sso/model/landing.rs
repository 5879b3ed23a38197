//! Between a provider's POST and our own page: the browser sends our cookies with the second only.

use crate::db::Tx;
use crate::db::sql::{Bind, Sql};
use crate::error::{Error, Result};
use crate::sso::model::connection::{Connection, ConnectionId};
use crate::sso::model::ending::spend;
use crate::sso::provider::Claims;
use crate::sso::saml::Assertion;
use crate::web::{random_token, token_hash};
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text, Uuid as SqlUuid};
use serde_json::Value;

/// A browser follows at once; somebody who is asked whether it is they has this long.
pub const LANDING_SECONDS: i64 = 300;

/// What a provider vouched for a moment ago.
#[derive(Debug, Clone, QueryableByName)]
pub struct Landing {
    #[diesel(sql_type = SqlUuid)]
    pub connection_id: ConnectionId,
    /// The request it answers; None for one that nobody asked for.
    #[diesel(sql_type = Nullable<Text>)]
    pub request: Option<String>,
    #[diesel(sql_type = Jsonb)]
    claims: Value,
}

impl Landing {
    /// The code by which our page finds it, once. None for an assertion that was brought before, to whichever server of this database.
    pub fn keep(tx: &mut Tx, connection: &Connection, assertion: &Assertion) -> Result<Option<String>> {
        if !spend(tx, "saml", &format!("{} {}", connection.id, assertion.id))? {
            return Ok(None);
        }
        let code = random_token();
        let mut sql = Sql::named(
            "sso::land",
            "insert into sso_landings (code_hash, connection_id, request, claims, expires_at) values (",
        );
        sql.bind(token_hash(&code)).push(", ").bind(connection.id).push(", nullif(");
        sql.bind(assertion.in_response_to.as_deref().unwrap_or_default()).push(", ''), ");
        sql.bind(Bind::Json(assertion.claims(&connection.email_claim).into())).push(", ");
        sql.bind(tx.now + Duration::seconds(LANDING_SECONDS)).push(")");
        sql.execute(tx.conn())?;
        Ok(Some(code))
    }

    /// Without taking it: to ask whether it is they.
    pub fn look(tx: &mut Tx, code: &str) -> Result<Landing> {
        let sql = "select connection_id, request, claims from sso_landings where code_hash = ";
        Landing::one(tx, Sql::named("sso::look_landing", sql), code, "")
    }

    /// It counts once.
    pub fn take(tx: &mut Tx, code: &str) -> Result<Landing> {
        let sql = Sql::named("sso::take_landing", "delete from sso_landings where code_hash = ");
        Landing::one(tx, sql, code, " returning connection_id, request, claims")
    }

    fn one(tx: &mut Tx, mut sql: Sql, code: &str, end: &str) -> Result<Landing> {
        sql.bind(token_hash(code)).push(" and expires_at > ").bind(tx.now).push(end);
        sql.load(tx.conn())?.into_iter().next().ok_or_else(|| Error::invalid("", "sign-on-expired"))
    }

    pub fn claims(&self) -> Claims {
        self.claims.as_object().cloned().unwrap_or_default()
    }
}

pub(in crate::sso) fn forget_landings(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("sso::forget_landings", "delete from sso_landings where expires_at < ");
    sql.bind(tx.now);
    Ok(sql.execute(tx.conn())?)
}
