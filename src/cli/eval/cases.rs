//! What a case is, and how files of them are read. A file that is wrong is told by its name and the key in it.

use crate::access::Kind;
use crate::search::{MAX_RESULTS, Words};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// No page of results goes further.
pub const MAX_K: usize = MAX_RESULTS;

/// A question, as whom it is asked, and what should come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Where it stands: `halden.json, cases[3]`.
    pub at: String,
    /// A handle.
    pub person: String,
    pub question: String,
    /// Kinds of records, `comment`, `file`; empty means all.
    pub kinds: Vec<String>,
    /// Display IDs or whole titles, to be among the first `k`.
    pub finds: Vec<String>,
    /// Display IDs or whole titles that must not be among the results at all.
    pub never: Vec<String>,
    /// Display IDs or whole titles that an answer in words should name as its sources.
    pub cites: Vec<String>,
    pub k: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// For its readers.
    #[serde(default, rename = "about")]
    _about: String,
    cases: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "as")]
    person: String,
    question: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    finds: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    #[serde(default)]
    cites: Vec<String>,
    k: Option<usize>,
}

/// All cases of a folder, or of one file, by name; else what is wrong in words for who wrote them.
pub fn read_cases(path: &Path, k: usize) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for file in files(path)? {
        let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        cases.extend(parse(&name, &text, k)?);
    }
    match cases.is_empty() {
        true => Err(format!("{} holds no cases: files that end in .json, each with a list `cases`.", path.display())),
        false => Ok(cases),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be read: {error}.", path.display())
}

fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| unreadable(path, &error))?.path();
        if file.extension().is_some_and(|end| end == "json") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn parse(name: &str, text: &str, k: usize) -> Result<Vec<Case>, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let file: File = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (key, why) = (error.path().to_string(), error.into_inner());
        // Where the whole is wrong there is no key.
        if key == "." { format!("{name}: {why}.") } else { format!("{name}, {key}: {why}.") }
    })?;
    reader.end().map_err(|error| format!("{name}: {error}."))?;
    let cases = file.cases.into_iter().enumerate();
    cases.map(|(number, written)| written.check(format!("{name}, cases[{number}]"), k)).collect()
}

impl Written {
    fn check(self, at: String, k: usize) -> Result<Case, String> {
        let wrong = |key: &str, why: &str| Err(format!("{at}.{key}: {why}."));
        if self.person.trim().is_empty() {
            return wrong("as", "the handle of a person is wanted");
        }
        if Words::parse(&self.question).is_none() {
            return wrong("question", "there are no words in it");
        }
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).chain(["comment", "file"]).collect();
        if let Some(kind) = self.kinds.iter().find(|kind| !known.contains(&kind.as_str())) {
            return wrong("kinds", &format!("`{kind}` is no kind; there are {}", known.join(", ")));
        }
        if self.finds.is_empty() && self.never.is_empty() && self.cites.is_empty() {
            return wrong("finds", "a case says what it finds, what it never finds, or what an answer cites");
        }
        if let Some(both) = self.finds.iter().find(|name| self.never.contains(name)) {
            return wrong("never", &format!("`{both}` cannot be both found and never found"));
        }
        let k = self.k.unwrap_or(k);
        if !(1..=MAX_K).contains(&k) {
            return wrong("k", &format!("a number from 1 to {MAX_K} is wanted"));
        }
        let Written { person, question, kinds, finds, never, cites, .. } = self;
        Ok(Case { at, person, question, kinds, finds, never, cites, k })
    }
}
