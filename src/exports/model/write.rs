//! Writing a file: one statement, and so one moment, read through a cursor, so that a large company needs no more memory than a
//! small one.

use super::{CONTENTS, FORMAT, VERSION, sections};
use crate::access::{Actor, Permission, Thing, Verb, can, check, may, visible};
use crate::audit::{self, Act, ActKind};
use crate::db::Tx;
use crate::db::portable::Portable;
use crate::db::sql::Sql;
use crate::error::{Error, Result};
use crate::storage::Store;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diesel::QueryableByName;
use diesel::sql_types::{Int4, Text};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use uuid::Uuid;

/// Rows fetched at once.
const BATCH: usize = 500;
/// One lookup table of all visible ids; beyond this PostgreSQL would search it row by row.
const WORK_MEMORY: &str = "set local work_mem = '256MB'";

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    pub files: u64,
    /// Files whose content is gone from the store.
    pub missing: u64,
}

/// Hears of progress: the section, and rows so far.
pub type Progress<'p> = &'p mut dyn FnMut(&str, u64);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Int4)]
    section: i32,
    #[diesel(sql_type = Text)]
    line: String,
}

/// Keeps that an export is made. Before writing it: what cannot be kept does not happen.
pub fn note_export(tx: &mut Tx, me: &Actor, with_uploads: bool) -> Result<()> {
    let permit = may(tx, me, Verb::Administer, &Thing::Organisation(Permission::DataExport))?;
    audit::record(tx, permit, Act::new(ActKind::ExportCreated).note("with_uploads", with_uploads))
}

/// A file with all its rows, and not yet closed. The transaction may end now: contents take long, and are by their hash what they are.
#[must_use]
#[derive(Debug)]
pub struct Unclosed {
    written: Written,
    /// Of the contents to come; None when none were asked for.
    hashes: Option<BTreeSet<String>>,
}

/// Everything `me` may see, which is no private record of another and no project out of reach.
pub fn write_rows(
    tx: &mut Tx,
    me: &Actor,
    out: &mut dyn Write,
    with_uploads: bool,
    progress: Progress,
) -> Result<Unclosed> {
    check(me, Verb::Administer, &Thing::Organisation(Permission::DataExport))?;
    // Every row names people and their groups and roles: without them no file comes back.
    check(me, Verb::See, &Thing::Organisation(Permission::MembersView))?;
    open_cursor(tx, me)?;
    let mut writer =
        Writer { out, section: 0, rows_in_section: 0, written: Written::default(), hashes: BTreeSet::new() };
    writer.head(tx, me, with_uploads)?;
    let all = sections();
    loop {
        let fetch = Sql::named("exports::fetch", &format!("fetch {BATCH} from export_rows"));
        let lines: Vec<Line> = fetch.load(tx.conn())?;
        let is_last = lines.len() < BATCH;
        for line in lines {
            writer.line(&all, line)?;
        }
        let name = writer.section.checked_sub(1).and_then(|index| all.get(index)).map_or("", |section| section.table);
        progress(name, writer.written.rows);
        if is_last {
            break;
        }
    }
    Sql::new("close export_rows").execute(tx.conn())?;
    writer.open_to(&all, all.len())?;
    Ok(Unclosed { written: writer.written, hashes: with_uploads.then_some(writer.hashes) })
}

impl Unclosed {
    /// Writes the contents and the end.
    pub fn close(mut self, out: &mut dyn Write, store: &Store, progress: Progress) -> Result<Written> {
        if let Some(hashes) = self.hashes.take() {
            self.contents(out, hashes, store, progress)?;
        }
        write!(out, "\n]}},\n\"rows\":{}}}\n", self.written.rows).and_then(|()| out.flush()).map_err(disk)?;
        Ok(self.written)
    }

    fn contents(
        &mut self,
        out: &mut dyn Write,
        hashes: BTreeSet<String>,
        store: &Store,
        progress: Progress,
    ) -> Result<()> {
        write!(out, "\n],\n\"{CONTENTS}\":[").map_err(disk)?;
        for (number, hash) in hashes.into_iter().enumerate() {
            match store.open(&Store::key(&hash))? {
                Some(mut reading) => {
                    let mut bytes = Vec::new();
                    reading.read_to_end(&mut bytes).map_err(disk)?;
                    let comma = if self.written.files == 0 { "" } else { "," };
                    let content = STANDARD.encode(bytes);
                    write!(out, "{comma}\n{{\"hash\":\"{hash}\",\"base64\":\"{content}\"}}").map_err(disk)?;
                    self.written.files += 1;
                }
                None => self.written.missing += 1,
            }
            progress(CONTENTS, number as u64 + 1);
        }
        Ok(())
    }
}

/// One moment: a single statement sees a single state, whatever others commit meanwhile.
fn open_cursor(tx: &mut Tx, me: &Actor) -> Result<()> {
    Sql::new("set local statement_timeout = 0").execute(tx.conn())?;
    Sql::new(WORK_MEMORY).execute(tx.conn())?;
    Sql::new("set local timezone = 'UTC'").execute(tx.conn())?;
    let mut sql = Sql::named(
        "exports::open",
        "declare export_rows no scroll cursor for with reach as materialized (select r.id from records r where ",
    );
    sql.append(&visible::records(me)).push("), project_reach as materialized (select p.id from projects p where ");
    sql.append(&visible::projects(me))
        .push("), place_reach(id) as materialized (")
        .append(&visible::place_ids(me))
        .push(") ");
    let reads_trail = can(me, Verb::See, &Thing::Organisation(Permission::AuditView));
    let own = me.person_id().map_or(Uuid::nil(), |id| id.0);
    for (index, section) in sections().iter().enumerate() {
        if index > 0 {
            sql.push(" union all ");
        }
        select(&mut sql, index, section, (own, reads_trail));
    }
    sql.execute(tx.conn())?;
    Ok(())
}

/// Every piece but `own` is ours.
fn select(sql: &mut Sql, index: usize, section: &Portable, (own, reads_trail): (Uuid, bool)) {
    let within_reach = |column: &str, reach| {
        format!("'{column}', case when x.{column} in (select id from {reach}) then x.{column} end")
    };
    let columns: Vec<String> = section
        .columns
        .iter()
        .map(|column| match *column {
            column if section.later.contains(&column) => within_reach(column, "reach"),
            // What happened to a record where it was before it moved here.
            "project_id" => within_reach("project_id", "project_reach"),
            column => format!("'{column}', x.{column}"),
        })
        .collect();
    let within = section
        .within
        .replace("{visible}", "select id from reach")
        .replace("{projects}", "select id from project_reach")
        .replace("{places}", "select id from place_reach")
        .replace("{trail}", if reads_trail { "true" } else { "false" });
    sql.push(&format!(
        "select * from (select {index} as section, json_build_object({})::text as line from {} x where ",
        columns.join(", "),
        section.table
    ));
    for (place, part) in within.split("{me}").enumerate() {
        if place > 0 {
            sql.bind(own);
        }
        sql.push(part);
    }
    sql.push(&format!(" order by {}) s{index}", section.order));
}

struct Writer<'w> {
    out: &'w mut dyn Write,
    /// How many sections have been opened.
    section: usize,
    rows_in_section: u64,
    written: Written,
    hashes: BTreeSet<String>,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(disk)
    }

    fn head(&mut self, tx: &Tx, me: &Actor, with_uploads: bool) -> Result<()> {
        let by = me.person_id().map_or_else(|| me.kind.to_string(), |id| id.to_string());
        let (at, program) = (tx.now.to_rfc3339(), env!("CARGO_PKG_VERSION"));
        self.put(&format!("{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"made_at\":\"{at}\",\"made_by\":\"{by}\",\"program\":\"{program}\",\"with_uploads\":{with_uploads},\n\"sections\":{{"))
    }

    fn line(&mut self, all: &[Portable], line: Line) -> Result<()> {
        let index = usize::try_from(line.section).map_err(Error::broken)?;
        // The database answers the parts of a union in their order, but promises nothing.
        if index + 1 < self.section {
            return Err(Error::broken("sections of an export came out of order"));
        }
        self.open_to(all, index + 1)?;
        self.put(if self.rows_in_section == 0 { "\n" } else { ",\n" })?;
        self.put(&line.line)?;
        self.rows_in_section += 1;
        self.written.rows += 1;
        if all.get(index).is_some_and(|section| section.table == "blobs") {
            let row: serde_json::Value = serde_json::from_str(&line.line).map_err(Error::broken)?;
            self.hashes.extend(row.get("hash").and_then(|hash| hash.as_str()).map(str::to_owned));
        }
        Ok(())
    }

    /// Opens the sections up to this many, also the empty ones.
    fn open_to(&mut self, all: &[Portable], count: usize) -> Result<()> {
        while self.section < count {
            let name = all.get(self.section).map_or(CONTENTS, |section| section.table);
            let close = if self.section == 0 { "" } else { "\n]," };
            self.put(&format!("{close}\n\"{name}\":["))?;
            self.section += 1;
            self.rows_in_section = 0;
        }
        Ok(())
    }
}

fn disk(error: std::io::Error) -> Error {
    Error::Away(format!("the export could not be written: {error}"))
}
