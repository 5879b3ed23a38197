//! How a table leaves in an export and comes back: which columns, which rows, in which order. Each room declares its own tables in
//! its `portable.rs`; a column that is not named there does not leave.

use serde_json::{Map, Value};

/// One table as it travels. In SQL the table is aliased `x`.
#[derive(Debug, Clone, Copy)]
pub struct Portable {
    pub table: &'static str,
    pub columns: &'static [&'static str],
    pub order: &'static str,
    /// Which rows leave. `{visible}` stands for the ids of the records that who asks may see, `{projects}` and `{places}` for those
    /// of the projects and of all places they read, `{trail}` for whether they read the audit trail, `{me}` for their own id.
    pub within: &'static str,
    /// Columns that name another row of the same table: set when all rows stand.
    pub later: &'static [&'static str],
    /// Columns that do not travel, with what they become.
    pub fixed: &'static [(&'static str, &'static str)],
    /// Columns that come back as something else: an SQL expression over the row `v` of the file.
    pub comes_back: &'static [(&'static str, &'static str)],
    /// Columns whose words are a closed list that the database does not know.
    pub words: &'static [WordList],
}

/// A column and whether a word is on its list.
pub type WordList = (&'static str, fn(&str) -> bool);

impl Portable {
    /// All rows of a table. A column `project_id` is null in the file when the project is out of reach.
    pub const fn new(table: &'static str, columns: &'static [&'static str], order: &'static str) -> Self {
        Portable { table, columns, order, within: "true", later: &[], fixed: &[], comes_back: &[], words: &[] }
    }

    pub const fn within(self, within: &'static str) -> Self {
        Portable { within, ..self }
    }

    pub const fn later(self, later: &'static [&'static str]) -> Self {
        Portable { later, ..self }
    }

    pub const fn fixed(self, fixed: &'static [(&'static str, &'static str)]) -> Self {
        Portable { fixed, ..self }
    }

    pub const fn comes_back(self, comes_back: &'static [(&'static str, &'static str)]) -> Self {
        Portable { comes_back, ..self }
    }

    pub const fn words(self, words: &'static [WordList]) -> Self {
        Portable { words, ..self }
    }

    /// What is wrong with a row before the database sees it; None when nothing is.
    pub fn fault(&self, row: &Map<String, Value>) -> Option<String> {
        if let Some(unknown) = row.keys().find(|key| !self.columns.contains(&key.as_str())) {
            return Some(format!("`{unknown}` is not known here"));
        }
        self.words.iter().find_map(|(column, is_known)| {
            let word = row.get(*column)?.as_str()?;
            (!is_known(word)).then(|| format!("`{column}` has a word that is not known here"))
        })
    }
}
