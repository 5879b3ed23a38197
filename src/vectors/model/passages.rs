//! Passages, kept in step with their records by whoever keeps the index of words, in the same transaction. A passage that says the
//! same again keeps its row and therefore its vectors; who may read it is asked of its record, so nothing is made anew when that
//! moves or is archived.

use crate::access::Kind;
use crate::db::Tx;
use crate::db::sql::Sql;
use crate::error::Result;
use crate::records::{Record, RecordText};
use crate::text::passages::passages;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bytea, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// Rows of one statement: a few megabytes.
const ROWS_AT_ONCE: usize = 500;

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    record_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Int4)]
    part: i32,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    author_id: Option<Uuid>,
    #[diesel(sql_type = Bytea)]
    hash: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// One passage as its record says it now.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cut {
    record_id: Uuid,
    place_id: Uuid,
    kind: String,
    source: String,
    part: i32,
    author_id: Option<Uuid>,
    title: String,
    text: String,
    hash: Vec<u8>,
    at: DateTime<Utc>,
}

/// Writes what these records say now, and forgets what they no longer say. The caller holds the records, so that none moves meanwhile.
pub fn keep(tx: &mut Tx, records: &[Record], texts: &[RecordText]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut own: HashMap<Uuid, Vec<&RecordText>> = HashMap::new();
    texts.iter().for_each(|text| own.entry(text.record_id).or_default().push(text));
    // A chat is looked for by its words alone: its questions are nobody's passages.
    let told = records.iter().filter(|record| record.kind != Kind::Chat);
    let wanted = told.flat_map(|record| cuts(record, own.get(&record.id.0).map_or(&[], Vec::as_slice)));
    let mut known = known(tx, records)?;
    let (mut changed, mut new) = (Vec::new(), Vec::new());
    for cut in wanted {
        let same = known.get_mut(&(cut.record_id, cut.source.clone(), cut.hash.clone())).and_then(Vec::pop);
        match same {
            Some(row) if cut.is_as(&row) => {}
            Some(row) => changed.push(
                json!({ "id": row.id, "kind": cut.kind, "part": cut.part, "author_id": cut.author_id, "at": cut.at }),
            ),
            None => new.push(cut.row(tx)),
        }
    }
    forget(tx, known.into_values().flatten().map(|row| row.id).collect())?;
    update(tx, changed)?;
    insert(tx, new)
}

/// A record, a source in it, and the hash of what it says.
type Same = (Uuid, String, Vec<u8>);

/// By record, source and hash; a text may say the same twice.
fn known(tx: &mut Tx, records: &[Record]) -> Result<HashMap<Same, Vec<Known>>> {
    let ids: Vec<Uuid> = records.iter().map(|record| record.id.0).collect();
    let mut sql = Sql::named(
        "vectors::known",
        "select id, record_id, kind, source, part, author_id, hash, at from passages where record_id = any(",
    );
    // The last comes off first.
    sql.bind(ids).push(") order by record_id, source, part desc");
    let mut known: HashMap<_, Vec<Known>> = HashMap::new();
    for row in sql.load::<Known>(tx.conn())? {
        known.entry((row.record_id, row.source.clone(), row.hash.clone())).or_default().push(row);
    }
    Ok(known)
}

impl Cut {
    fn is_as(&self, row: &Known) -> bool {
        self.part == row.part && self.kind == row.kind && self.author_id == row.author_id && self.at == row.at
    }

    fn row(self, tx: &Tx) -> Value {
        let hash: String = self.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "id": tx.new_id(), "record_id": self.record_id, "place_id": self.place_id, "kind": self.kind, "source": self.source,
            "part": self.part, "author_id": self.author_id, "title": self.title, "words": self.text, "hash": hash, "at": self.at })
    }
}

/// A record whose room has nothing to say has its title.
fn cuts(record: &Record, texts: &[&RecordText]) -> Vec<Cut> {
    let bare = RecordText {
        record_id: record.id.0,
        source: "body".to_owned(),
        text: String::new(),
        author_id: None,
        at: None,
    };
    let bare = (!texts.iter().any(|text| text.source == "body")).then_some(&bare);
    texts.iter().copied().chain(bare).flat_map(|text| cuts_of(record, text)).collect()
}

fn cuts_of(record: &Record, text: &RecordText) -> Vec<Cut> {
    let kind = text.source.split_once(':').map_or(record.kind.as_str(), |(kind, _)| kind);
    let mut parts = passages(&text.text);
    if parts.is_empty() && kind == record.kind.as_str() {
        parts.push(String::new());
    }
    let cut = |(part, words): (usize, String)| Cut {
        record_id: record.id.0,
        place_id: record.place().id(),
        kind: kind.to_owned(),
        source: text.source.clone(),
        part: i32::try_from(part).unwrap_or(i32::MAX),
        // Of the record's own words, whoever made it.
        author_id: text.author_id.or(record.author_id.map(|id| id.0)),
        hash: hash(&record.title, &words),
        title: record.title.clone(),
        text: words,
        at: text.at.unwrap_or(record.updated_at),
    };
    parts.into_iter().enumerate().map(cut).collect()
}

/// A line between the two, which a title has none of, so that no title runs into its text.
pub fn hash(title: &str, text: &str) -> Vec<u8> {
    Sha256::digest(format!("{title}\n{text}").as_bytes()).to_vec()
}

fn forget(tx: &mut Tx, gone: Vec<Uuid>) -> Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::named("vectors::forget", "delete from passages where id = any(");
    sql.bind(gone).push(")");
    sql.execute(tx.conn())?;
    Ok(())
}

fn update(tx: &mut Tx, rows: Vec<Value>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::named(
        "vectors::update",
        "update passages p set kind = n.kind, part = n.part, author_id = n.author_id, at = n.at from jsonb_to_recordset(",
    );
    sql.bind(Value::Array(rows))
        .push(") as n(id uuid, kind text, part integer, author_id uuid, at timestamptz) where p.id = n.id");
    sql.execute(tx.conn())?;
    Ok(())
}

fn insert(tx: &mut Tx, rows: Vec<Value>) -> Result<()> {
    rows.chunks(ROWS_AT_ONCE).try_for_each(|rows| insert_some(tx, rows))
}

fn insert_some(tx: &mut Tx, rows: &[Value]) -> Result<()> {
    let mut sql = Sql::named(
        "vectors::insert",
        "insert into passages (id, record_id, place_id, kind, source, part, author_id, title, text, hash, at)
         select id, record_id, place_id, kind, source, part, author_id, title, words, decode(hash, 'hex'), at from jsonb_to_recordset(",
    );
    sql.bind(json!(rows)).push(
        ") as n(id uuid, record_id uuid, place_id uuid, kind text, source text, part integer, author_id uuid, title text, words text,
           hash text, at timestamptz)",
    );
    sql.execute(tx.conn())?;
    Ok(())
}
