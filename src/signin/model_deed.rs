//! Names for the ids in a form that waits for its person, so that they read "Make Ben an owner" and not a number.

use crate::access::Actor;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use diesel::QueryableByName;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Where the ids of a route's forms have their names: the first that fits. A form waits only for who may do what it says, so they
/// may know the name; tokens and factors of others stay nameless.
const NAMED: [(&str, &str); 10] = [
    ("/settings/me/tokens", "select id, name from tokens where person_id = "),
    ("/settings/me/factors", "select id, name from factors where person_id = "),
    ("/settings/keys", "select id, name from tokens where person_id is null"),
    ("/settings/sign-on/break-glass", PEOPLE),
    ("/settings/sign-on/domains", "select id, domain as name from sso_domains where true"),
    ("/settings/sign-on", "select id, name from sso_connections where true"),
    ("/settings/provisioning", "select id, name from scim_tokens where true"),
    ("/settings/audit/streams", "select id, name from audit_streams where true"),
    ("/settings/ownership", PEOPLE),
    ("", "select id, name from roles where true"),
];
const PEOPLE: &str = "select id, name from people where true";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Those of them that have one.
pub fn names_in(tx: &mut Tx, me: &Actor, pattern: &str, ids: &[Uuid]) -> Result<BTreeMap<Uuid, String>> {
    let found = NAMED.iter().find(|(prefix, _)| pattern.starts_with(prefix));
    let (Some((_, select)), false) = (found, ids.is_empty()) else { return Ok(BTreeMap::new()) };
    let mut sql = Sql::named("signin::names_in", select);
    if select.ends_with("= ") {
        sql.bind(me.person_id().map(|person| person.0));
    }
    sql.push(" and id = any(").bind(ids.to_vec()).push(")");
    Ok(sql.load::<Row>(tx.conn())?.into_iter().map(|row| (row.id, row.name)).collect())
}
