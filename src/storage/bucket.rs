//! A bucket that is open: its connections belong to a thread of their own, so that a job's thread, a request and the command line
//! can all wait for it.

use super::PART_BYTES;
use crate::error::{Error, Result as Done};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::{Error as Fault, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use std::future::Future;
use std::io::{self, Read};
use std::path::Path;
use tokio::io::AsyncReadExt;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Pieces as they come.
pub type Stream = BoxStream<'static, Done<Bytes>>;
type Result<T> = std::result::Result<T, Fault>;

pub struct Bucket {
    store: AmazonS3,
    /// The same store with the patience that sending needs.
    sender: AmazonS3,
    prefix: Key,
    handle: Handle,
    /// Dropped with the bucket, which ends the thread.
    _open: oneshot::Sender<()>,
}

impl Bucket {
    pub fn begin(store: AmazonS3, sender: AmazonS3, prefix: &str) -> Done<Bucket> {
        let prefix = Key::parse(prefix).map_err(Error::broken)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::broken)?;
        let (open, closed) = oneshot::channel::<()>();
        let handle = runtime.handle().clone();
        let thread = std::thread::Builder::new().name("storage".to_owned());
        thread.spawn(move || drop(runtime.block_on(closed))).map_err(Error::broken)?;
        Ok(Bucket { store, sender, prefix, handle, _open: open })
    }

    /// As it is written: what the library makes of `~` or `%` elsewhere would be another name, and what comes back from a list could
    /// not be asked for, nor gone on from.
    fn key(&self, name: &str) -> Result<Key> {
        Ok(Key::parse(if self.prefix.is_root() { name.to_owned() } else { format!("{}/{name}", self.prefix) })?)
    }

    fn name(&self, key: &Key) -> String {
        let below = key.as_ref().strip_prefix(self.prefix.as_ref()).unwrap_or(key.as_ref());
        below.trim_start_matches('/').to_owned()
    }

    /// For a thread that may wait. Never from one that drives a runtime.
    fn wait<T: Send + 'static>(&self, doing: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        wait_on(&self.handle, doing)?
    }

    pub fn put_bytes(&self, name: &str, bytes: &'static [u8]) -> Result<()> {
        let (store, key) = (self.store.clone(), self.key(name)?);
        self.wait(async move { store.put(&key, PutPayload::from_static(bytes)).await.map(drop) })
    }

    pub fn put(&self, name: &str, file: &Path) -> Result<()> {
        let (store, key, file) = (self.sender.clone(), self.key(name)?, file.to_owned());
        self.wait(async move { send(&store, &key, &file).await })
    }

    pub fn length(&self, name: &str) -> Result<Option<u64>> {
        let (store, key) = (self.store.clone(), self.key(name)?);
        self.wait(async move {
            match store.head(&key).await {
                Ok(found) => Ok(Some(found.size)),
                Err(Fault::NotFound { .. }) => Ok(None),
                Err(other) => Err(other),
            }
        })
    }

    pub fn remove(&self, name: &str) -> Result<()> {
        let (store, key) = (self.store.clone(), self.key(name)?);
        self.wait(async move {
            match store.delete(&key).await {
                Ok(()) | Err(Fault::NotFound { .. }) => Ok(()),
                Err(other) => Err(other),
            }
        })
    }

    pub fn list(&self, below: &str, after: &str, most: usize) -> Result<Vec<(String, DateTime<Utc>)>> {
        let (store, prefix, after) = (self.store.clone(), self.key(below)?, self.key(after)?);
        let found = self.wait(async move {
            let pages = store.list_with_offset(Some(&prefix), &after).take(most);
            pages.collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<_>>>()
        })?;
        Ok(found.into_iter().map(|object| (self.name(&object.location), object.last_modified)).collect())
    }

    pub async fn pieces(&self, name: &str, from: u64, bytes: u64) -> Result<Stream> {
        if bytes == 0 {
            return Ok(futures_util::stream::empty().boxed());
        }
        let (store, key) = (self.store.clone(), self.key(name)?);
        let opened = self.handle.spawn(async move { open(&store, &key, from, bytes).await }).await;
        Ok(opened.map_err(ended)??.map(|piece| piece.map_err(|why| Error::Away(format!("uploads: {why}")))).boxed())
    }

    pub fn read(&self, name: &str, bytes: u64) -> Result<Reader> {
        let (store, key) = (self.store.clone(), self.key(name)?);
        let pieces = match bytes {
            0 => futures_util::stream::empty().boxed(),
            _ => self.wait(async move { open(&store, &key, 0, bytes).await })?,
        };
        Ok(Reader { handle: self.handle.clone(), pieces: Some(pieces), piece: Bytes::new() })
    }
}

fn wait_on<T: Send + 'static>(handle: &Handle, doing: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let (said, heard) = std::sync::mpsc::sync_channel(1);
    // Nobody listens any more when who waited has gone.
    handle.spawn(async move { drop(said.send(doing.await)) });
    heard.recv().map_err(ended)
}

fn ended(why: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::Generic { store: "S3", source: Box::new(why) }
}

async fn open(store: &AmazonS3, key: &Key, from: u64, bytes: u64) -> Result<BoxStream<'static, Result<Bytes>>> {
    let range = Some(GetRange::Bounded(from..from.saturating_add(bytes)));
    Ok(store.get_opts(key, GetOptions { range, ..GetOptions::default() }).await?.into_stream())
}

/// One request for what is small; in parts otherwise, which become visible together with the last.
async fn send(store: &AmazonS3, key: &Key, path: &Path) -> Result<()> {
    let mut file = tokio::fs::File::open(path).await.map_err(ended)?;
    let bytes = file.metadata().await.map_err(ended)?.len();
    if bytes <= PART_BYTES {
        let whole = part(&mut file).await?;
        return store.put(key, whole.into()).await.map(drop);
    }
    let mut upload = store.put_multipart(key).await?;
    let sent = send_parts(&mut *upload, &mut file).await;
    if sent.is_err() {
        // What the store keeps of it otherwise, its own rules remove.
        let _ = upload.abort().await;
    }
    sent
}

async fn send_parts(upload: &mut dyn MultipartUpload, file: &mut tokio::fs::File) -> Result<()> {
    loop {
        let bytes = part(file).await?;
        if bytes.is_empty() {
            return upload.complete().await.map(drop);
        }
        upload.put_part(bytes.into()).await?;
    }
}

async fn part(file: &mut tokio::fs::File) -> Result<Bytes> {
    let mut bytes = Vec::new();
    file.take(PART_BYTES).read_to_end(&mut bytes).await.map_err(ended)?;
    Ok(bytes.into())
}

/// From front to back, for a thread that may wait.
pub struct Reader {
    handle: Handle,
    /// None at the end.
    pieces: Option<BoxStream<'static, Result<Bytes>>>,
    piece: Bytes,
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let Some(mut pieces) = self.pieces.take() else { return Ok(0) };
            let next = wait_on(&self.handle, async move {
                let piece = pieces.next().await;
                (piece, pieces)
            });
            let (piece, pieces) = next.map_err(io::Error::other)?;
            let Some(piece) = piece else { return Ok(0) };
            (self.piece, self.pieces) = (piece.map_err(io::Error::other)?, Some(pieces));
        }
        let size = self.piece.len().min(into.len());
        let taken = self.piece.split_to(size);
        into.iter_mut().zip(taken.iter()).for_each(|(to, from)| *to = *from);
        Ok(size)
    }
}
