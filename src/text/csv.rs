//! Tables: reading a CSV that some other program wrote, line by line, and writing cells that no spreadsheet will run.

use super::value::MAX_BODY_BYTES;
use crate::error::Msg;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

/// Rows read from one file.
pub const MAX_ROWS: usize = 100_000;
/// Columns of a table; also keeps a file that is no table from being taken for one.
pub const MAX_COLUMNS: usize = 200;

/// A column the importer understands, and the heads it is known by (compared without case, spaces, `_` and `-`).
pub type Column = (&'static str, &'static [&'static str]);

/// Columns of a list of work, as the usual programs export them.
pub const WORK_COLUMNS: [Column; 13] = [
    ("key", &["Key", "ID", "Issue key", "Identifier"]),
    ("title", &["Title", "Summary", "Name", "Subject"]),
    ("description", &["Description", "Body", "Details", "Notes"]),
    ("type", &["Type", "Issue type", "Kind"]),
    ("status", &["Status", "State"]),
    ("priority", &["Priority"]),
    ("assignee", &["Assignee", "Assigned to", "Owner"]),
    ("labels", &["Labels", "Label", "Tags"]),
    ("due", &["Due", "Due date", "Deadline"]),
    ("start", &["Start", "Start date"]),
    ("estimate", &["Estimate", "Story points", "Points"]),
    ("parent", &["Parent", "Parent key", "Epic", "Epic link", "Parent issue"]),
    ("created", &["Created", "Created at", "Creation date"]),
];

/// One record. `line` is where it begins in the file, from 1; a value with line breaks spans several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    /// Non-empty values by column, trimmed.
    pub fields: BTreeMap<&'static str, String>,
}

/// A line that was left out, or (with `ends`) where reading had to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    pub line: u64,
    pub msg: Msg,
    pub ends: bool,
}

/// An opened table; iterate for its rows.
pub struct Table<R: Read> {
    reader: ::csv::Reader<Utf8<BufReader<R>>>,
    columns: Vec<Option<&'static str>>,
    /// Heads that no column is known by; their values are passed over.
    pub unknown: Vec<String>,
    rows: usize,
    ended: bool,
}

impl<R: Read> Table<R> {
    /// Reads the first line. Commas, semicolons and tabs are told apart by it. `needed` names a column that must be there.
    pub fn open(source: R, known: &[Column], needed: &str) -> Result<Self, LineProblem> {
        let mut source = BufReader::with_capacity(64 * 1024, source);
        let start = source.fill_buf().map_err(|_| fatal(1, "problem-file-unreadable"))?;
        if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
            return Err(fatal(1, "problem-csv-utf16"));
        }
        let bom = if start.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let delimiter = delimiter(start);
        source.consume(bom);
        let source = Utf8 { source, line: 1, offset: bom as u64, carry: Vec::new(), width: 0, blank: BTreeSet::new() };
        let mut reader =
            ::csv::ReaderBuilder::new().flexible(true).has_headers(true).delimiter(delimiter).from_reader(source);
        let heads = reader.headers().map_err(|error| problem(&error, 1))?.clone();
        if heads.len() > MAX_COLUMNS {
            return Err(LineProblem {
                line: 1,
                msg: Msg::new("problem-csv-columns").with("max", MAX_COLUMNS),
                ends: true,
            });
        }
        let (columns, unknown) = columns(&heads, known);
        if !columns.contains(&known.iter().map(|(name, _)| *name).find(|name| *name == needed)) {
            let msg = Msg::new("problem-csv-column-missing").with("column", needed);
            return Err(LineProblem { line: 1, msg, ends: true });
        }
        Ok(Table { reader, columns, unknown, rows: 0, ended: false })
    }

    /// Names of the columns that are understood, in the order of the file.
    pub fn known(&self) -> Vec<&'static str> {
        self.columns.iter().filter_map(|column| *column).collect()
    }

    fn row(&mut self, record: &::csv::StringRecord) -> Result<Row, LineProblem> {
        let begin = record.position().map_or(0, |position| position.line());
        // The reader counts the empty lines before a record as its own.
        let line = (begin..).find(|line| !self.reader.get_ref().blank.contains(line)).unwrap_or(begin);
        let leave = |msg: Msg| LineProblem { line, msg, ends: false };
        if record.iter().skip(self.columns.len()).any(|value| !value.trim().is_empty()) {
            let msg =
                Msg::new("problem-csv-too-many-values").with("count", record.len()).with("max", self.columns.len());
            return Err(leave(msg));
        }
        let mut fields = BTreeMap::new();
        for (value, column) in record.iter().zip(&self.columns) {
            let value = unguarded(value.trim());
            if value.contains('\0') {
                return Err(leave(Msg::new("problem-nul")));
            }
            if value.len() > MAX_BODY_BYTES {
                return Err(leave(Msg::new("problem-csv-value-too-long").with("max", MAX_BODY_BYTES / 1024)));
            }
            if let Some(column) = column.filter(|_| !value.is_empty()) {
                fields
                    .entry(column)
                    .and_modify(|all: &mut String| append(all, value))
                    .or_insert_with(|| value.to_owned());
            }
        }
        Ok(Row { line, fields })
    }
}

/// Some programs write a column per label: the same head several times.
fn append(all: &mut String, value: &str) {
    all.push_str(", ");
    all.push_str(value);
}

impl<R: Read> Iterator for Table<R> {
    type Item = Result<Row, LineProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = ::csv::StringRecord::new();
        while !self.ended {
            let line = self.reader.position().line();
            match self.reader.read_record(&mut record) {
                Ok(false) => self.ended = true,
                Ok(true) if record.iter().all(|value| value.trim().is_empty()) => {}
                Ok(true) if self.rows >= MAX_ROWS => {
                    self.ended = true;
                    let msg = Msg::new("problem-csv-rows").with("max", MAX_ROWS);
                    return Some(Err(LineProblem { line, msg, ends: true }));
                }
                Ok(true) => {
                    self.rows += 1;
                    return Some(self.row(&record));
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(problem(&error, line)));
                }
            }
        }
        None
    }
}

/// A cell that a spreadsheet takes as text: what would begin a formula gets an apostrophe, numbers stay numbers.
pub fn guarded(value: &str) -> Cow<'_, str> {
    let risky = value.trim_start_matches(' ').starts_with(FORMULA_STARTS);
    if risky && value.parse::<f64>().is_err() { format!("'{value}").into() } else { value.into() }
}

const FORMULA_STARTS: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '＝', '＠'];

/// Takes the apostrophe of `guarded` off again, so that an export can come back.
fn unguarded(value: &str) -> &str {
    value.strip_prefix('\'').filter(|inner| inner.trim_start_matches(' ').starts_with(FORMULA_STARTS)).unwrap_or(value)
}

fn fatal(line: u64, key: &'static str) -> LineProblem {
    LineProblem { line, msg: Msg::new(key), ends: true }
}

fn delimiter(start: &[u8]) -> u8 {
    let first_line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |mark: u8| first_line.iter().filter(|b| **b == mark).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|mark| count(*mark)).unwrap_or(b',')
}

fn columns(heads: &::csv::StringRecord, known: &[Column]) -> (Vec<Option<&'static str>>, Vec<String>) {
    let mut unknown = Vec::new();
    let columns = heads.iter().map(|head| {
        let asked = folded(head);
        let found = known.iter().find(|(_, aliases)| aliases.iter().any(|alias| folded(alias) == asked));
        if found.is_none() && !head.trim().is_empty() {
            unknown.push(head.trim().to_owned());
        }
        found.map(|(name, _)| *name)
    });
    (columns.collect(), unknown)
}

fn folded(head: &str) -> String {
    head.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

fn problem(error: &::csv::Error, line: u64) -> LineProblem {
    let broken = match error.kind() {
        ::csv::ErrorKind::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref::<NotUtf8>()),
        _ => None,
    };
    match broken {
        Some(NotUtf8 { line, offset }) => {
            let msg = Msg::new("problem-csv-not-utf8").with("line", line).with("offset", offset);
            LineProblem { line: *line, msg, ends: true }
        }
        None => fatal(line, "problem-csv-unreadable"),
    }
}

/// Passes bytes on as long as they are UTF-8, and knows exactly where they cease to be.
struct Utf8<R> {
    source: R,
    line: u64,
    offset: u64,
    /// Checked bytes that did not fit, or the beginning of a character whose rest has not been read yet.
    carry: Vec<u8>,
    /// Bytes of the present line so far.
    width: u64,
    /// Numbers of the empty lines passed.
    blank: BTreeSet<u64>,
}

#[derive(Debug)]
struct NotUtf8 {
    line: u64,
    offset: u64,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not UTF-8 at byte {} (line {})", self.offset, self.line)
    }
}

impl std::error::Error for NotUtf8 {}

impl<R: BufRead> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let fresh = self.source.fill_buf()?;
            let at_end = fresh.is_empty();
            let take = fresh.len().min(out.len().saturating_sub(self.carry.len()).max(4));
            self.carry.extend_from_slice(fresh.get(..take).unwrap_or_default());
            self.source.consume(take);
            let (valid, broken) = match std::str::from_utf8(&self.carry) {
                Ok(text) => (text.len(), false),
                Err(error) => (error.valid_up_to(), error.error_len().is_some() || at_end),
            };
            let passed = self.carry.get(..whole_chars(&self.carry, valid.min(out.len()))).unwrap_or_default();
            if passed.is_empty() && broken {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    NotUtf8 { line: self.line, offset: self.offset },
                ));
            }
            if !passed.is_empty() || at_end {
                let n = passed.len();
                out.iter_mut().zip(passed).for_each(|(to, from)| *to = *from);
                for b in passed {
                    match b {
                        b'\n' => {
                            if self.width == 0 {
                                self.blank.insert(self.line);
                            }
                            self.line += 1;
                            self.width = 0;
                        }
                        b'\r' => {}
                        _ => self.width += 1,
                    }
                }
                self.offset += n as u64;
                self.carry.drain(..n);
                return Ok(n);
            }
        }
    }
}

/// The largest length up to `max` that splits no character.
fn whole_chars(bytes: &[u8], max: usize) -> usize {
    let splits = |at: usize| bytes.get(at).is_some_and(|b| b & 0b1100_0000 == 0b1000_0000);
    (0..=max).rev().find(|at| !splits(*at)).unwrap_or(0)
}

/// A cell that a spreadsheet takes for text: one that begins like a formula gets an apostrophe in front (OWASP, CSV injection).
pub fn harmless(cell: &str) -> std::borrow::Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => format!("'{cell}").into(),
        false => cell.into(),
    }
}
