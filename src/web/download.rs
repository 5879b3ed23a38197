//! Files on their way out: streamed in pieces, one range at a time (RFC 9110), with a fence around whatever they contain.

use crate::error::{Error, Result};
use crate::storage::Store;
use crate::web::{Reply, blocking};
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::StreamExt;
use futures_util::stream::{LocalBoxStream, Stream, try_unfold};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// What is read from disk in one step.
const READ_BYTES: u64 = 128 * 1024;
/// A file cannot run script, load anything or be framed, even when a browser is talked into showing it.
const FENCE: &str = "sandbox; default-src 'none'; img-src 'self'; frame-ancestors 'none'";

/// A file to be sent to who may have it.
pub struct Download {
    pub store: Store,
    /// What the store calls it.
    pub key: String,
    /// Names the content; quoted here.
    pub tag: String,
    pub content_type: String,
    /// The value of Content-Disposition.
    pub disposition: String,
}

impl Download {
    /// 200, 206 for a range, 304 when the browser has it, 416 for a range outside.
    pub async fn reply(self, request: &HttpRequest) -> Result<Reply> {
        let etag = format!("\"{}\"", self.tag);
        let value = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
        if value(header::IF_NONE_MATCH).is_some_and(|tags| names(tags, &etag)) {
            return Ok(self.head(StatusCode::NOT_MODIFIED, &etag).finish().into());
        }
        let (store, key) = (self.store.clone(), self.key.clone());
        let length = blocking(move || length(&store, &key)).await?;
        let is_current = value(header::IF_RANGE).is_none_or(|tag| tag == etag);
        let range = value(header::RANGE).filter(|_| is_current).map_or(Range::Whole, |text| Range::parse(text, length));
        match range {
            Range::Whole => {
                Ok(self.head(StatusCode::OK, &etag).body(SizedStream::new(length, self.body(0, length).await?)).into())
            }
            Range::Part { from, to } => {
                let mut head = self.head(StatusCode::PARTIAL_CONTENT, &etag);
                head.insert_header((header::CONTENT_RANGE, format!("bytes {from}-{to}/{length}")));
                let size = to - from + 1;
                Ok(head.body(SizedStream::new(size, self.body(from, size).await?)).into())
            }
            Range::Outside => Ok(HttpResponse::RangeNotSatisfiable()
                .insert_header((header::CONTENT_RANGE, format!("bytes */{length}")))
                .finish()
                .into()),
        }
    }

    /// The store has answered when this comes back, so that a store which is away is a 503 and no broken file.
    async fn body(&self, from: u64, bytes: u64) -> Result<LocalBoxStream<'static, Result<Bytes>>> {
        if let Some(pieces) = self.store.pieces(&self.key, from, bytes).await? {
            return Ok(pieces.boxed_local());
        }
        let path = self.store.file(&self.key);
        let file = blocking(move || open(&path, from)).await?;
        Ok(pieces(file, bytes).boxed_local())
    }

    fn head(&self, status: StatusCode, etag: &str) -> HttpResponseBuilder {
        let mut head = HttpResponse::build(status);
        head.insert_header((header::ETAG, etag))
            // Kept by the browser, but asked for each time: a right that was taken away counts at once.
            .insert_header((header::CACHE_CONTROL, "private, no-cache"))
            .insert_header((header::CONTENT_SECURITY_POLICY, FENCE))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if status != StatusCode::NOT_MODIFIED {
            head.insert_header((header::CONTENT_TYPE, self.content_type.as_str()))
                .insert_header((header::CONTENT_DISPOSITION, self.disposition.as_str()))
                .insert_header((header::ACCEPT_RANGES, "bytes"))
                // Compression would change the bytes that ranges count.
                .insert_header((header::CONTENT_ENCODING, "identity"));
        }
        head
    }
}

/// What part of a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    Whole,
    /// Both ends included.
    Part {
        from: u64,
        to: u64,
    },
    Outside,
}

impl Range {
    /// One range of bytes; several, and what cannot be read, mean the whole.
    pub fn parse(text: &str, length: u64) -> Range {
        let Some((from, to)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
            return Range::Whole;
        };
        let number = |text: &str| text.trim().parse::<u64>();
        let last = length.saturating_sub(1);
        match (from.trim().is_empty(), to.trim().is_empty(), number(from), number(to)) {
            (true, false, _, Ok(0)) => Range::Outside,
            (true, false, _, Ok(_)) if length == 0 => Range::Outside,
            (true, false, _, Ok(count)) => Range::Part { from: length.saturating_sub(count), to: last },
            (false, true, Ok(from), _) if from >= length => Range::Outside,
            (false, true, Ok(from), _) => Range::Part { from, to: last },
            (false, false, Ok(from), Ok(to)) if from > to => Range::Whole,
            (false, false, Ok(from), Ok(_)) if from >= length => Range::Outside,
            (false, false, Ok(from), Ok(to)) => Range::Part { from, to: to.min(last) },
            _ => Range::Whole,
        }
    }
}

fn names(tags: &str, etag: &str) -> bool {
    tags.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

/// A row without content is our fault, unless nobody can tell.
fn length(store: &Store, key: &str) -> Result<u64> {
    store.length(key)?.ok_or_else(|| store.missing(key))
}

fn open(path: &Path, from: u64) -> Result<File> {
    let mut file = File::open(path).map_err(|error| Error::broken(format!("{}: {error}", path.display())))?;
    file.seek(SeekFrom::Start(from)).map_err(Error::broken)?;
    Ok(file)
}

fn pieces(file: File, length: u64) -> impl Stream<Item = Result<Bytes>> {
    try_unfold((file, length), |(file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let (piece, file) = blocking(move || piece(file, left)).await?;
        let left = left - piece.len() as u64;
        Ok(Some((Bytes::from(piece), (file, left))))
    })
}

fn piece(mut file: File, left: u64) -> Result<(Vec<u8>, File)> {
    let mut bytes = Vec::new();
    let read = file.by_ref().take(left.min(READ_BYTES)).read_to_end(&mut bytes).map_err(Error::broken)?;
    if read == 0 { Err(Error::broken("a file became shorter while it was sent")) } else { Ok((bytes, file)) }
}
