//! How old the secrets of this server are: the day each was first seen, under a fingerprint that only this server can make.

use super::Tx;
use super::sql::Sql;
use crate::error::Result;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::Timestamptz;

#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = Timestamptz)]
    first_seen_at: DateTime<Utc>,
}

/// Notes what is new; what was seen before keeps its day.
pub fn see(tx: &mut Tx, fingerprints: &[(&'static str, String)]) -> Result<()> {
    for (name, fingerprint) in fingerprints {
        let mut sql =
            Sql::named("sightings::see", "insert into secret_sightings (name, fingerprint, first_seen_at) values (");
        sql.bind(*name).push(", ").bind(fingerprint.as_str()).push(", ").bind(tx.now).push(") on conflict do nothing");
        sql.execute(tx.conn())?;
    }
    Ok(())
}

/// After APP_SECRET was changed: what was seen under the former fingerprint keeps its day under the present one, also when an instance
/// has seen that already. The former stays, for another that still runs with it.
pub fn carry(tx: &mut Tx, former: &[(&'static str, String)], present: &[(&'static str, String)]) -> Result<()> {
    for (name, was) in former {
        let Some((_, is)) = present.iter().find(|(of, _)| of == name) else { continue };
        let mut sql = Sql::named(
            "sightings::carry",
            "insert into secret_sightings as s (name, fingerprint, first_seen_at) select name, ",
        );
        sql.bind(is.as_str()).push(", first_seen_at from secret_sightings where name = ").bind(*name);
        sql.push(" and fingerprint = ").bind(was.as_str());
        sql.push(" on conflict (name, fingerprint) do update set first_seen_at = least(s.first_seen_at, excluded.first_seen_at)");
        sql.execute(tx.conn())?;
    }
    Ok(())
}

/// Whole days since each was first seen; 0 for one that was never seen.
pub fn ages(tx: &mut Tx, fingerprints: &[(&'static str, String)]) -> Result<Vec<(&'static str, i64)>> {
    let mut ages = Vec::new();
    for (name, fingerprint) in fingerprints {
        let mut sql = Sql::named("sightings::age", "select first_seen_at from secret_sightings where name = ");
        sql.bind(*name).push(" and fingerprint = ").bind(fingerprint.as_str());
        let seen: Option<Seen> = sql.load(tx.conn())?.into_iter().next();
        ages.push((*name, seen.map(|seen| (tx.now - seen.first_seen_at).num_days()).unwrap_or_default()));
    }
    Ok(ages)
}
