//! Answers of the API to requests with an Idempotency-Key: sent twice, done once, and the second answer is the first one's.

use super::Tx;
use super::sql::Sql;
use crate::error::{Error, Result};
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{Bytea, Text};
use uuid::Uuid;

/// A key is remembered this long.
pub const KEPT_HOURS: i64 = 24;

/// What was answered.
#[derive(Clone)]
pub struct Kept {
    pub location: String,
    pub etag: String,
    pub body: String,
}

#[derive(QueryableByName)]
struct KeptRow {
    #[diesel(sql_type = Bytea)]
    fingerprint: Vec<u8>,
    #[diesel(sql_type = Text)]
    location: String,
    #[diesel(sql_type = Text)]
    etag: String,
    #[diesel(sql_type = Text)]
    body: String,
}

/// The answer to an earlier sending; None for the first. A sending that is still under way is waited for. `Invalid` when the same key
/// came with something else.
pub fn claim(tx: &mut Tx, token: Uuid, key: &str, fingerprint: &[u8]) -> Result<Option<Kept>> {
    let too_old = tx.now - Duration::hours(KEPT_HOURS);
    let mut claim = Sql::named(
        "answers::claim",
        "insert into api_answers as a (token_id, key, fingerprint, location, etag, body, created_at) values (",
    );
    claim.bind(token).push(", ").bind(key).push(", ").bind(fingerprint.to_vec()).push(", '', '', '', ").bind(tx.now);
    claim.push(") on conflict (token_id, key) do update set fingerprint = excluded.fingerprint, created_at = excluded.created_at");
    claim.push(" where a.created_at < ").bind(too_old);
    if claim.execute(tx.conn())? > 0 {
        return Ok(None);
    }
    let mut sql =
        Sql::named("answers::earlier", "select fingerprint, location, etag, body from api_answers where token_id = ");
    sql.bind(token).push(" and key = ").bind(key);
    let Some(row) = sql.load::<KeptRow>(tx.conn())?.into_iter().next() else { return Ok(None) };
    if row.fingerprint != fingerprint {
        return Err(Error::invalid("Idempotency-Key", "problem-key-reused"));
    }
    // Nothing is written, so nothing was asked: as settled as an unused permit.
    tx.receipts.issue();
    tx.receipts.settle();
    Ok(Some(Kept { location: row.location, etag: row.etag, body: row.body }))
}

/// Remembers the answer.
pub fn keep(tx: &mut Tx, token: Uuid, key: &str, answer: &Kept) -> Result<()> {
    let mut sql = Sql::named("answers::keep", "update api_answers set location = ");
    sql.bind(answer.location.as_str()).push(", etag = ").bind(answer.etag.as_str()).push(", body = ");
    sql.bind(answer.body.as_str()).push(" where token_id = ").bind(token).push(" and key = ").bind(key);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Forgets answers of yesterday.
pub fn forget(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("answers::forget", "delete from api_answers where created_at < ");
    sql.bind(tx.now - Duration::hours(KEPT_HOURS));
    Ok(sql.execute(tx.conn())?)
}
