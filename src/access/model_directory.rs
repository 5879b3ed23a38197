//! Loads the company's directory by its token. It is nobody's program: it acts on people and groups, and reaches no record.

use crate::access::{Actor, OrganisationCard};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Msg, Result};
use crate::people::{OrganisationId, count_directory_use};
use crate::web::{Caller, Entrance};
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bytea, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use subtle::ConstantTimeEq;
use uuid::Uuid;

#[derive(QueryableByName)]
struct TokenRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bytea)]
    token_hash: Vec<u8>,
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

impl Actor {
    /// The directory that sent this token, with its use counted; or in words why it may not come in. Asked at each request.
    pub fn of_directory(tx: &mut Tx, caller: &Caller, hash: &[u8]) -> Result<Entrance<Actor>> {
        let mut sql = Sql::named(
            "access::of_directory",
            "select t.id, t.token_hash, t.expires_at, t.revoked_at, o.id as organisation_id, o.name as organisation,
             o.time_zone as organisation_zone from scim_tokens t join organisations o on o.id = t.organisation_id
             where t.token_hash = ",
        );
        sql.bind(hash.to_vec());
        let row: Option<TokenRow> = sql.load(tx.conn())?.into_iter().next();
        let Some(row) = row.filter(|row| row.token_hash.ct_eq(hash).into()) else {
            return Ok(Entrance::Closed(Actor::visitor(&caller.address, &caller.browser), Msg::new("token-unknown")));
        };
        let card =
            OrganisationCard { id: row.organisation_id, name: row.organisation, time_zone: row.organisation_zone };
        let (address, browser) = (caller.address.as_str().into(), caller.browser.as_str().into());
        let me = Actor { address, browser, ..Actor::directory(card, row.id) };
        let why = match row.revoked_at {
            Some(_) => Some(Msg::new("token-revoked")),
            None if row.expires_at <= tx.now => {
                Some(Msg::new("token-expired").with("on", row.expires_at.format("%-d %B %Y")))
            }
            None => None,
        };
        match why {
            Some(why) => Ok(Entrance::Closed(me, why)),
            None => Ok(Entrance::Open(me, count_directory_use(tx, row.id, &caller.address)?)),
        }
    }
}
