//! Keyset paging (use-the-index-luke.com/no-offset): a cursor carries the sort value and id of the last row seen, so that page
//! 200 costs what page 1 costs and nothing is shown twice when rows arrive.

use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Rows on a page of a list.
pub const PAGE_SIZE: usize = 50;
/// Cards of a board's column that come with the page; the rest follow as one scrolls.
pub const COLUMN_SIZE: usize = 30;
/// Counting stops here: "1,000+" is as useful as the number, and much cheaper.
pub const COUNT_LIMIT: i64 = 1000;
/// A list stops earlier: what its filter leaves is counted row by row, and over a million records a thousand of them took five times as
/// long as the page.
pub const LIST_COUNT_LIMIT: i64 = 200;

/// Where the next page begins: after this sort value and id. A null value sorts last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub sort: String,
    pub value: Option<String>,
    pub id: Uuid,
}

impl Cursor {
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// `Invalid` when the text is no cursor of ours.
    pub fn decode(text: &str) -> Result<Cursor> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| Error::invalid("after", "problem-cursor"))
    }
}

/// One page of rows, and where the next begins.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// From one row more than a page holds: the extra one says that there is a next page.
    pub fn cut(mut rows: Vec<T>, size: usize, cursor: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(cursor) } else { None };
        Page { rows, next }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(f).collect(), next: self.next }
    }
}
