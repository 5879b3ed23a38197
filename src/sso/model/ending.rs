//! Sessions that end because the provider says so, and what the provider is told when one signs out here; what counts once only.

use crate::access::{Actor, Thing, Verb, may};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::people::SessionId;
use crate::sso::model::connection::{Connection, ConnectionId, end_where};
use crate::sso::model::landing::forget_landings;
use crate::sso::token::Logout;
use crate::web::token_hash;
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{Jsonb, Nullable, Text, Uuid as SqlUuid};
use serde_json::Value;

/// A mark that was used is remembered this long, which is longer than it would be believed.
const SPENT_SECONDS: i64 = 7200;

/// Takes a mark (a state, the id of a logout token); false when it was taken before.
pub fn spend(tx: &mut Tx, kind: &str, mark: &str) -> Result<bool> {
    let mut sql = Sql::named("sso::spend", "insert into sso_spent (mark, expires_at) values (");
    sql.bind(token_hash(&format!("{kind}:{mark}"))).push(", ").bind(tx.now + Duration::seconds(SPENT_SECONDS));
    sql.push(") on conflict do nothing");
    Ok(sql.execute(tx.conn())? > 0)
}

/// Forgets marks and arrivals that nobody would believe any more.
pub fn forget_spent(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("sso::forget_spent", "delete from sso_spent where expires_at < ");
    sql.bind(tx.now);
    Ok(sql.execute(tx.conn())? + forget_landings(tx)?)
}

impl Logout {
    /// Ends the one session it names, or all of its subject; answers how many; None for a message that was taken before.
    pub fn end(&self, tx: &mut Tx, me: &Actor, connection: ConnectionId) -> Result<Option<usize>> {
        let permit = may(tx, me, Verb::Close, &Thing::Door)?;
        if !spend(tx, "logout", &format!("{connection} {}", self.id))? {
            permit.unused(tx);
            return Ok(None);
        }
        let ended = end_where(tx, |sql| {
            sql.push("o.connection_id = ").bind(connection);
            if !self.provider_sessions.is_empty() {
                sql.push(" and o.provider_session = any(").bind(self.provider_sessions.clone()).push(")");
            }
            if let Some(subject) = &self.subject {
                sql.push(" and o.subject = ").bind(subject.as_str());
            }
        })?;
        match ended.first() {
            None => permit.unused(tx),
            Some(first) => {
                let act = Act::new(ActKind::SessionEnded).target("person", first.person_id);
                let ids: Vec<_> = ended.iter().map(|session| session.session_id.0).collect();
                audit::record(tx, permit, act.note("sso_connection", connection.0).note("sessions", ids))?;
            }
        }
        Ok(Some(ended.len()))
    }
}

/// Where a session began, for signing out there too.
#[derive(Debug, Clone, QueryableByName)]
pub struct Origin {
    #[diesel(sql_type = SqlUuid)]
    pub session_id: SessionId,
    #[diesel(sql_type = SqlUuid)]
    pub connection_id: ConnectionId,
    #[diesel(sql_type = Text)]
    pub subject: String,
    /// Sealed for the session's id.
    #[diesel(sql_type = Nullable<Text>)]
    pub id_token: Option<String>,
    /// Its name of the session.
    #[diesel(sql_type = Nullable<Text>)]
    pub provider_session: Option<String>,
    /// How SAML wrote the subject.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub name_words: Option<Value>,
}

impl Origin {
    /// None for a session that began otherwise.
    pub fn of(tx: &mut Tx, session: SessionId) -> Result<Option<(Origin, Connection)>> {
        let mut sql = Sql::named(
            "sso::origin",
            "select session_id, connection_id, subject, id_token, provider_session, name_words from sso_sessions where session_id = ",
        );
        sql.bind(session);
        match sql.load::<Origin>(tx.conn())?.into_iter().next() {
            None => Ok(None),
            Some(origin) => {
                let connection = Connection::by_id(tx, origin.connection_id)?;
                Ok(Some((origin, connection)))
            }
        }
    }
}
