//! Putting rows back, a batch at a time, and finding the one that does not fit.

use crate::db::Tx;
use crate::db::portable::Portable;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use serde_json::{Map, Value};
use std::collections::HashMap;
use uuid::Uuid;

/// Rows in one statement.
const BATCH: usize = 500;
/// And at most about this many bytes.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A row that could not be put back.
#[derive(Debug)]
pub enum Fault {
    /// The row's number in its section, from 0, and what is wrong with it.
    Row(u64, String),
    Other(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Other(error)
    }
}

/// One section on its way in.
pub struct Rows {
    section: Portable,
    waiting: Vec<(u64, Value)>,
    bytes: usize,
    /// For each column of `later`: row and what it names.
    later: Vec<(&'static str, Vec<Uuid>, Vec<Uuid>)>,
}

impl Rows {
    pub fn of(section: Portable) -> Self {
        let later = section.later.iter().map(|column| (*column, Vec::new(), Vec::new())).collect();
        Rows { section, waiting: Vec::new(), bytes: 0, later }
    }

    pub fn add(&mut self, tx: &mut Tx, number: u64, mut row: Map<String, Value>) -> Result<(), Fault> {
        if let Some(fault) = self.section.fault(&row) {
            return Err(Fault::Row(number, fault));
        }
        let id = uuid_of(row.get("id"));
        for (column, ids, targets) in &mut self.later {
            let named = row.insert((*column).to_owned(), Value::Null);
            if let (Some(id), Some(target)) = (id, uuid_of(named.as_ref())) {
                ids.push(id);
                targets.push(target);
            }
        }
        let row = Value::Object(row);
        self.bytes += weight(&row);
        self.waiting.push((number, row));
        if self.waiting.len() >= BATCH || self.bytes >= BATCH_BYTES {
            self.flush(tx)?;
        }
        Ok(())
    }

    /// After the last row.
    pub fn finish(&mut self, tx: &mut Tx) -> Result<(), Fault> {
        self.flush(tx)?;
        for (column, ids, targets) in std::mem::take(&mut self.later) {
            let table = self.section.table;
            let mut sql =
                Sql::named("exports::bind", &format!("update {table} x set {column} = v.target from unnest("));
            sql.bind(ids).push("::uuid[], ").bind(targets).push("::uuid[]) as v(id, target) where x.id = v.id");
            sql.execute(tx.conn()).map_err(|error| Fault::Row(0, format!("some `{column}` does not fit: {error}")))?;
        }
        Ok(())
    }

    fn flush(&mut self, tx: &mut Tx) -> Result<(), Fault> {
        let batch = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        if batch.is_empty() {
            return Ok(());
        }
        point(tx, "savepoint import_batch")?;
        let values = batch.iter().map(|(_, row)| row.clone()).collect();
        if self.insert(tx, values).is_ok() {
            return Ok(point(tx, "release savepoint import_batch")?);
        }
        point(tx, "rollback to savepoint import_batch")?;
        for (number, row) in batch {
            self.insert(tx, vec![row]).map_err(|error| Fault::Row(number, why(&error)))?;
        }
        Ok(point(tx, "release savepoint import_batch")?)
    }

    fn insert(&self, tx: &mut Tx, rows: Vec<Value>) -> diesel::QueryResult<usize> {
        let Portable { table, columns, fixed, comes_back, .. } = self.section;
        let value = |column: &str| {
            let changed = comes_back.iter().find(|(name, _)| *name == column);
            changed.map_or_else(|| format!("v.{column}"), |(_, value)| (*value).to_owned())
        };
        let names: Vec<&str> = columns.iter().copied().chain(fixed.iter().map(|(column, _)| *column)).collect();
        let values: Vec<String> = columns
            .iter()
            .map(|column| value(column))
            .chain(fixed.iter().map(|(_, value)| (*value).to_owned()))
            .collect();
        let mut sql = Sql::named(
            "exports::insert",
            &format!(
                "insert into {table} ({}) select {} from jsonb_populate_recordset(null::{table}, ",
                names.join(", "),
                values.join(", ")
            ),
        );
        sql.bind(Value::Array(rows)).push(") as v");
        sql.execute(tx.conn())
    }
}

/// Gives a row that is here (by its id) the file's values of these columns.
pub fn overwrite(tx: &mut Tx, table: &'static str, columns: &[&'static str], row: &Map<String, Value>) -> Result<()> {
    let sets: Vec<String> = columns.iter().map(|column| format!("{column} = v.{column}")).collect();
    let mut sql = Sql::named(
        "exports::overwrite",
        &format!("update {table} x set {} from jsonb_populate_record(null::{table}, ", sets.join(", ")),
    );
    sql.bind(Value::Object(row.clone())).push(") as v where x.id = v.id");
    sql.execute(tx.conn())?;
    Ok(())
}

fn point(tx: &mut Tx, statement: &str) -> Result<()> {
    Sql::new(statement).execute(tx.conn())?;
    Ok(())
}

fn why(error: &diesel::result::Error) -> String {
    match error {
        diesel::result::Error::DatabaseError(_, info) => info.message().to_owned(),
        other => other.to_string(),
    }
}

fn uuid_of(value: Option<&Value>) -> Option<Uuid> {
    value?.as_str()?.parse().ok()
}

/// About how many bytes a value takes on the wire.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 8,
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        _ => 8,
    }
}

/// Puts other ids in place of those that mean the same here (the organisation, people by address), wherever they stand alone.
pub fn rename(value: &mut Value, ids: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(id) = ids.get(text.as_str()) {
                id.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, ids)),
        Value::Object(fields) => fields.values_mut().for_each(|value| rename(value, ids)),
        _ => {}
    }
}
