//! Failures that repeat: the first of a source is an event at once, the next ones are counted and written together when the
//! minute is over. So a script cannot fill the trail, and nothing it did is missing from the number.

use crate::audit::model::NewEvent;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Jsonb, Text, Timestamptz};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One source makes at most one event of a kind in this time.
pub const WINDOW_SECONDS: i64 = 60;
/// Different targets (accounts tried from one address) that an event names.
const MAX_TARGETS: usize = 20;
/// Written at one go of the clock.
const FLUSH_BATCH: i32 = 500;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Jsonb)]
    event: Value,
    #[diesel(sql_type = Int4)]
    held: i32,
    #[diesel(sql_type = Timestamptz)]
    window_ends_at: DateTime<Utc>,
}

/// Writes the event, or counts it towards the one at the end of the minute.
pub(in crate::audit) fn count(tx: &mut Tx, mut event: NewEvent) -> Result<()> {
    let key = key(&event);
    if begin(tx, &key, &event)? {
        note(&mut event, 1);
        return event.write(tx);
    }
    let mut sql = Sql::named("audit::count", "select key, event, held, window_ends_at from audit_counts where key = ");
    sql.bind(key.as_str()).push(" for update");
    // Between the two statements the clock may have found it empty and removed it.
    let Some(count) = sql.load::<Count>(tx.conn())?.into_iter().next() else {
        note(&mut event, 1);
        return event.write(tx);
    };
    if count.window_ends_at > tx.now {
        return hold(tx, count, event);
    }
    if count.held > 0 {
        merge_targets(&mut event, &count.event);
    }
    write(tx, &key, event, count.held + 1)
}

/// Writes what was held in minutes that are over. How many events.
pub fn flush(tx: &mut Tx) -> Result<usize> {
    let mut sql = Sql::named(
        "audit::flush",
        "select key, event, held, window_ends_at from audit_counts where window_ends_at <= ",
    );
    sql.bind(tx.now).push(" order by window_ends_at limit ").number(FLUSH_BATCH).push(" for update skip locked");
    let mut written = 0;
    for count in sql.load::<Count>(tx.conn())? {
        if count.held == 0 {
            let mut gone = Sql::named("audit::flushed", "delete from audit_counts where key = ");
            gone.bind(count.key);
            gone.execute(tx.conn())?;
            continue;
        }
        let event: NewEvent = serde_json::from_value(count.event).map_err(Error::broken)?;
        write(tx, &count.key, event, count.held)?;
        written += 1;
    }
    Ok(written)
}

/// A kind of failure of one source. Hashed: the table need not know addresses longer than the side table does.
fn key(event: &NewEvent) -> String {
    let digest = Sha256::digest(event.source().as_bytes());
    let short: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{short}", event.action)
}

/// False when a minute of this source is counted already.
fn begin(tx: &mut Tx, key: &str, event: &NewEvent) -> Result<bool> {
    let mut sql = Sql::named("audit::begin_count", "insert into audit_counts (key, event, window_ends_at) values (");
    sql.bind(key).push(", ").bind(serde_json::to_value(event).map_err(Error::broken)?).push(", ");
    sql.bind(window_end(tx)).push(") on conflict do nothing");
    Ok(sql.execute(tx.conn())? > 0)
}

fn window_end(tx: &Tx) -> DateTime<Utc> {
    tx.now + Duration::seconds(WINDOW_SECONDS)
}

fn hold(tx: &mut Tx, count: Count, mut event: NewEvent) -> Result<()> {
    if count.held > 0 {
        merge_targets(&mut event, &count.event);
    }
    let mut sql = Sql::named("audit::hold", "update audit_counts set held = held + 1, event = ");
    sql.bind(serde_json::to_value(&event).map_err(Error::broken)?).push(" where key = ").bind(count.key);
    sql.execute(tx.conn())?;
    Ok(())
}

/// One event for `number` failures; the next minute begins.
fn write(tx: &mut Tx, key: &str, mut event: NewEvent, number: i32) -> Result<()> {
    note(&mut event, number);
    event.write(tx)?;
    let mut sql = Sql::named("audit::written", "update audit_counts set held = 0, window_ends_at = ");
    sql.bind(window_end(tx)).push(" where key = ").bind(key);
    sql.execute(tx.conn())?;
    Ok(())
}

fn note(event: &mut NewEvent, number: i32) {
    if let Some(after) = event.after.as_object_mut() {
        after.insert("number".to_owned(), json!(number));
    }
}

/// Whom the held failures were about, beside the one that the event names itself.
fn merge_targets(event: &mut NewEvent, earlier: &Value) {
    let mut targets: Vec<Value> =
        earlier.pointer("/after/targets").and_then(Value::as_array).cloned().unwrap_or_default();
    let ids = [earlier.get("target").cloned(), Some(json!(event.target))];
    for id in ids.into_iter().flatten().filter(Value::is_string) {
        if targets.len() < MAX_TARGETS && !targets.contains(&id) {
            targets.push(id);
        }
    }
    if let Some(after) = event.after.as_object_mut()
        && targets.len() > 1
    {
        after.insert("targets".to_owned(), Value::Array(targets));
    }
}
