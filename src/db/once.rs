//! Idempotency keys: a form sent twice is done once, and the second answer is the first one's.

use super::Tx;
use super::sql::Sql;
use crate::error::Result;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Earlier {
    #[diesel(sql_type = Text)]
    location: String,
}

/// Where an earlier sending of the same form led. A sending that is still under way is waited for: claiming the key blocks until it
/// ends. The claim counts as a settled permit when it repeats an answer, because then nothing is written.
pub fn earlier(tx: &mut Tx, person: Uuid, key: Uuid) -> Result<Option<String>> {
    let mut claim =
        Sql::named("once::claim", "insert into idempotency_keys (person_id, key, location, created_at) values (");
    claim.bind(person).push(", ").bind(key).push(", '', ").bind(tx.now).push(") on conflict do nothing");
    if claim.execute(tx.conn())? > 0 {
        return Ok(None);
    }
    let mut sql = Sql::named("once::earlier", "select location from idempotency_keys where person_id = ");
    sql.bind(person).push(" and key = ").bind(key);
    tx.receipts.issue();
    tx.receipts.settle();
    Ok(sql.load::<Earlier>(tx.conn())?.into_iter().next().map(|row| row.location))
}

/// Remembers where it led.
pub fn keep(tx: &mut Tx, person: Uuid, key: Uuid, location: &str) -> Result<()> {
    let mut sql = Sql::named("once::keep", "update idempotency_keys set location = ");
    sql.bind(location).push(" where person_id = ").bind(person).push(" and key = ").bind(key);
    sql.execute(tx.conn())?;
    Ok(())
}

/// Forgets which forms were sent: nobody clicks twice with a day between.
pub fn forget(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named("once::forget", "delete from idempotency_keys where created_at < ");
    sql.bind(tx.now - chrono::Duration::days(1));
    Ok(sql.execute(tx.conn())?)
}
