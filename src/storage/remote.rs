//! Which bucket, with which keys. Opened at its first use and then shared by all copies of the configuration, with its connections.

use super::bucket::{Bucket, Reader, Stream};
use super::glance::Glance;
use super::way::Way;
use crate::config::{Security, Uploads};
use crate::error::{Error, Result};
use crate::net::Net;
use crate::secret::Secret;
use chrono::{DateTime, Utc};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, RetryConfig};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::Url;

/// A request that the store does not answer is given up after this, all tries together.
pub const PATIENCE_SECONDS: u64 = 10;
/// A part has this long to be sent and acknowledged; none is tried again that began longer ago.
pub const SENDING_SECONDS: u64 = 60;
/// Of one request, when the store is busy or the connection breaks.
pub const TRIES: usize = 3;
/// What `/readyz` and `tow doctor` write, to see whether they can.
const PROBE: &str = "probe";

/// What a store says of keys that are wrong, or may not do what is asked.
const REFUSALS: [&str; 3] = ["SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessDenied"];
const NO_BUCKET: &str = "NoSuchBucket";

pub struct Remote {
    bucket: String,
    /// None: Amazon's, made of the region.
    endpoint: Option<String>,
    region: String,
    prefix: String,
    is_path_style: bool,
    keys: (Secret, Secret),
    security: Security,
    opened: OnceLock<Bucket>,
    glance: Glance,
}

/// Never its keys.
impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl Remote {
    /// None when the bucket is not named; the configuration has refused that already.
    pub fn of(uploads: &Uploads, security: &Security, keys: (Secret, Secret)) -> Option<Remote> {
        Some(Remote {
            bucket: uploads.s3_bucket.clone()?,
            endpoint: uploads.s3_endpoint.clone(),
            region: uploads.s3_region.clone(),
            prefix: uploads.s3_prefix.as_deref().unwrap_or_default().trim_matches('/').to_owned(),
            is_path_style: uploads.s3_path_style,
            keys,
            security: security.clone(),
            opened: OnceLock::new(),
            glance: Glance::default(),
        })
    }

    /// For people.
    pub fn words(&self) -> String {
        let place = self.endpoint.clone().unwrap_or_else(|| format!("Amazon S3 in {}", self.region));
        let below = if self.prefix.is_empty() { String::new() } else { format!(" below {}", self.prefix) };
        format!("the bucket {}{below} at {place}", self.bucket)
    }

    /// Whole or not at all, in place of what may be there.
    pub fn put(&self, key: &str, file: &Path) -> Result<()> {
        self.opened()?.put(key, file).map_err(|why| self.away(why))
    }

    /// None when it is not there.
    pub fn length(&self, key: &str) -> Result<Option<u64>> {
        self.opened()?.length(key).map_err(|why| self.away(why))
    }

    pub fn read(&self, key: &str, bytes: u64) -> Result<Reader> {
        self.opened()?.read(key, bytes).map_err(|why| self.away(why))
    }

    /// The store has answered when this comes back; what breaks later is an error of the stream.
    pub async fn pieces(&self, key: &str, from: u64, bytes: u64) -> Result<Stream> {
        self.opened()?.pieces(key, from, bytes).await.map_err(|why| self.away(why))
    }

    /// Removing what is not there is no fault.
    pub fn remove(&self, key: &str) -> Result<()> {
        self.opened()?.remove(key).map_err(|why| self.away(why))
    }

    /// Names below `below` that come after `after`, in their order, with the time they were written; at most `most`.
    pub fn list(&self, below: &str, after: &str, most: usize) -> Result<Vec<(String, DateTime<Utc>)>> {
        self.opened()?.list(below, after, most).map_err(|why| self.away(why))
    }

    /// Looks, and writes something small. What is wrong otherwise, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        let bucket = self.opened().map_err(|error| error.to_string())?;
        // Not every store says of a bucket that is missing when something is put there.
        bucket.list(PROBE, "", 1).map_err(|why| self.told(why))?;
        bucket.put_bytes(PROBE, b"Written to see whether it can be.").map_err(|why| self.told(why))
    }

    /// As `check`, but what was seen a moment ago is told again, and nobody waits for a store that is slow.
    pub fn glance(self: &Arc<Self>) -> Result<(), String> {
        let remote = Arc::clone(self);
        self.glance.tell(move || {
            let seen = remote.check();
            remote.glance.keep(&seen);
            seen
        })
    }

    fn opened(&self) -> Result<&Bucket> {
        if let Some(bucket) = self.opened.get() {
            return Ok(bucket);
        }
        let made = self.open()?;
        Ok(self.opened.get_or_init(|| made))
    }

    fn open(&self) -> Result<Bucket> {
        let (store, sender) = (self.client(PATIENCE_SECONDS)?, self.client(SENDING_SECONDS)?);
        Bucket::begin(store, sender, &self.prefix)
    }

    /// One that tries again until so long after it began.
    fn client(&self, seconds: u64) -> Result<AmazonS3> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_access_key_id(self.keys.0.reveal())
            .with_secret_access_key(self.keys.1.reveal())
            .with_virtual_hosted_style_request(!self.is_path_style)
            // The way out has its own rules about that.
            .with_allow_http(true)
            .with_retry(patience(seconds))
            .with_http_connector(Way::through(Net::new(&self.security_with_names())));
        if let Some(endpoint) = self.endpoint_of_requests() {
            builder = builder.with_endpoint(endpoint);
        }
        builder.build().map_err(|why| self.away(why))
    }

    /// The address that every request begins with: with the name of the bucket in front when it is no part of the path.
    fn endpoint_of_requests(&self) -> Option<String> {
        let endpoint = self.endpoint.as_deref()?.trim_end_matches('/').to_owned();
        match endpoint.split_once("://") {
            Some((scheme, rest)) if !self.is_path_style => Some(format!("{scheme}://{}.{rest}", self.bucket)),
            _ => Some(endpoint),
        }
    }

    /// Who names a store in tow.yaml answers for its address, also where it is one of this network.
    fn security_with_names(&self) -> Security {
        let mut security = self.security.clone();
        let host = |text: String| Url::parse(&text).ok()?.host_str().map(str::to_owned);
        security.outbound_allowed_hosts.extend(self.endpoint_of_requests().and_then(host));
        security
    }

    fn away(&self, why: object_store::Error) -> Error {
        Error::Away(format!("uploads: {}", self.told(why)))
    }

    fn told(&self, why: object_store::Error) -> String {
        use object_store::Error as Why;
        let (place, cause) = (self.words(), whole(&why));
        // The library tells some of it by kind and some by the words of the store alone.
        let says = |codes: &[&str]| codes.iter().any(|code| cause.contains(code));
        let is_refused = matches!(why, Why::Unauthenticated { .. } | Why::PermissionDenied { .. });
        if is_refused || says(&REFUSALS) {
            return format!("{place} refuses S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or they may not do this");
        }
        if matches!(why, Why::NotFound { .. }) || says(&[NO_BUCKET]) {
            return format!("{place} does not exist");
        }
        format!("{place} does not answer as it should: {}", shortened(&cause))
    }
}

/// Every cause once, the last of which says what happened.
fn whole(why: &object_store::Error) -> String {
    let first: &dyn std::error::Error = why;
    let last = std::iter::successors(Some(first), |cause| cause.source()).last();
    last.map(ToString::to_string).unwrap_or_default()
}

fn shortened(text: &str) -> String {
    /// A store may answer with a page.
    const MOST: usize = 300;
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect()
}

fn patience(seconds: u64) -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(2), base: 2.0 };
    RetryConfig { backoff, max_retries: TRIES - 1, retry_timeout: Duration::from_secs(seconds) }
}
