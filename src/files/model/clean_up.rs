//! What goes at last: removed files, content that none names, uploads that a crash left behind.

use super::{BIN_DAYS, LOOSE_HOURS};
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::storage::Store;
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};

/// The advisory lock of whoever deletes content, and of a backup, which must find what the database names ("tow-cont").
pub const CONTENT_LOCK: i64 = 0x746f_772d_636f_6e74;

#[derive(QueryableByName)]
struct Hash {
    #[diesel(sql_type = Text)]
    hash: String,
}

/// Deletes files that were removed `BIN_DAYS` ago, content that no file names, and uploads that a crash left; how much content.
/// Nothing while a backup is under way. For a job; runs under `Chore::Expiry`.
pub fn clean_up(tx: &mut Tx, store: &Store) -> Result<usize> {
    if !take_content_lock(tx)? {
        return Ok(0);
    }
    let mut files = Sql::named("files::expire", "delete from files where removed_at < ");
    files.bind(tx.now - Duration::days(BIN_DAYS));
    files.execute(tx.conn())?;
    let loose = tx.now - Duration::hours(LOOSE_HOURS);
    let mut blobs = Sql::named("files::expire_blobs", "delete from blobs b where b.created_at < ");
    blobs.bind(loose).push(" and not exists (select from files f where f.hash = b.hash) returning b.hash");
    let gone: Vec<Hash> = blobs.load(tx.conn())?;
    for blob in &gone {
        store.remove(&blob.hash)?;
    }
    store.sweep(loose)?;
    Ok(gone.len() + sweep_strays(tx, store, loose)?)
}

/// Until the transaction ends; false when a backup has it.
fn take_content_lock(tx: &mut Tx) -> Result<bool> {
    let mut sql = Sql::named("files::content_lock", "select pg_try_advisory_xact_lock(");
    sql.bind(CONTENT_LOCK).push(") as taken");
    Ok(sql.load::<Taken>(tx.conn())?.first().is_some_and(|row| row.taken))
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Deletes the rows of files whose content is not in the store, after an import; how many. Its caller holds the permit.
pub fn forget_without_content(tx: &mut Tx, store: &Store) -> Result<u64> {
    let all: Vec<Hash> = Sql::named("files::all_blobs", "select hash from blobs").load(tx.conn())?;
    let mut missing: Vec<String> = Vec::new();
    for row in all {
        if store.length(&Store::key(&row.hash))?.is_none() {
            missing.push(row.hash);
        }
    }
    if missing.is_empty() {
        return Ok(0);
    }
    let mut files = Sql::named("files::forget_missing", "delete from files where hash = any(");
    files.bind(missing.clone()).push(")");
    let gone = files.execute(tx.conn())?;
    let mut blobs = Sql::named("files::forget_missing_blobs", "delete from blobs where hash = any(");
    blobs.bind(missing).push(")");
    blobs.execute(tx.conn())?;
    Ok(gone as u64)
}

/// Content whose row was rolled back after it had landed on disk.
fn sweep_strays(tx: &mut Tx, store: &Store, before: DateTime<Utc>) -> Result<usize> {
    let mut swept = 0;
    store.each_kept(before, |here| {
        let strays = if here.is_empty() { Vec::new() } else { claim(tx, here)? };
        for stray in &strays {
            store.remove(&stray.hash)?;
        }
        swept += strays.len();
        release(tx, strays)
    })?;
    Ok(swept)
}

/// Those that no row names. Each gets one until it is gone, so that who uploads the same content now waits and finds it missing.
fn claim(tx: &mut Tx, here: Vec<String>) -> Result<Vec<Hash>> {
    let mut sql = Sql::named("files::claim", "insert into blobs (hash, bytes, created_at) select h, 0, ");
    sql.bind(tx.now).push("::timestamptz from unnest(").bind(here);
    sql.push(") as here (h) order by h on conflict (hash) do nothing returning hash");
    Ok(sql.load(tx.conn())?)
}

fn release(tx: &mut Tx, claimed: Vec<Hash>) -> Result<()> {
    if claimed.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::named("files::release", "delete from blobs where hash = any(");
    sql.bind(claimed.into_iter().map(|row| row.hash).collect::<Vec<_>>()).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}
