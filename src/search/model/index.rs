//! Keeping the index: a reader of activity that follows it by cursor, and the first filling. It never calls a room; the edge
//! hands it what each room has to say.

use crate::db::sql::Sql;
use crate::db::{Chore, Tx};
use crate::error::Result;
use crate::queue::Work;
use crate::records::{RECORD_COLUMNS, Record, RecordText, TextLoader};
use crate::text::markdown;
use crate::vectors;
use diesel::QueryableByName;
use diesel::sql_types::{Array, Int4, Nullable, Text, Uuid as SqlUuid};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A longer text is cut into parts, far below what PostgreSQL takes as one vector of words.
pub const MAX_PART_CHARS: usize = 40_000;
/// Records, or lines of activity, in one transaction.
const BATCH: i32 = 300;
/// Records whose texts are in memory together.
const RECORDS_AT_ONCE: usize = 50;
/// Rows of one statement: at most 32 MB of text.
const ROWS_AT_ONCE: usize = 200;
/// Batches in one turn, so that the clock's other entries wait little.
const BATCHES_AT_ONCE: usize = 5;
/// Another number has the next start fill the index anew.
const VERSION: i32 = 2;

#[derive(QueryableByName)]
struct Progress {
    #[diesel(sql_type = Text)]
    read_to: String,
    #[diesel(sql_type = SqlUuid)]
    read_to_row: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    filled_to: Option<Uuid>,
}

/// Brings the index up to date, or a good part of the way; true when nothing is left to do.
pub fn catch_up(work: &mut Work, loaders: &[TextLoader]) -> Result<bool> {
    for _ in 0..BATCHES_AT_ONCE {
        if !work.touch(Chore::SearchIndex, |tx| step(tx, loaders))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One batch; whether there was anything to do.
pub fn step(tx: &mut Tx, loaders: &[TextLoader]) -> Result<bool> {
    let progress = match progress(tx)? {
        Some(progress) => progress,
        None => return begin(tx).map(|()| true),
    };
    Ok(fill(tx, &progress, loaders)? | follow(tx, &progress, loaders)?)
}

/// Has the next turns fill the index anew, while what is there is still found. For `tow doctor`.
pub fn refill(tx: &mut Tx) -> Result<()> {
    Sql::named("search::refill", "delete from search_progress").execute(tx.conn())?;
    Ok(())
}

fn progress(tx: &mut Tx) -> Result<Option<Progress>> {
    let mut sql = Sql::named(
        "search::progress",
        "select read_to::text as read_to, read_to_row, filled_to from search_progress where version = ",
    );
    sql.bind(VERSION).push(" for update");
    Ok(sql.load(tx.conn())?.into_iter().next())
}

/// From the oldest transaction still open on, activity is read; all before it is covered by the filling that now begins.
fn begin(tx: &mut Tx) -> Result<()> {
    Sql::named("search::begin_clear", "delete from search_progress").execute(tx.conn())?;
    let mut sql =
        Sql::named("search::begin", "insert into search_progress (version, read_to, read_to_row, filled_to) values (");
    sql.bind(VERSION)
        .push(", pg_snapshot_xmin(pg_current_snapshot()), ")
        .bind(Uuid::nil())
        .push(", ")
        .bind(Uuid::nil())
        .push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

fn fill(tx: &mut Tx, progress: &Progress, loaders: &[TextLoader]) -> Result<bool> {
    let Some(filled_to) = progress.filled_to else { return Ok(false) };
    let mut sql = Sql::named("search::fill", "select id from records where id > ");
    sql.bind(filled_to).push(" order by id limit ").number(BATCH);
    let ids: Vec<Uuid> = sql.load::<Id>(tx.conn())?.into_iter().map(|row| row.id).collect();
    index(tx, &ids, loaders)?;
    let mut sql = Sql::named("search::filled", "update search_progress set filled_to = ");
    sql.bind(ids.last().copied());
    sql.execute(tx.conn())?;
    Ok(true)
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    transaction: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    record_id: Option<Uuid>,
    /// Of an act on a set.
    #[diesel(sql_type = Array<Text>)]
    things: Vec<String>,
}

/// Reads on in activity. It stops before the oldest transaction still open, which may yet add lines before others' (its own lines
/// it may read: only a test has any).
fn follow(tx: &mut Tx, progress: &Progress, loaders: &[TextLoader]) -> Result<bool> {
    let mut sql = Sql::named(
        "search::follow",
        "select id, transaction_id::text as transaction, record_id, case jsonb_typeof(details->'things') when 'array'
           then array(select jsonb_array_elements_text(details->'things')) else '{}' end as things
         from activity where (transaction_id, id) > (",
    );
    sql.bind(progress.read_to.as_str()).push("::text::xid8, ").bind(progress.read_to_row);
    sql.push(
        ") and (transaction_id < pg_snapshot_xmin(pg_current_snapshot()) or transaction_id = pg_current_xact_id())
         order by transaction_id, id limit ",
    );
    sql.bind(BATCH);
    let lines: Vec<Line> = sql.load(tx.conn())?;
    let Some(last) = lines.last() else { return Ok(false) };
    let mut sql = Sql::named("search::followed", "update search_progress set read_to = ");
    sql.bind(last.transaction.as_str()).push("::text::xid8, read_to_row = ").bind(last.id);
    let named = lines.iter().flat_map(|line| line.things.iter().filter_map(|id| id.parse().ok()).chain(line.record_id));
    let ids: Vec<Uuid> = named.collect::<BTreeSet<Uuid>>().into_iter().collect();
    index(tx, &ids, loaders)?;
    sql.execute(tx.conn())?;
    Ok(true)
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    record_id: Uuid,
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Int4)]
    part: i32,
}

/// Writes what these records say now, and forgets what they no longer say; some at a time, because one act may name 10,000 records,
/// and their texts together are more than a statement takes.
pub fn index(tx: &mut Tx, ids: &[Uuid], loaders: &[TextLoader]) -> Result<()> {
    ids.chunks(RECORDS_AT_ONCE).try_for_each(|ids| index_some(tx, ids, loaders))
}

fn index_some(tx: &mut Tx, ids: &[Uuid], loaders: &[TextLoader]) -> Result<()> {
    let mut sql = Sql::named("search::records", &format!("select {RECORD_COLUMNS} from records r where r.id = any("));
    // Held until the end, so that none moves between reading its place and writing it.
    sql.bind(ids.to_vec()).push(") for key share of r");
    let records: Vec<Record> = sql.load(tx.conn())?;
    let mut texts = Vec::new();
    for loader in loaders {
        texts.extend(loader(tx, ids)?);
    }
    vectors::keep(tx, &records, &texts)?;
    let passages: Vec<Passage> = records.iter().flat_map(|record| passages_of(record, &texts)).collect();
    forget(tx, ids, &passages)?;
    write(tx, &passages)
}

/// One row in the making.
struct Passage {
    record_id: Uuid,
    source: String,
    part: i32,
    row: Value,
}

fn passages_of(record: &Record, texts: &[RecordText]) -> Vec<Passage> {
    let own: Vec<&RecordText> = texts.iter().filter(|text| text.record_id == record.id.0).collect();
    // A record whose room has nothing to say is found by its title.
    let bare = RecordText {
        record_id: record.id.0,
        source: "body".to_owned(),
        text: String::new(),
        author_id: None,
        at: None,
    };
    let bare = (!own.iter().any(|text| text.source == "body")).then_some(&bare);
    own.into_iter().chain(bare).flat_map(|text| parts_of(record, text)).collect()
}

fn parts_of(record: &Record, text: &RecordText) -> Vec<Passage> {
    let kind = text.source.split_once(':').map_or(record.kind.as_str(), |(kind, _)| kind);
    let is_own = kind == record.kind.as_str();
    let plain: Vec<char> = markdown::plain(&text.text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let parts = if plain.is_empty() {
        vec![String::new()]
    } else {
        plain.chunks(MAX_PART_CHARS).map(|part| part.iter().collect()).collect()
    };
    let passage = |(number, words): (usize, String)| {
        let part = i32::try_from(number).unwrap_or(i32::MAX);
        let row = json!({
            "record_id": record.id, "place_id": record.place().id(), "kind": kind, "source": text.source, "part": part,
            "author_id": text.author_id, "title": if is_own { record.title.as_str() } else { "" }, "words": words,
            "at": text.at.unwrap_or(record.updated_at),
        });
        Passage { record_id: record.id.0, source: text.source.clone(), part, row }
    };
    parts.into_iter().enumerate().map(passage).collect()
}

fn forget(tx: &mut Tx, ids: &[Uuid], passages: &[Passage]) -> Result<()> {
    let mut sql =
        Sql::named("search::known", "select id, record_id, source, part from search_passages where record_id = any(");
    sql.bind(ids.to_vec()).push(")");
    let stays: BTreeSet<(Uuid, &str, i32)> =
        passages.iter().map(|p| (p.record_id, p.source.as_str(), p.part)).collect();
    let known: Vec<Known> = sql.load(tx.conn())?;
    let gone: Vec<Uuid> = known
        .iter()
        .filter(|row| !stays.contains(&(row.record_id, row.source.as_str(), row.part)))
        .map(|row| row.id)
        .collect();
    if !gone.is_empty() {
        let mut sql = Sql::named("search::forget", "delete from search_passages where id = any(");
        sql.bind(gone).push(")");
        sql.execute(tx.conn())?;
    }
    Ok(())
}

/// Rows that say the same as before are left alone: writing words costs ten times reading them.
fn write(tx: &mut Tx, passages: &[Passage]) -> Result<()> {
    passages.chunks(ROWS_AT_ONCE).try_for_each(|passages| write_some(tx, passages))
}

fn write_some(tx: &mut Tx, passages: &[Passage]) -> Result<()> {
    let rows: Vec<&Value> = passages.iter().map(|passage| &passage.row).collect();
    let mut sql = Sql::named(
        "search::write",
        "insert into search_passages as p (id, record_id, place_id, kind, source, part, author_id, title, text, at)
         select gen_random_uuid(), record_id, place_id, kind, source, part, author_id, title, words, at from jsonb_to_recordset(",
    );
    sql.bind(json!(rows)).push(
        ") as n(record_id uuid, place_id uuid, kind text, source text, part integer, author_id uuid, title text, words text, at timestamptz)
         on conflict (record_id, source, part) do update set kind = excluded.kind, author_id = excluded.author_id,
           title = excluded.title, text = excluded.text, at = excluded.at
         where (p.kind, p.author_id, p.title, p.text, p.at) is distinct from
           (excluded.kind, excluded.author_id, excluded.title, excluded.text, excluded.at)",
    );
    sql.execute(tx.conn())?;
    Ok(())
}
