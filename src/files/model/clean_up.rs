//! What goes at last: removed files, and content that none names.

use super::{BIN_DAYS, LOOSE_HOURS};
use crate::db::sql::Sql;
use crate::db::{Chore, Tx};
use crate::error::Result;
use crate::queue::Work;
use crate::storage::{LISTED, Store};
use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use std::collections::BTreeSet;

/// The advisory lock of whoever deletes content, and of a backup, which must find what the database names ("tow-cont").
pub const CONTENT_LOCK: i64 = 0x746f_772d_636f_6e74;

#[derive(QueryableByName)]
struct Hash {
    #[diesel(sql_type = Text)]
    hash: String,
}

/// Deletes files that were removed `BIN_DAYS` ago, and content that no file names; how much content. Nothing while a backup is under way.
/// Rows go first and are committed, content after them: a store that goes away meanwhile leaves content without a row, which the next
/// clean-up finds, and never a row without content.
pub fn clean_up(work: &mut Work, store: &Store) -> Result<usize> {
    let Some(gone) = work.touch(Chore::Expiry, expire)? else { return Ok(0) };
    let loose = work.now() - Duration::hours(LOOSE_HOURS);
    let mut swept = 0;
    for page in gone.chunks(LISTED) {
        swept += sweep(work, store, page.to_vec())?;
    }
    store.each_kept(loose, |here| {
        swept += sweep(work, store, here)?;
        Ok(())
    })?;
    Ok(swept)
}

/// Hashes that no row names any more; None while a backup is under way.
fn expire(tx: &mut Tx) -> Result<Option<Vec<String>>> {
    if !take_content_lock(tx)? {
        return Ok(None);
    }
    let mut files = Sql::named("files::expire", "delete from files where removed_at < ");
    files.bind(tx.now - Duration::days(BIN_DAYS));
    files.execute(tx.conn())?;
    let mut blobs = Sql::named("files::expire_blobs", "delete from blobs b where b.created_at < ");
    blobs.bind(tx.now - Duration::hours(LOOSE_HOURS));
    blobs.push(" and not exists (select from files f where f.hash = b.hash) returning b.hash");
    Ok(Some(blobs.load::<Hash>(tx.conn())?.into_iter().map(|row| row.hash).collect()))
}

/// Deletes those that no row names: removed just now, or rolled back after the content had landed. In a transaction of its own, so that a
/// large store holds up neither a backup nor who uploads.
fn sweep(work: &mut Work, store: &Store, hashes: Vec<String>) -> Result<usize> {
    if hashes.is_empty() {
        return Ok(0);
    }
    work.touch(Chore::Expiry, |tx| {
        if !take_content_lock(tx)? {
            return Ok(0);
        }
        let strays = claim(tx, hashes)?;
        for stray in &strays {
            store.remove(&stray.hash)?;
        }
        let swept = strays.len();
        release(tx, strays)?;
        Ok(swept)
    })
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
    let mut missing: BTreeSet<String> = all.into_iter().map(|row| row.hash).collect();
    // One look at a page of names, not one for each.
    store.each_kept(DateTime::<Utc>::MAX_UTC, |here| {
        for hash in here {
            missing.remove(&hash);
        }
        Ok(())
    })?;
    let missing: Vec<String> = missing.into_iter().collect();
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
